// SPDX-License-Identifier: AGPL-3.0-or-later
// What is being written. It outlives the place, a reload and a login: nobody types a number twice, nor sees what another typed.
import { Problem, download, newcomers, upload } from "../api";
import { cell } from "../cell";

interface DraftFile {
  key: number;
  name: string;
  bytes: number;
  id?: string; // of the upload, when it is through
  part: number;
  error?: string;
}

export interface Draft {
  box: string;
  numbers: string;
  at: string; // of <input type=datetime-local>; "": now
  resolution: string; // "": as the box
  cover: string;
  subject: string; // of the cover page
  text: string;
  billing: string;
  way: Way;
  subaddress: string; // T.30's SUB, or SEP of who polls
  password: string; // PWD; never kept
  files: DraftFile[];
}

/** Send a document; fetch the one that another machine holds ready; hold one ready here. */
export type Way = "send" | "poll" | "hold";

const kept = "faxpost.draft";
const nothing: Draft = { box: "", numbers: "", at: "", resolution: "", cover: "", subject: "", text: "", billing: "", way: "send", subaddress: "", password: "", files: [] };

/** Asked for by itself. */
export function hasCover(d: Draft): boolean {
  return d.cover !== "" && d.cover !== "none";
}
const stops = new Map<number, () => void>();

function first(): Draft {
  try {
    const text = sessionStorage.getItem(kept);
    const old = text ? { ...nothing, ...(JSON.parse(text) as Partial<Draft>) } : nothing;
    return { ...old, files: old.files.filter((f) => f.id) };
  } catch {
    return nothing;
  }
}

export const draft = cell<Draft>(first());
let lastKey = Math.max(0, ...draft.value.files.map((f) => f.key));

export function change(values: Partial<Draft>): void {
  draft.set({ ...draft.value, ...values });
  sessionStorage.setItem(kept, JSON.stringify({ ...draft.value, password: "" }));
}

export function clearDraft(): void {
  change({ ...nothing, box: draft.value.box });
}

newcomers.watch(() => {
  for (const stop of stops.values()) stop();
  change(nothing);
});

function changeFile(key: number, values: Partial<DraftFile>): void {
  change({ files: draft.value.files.map((f) => (f.key === key ? { ...f, ...values } : f)) });
}

export function addFiles(files: Iterable<File>): void {
  for (const file of files) {
    const key = ++lastKey;
    change({ files: [...draft.value.files, { key, name: file.name, bytes: file.size, part: 0 }] });
    const sending = upload<{ id: string }>(`uploads?name=${encodeURIComponent(file.name)}`, file, (part) => changeFile(key, { part }));
    stops.set(key, sending.stop);
    sending.done.then(
      ({ id }) => changeFile(key, { id, part: 1 }),
      (why: unknown) => changeFile(key, { error: why instanceof Problem ? why.message : String(why) }),
    ).finally(() => stops.delete(key));
  }
}

/** The pages of a fax, to be sent on: they wait in the composer. */
export async function sendOn(url: string, name: string, values: Partial<Draft> = {}): Promise<void> {
  const pages = await download(url);
  if (Object.keys(values).length) change({ ...nothing, ...values });
  addFiles([new File([pages], name, { type: "application/pdf" })]);
}

export function removeFile(key: number): void {
  stops.get(key)?.();
  change({ files: draft.value.files.filter((f) => f.key !== key) });
}

export function moveFile(key: number, by: number): void {
  const files = [...draft.value.files];
  const at = files.findIndex((f) => f.key === key), to = at + by;
  if (at < 0 || to < 0 || to >= files.length) return;
  [files[at], files[to]] = [files[to]!, files[at]!];
  change({ files });
}

export interface Recipient {
  number: string;
  name?: string;
}

/** As it is dialled, whatever blanks and strokes stand in it. */
function bare(number: string): string {
  return number.replace(/[ .\/()-]/g, "");
}

/** One a line, or separated by commas and semicolons: a number, or "Name <number>". What repeats counts once. */
export function recipientsOf(text: string): Recipient[] {
  const found = new Map<string, Recipient>();
  for (const part of text.split(/[\n,;|]+(?![^<]*>)/)) {
    const named = /^(.*?)<([^<>]*)>$/.exec(part.trim());
    const number = (named ? named[2]! : part).trim(), name = named?.[1]!.trim().replace(/^"(.*)"$/, "$1");
    const key = bare(number);
    if (number && !found.has(key)) found.set(key, name ? { number, name } : { number });
  }
  return [...found.values()];
}

/** Somebody of the address book as a line of its own. */
export function withRecipient(text: string, { name, number }: { name: string; number: string }): string {
  const line = `${name.replace(/[<>,;|\n]/g, " ")} <${number}>`;
  return recipientsOf(text).some((r) => bare(r.number) === bare(number)) ? text : [...text.split("\n").filter((l) => l.trim()), line].join("\n") + "\n";
}

/** Digits with + blanks . / - ( ), at least three of them; flags of the mail's grammar may follow. */
export function looksLikeNumber(text: string): boolean {
  const bare = text.split("^")[0]!.trim();
  return /^\+?[\d .\/()-]+$/.test(bare) && bare.replace(/\D/g, "").length >= 3;
}

export interface Wish {
  box: string;
  recipients: Recipient[];
  uploads: string[];
  at_ms?: number;
  resolution?: string;
  cover?: string;
  subject?: string;
  text?: string;
  billing?: string;
  subaddress?: string;
  fax_password?: string;
  poll?: boolean;
}

export function wishOf(d: Draft): Wish {
  const wish: Wish = {
    box: d.box,
    recipients: recipientsOf(d.numbers),
    uploads: d.files.flatMap((f) => (f.id ? [f.id] : [])),
  };
  if (d.at) wish.at_ms = new Date(d.at).getTime();
  if (d.subaddress.trim()) wish.subaddress = d.subaddress.trim();
  if (d.password.trim()) wish.fax_password = d.password.trim();
  if (d.billing.trim()) wish.billing = d.billing.trim();
  if (d.way === "poll") return { ...wish, uploads: [], poll: true };
  if (d.resolution) wish.resolution = d.resolution;
  if (d.cover) wish.cover = d.cover;
  if (hasCover(d) && d.subject.trim()) wish.subject = d.subject.trim();
  if (hasCover(d) && d.text.trim()) wish.text = d.text;
  return wish;
}
