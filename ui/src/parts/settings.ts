// SPDX-License-Identifier: AGPL-3.0-or-later
// One entry of the settings while somebody changes it: what the server has, what was typed, and what somebody else saved
// meanwhile. Nothing is overwritten unseen: a save names the version it was made from.
import { useCallback, useEffect, useState } from "preact/hooks";
import { FieldError, Problem, call } from "../api";
import { useReturn } from "../data";
import { t } from "../i18n";
import { useGuard } from "../router";
import type { Entry } from "../types";
import { confirm } from "./dialog";
import type { Origin } from "./following";
import { say } from "./toast";

export interface Editing {
  base: Entry | undefined;
  values: Entry; // as they would be saved
  changed: string[];
  errors: FieldError[];
  problem: Problem | null;
  theirs: Entry | null; // what was saved by somebody else, of fields that are changed here
  busy: boolean;
  set(name: string, value: unknown): void;
  undo(name: string): void;
  discard(): void;
  save(without?: readonly string[]): Promise<boolean>; // changes that are shown and not sent
  reload(): void;
  origin?(name: string): Origin | null; // null: it never comes from a template
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/** "permissions[0].entry" -> "permissions" */
export function fieldOf(path: string): string {
  return path.split(/[.[]/)[0] ?? path;
}

/** The place in a list: 0 of "permissions[0].entry". */
export function memberOf(path: string): number | null {
  const found = /^[a-z_]+\[(\d+)\]/.exec(path);
  return found ? Number(found[1]) : null;
}

interface State {
  base?: Entry;
  etag: string | null;
  draft: Entry;
  errors: FieldError[];
  problem: Problem | null;
  theirs: Entry | null;
  busy: boolean;
}

const fresh: State = { etag: null, draft: {}, errors: [], problem: null, theirs: null, busy: false };

/** What is still a change where the server has `base`. */
function pruned(draft: Entry, base: Entry): Entry {
  return Object.fromEntries(Object.entries(draft).filter(([name, value]) => !same(value, base[name])));
}

/** url: of the entry, below /api/v1/. home: the path of its pages, among which one may go without being asked. */
export function useSettings(url: string | null, home: string): Editing {
  const [state, setState] = useState<State>(fresh);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (url === null) return;
    const gone = new AbortController();
    setState((s) => ({ ...fresh, base: turn ? s.base : undefined }));
    call<Entry>("GET", url, { signal: gone.signal }).then(
      ({ data, etag }) => setState({ ...fresh, base: data, etag }),
      (why: unknown) => why instanceof Problem && setState({ ...fresh, problem: why }),
    );
    return () => gone.abort();
  }, [url, turn]);

  const refused = state.problem?.status === 401;
  useReturn(state.problem?.status === 0 && !state.base, () => (state.base ? setState((s) => ({ ...s, problem: null })) : setTurn((n) => n + 1)), refused);

  const { base, draft } = state;
  const changed = Object.keys(draft);
  useGuard(changed.length > 0, {
    holds: (path) => path !== home && !path.startsWith(home + "/"),
    ask: () => confirm({ title: t("leave.title"), text: t("leave.text", { n: changed.length }), verb: t("leave.verb"), stay: t("leave.stay"), danger: true }),
  });

  /** What somebody else saved. His values of fields that are changed here are shown, the others simply taken. */
  const meet = (current: Entry, etag: string | null) =>
    setState((s) => {
      const left = pruned(s.draft, current);
      const both = Object.keys(left).filter((name) => !same(current[name], s.base?.[name]));
      return { ...s, base: current, etag, draft: left, busy: false, errors: [], problem: null,
        theirs: Object.fromEntries(both.map((name) => [name, current[name]])) };
    });

  const save = useCallback(async (without: readonly string[] = []): Promise<boolean> => {
    if (url === null) return false;
    setState((s) => ({ ...s, busy: true, problem: null, errors: [] }));
    try {
      const { data, etag } = await call<Entry | undefined>("PATCH", url, { body: Object.fromEntries(Object.entries(draft).filter(([name]) => !without.includes(name))), etag: state.etag });
      const now = data && etag ? { data, etag } : await call<Entry>("GET", url);
      setState({ ...fresh, base: now.data, etag: now.etag });
      say(t("saved"));
      return true;
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      if (why.status === 412) {
        const now = await call<Entry>("GET", url);
        meet(now.data, now.etag);
      } else {
        setState((s) => ({ ...s, busy: false, problem: why, errors: why.errors }));
      }
      return false;
    }
  }, [url, draft, state.etag]);

  return {
    base,
    values: { ...base, ...draft },
    changed,
    errors: state.errors,
    problem: state.problem,
    theirs: state.theirs,
    busy: state.busy,
    set: (name, value) =>
      setState((s) => ({ ...s, draft: pruned({ ...s.draft, [name]: value }, s.base ?? {}), errors: s.errors.filter((e) => fieldOf(e.field) !== name) })),
    undo: (name) =>
      setState((s) => {
        const { [name]: _, ...left } = s.draft;
        const { [name]: __, ...theirs } = s.theirs ?? {};
        return { ...s, draft: left, theirs };
      }),
    discard: () => setState((s) => ({ ...s, draft: {}, errors: [], problem: null, theirs: null })),
    save,
    reload: () => setTurn((n) => n + 1),
  };
}
