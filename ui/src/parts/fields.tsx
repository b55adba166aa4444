// SPDX-License-Identifier: AGPL-3.0-or-later
// Fields of settings: a page lists what it has, in a table; here each kind is drawn.
import { useState } from "preact/hooks";
import type { Page } from "../api";
import { useGet } from "../data";
import { has, t } from "../i18n";
import { Changed, Field, Frame, OriginMark, Props, errorsOf, helpOf, invalid, labelOf, originId } from "./frame";
import { Icon } from "./icon";
import { KeysField } from "./keyfield";
import { Editing, fieldOf, memberOf } from "./settings";
import { Loading } from "./states";
import { say } from "./toast";

export interface Right {
  send: boolean;
  receive: boolean;
  [name: string]: string | boolean;
}

/** A choice whose words are in the catalogue as c.<value>. */
export function choices(...values: string[]): (readonly [string, string])[] {
  return values.map((value) => {
    const key = "c." + (value || "default");
    return [value, has(key) ? t(key) : value];
  });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

function TextField({ field, editing }: Props) {
  return (
    <Frame field={field} editing={editing}>
      {(id, described) => (
        <input id={id} value={text(editing.values[field.name])} aria-describedby={described || undefined} aria-invalid={invalid(editing, field.name)}
          spellcheck={false} autocomplete="off" onInput={(event) => editing.set(field.name, event.currentTarget.value)} />
      )}
    </Frame>
  );
}

/** A text of many lines, as it is. */
function AreaField({ field, editing }: Props) {
  return (
    <Frame field={field} editing={editing}>
      {(id, described) => (
        <textarea id={id} class="area" rows={18} value={text(editing.values[field.name])} spellcheck={false} aria-describedby={described || undefined} aria-invalid={invalid(editing, field.name)}
          onInput={(event) => editing.set(field.name, event.currentTarget.value)} />
      )}
    </Frame>
  );
}

/** The API tells of a secret only whether there is one. */
function isSet(value: unknown): boolean {
  return typeof value === "object" && value !== null ? (value as { set?: boolean }).set !== false : !!value;
}

/** Never shown; typing sets a new one. */
function SecretField({ field, editing }: Props) {
  const value = editing.values[field.name];
  const typed = editing.changed.includes(field.name) ? text(value) : "";
  const there = isSet(editing.base?.[field.name]);
  return (
    <Frame field={field} editing={editing}>
      {(id, described) => {
        const common = { id, value: typed, placeholder: there ? t("secretSet") : t("secretNone"), "aria-describedby": described || undefined, "aria-invalid": invalid(editing, field.name) };
        const typing = (value: string) => (value ? editing.set(field.name, value) : editing.undo(field.name));
        return field.long ? <textarea {...common} rows={4} spellcheck={false} autocomplete="off" onInput={(event) => typing(event.currentTarget.value)} />
          : <input {...common} type="password" autocomplete="new-password" onInput={(event) => typing(event.currentTarget.value)} />;
      }}
    </Frame>
  );
}

function WholeField({ field, editing }: Props) {
  const value = editing.values[field.name];
  return (
    <Frame field={field} editing={editing}>
      {(id, described) => (
        <input id={id} type="number" class="short" min={field.min} max={field.max} step={1} value={text(value)} aria-describedby={described || undefined}
          aria-invalid={invalid(editing, field.name)}
          onInput={(event) => editing.set(field.name, event.currentTarget.value === "" ? null : event.currentTarget.valueAsNumber)} />
      )}
    </Frame>
  );
}

function FlagField({ field, editing }: Props) {
  const help = helpOf(field.label ?? field.name), id = "f-" + field.name;
  const changed = editing.changed.includes(field.name);
  return (
    <div class="field kind-flag" data-field={field.name}>
      <div class="field-head">
        <label class="check"><input id={id} type="checkbox" checked={editing.values[field.name] === true} aria-describedby={[help && id + "-help", changed && id + "-changed", originId(editing, field.name)].filter(Boolean).join(" ") || undefined}
          onChange={(event) => editing.set(field.name, event.currentTarget.checked)} />{labelOf(field.label ?? field.name)}</label>
        {changed && <span id={id + "-changed"}><Changed /></span>}
        <OriginMark field={field} editing={editing} />
      </div>
      {help && <p class="help" id={id + "-help"}>{help}</p>}
      {errorsOf(editing, field.name).map((e) => <p class="error" key={e}>{e}</p>)}
    </div>
  );
}

function ChoiceField({ field, editing }: Props) {
  const value = text(editing.values[field.name]);
  const list = (typeof field.choices === "function" ? field.choices(editing.values) : field.choices) ?? [];
  return (
    <Frame field={field} editing={editing}>
      {(id, described) => (
        <select id={id} value={value} aria-describedby={described || undefined} aria-invalid={invalid(editing, field.name)} onChange={(event) => editing.set(field.name, event.currentTarget.value)}>
          {!list.some(([v]) => v === value) && <option value={value}>{value}</option>}
          {list.map(([v, words]) => <option key={v} value={v}>{words}</option>)}
        </select>
      )}
    </Frame>
  );
}

/** Any of a few. */
function SetField({ field, editing }: Props) {
  const value = (editing.values[field.name] as string[] | undefined) ?? [];
  const list = (typeof field.choices === "function" ? field.choices(editing.values) : field.choices) ?? [];
  return (
    <Frame field={field} editing={editing} group>
      {(id, described) => (
        <div aria-describedby={described || undefined}>
          {list.map(([v, words]) => (
            <p key={v}><label class="check"><input id={`${id}-${v}`} type="checkbox" checked={value.includes(v)}
              onChange={(event) => editing.set(field.name, list.map(([x]) => x).filter((x) => (x === v ? event.currentTarget.checked : value.includes(x))))} />{words}</label></p>
          ))}
        </div>
      )}
    </Frame>
  );
}

function linesOf(value: string): string[] {
  return value.split(/[\n,;]+/).map((s) => s.trim()).filter(Boolean);
}

/** A list of texts, one a line. */
function LinesField({ field, editing }: Props) {
  const value = (editing.values[field.name] as string[] | undefined) ?? [];
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed !== null && JSON.stringify(linesOf(typed)) === JSON.stringify(value) ? typed : value.join("\n");
  return (
    <Frame field={field} editing={editing}>
      {(id, described) => (
        <textarea id={id} rows={Math.max(2, Math.min(8, value.length + 1))} value={shown} spellcheck={false} aria-describedby={described || undefined} aria-invalid={invalid(editing, field.name)}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            editing.set(field.name, linesOf(event.currentTarget.value));
          }} />
      )}
    </Frame>
  );
}

