// SPDX-License-Identifier: AGPL-3.0-or-later
// Why something failed, in the languages that are not the server's own: the very rows that its mails take, by code.
import { cell } from "./cell";
import { Language, language } from "./i18n";

const files: { [name in Exclude<Language, "en">]: () => Promise<{ default: string }> } = {
  de: () => import("../../share/templates/reasons/de.txt?raw"),
  es: () => import("../../share/templates/reasons/es.txt?raw"),
  fr: () => import("../../share/templates/reasons/fr.txt?raw"),
  it: () => import("../../share/templates/reasons/it.txt?raw"),
};

type Table = Map<string, string>;
const tables = new Map<Language, Table>();
/** Counts the tables that have come: who shows reasons draws again. */
export const reasonsThere = cell(0);

/** "code code-: words" a line. */
function tableOf(text: string): Table {
  const table: Table = new Map();
  for (const line of text.split("\n")) {
    const [codes, words] = line.startsWith("#") ? [] : line.split(/: (.*)/);
    if (words) for (const code of codes!.split(" ")) table.set(code, words);
  }
  return table;
}

async function load(): Promise<void> {
  const wanted = language.value;
  if (wanted === "en" || tables.has(wanted)) return;
  tables.set(wanted, tableOf((await files[wanted]()).default));
  reasonsThere.set(reasonsThere.value + 1);
}

export function startReasons(): void {
  const go = () => void load().catch(() => undefined); // the server's own words stand until then
  language.watch(go);
  go();
}

/** What the server says, or what is said of its code: the code itself, else the longest beginning that ends in "-". */
export function reason({ code, text }: { code: string; text: string }): string {
  const table = tables.get(language.value);
  if (!table || !code) return text;
  const whole = table.get(code);
  if (whole) return whole;
  for (let n = code.length - 1; n > 0; n--) {
    const words = code[n - 1] === "-" ? table.get(code.slice(0, n)) : undefined;
    if (words) return words;
  }
  return text;
}
