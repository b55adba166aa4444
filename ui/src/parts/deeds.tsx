// SPDX-License-Identifier: AGPL-3.0-or-later
// What can be done with rows of a list: with one of them, or with all that are chosen. Many are done a few at a time, with a
// count of how far it is; what was refused is said, the others are done.
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api";
import { Key, t } from "../i18n";
import { confirm } from "./dialog";
import { say } from "./toast";

export interface Deed<T> {
  name: string;
  word: string;
  fits(item: T): boolean;
  run(item: T): Promise<unknown>;
  done: Key; // with {n}
  ask?: { title: Key; text: Key; verb: Key }; // with {n}: destroys, or cannot be taken back
  undo?(item: T): Promise<unknown>;
}

const AT_ONCE = 4, PAUSE_MS = 1500, PAUSES_MAX = 60;

/** Too many at once is no refusal: it goes on after a pause. */
async function patiently(run: () => Promise<unknown>): Promise<Problem | null> {
  for (let pauses = 0; ; pauses++) {
    try {
      await run();
      return null;
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      if (why.status !== 429 || pauses === PAUSES_MAX) return why;
      await new Promise((then) => setTimeout(then, PAUSE_MS));
    }
  }
}

interface Count {
  done: number;
  of: number;
}

async function runAll<T>(items: readonly T[], run: (item: T) => Promise<unknown>, tell: (count: Count) => void): Promise<{ good: T[]; refused: Problem[] }> {
  const left = [...items], good: T[] = [], refused: Problem[] = [];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      const one = item, why = await patiently(() => run(one));
      if (why) refused.push(why);
      else good.push(one);
      tell({ done: good.length + refused.length, of: items.length });
      if (why?.status === 0) left.length = 0; // the server is away
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { good, refused };
}

async function perform<T>(deed: Deed<T>, items: readonly T[], tell: (count: Count | null) => void, after: () => void): Promise<void> {
  const fitting = items.filter((i) => deed.fits(i)), n = fitting.length;
  if (n === 0) return;
  if (deed.ask && !(await confirm({ title: t(deed.ask.title, { n }), text: t(deed.ask.text, { n }), verb: t(deed.ask.verb, { n }), danger: true }))) return;
  tell({ done: 0, of: n });
  const { good, refused } = await runAll(fitting, deed.run, tell);
  tell(null);
  after();
  const words = good.length > 0 ? t(deed.done, { n: good.length }) : "";
  if (refused.length > 0) say([words, t("deeds.refused", { n: refused.length, why: refused[0]!.message })].filter(Boolean).join(" "), true);
  else say(words, false, deed.undo && { word: t("undo"), run: () => void runAll(good, deed.undo!, () => undefined).then(after) });
}

/** The ids that are chosen, of those that are shown. */
export interface Chosen {
  has(id: string): boolean;
  set(id: string, on: boolean): void;
  all(on: boolean): void;
  ids: readonly string[];
}

export function useChosen(shown: readonly { id: string }[], key: string): Chosen {
  const [ids, setIds] = useState<readonly string[]>([]);
  useEffect(() => setIds([]), [key]);
  const there = new Set(shown.map((i) => i.id));
  const left = ids.filter((id) => there.has(id));
  return {
    ids: left,
    has: (id) => left.includes(id),
    set: (id, on) => setIds((now) => (on ? [...now.filter((i) => i !== id), id] : now.filter((i) => i !== id))),
    all: (on) => setIds(on ? [...there] : []),
  };
}

/** Above a list: how many are chosen, and what can be done with them. */
export function ChosenBar<T extends { id: string }>({ items, chosen, deeds, after }: { items: readonly T[]; chosen: Chosen; deeds: readonly Deed<T>[]; after(): void }) {
  const [count, setCount] = useState<Count | null>(null);
  const picked = items.filter((i) => chosen.has(i.id));
  if (items.length < 2 && !count) return null;
  return (
    <div class="chosen-bar" role="group" aria-label={t("deeds.chosen")}>
      <label class="check">
        <input type="checkbox" checked={picked.length === items.length && items.length > 0} onChange={(event) => chosen.all(event.currentTarget.checked)} />
        {picked.length > 0 ? t("deeds.n", { n: picked.length }) : t("deeds.all", { n: items.length })}
      </label>
      {count ? (
        <span role="status">{t("deeds.going", { done: count.done, of: count.of })} <progress value={count.done} max={count.of} aria-label={t("deeds.chosen")} /></span>
      ) : picked.length > 0 && deeds.filter((d) => picked.some((i) => d.fits(i))).map((deed) => (
        <button type="button" key={deed.name} class={deed.ask ? "danger" : undefined} aria-haspopup={deed.ask && "dialog"} onClick={() => void perform(deed, picked, setCount, after)}>
          {deed.word} ({picked.filter((i) => deed.fits(i)).length})
        </button>
      ))}
    </div>
  );
}

/** Beside one row. name: which one, for screen readers. */
export function RowDeeds<T>({ item, name, deeds, after }: { item: T; name: string; deeds: readonly Deed<T>[]; after(): void }) {
  const [busy, setBusy] = useState(false);
  return (
    <div class="buttons">
      {deeds.filter((d) => d.fits(item)).map((deed) => (
        <button type="button" key={deed.name} disabled={busy} aria-haspopup={deed.ask && "dialog"} onClick={() => void perform(deed, [item], (count) => setBusy(count !== null), after)}>{deed.word}<span class="unseen"> {name}</span></button>
      ))}
    </div>
  );
}
