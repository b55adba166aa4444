// SPDX-License-Identifier: AGPL-3.0-or-later
// A CSV file of an address book as spreadsheets write it: commas or semicolons, quotes, a first row of names or none.
export interface Row {
  name: string;
  number: string;
  company?: string;
  note?: string;
  groups?: string[];
}

const MOST = 5000;

function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  const one = separator === ";" ? /("(?:[^"]|"")*"|[^;]*)(;|$)/g : /("(?:[^"]|"")*"|[^,]*)(,|$)/g;
  for (const [whole, cell] of line.matchAll(one)) {
    cells.push(cell!.startsWith('"') ? cell!.slice(1, -1).replace(/""/g, '"') : cell!.trim());
    if (!/[;,]$/.test(whole)) break;
  }
  return cells;
}

/** [number of the row, what it says]; empty rows are passed over. */
export function rowsOf(text: string): [number, Row][] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/).slice(0, MOST);
  const separator = (lines[0]!.match(/;/g) ?? []).length >= (lines[0]!.match(/,/g) ?? []).length ? ";" : ",";
  const first = cellsOf(lines[0]!, separator).map((c) => c.toLowerCase());
  const named = first.includes("name") && first.includes("number");
  const columns = named ? first : ["name", "number", "company", "note", "groups"];
  return lines.flatMap((line, n): [number, Row][] => {
    if ((named && n === 0) || !line.replace(/[;,\s]/g, "")) return [];
    const cells = cellsOf(line, separator), of = (name: string) => cells[columns.indexOf(name)] ?? "";
    const row: Row = { name: of("name"), number: of("number") };
    if (of("company")) row.company = of("company");
    if (of("note")) row.note = of("note");
    const groups = of("groups").split(/[|;,]/).map((g) => g.trim()).filter(Boolean);
    if (groups.length) row.groups = groups;
    return [[n + 1, row]];
  });
}

function quoted(text: string): string {
  return `"${text.replace(/"/g, '""')}"`;
}

/** The same file, as it is read again. */
export function csvOf(entries: readonly Required<Row>[]): string {
  const rows = entries.map((e) => [e.name, e.number, e.company, e.note.replace(/\r?\n/g, " "), e.groups.join("|")].map(quoted).join(","));
  return ["name,number,company,note,groups", ...rows].join("\r\n") + "\r\n";
}
