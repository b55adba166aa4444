// SPDX-License-Identifier: AGPL-3.0-or-later
// Cards of an address book as telephones and mail programs write them (RFC 2426, RFC 6350): of each the name, the company, the
// note, the groups and the number of the fax. A card without a fax number has none here: a telephone is no fax.
import type { Row } from "./csv";

const MOST = 5000;

interface Line {
  name: string;
  types: string[]; // small
  value: string;
}

/** "item1.TEL;TYPE=work,fax:+39 050" */
function lineOf(text: string): Line | null {
  const found = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:[^:;"]|"[^"]*")*)*):(.*)$/.exec(text);
  if (!found) return null;
  const types = found[2]!.toLowerCase().replace(/type=/g, "").replace(/"/g, "").split(/[;,]/).filter(Boolean);
  return { name: found[1]!.toUpperCase(), types, value: found[3]! };
}

function parts(value: string, separator: string): string[] {
  const found = [""];
  for (let i = 0; i < value.length; i++) {
    const c = value[i]!;
    if (c === "\\" && i + 1 < value.length) found[found.length - 1] += /n/i.test(value[++i]!) ? "\n" : value[i]!;
    else if (c === separator) found.push("");
    else found[found.length - 1] += c;
  }
  return found.map((part) => part.trim());
}

function cardOf(lines: readonly Line[]): Row {
  const one = (name: string) => lines.find((l) => l.name === name && l.value.trim());
  const whole = (name: string) => parts(one(name)?.value ?? "", "\0")[0]!;
  const [family = "", given = ""] = parts(one("N")?.value ?? "", ";");
  const row: Row = { name: (whole("FN") || `${given} ${family}`.trim()).replace(/[\^,;|\n]/g, " ").replace(/ +/g, " "), number: "" };
  const fax = lines.find((l) => l.name === "TEL" && l.types.includes("fax"));
  if (fax) row.number = fax.value.replace(/^tel:/i, "").trim();
  const company = parts(one("ORG")?.value ?? "", ";").filter(Boolean).join(", "), note = whole("NOTE");
  if (company) row.company = company;
  if (note) row.note = note.slice(0, 1000);
  const groups = lines.filter((l) => l.name === "CATEGORIES").flatMap((l) => parts(l.value, ",")).filter(Boolean);
  if (groups.length) row.groups = groups;
  return row;
}

export function isCards(text: string): boolean {
  return /^\uFEFF?\s*BEGIN:VCARD/i.test(text);
}

/** [number of the card, what it says] */
export function cardsOf(text: string): [number, Row][] {
  const lines = text.replace(/\r\n/g, "\n").replace(/\n[ \t]/g, "").split("\n");
  const found: [number, Row][] = [];
  let card: Line[] | null = null;
  for (const line of lines) {
    if (/^\uFEFF?BEGIN:VCARD/i.test(line)) card = [];
    else if (/^END:VCARD/i.test(line) && card && found.length < MOST) {
      found.push([found.length + 1, cardOf(card)]);
      card = null;
    } else {
      const read = card && lineOf(line);
      if (read) card!.push(read);
    }
  }
  return found;
}

function escaped(text: string): string {
  return text.replace(/[\\,;]/g, "\\$&").replace(/\r?\n/g, "\\n");
}

/** The same file, as it is read again. */
export function vcardOf(entries: readonly Required<Row>[]): string {
  return entries.flatMap((e) => [
    "BEGIN:VCARD", "VERSION:3.0", `FN:${escaped(e.name)}`, `N:${escaped(e.name)};;;;`, `TEL;TYPE=fax:${e.number}`,
    ...(e.company ? [`ORG:${escaped(e.company)}`] : []), ...(e.note ? [`NOTE:${escaped(e.note)}`] : []),
    ...(e.groups.length ? [`CATEGORIES:${e.groups.map(escaped).join(",")}`] : []), "END:VCARD",
  ]).join("\r\n") + "\r\n";
}
