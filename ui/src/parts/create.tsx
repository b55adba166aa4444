// SPDX-License-Identifier: AGPL-3.0-or-later
// Making a new entry: only what it cannot do without; the rest has its page.
import type { FunctionComponent } from "preact";
import { useState } from "preact/hooks";
import { FieldError, Problem, call, onceDone, onceFor } from "../api";
import { has, t } from "../i18n";
import type { Entry } from "../types";
import { Dialog } from "./dialog";
import { Names, useNames } from "./lookup";
import { fieldOf } from "./settings";

const Input = "input" as unknown as FunctionComponent<{ [name: string]: unknown }>; // its types want one kind of input at a time

export interface NewField {
  name: string;
  label?: string; // f.<label> instead of f.<name>
  choices?: readonly (readonly [string, string])[];
  lookup?: string; // names of that kind are offered as one types
  list?: boolean; // of words
  listed?: boolean; // of texts with commas between them
  secret?: boolean;
  lines?: boolean; // of text
  type?: string; // of its input
  optional?: boolean;
  flag?: boolean;
  value?: string;
}

function Lookup({ id, field, first }: { id: string; field: NewField; first: boolean }) {
  const [text, setText] = useState("");
  const names = useNames(field.lookup!, text);
  return (
    <>
      <Input type="text" id={id} name={field.name} list={id + "-names"} autofocus={first} required={!field.optional} autocomplete="off" spellcheck={false}
        onInput={(event: InputEvent) => setText((event.currentTarget as HTMLInputElement).value.trim())} />
      <Names id={id + "-names"} names={names} />
    </>
  );
}

export function Create(props: { title: string; verb: string; url: string; urlOf?(entry: Entry): string; fields: readonly NewField[]; fixed?: Entry; onClose(): void; onMade(entry: Entry): void }) {
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const entry: Entry = { ...props.fixed };
    for (const f of props.fields) {
      const value = String(form.get(f.name) ?? "").trim();
      if (f.flag) {
        if (value) entry[f.name] = true;
        continue;
      }
      if (value || !f.optional) entry[f.name] = f.list ? value.split(/[\s,;]+/).filter(Boolean) : f.listed ? value.split(/[,;]/).map((one) => one.trim()).filter(Boolean) : value;
    }
    setBusy(true);
    try {
      const { data } = await call<Entry | undefined>("POST", props.urlOf ? props.urlOf(entry) : props.url, { body: props.urlOf ? undefined : entry, once: onceFor({ url: props.url, entry }) });
      onceDone();
      props.onMade({ ...entry, ...(data ?? {}) });
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      setErrors(why.errors);
      setSaid(why.message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form onSubmit={submit}>
        {props.fields.map((f, n) => {
          const id = "new-" + f.name, key = "f." + (f.label ?? f.name), help = "h." + (f.label ?? f.name);
          const wrong = errors.filter((e) => fieldOf(e.field) === f.name);
          return (
            <div class="field" key={f.name}>
              {f.flag ? <label class="check"><input type="checkbox" id={id} name={f.name} value="1" />{has(key) ? t(key) : f.name}</label> : <label for={id}>{has(key) ? t(key) : f.name}</label>}
              {f.choices ? (
                <select id={id} name={f.name} defaultValue={f.value}>{f.choices.map(([v, w]) => <option key={v} value={v} selected={v === f.value}>{w}</option>)}</select>
              ) : f.lookup ? (
                <Lookup id={id} field={f} first={n === 0} />
              ) : f.lines ? (
                <textarea id={id} name={f.name} rows={4} maxLength={1900} defaultValue={f.value} />
              ) : !f.flag && (
                <Input type={f.type ?? (f.secret ? "password" : "text")} id={id} name={f.name} defaultValue={f.value} autofocus={n === 0} required={!f.optional}
                  autocomplete={f.secret ? "new-password" : "off"} spellcheck={false} aria-describedby={has(help) ? id + "-help" : undefined} />
              )}
              {has(help) && <p class="help" id={id + "-help"}>{t(help)}</p>}
              {wrong.map((e) => <p class="error" role="alert" key={e.detail}>{e.detail}</p>)}
            </div>
          );
        })}
        {said && <p class="error" role="alert">{said}</p>}
        <div class="buttons end">
          <button type="button" onClick={props.onClose}>{t("cancel")}</button>
          <button type="submit" class="primary" disabled={busy}>{props.verb}</button>
        </div>
      </form>
    </Dialog>
  );
}
