// SPDX-License-Identifier: AGPL-3.0-or-later
// An entry that takes settings from a template: what it says itself (`own`), what follows, and what becomes of both where
// somebody chooses another template or lets a setting follow again. The server keeps the rule; here it is shown before SAVE.
import { useEffect, useRef } from "preact/hooks";
import type { Entry } from "../types";
import { Editing, same } from "./settings";

/** Where the value of a setting comes from. */
export interface Origin {
  own: boolean; // not from the template, or not any more when this is saved
  follow(): void; // take the template's again
}

const unshared = ["id", "name", "tenant", "boxes"];

export function says(template: Entry, name: string): boolean {
  return name in template && !unshared.includes(name);
}

function ownOf(entry: Entry | undefined): string[] {
  return (entry?.own as string[] | undefined) ?? [];
}

interface Laid {
  of: unknown; // the entry
  template: string;
  values: Entry; // that stand in the draft only because a template says so
}

function isEmpty(value: unknown): boolean {
  return value === "" || (Array.isArray(value) && value.length === 0);
}

/** What somebody changed himself stays; all else becomes as the template that was chosen says (undefined: as it was), but for
 * what of `itself` it leaves empty. */
function lay(editing: Editing, template: Entry | undefined, before: Entry, itself: readonly string[]): Entry {
  const untouched = (name: string) => !editing.changed.includes(name) || (name in before && same(editing.values[name], before[name]));
  Object.keys(before).filter(untouched).forEach((name) => editing.undo(name));
  if (!template) return {};
  const had = ownOf("own" in before && untouched("own") ? editing.base : editing.values), values: Entry = {};
  const shared = Object.keys(template).filter((n) => says(template, n) && !had.includes(n) && untouched(n));
  const keeps = shared.filter((n) => itself.includes(n) && isEmpty(template[n]) && !isEmpty(editing.base![n]));
  for (const name of shared.filter((n) => !keeps.includes(n))) values[name] = template[name];
  if (keeps.length) values.own = [...had, ...keeps];
  for (const name of Object.keys(values)) editing.set(name, values[name]);
  return values;
}

/** A setting counts as changed also where only its following is. */
function changedOf(editing: Editing): string[] {
  const before = ownOf(editing.base), now = ownOf(editing.values);
  const moved = editing.changed.includes("template") ? [] : [...before.filter((n) => !now.includes(n)), ...now.filter((n) => !before.includes(n))];
  return [...new Set([...editing.changed.filter((n) => n !== "own"), ...moved])];
}

/** template: the one of values.template, as soon as it is there. itself: what an entry rather says itself than nothing. */
export function useFollowing(editing: Editing, template: Entry | undefined, itself: readonly string[]): Editing {
  const name = String(editing.values.template ?? "");
  const laid = useRef<Laid>({ of: undefined, template: "", values: {} });
  useEffect(() => {
    if (!editing.base) return;
    const was = String(editing.base.template ?? "");
    if (laid.current.of !== editing.base.id) laid.current = { of: editing.base.id, template: was, values: {} };
    if (name === laid.current.template || (name !== "" && template?.name !== name)) return;
    laid.current = { of: editing.base.id, template: name, values: lay(editing, name === was ? undefined : template, laid.current.values, itself) };
  }, [name, template, editing.base]);

  const forget = () => void (laid.current.values = {});
  const kept: Editing = {
    ...editing,
    changed: changedOf(editing),
    // What follows is not said: the template may say another thing by now.
    save: async () => {
      const brought = laid.current.values;
      const done = await editing.save(Object.keys(brought).filter((n) => n !== "own" && same(brought[n], editing.values[n])));
      if (done) forget();
      return done;
    },
    discard: () => {
      editing.discard();
      forget();
    },
  };
  if (!template || template.name !== name) return kept;
  const own = ownOf(editing.values);
  return {
    ...kept,
    origin: (field) => !says(template, field) ? null : {
      own: own.includes(field) || (editing.changed.includes(field) && !same(editing.values[field], template[field])),
      follow: () => {
        if (own.includes(field)) editing.set("own", own.filter((n) => n !== field));
        laid.current.values[field] = template[field];
        editing.set(field, template[field]);
      },
    },
  };
}
