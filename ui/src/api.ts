// SPDX-License-Identifier: AGPL-3.0-or-later
// The API of /api/v1: JSON, errors as problem details whose field errors forms can show.
import { cell } from "./cell";
import { language, t } from "./i18n";

export interface FieldError {
  field: string;
  detail: string;
}

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: the server was not reached
    readonly code: string,
    detail: string,
    readonly errors: FieldError[] = [],
    readonly current: unknown = undefined, // 412: how it is now
    readonly etag: string | null = null,
    readonly passkey: unknown = undefined, // 401: what a key has to be asked
  ) {
    super(detail);
  }
}

interface Answer<T> {
  data: T;
  etag: string | null;
}

export interface Page<T> {
  items: T[];
  next?: string | null;
}

/** Counts the answers that were 401: whoever shows places asks for a new login then. */
export const strangers = cell(0);
/** Counts the logins: what was refused for want of one is asked for again. */
export const comebacks = cell(0);
/** Counts those who come after somebody else: nothing of what he had begun is theirs to see, or to end. */
export const newcomers = cell(0);
/** False while the server cannot be reached. */
export const reached = cell(true);

const root = "/api/v1/";

const viewed = "faxpost.tenant";
/** The tenant to which an administrator of everything looks now; "": all. */
export const view = cell(sessionStorage.getItem(viewed) ?? "");
view.watch(() => sessionStorage.setItem(viewed, view.value));

/** What is one's own, or the choice itself, is the same in every view. */
const unviewed = /^(me|api-keys|tenants)(\b|$)/;

interface Options {
  body?: unknown; // JSON, or a Blob as it is
  etag?: string | null;
  faxPassword?: string; // T.30's PWD; an address never carries one
  once?: string; // the key of a request that may be repeated
  signal?: AbortSignal;
  file?: boolean; // what comes is one: data is a Blob
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const headers: { [name: string]: string } = { Accept: "application/json", "Accept-Language": language.value, "X-Faxpost": "1" };
  const raw = options.body instanceof Blob;
  if (options.body !== undefined && !raw) headers["Content-Type"] = "application/json";
  if (options.etag) headers["If-Match"] = options.etag;
  if (view.value && !unviewed.test(path)) headers["X-Faxpost-Tenant"] = encodeURIComponent(view.value);
  if (options.faxPassword) headers["Fax-Password"] = options.faxPassword;
  if (options.once) headers["Idempotency-Key"] = options.once;
  let response: Response;
  try {
    response = await fetch(root + path, {
      method,
      headers,
      body: options.body === undefined ? undefined : raw ? (options.body as Blob) : JSON.stringify(options.body),
      signal: options.signal,
      credentials: "same-origin",
    });
  } catch (why) {
    if ((why as Error).name === "AbortError") throw why;
    reached.set(false);
    throw new Problem(0, "offline", t("offline.detail"));
  }
  reached.set(true);
  if (response.ok && options.file) return { data: (await response.blob()) as T, etag: null };
  const text = await response.text();
  const data = parse(text);
  const etag = response.headers.get("ETag");
  if (response.ok) return { data: data as T, etag };
  if (response.status === 401 && path !== "session") strangers.set(strangers.value + 1);
  throw problem(response.status, data, etag);
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function problem(status: number, data: unknown, etag: string | null): Problem {
  const p = (typeof data === "object" && data !== null ? data : {}) as {
    code?: string;
    detail?: string;
    title?: string;
    errors?: { field?: string; path?: string; detail?: string; text?: string }[];
    current?: unknown;
    passkey?: unknown;
  };
  const errors = (Array.isArray(p.errors) ? p.errors : []).map((e) => ({
    field: e.field ?? e.path ?? "",
    detail: e.detail ?? e.text ?? "",
  }));
  return new Problem(status, p.code ?? String(status), p.detail ?? p.title ?? t("error.server"), errors, p.current, etag, p.passkey);
}

const asked = { wish: "", key: "" };

/** A key for what is made by POST: the same wish asked twice, for its answer was lost, is done once. */
export function onceFor(wish: unknown): string {
  const text = JSON.stringify(wish);
  if (asked.wish !== text) {
    asked.wish = text;
    asked.key = [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("-");
  }
  return asked.key;
}

/** What was asked for was done: the same once more is another wish. */
export function onceDone(): void {
  asked.wish = "";
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await call<T>("GET", path, { signal })).data;
}

export async function post<T = unknown>(path: string, body?: unknown): Promise<T> {
  return (await call<T>("POST", path, { body })).data;
}

/** A list is the name several times. */
export function query(values: { [name: string]: string | number | readonly string[] | undefined | null }): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value]) if (one !== undefined && one !== null && one !== "") q.append(name, String(one));
  const text = q.toString();
  return text ? "?" + text : "";
}

/** A document of the API, as it is. */
export async function download(path: string): Promise<Blob> {
  const response = await fetch(root + path, { headers: { "Accept-Language": language.value }, credentials: "same-origin" }).catch(() => {
    throw new Problem(0, "offline", t("offline.detail"));
  });
  if (!response.ok) throw problem(response.status, parse(await response.text()), null);
  return response.blob();
}

/** Sends a file and tells how much of it is through. */
export function upload<T>(path: string, file: File, onProgress: (part: number) => void): { done: Promise<T>; stop(): void } {
  const request = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    request.open("POST", root + path);
    request.setRequestHeader("X-Faxpost", "1");
    request.setRequestHeader("Accept-Language", language.value);
    if (view.value) request.setRequestHeader("X-Faxpost-Tenant", encodeURIComponent(view.value));
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.onprogress = (event) => onProgress(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      const data = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(data as T);
      else reject(problem(request.status, data, null));
    };
    request.onerror = () => reject(new Problem(0, "offline", t("offline.detail")));
    request.onabort = () => reject(new Problem(0, "stopped", ""));
    request.send(file);
  });
  return { done, stop: () => request.abort() };
}
