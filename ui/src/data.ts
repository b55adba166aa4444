// SPDX-License-Identifier: AGPL-3.0-or-later
// What the server has, kept fresh while it is shown.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Page, Problem, comebacks, get, query } from "./api";
import { Kind, useEvents } from "./live";

const RETURN_MS = 3000;

/** Whoever waits for a server that is away asks again and again; a net that is cut off tells nobody when it is there again. Who
 * was refused because the session had ended (401) asks again after the next login. */
export function useReturn(waits: boolean, again: () => void, refused = false): void {
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => latest.current(), RETURN_MS);
    return () => clearInterval(timer);
  }, [waits]);
  useEffect(() => (refused ? comebacks.watch(() => latest.current()) : undefined), [refused]);
}

export interface Loaded<T> {
  data: T | undefined; // the last one that came stays while a newer one is asked for
  error: Problem | null;
  reload(): void;
}

/** url: below /api/v1/, null: nothing is wanted now. kinds: events after which it is asked for again. */
export function useGet<T>(url: string | null, kinds: readonly Kind[] = []): Loaded<T> {
  const [state, setState] = useState<{ url: string | null; data?: T; error: Problem | null }>({ url: null, error: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (url === null) return;
    const gone = new AbortController();
    get<T>(url, gone.signal).then(
      (data) => setState({ url, data, error: null }),
      (why: unknown) => {
        if (why instanceof Problem) setState((before) => ({ url, data: before.url === url ? before.data : undefined, error: why }));
      },
    );
    return () => gone.abort();
  }, [url, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  useEvents(kinds, reload);
  useReturn(state.error?.status === 0, reload, state.error?.status === 401);
  const same = state.url === url;
  return { data: same ? state.data : undefined, error: same ? state.error : null, reload };
}

export interface Listed<T> {
  items: T[];
  loading: boolean;
  whole: boolean; // there is no more
  error: Problem | null;
  fresh: number; // new ones that wait until the pointer is not on the list
  more(): void;
  reload(): void;
  renew(): void; // after a deed of one's own: also where the pointer is on the list
  show(): void; // the new ones
  patch(id: string, change: Partial<T>): void;
}

const PAGE = 50, MOST = 200;

interface ListState<T> {
  key: string;
  items: T[];
  next: string | null;
  loading: boolean;
  error: Problem | null;
  waiting: Page<T> | null;
}

/** A list by cursor, newest first. What changes is taken in place; new rows wait while `busy` says that the pointer is on
 * the list. */
export function useList<T extends { id: string }>(url: string | null, filters: { [name: string]: string | readonly string[] }, kinds: readonly Kind[],
  busy: () => boolean = () => false, identify: (item: T) => T = (item) => item): Listed<T> {
  const key = url === null ? "" : url + query(filters);
  const empty: ListState<T> = { key, items: [], next: null, loading: url !== null, error: null, waiting: null };
  const [state, setState] = useState(empty);
  const current = useRef(state);
  current.current = state;
  const wanted = useRef(key);
  wanted.current = key;

  const load = useCallback(async (before: string | null, most: number): Promise<Page<T> | Problem | null> => {
    try {
      const answer = await get<Page<T>>(url + query({ ...filters, limit: most, before }));
      return wanted.current === key ? { ...answer, items: answer.items.map(identify) } : null;
    } catch (why) {
      if (wanted.current !== key) return null;
      if (why instanceof Problem) return why;
      throw why;
    }
  }, [key]);

  const failed = (why: Problem) => setState((s) => ({ ...s, key, loading: false, error: why }));

  const refresh = useCallback(async (anyway = false) => {
    const most = Math.min(MOST, Math.max(PAGE, current.current.key === key ? current.current.items.length : 0));
    const page = await load(null, most);
    if (page === null) return;
    if (page instanceof Problem) return failed(page);
    setState((s) => (s.key === key && s.items.length > 0 && busy() && !anyway ? inPlace(s, page) : taken(s, key, page)));
  }, [key]);

  useEffect(() => {
    if (!key) return;
    setState((s) => (s.key === key ? { ...s, loading: true } : { ...empty, loading: true }));
    void refresh();
  }, [key]);
  useEvents(kinds, () => void refresh());
  useReturn(state.error?.status === 0, () => void refresh(), state.error?.status === 401);

  const more = useCallback(async () => {
    const s = current.current;
    if (s.loading || !s.next || s.key !== key) return;
    setState({ ...s, loading: true });
    const page = await load(s.next, PAGE);
    if (page === null) return;
    if (page instanceof Problem) return failed(page);
    setState((now) => ({ ...now, items: joined(now.items, page.items), next: page.next ?? null, loading: false, error: null }));
  }, [key]);

  const shown = state.key === key ? state : empty;
  return {
    items: shown.items,
    loading: shown.loading,
    whole: !shown.next,
    error: shown.error,
    fresh: shown.waiting ? shown.waiting.items.filter((w) => !shown.items.some((i) => i.id === w.id)).length : 0,
    more: () => void more(),
    reload: () => void refresh(),
    renew: () => void refresh(true),
    show: () => setState((s) => (s.waiting ? taken(s, key, s.waiting) : s)),
    patch: (id, change) => setState((s) => ({ ...s, items: s.items.map((i) => (i.id === id ? { ...i, ...change } : i)) })),
  };
}

function joined<T extends { id: string }>(items: T[], more: T[]): T[] {
  const known = new Set(items.map((i) => i.id));
  return [...items, ...more.filter((m) => !known.has(m.id))];
}

/** The first page again; what was scrolled to below it stays. */
function taken<T extends { id: string }>(s: ListState<T>, key: string, page: Page<T>): ListState<T> {
  const below = s.key === key && page.next && s.items.length > page.items.length;
  return {
    key,
    items: below ? joined(page.items, s.items.slice(page.items.length)) : page.items,
    next: below ? s.next : page.next ?? null,
    loading: false,
    error: null,
    waiting: null,
  };
}

function inPlace<T extends { id: string }>(s: ListState<T>, page: Page<T>): ListState<T> {
  const newer = new Map(page.items.map((i) => [i.id, i]));
  const moved = page.items.some((i, n) => s.items[n]?.id !== i.id);
  return { ...s, items: s.items.map((i) => newer.get(i.id) ?? i), waiting: moved ? page : null, loading: false, error: null };
}
