// SPDX-License-Identifier: AGPL-3.0-or-later
// Words in five languages. A row of words/ has all five, or it does not compile.
import { cell } from "./cell";
import { admin } from "./words/admin";
import { archive } from "./words/archive";
import { fax } from "./words/fax";
import { further } from "./words/further";
import { queues } from "./words/queues";
import { remarks } from "./words/remarks";
import { settings } from "./words/settings";
import { setup } from "./words/setup";
import { shared } from "./words/shared";
import { shell } from "./words/shell";
import { signing } from "./words/signing";
import { templates } from "./words/templates";

export const languages = ["en", "it", "de", "fr", "es"] as const;
export type Language = (typeof languages)[number];
/** Two files with one key between them do not compile. */
type Once<Files extends readonly object[], Seen = never> = Files extends readonly [infer First, ...infer Rest extends readonly object[]]
  ? [keyof First & Seen] extends [never] ? Once<Rest, Seen | keyof First> : keyof First & Seen
  : true;
const once: Once<[typeof shell, typeof fax, typeof remarks, typeof queues, typeof admin, typeof settings, typeof setup, typeof templates, typeof archive, typeof further, typeof shared, typeof signing]> = true;
void once;
const rows = { ...shell, ...fax, ...remarks, ...queues, ...admin, ...settings, ...setup, ...templates, ...archive, ...further, ...shared, ...signing };
export type Key = keyof typeof rows;
type Words = { [name: string]: string | number };

const kept = "faxpost.language";

function isLanguage(text: string | null | undefined): text is Language {
  return (languages as readonly string[]).includes(text ?? "");
}

function first(): Language {
  const asked = [localStorage.getItem(kept), ...navigator.languages.map((l) => l.slice(0, 2))];
  return asked.find(isLanguage) ?? "en";
}

export const language = cell<Language>(first());

export function chooseLanguage(text: string, keep: boolean): void {
  if (!isLanguage(text)) return;
  if (keep) localStorage.setItem(kept, text);
  document.documentElement.lang = text;
  language.set(text);
}

/** What the user's own settings say counts only where this browser was told nothing. */
export function suggestLanguage(text: string): void {
  if (!localStorage.getItem(kept)) chooseLanguage(text, false);
}

/** The words of a row. "{name}" stands for a value; "one||many" is chosen by the value n. */
export function t(key: Key, values: Words = {}): string {
  const [one, many] = rows[key][languages.indexOf(language.value)]!.split("||");
  const plural = many !== undefined && new Intl.PluralRules(language.value).select(Number(values.n)) !== "one";
  return (plural ? many : one!).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : alone(value);
  });
}

/** What others wrote from right to left, or with marks that turn the direction, does so by itself and not with our words. */
function alone(text: string): string {
  return /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text;
}

export function has(key: string): key is Key {
  return key in rows;
}

export function number(n: number): string {
  return new Intl.NumberFormat(language.value).format(n);
}

const day = 86400000;

function format(ms: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language.value, options).format(ms);
}

export function exactTime(ms: number): string {
  return format(ms, { dateStyle: "long", timeStyle: "medium" });
}

/** To the minute, of what will be. */
export function plannedTime(ms: number): string {
  return format(ms, { dateStyle: "long", timeStyle: "short" });
}

export function dateOf(ms: number): string {
  return format(ms, { dateStyle: "long" });
}

export function clockTime(ms: number): string {
  return format(ms, { timeStyle: "short" });
}

/** Of today the time, of this year the day, else the date. */
export function shortTime(ms: number, now: number): string {
  const at = new Date(ms), today = new Date(now);
  if (at.toDateString() === today.toDateString()) return clockTime(ms);
  if (Math.abs(now - ms) < 6 * day) return format(ms, { weekday: "short", hour: "numeric", minute: "2-digit" });
  if (at.getFullYear() === today.getFullYear()) return format(ms, { day: "numeric", month: "short" });
  return format(ms, { dateStyle: "medium" });
}

export function dayOf(ms: number): string {
  return format(ms, { day: "numeric", month: "short" });
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? t("seconds", { n: seconds }) : t("minutes", { m: Math.floor(seconds / 60), s: seconds % 60 });
}

export function bytes(n: number): string {
  const unit = n < 1000 ? "byte" : n < 1e6 ? "kilobyte" : "megabyte";
  const size = n < 1000 ? n : n < 1e6 ? n / 1000 : n / 1e6;
  return new Intl.NumberFormat(language.value, { style: "unit", unit, maximumFractionDigits: size < 10 ? 1 : 0 }).format(size);
}