/** To the clipboard, or, where a browser does not let us, selected. id: of the element that shows it. */
export async function copyOf(value: string, id: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(value);
    say(t("copied", { text: value }));
  } catch {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById(id)!);
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(range);
    say(t("copyYourself"));
  }
}

/** What the system makes: shown, to be copied, never changed. */
function ShownField({ field, editing }: Props) {
  const value = text(editing.values[field.name]);
  return (
    <Frame field={field} editing={editing}>
      {(id, described) => (
        <div class="shown">
          <output id={id} aria-describedby={described || undefined}>{value || t("none")}</output>
          {value && <button type="button" onClick={() => void copyOf(value, id)}><Icon name="copy" />{t("copy")}</button>}
        </div>
      )}
    </Frame>
  );
}

/** Entries that each may send, receive or both; a wrong one is told at its row. */
function RightsField({ field, editing }: Props) {
  const rights = (editing.values[field.name] as Right[] | undefined) ?? [];
  const { key, choices: known, lookup, add, label } = field.right!;
  const [next, setNext] = useState("");
  const set = (list: Right[]) => editing.set(field.name, list);
  const change = (n: number, values: Partial<Right>) => set(rights.map((r, i) => (i === n ? ({ ...r, ...values } as Right) : r)));
  const wrong = (n: number) => editing.errors.filter((e) => fieldOf(e.field) === field.name && memberOf(e.field) === n);
  const more = () => {
    const names = known || lookup ? [next] : linesOf(next.replace(/\s+/g, "\n"));
    const fresh = names.filter((name) => name && !rights.some((r) => r[key] === name));
    if (fresh.length) set([...rights, ...fresh.map((name) => ({ [key]: name, send: true, receive: true }))]);
    setNext("");
  };
  const found = useGet<Page<{ name: string }>>(lookup && next.trim() ? `${lookup}&q=${encodeURIComponent(next.trim())}` : null);
  const open = known?.filter((name) => !rights.some((r) => r[key] === name));
  return (
    <Frame field={field} editing={{ ...editing, errors: editing.errors.filter((e) => memberOf(e.field) === null) }} group>
      {(id, described) => (
        <div aria-describedby={described || undefined}>
          {rights.length > 0 && (
            <table class="rights">
              <thead><tr><th scope="col">{t(label)}</th><th scope="col">{t("right.send")}</th><th scope="col">{t("right.receive")}</th><th><span class="unseen">{t("remove")}</span></th></tr></thead>
              <tbody>
                {rights.map((r, n) => (
                  <tr key={String(r[key])} class={wrong(n).length ? "wrong" : undefined}>
                    <th scope="row">
                      {String(r[key])}
                      {wrong(n).map((e) => <p class="error" key={e.detail} role="alert">{e.detail}</p>)}
                    </th>
                    <td><input type="checkbox" checked={r.send} aria-label={t("right.mySend", { who: String(r[key]) })} onChange={(event) => change(n, { send: event.currentTarget.checked })} /></td>
                    <td><input type="checkbox" checked={r.receive} aria-label={t("right.myReceive", { who: String(r[key]) })} onChange={(event) => change(n, { receive: event.currentTarget.checked })} /></td>
                    <td><button type="button" class="quiet" title={t("remove")} onClick={() => set(rights.filter((_, i) => i !== n))}><Icon name="close" /><span class="wordy">{t("remove")}</span><span class="unseen"> {String(r[key])}</span></button></td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {(!open || open.length > 0) && (
            <div class="add">
              <label class="unseen" for={id + "-add"}>{t(add)}</label>
              {open ? (
                <select id={id + "-add"} value={next} onChange={(event) => setNext(event.currentTarget.value)}>
                  <option value="">{t(add)}</option>
                  {open.map((name) => <option key={name} value={name}>{name}</option>)}
                </select>
              ) : (
                <input id={id + "-add"} value={next} placeholder={t(add)} list={lookup ? id + "-found" : undefined} spellcheck={false} autocapitalize="none" onInput={(event) => setNext(event.currentTarget.value)}
                  onKeyDown={(event) => {
                    if (event.key !== "Enter") return;
                    event.preventDefault();
                    more();
                  }} />
              )}
              {lookup && <datalist id={id + "-found"}>{(found.data?.items ?? []).map((u) => <option key={u.name} value={u.name} />)}</datalist>}
              <button type="button" disabled={!next.trim()} onClick={more}>{t("add")}</button>
            </div>
          )}
        </div>
      )}
    </Frame>
  );
}

const drawn = {
  text: TextField,
  area: AreaField,
  secret: SecretField,
  whole: WholeField,
  flag: FlagField,
  choice: ChoiceField,
  lines: LinesField,
  rights: RightsField,
  keys: KeysField,
  set: SetField,
  shown: ShownField,
};

export function Fields({ fields, editing }: { fields: readonly Field[]; editing: Editing }) {
  if (!editing.base) return <Loading />;
  const seen = fields.filter((f) => !f.shown || f.shown(editing.values)), rare = seen.filter((f) => f.more);
  const draw = (field: Field) => {
    const Kind = drawn[field.kind];
    return <Kind key={field.name} field={field} editing={editing} />;
  };
  const mattering = rare.some((f) => editing.changed.includes(f.name) || errorsOf(editing, f.name).length > 0);
  return (
    <>
      {seen.filter((f) => !f.more).map(draw)}
      {rare.length > 0 && <details class="more-settings" open={mattering || undefined}><summary>{t("more.settings")}</summary>{rare.map(draw)}</details>}
    </>
  );
}

function worded(value: unknown): string {
  if (value === true) return t("yes");
  if (value === false) return t("no");
  if (Array.isArray(value)) return value.map((v) => (typeof v === "object" && v !== null ? String(Object.values(v)[0]) : String(v))).join(", ") || t("none");
  if (typeof value === "object" && value !== null) return t("secretSet");
  return value === "" || value === null || value === undefined ? t("none") : String(value);
}

/** What somebody else saved meanwhile, field by field. */
function Meanwhile({ editing }: { editing: Editing }) {
  const names = Object.keys(editing.theirs ?? {});
  if (!editing.theirs) return null;
  return (
    <div class="meanwhile" role="alert">
      <p><strong>{t("meanwhile.title")}</strong> {names.length ? t("meanwhile.text") : t("meanwhile.taken")}</p>
      {names.length > 0 && (
        <table>
          <thead><tr><th scope="col">{t("meanwhile.field")}</th><th scope="col">{t("meanwhile.now")}</th><th scope="col">{t("meanwhile.yours")}</th><th><span class="unseen">{t("meanwhile.choose")}</span></th></tr></thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{labelOf(name)}</th>
                <td>{worded(editing.theirs![name])}</td>
                <td>{worded(editing.values[name])}</td>
                <td><button type="button" onClick={() => editing.undo(name)}>{t("meanwhile.takeTheirs")}<span class="unseen">: {labelOf(name)}</span></button></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** SAVE and Discard, in view while there is something to save. */
export function SaveBar({ editing, verb }: { editing: Editing; verb?: string }) {
  const n = editing.changed.length;
  return (
    <>
      <Meanwhile editing={editing} />
      {editing.problem && editing.base && <p class="error" role="alert">{editing.problem.message}</p>}
      <div class={n ? "save-bar" : "save-bar idle"}>
        <span role="status">{n ? t("changes", { n }) : ""}</span>
        <button type="submit" class="primary" disabled={n === 0 || editing.busy}>{editing.busy ? t("saving") : verb ?? t("SAVE")}</button>
        <button type="button" disabled={n === 0 || editing.busy} onClick={editing.discard}>{t("discard")}</button>
      </div>
    </>
  );
}

/** A page of settings: its fields and the bar. */
export function SettingsForm({ fields, editing, label, verb }: { fields: readonly Field[]; editing: Editing; label: string; verb?: string }) {
  return (
    <form class="settings" aria-label={label} noValidate onSubmit={(event) => {
      event.preventDefault();
      void editing.save();
    }}>
      <Fields fields={fields} editing={editing} />
      <SaveBar editing={editing} verb={verb} />
    </form>
  );
}
