// SPDX-License-Identifier: AGPL-3.0-or-later
// One stream of server-sent events says what changed; who shows it asks for it again.
import { useEffect, useRef } from "preact/hooks";
import { reached } from "./api";
import { cell } from "./cell";

export const kinds = ["job", "fax", "call", "status"] as const;
export type Kind = (typeof kinds)[number];

/** False while a stream that was there is broken: what is shown may be old. */
export const following = cell(true);

const GATHER_MS = 250, AGAIN_MS = 3000, ASK_MS = 3000, QUIET_MS = 8000;
const listeners = new Set<{ kinds: readonly Kind[]; run(): void }>();
const changed = new Set<Kind>();
let source: EventSource | null = null;
let gathering = 0, again = 0, breaking = 0, streamed = false;

function tell(): void {
  gathering = 0;
  for (const listener of [...listeners]) if (listener.kinds.some((k) => changed.has(k))) listener.run();
  changed.clear();
}

function note(what: readonly Kind[]): void {
  for (const kind of what) changed.add(kind);
  if (!gathering) gathering = window.setTimeout(tell, GATHER_MS);
}

/** True while nobody is logged in who could be told anything. */
let halted = false;

export function halt(on: boolean): void {
  halted = on;
}

export function startFollowing(): void {
  if (source) return;
  const stream = new EventSource("/api/v1/events");
  source = stream;
  stream.onopen = () => {
    clearTimeout(breaking);
    breaking = 0;
    following.set(true);
    reached.set(true);
    streamed = true;
  };
  for (const kind of kinds) stream.addEventListener(kind, () => note([kind]));
  stream.addEventListener("resync", () => note(kinds)); // something was missed
  stream.onerror = () => {
    // It ends every few minutes and comes again; that is nothing to speak of.
    if (streamed && !breaking) breaking = window.setTimeout(() => following.set(false), QUIET_MS);
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    source = null;
    again = window.setTimeout(startFollowing, AGAIN_MS);
  };
}

export function stopFollowing(): void {
  clearTimeout(again);
  clearTimeout(breaking);
  breaking = 0;
  source?.close();
  source = null;
  streamed = false;
  following.set(true);
}

/** Runs it after such events; without a stream every few seconds. */
export function useEvents(what: readonly Kind[], run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (what.length === 0) return;
    const listener = { kinds: what, run: () => latest.current() };
    listeners.add(listener);
    const timer = setInterval(() => {
      if (!halted && (!following.value || !streamed) && document.visibilityState === "visible") latest.current();
    }, ASK_MS);
    return () => {
      listeners.delete(listener);
      clearInterval(timer);
    };
  }, [what.join()]);
}

/** For what has no event of its own: it is asked for again. */
export function useAsking(reload: () => void): void {
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    const timer = setInterval(() => !halted && document.visibilityState === "visible" && latest.current(), ASK_MS);
    return () => clearInterval(timer);
  }, []);
}
