// SPDX-License-Identifier: AGPL-3.0-or-later
// What is around every field of settings: label above, mark of S0.8 beside what is not saved, help below, errors in the
// server's words.
import type { ComponentChildren } from "preact";
import { has, Key, t } from "../i18n";
import type { Entry } from "../types";
import { Editing, fieldOf } from "./settings";

type Choices = readonly (readonly [string, string])[]; // value, words

export interface Field {
  name: string;
  kind: "text" | "area" | "secret" | "whole" | "flag" | "choice" | "lines" | "rights" | "keys" | "set" | "shown";
  choices?: Choices | ((values: Entry) => Choices);
  label?: string; // f.<label> and h.<label> instead of f.<name>
  /** Of kind rights: one of `choices`, of what `lookup` finds by q, or any text. */
  right?: { key: string; choices?: readonly string[]; lookup?: string; add: Key; label: Key };
  key?: { member: "key" | "certificate"; add: Key }; // of kind keys
  long?: boolean; // of kind secret: of several lines
  min?: number;
  max?: number;
  shown?: (values: Entry) => boolean;
  more?: boolean; // folded away: few change it
}

export function labelOf(name: string): string {
  const key = "f." + name;
  return has(key) ? t(key) : name;
}

export function helpOf(name: string): string {
  const key = "h." + name;
  return has(key) ? t(key) : "";
}

export function Changed() {
  return <span class="changed" role="img" aria-label={t("changedMark")} title={t("changedMark")}>!</span>;
}

/** What it takes to tell one whose settings come from a template; the words are those of `described`. */
export function OriginMark({ field, editing }: Props) {
  const origin = editing.origin?.(field.name);
  if (!origin) return null;
  return (
    <span class="origin">
      <span id={`f-${field.name}-origin`}>{t(origin.own ? "follow.own" : "follow.from")}</span>
      {origin.own && <button type="button" class="quiet" onClick={origin.follow}>{t("follow.again")}<span class="unseen"> ({labelOf(field.label ?? field.name)})</span></button>}
    </span>
  );
}

export function originId(editing: Editing, name: string): string | false {
  return !!editing.origin?.(name) && `f-${name}-origin`;
}

export interface Props {
  field: Field;
  editing: Editing;
}

export function errorsOf(editing: Editing, name: string): string[] {
  return editing.errors.filter((e) => fieldOf(e.field) === name).map((e) => e.detail);
}

/** Around every field: label, mark, help, errors. */
export function Frame(props: Props & { group?: boolean; children: (id: string, described: string) => ComponentChildren }) {
  const { field, editing } = props;
  const id = "f-" + field.name, help = helpOf(field.label ?? field.name);
  const errors = errorsOf(editing, field.name);
  const changed = editing.changed.includes(field.name);
  const described = [help && id + "-help", errors.length && id + "-error", changed && id + "-changed", originId(editing, field.name)].filter(Boolean).join(" ");
  const head = (
    <>
      {props.group ? <span class="label" id={id + "-label"}>{labelOf(field.label ?? field.name)}</span> : <label for={id}>{labelOf(field.label ?? field.name)}</label>}
      {changed && <span id={id + "-changed"}><Changed /></span>}
      <OriginMark field={field} editing={editing} />
    </>
  );
  return (
    <div class={"field kind-" + field.kind} role={props.group ? "group" : undefined} aria-labelledby={props.group ? id + "-label" : undefined} data-field={field.name}>
      <div class="field-head">{head}</div>
      {props.children(id, described)}
      {help && <p class="help" id={id + "-help"}>{help}</p>}
      {errors.length > 0 && <div id={id + "-error"}>{errors.map((e) => <p class="error" key={e}>{e}</p>)}</div>}
    </div>
  );
}

export function invalid(editing: Editing, name: string): "true" | undefined {
  return errorsOf(editing, name).length ? "true" : undefined;
}
