// SPDX-License-Identifier: AGPL-3.0-or-later
// Templates: the words of mails and the cover pages, as a tenant has them instead of ours.
import { useEffect, useRef, useState } from "preact/hooks";
import { FieldError, Page, Problem, call, get, post, query } from "../api";
import { useGet } from "../data";
import { has, language, t } from "../i18n";
import { Dialog } from "../parts/dialog";
import { SettingsForm, choices } from "../parts/fields";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { fieldOf, useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { sayProblem } from "../parts/toast";
import { navigate } from "../router";
import type { Entry } from "../types";
import { Head, SearchTable, useSettingsList } from "./table";
import { TenantField } from "./tenant";
import { removeEntry } from "./remove";

interface Template extends Entry {
  id: string;
  tenant: string;
  name: string;
  language: string;
  text: string;
}

interface Kind {
  name: string;
  help: string;
  text: string;
  variables: { name: string; help: string; flag: boolean; each: boolean }[];
}

const further = "cover-";

const languages = () => choices("en", "it", "de", "fr", "es");

function isCover(name: string): boolean {
  return name === "cover" || name.startsWith(further);
}

function nameOf(name: string): string {
  const key = "tmpl." + name;
  return name.startsWith(further) ? t("tmpl.further", { name: name.slice(further.length) }) : has(key) ? t(key) : name;
}

function place(id: string): string {
  return `/admin/templates/${encodeURIComponent(id)}`;
}

// ---- making one ----

function New({ tenants, onClose }: { tenants: readonly string[]; onClose(): void }) {
  const kinds = useGet<Page<Kind>>("template-kinds").data?.items ?? [];
  const [kind, setKind] = useState(further);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const [busy, setBusy] = useState(false);
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const own = String(form.get("name") ?? "").trim().toLowerCase(), spoken = String(form.get("language"));
    setBusy(true);
    try {
      const shipped = await get<Page<Kind>>("template-kinds" + query({ language: spoken }));
      const base = shipped.items.find((k) => k.name === (kind === further ? "cover" : kind))!;
      const made = await post<Template>("templates", { tenant: String(form.get("tenant") ?? tenants[0]), name: kind === further ? further + own : kind, language: spoken, text: base.text });
      navigate(place(made.id));
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      setErrors(why.errors.length ? why.errors : [{ field: "name", detail: why.message }]);
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("tmpl.new")} onClose={onClose}>
      <form onSubmit={make}>
        <div class="field">
          <label for="new-kind">{t("tmpl.kind")}</label>
          <select id="new-kind" value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            <option value={further}>{t("tmpl.furtherKind")}</option>
            {kinds.map((k) => <option key={k.name} value={k.name}>{nameOf(k.name)}</option>)}
          </select>
        </div>
        {kind === further && (
          <div class="field">
            <label for="new-name">{t("f.name")}</label>
            <input id="new-name" name="name" required pattern="[A-Za-z0-9\-]{1,40}" autocomplete="off" spellcheck={false} aria-describedby="new-name-help" />
            <p class="help" id="new-name-help">{t("tmpl.nameHelp")}</p>
          </div>
        )}
        {tenants.length > 1 && (
          <div class="field"><label for="new-tenant">{t("f.tenant")}</label><select id="new-tenant" name="tenant">{tenants.map((n) => <option key={n}>{n}</option>)}</select></div>
        )}
        <div class="field">
          <label for="new-language">{t("language")}</label>
          <select id="new-language" name="language">{languages().map(([v, w]) => <option key={v} value={v} selected={v === language.value}>{w}</option>)}</select>
        </div>
        {errors.map((e) => <p class="error" role="alert" key={e.detail}>{e.detail}</p>)}
        <div class="buttons end">
          <button type="button" onClick={onClose}>{t("cancel")}</button>
          <button type="submit" class="primary" disabled={busy}>{t("tmpl.make")}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Templates() {
  const list = useSettingsList<Template>("templates");
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("templates")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("tmpl.new")}</button></Head>
      <p class="help">{t("tmpl.what")}</p>
      <SearchTable<Template> label={t("templates")} list={list} icon="file" empty={t("tmpl.empty")} row={(x) => x.id} columns={[
        { head: t("tmpl.kind"), cell: (x) => <a href={place(x.id)}>{nameOf(x.name)}</a> },
        { head: t("language"), cell: (x) => choices(x.language)[0]![1] },
        { head: t("f.tenant"), cell: (x) => x.tenant },
      ]} />
      {making && <TenantField>{({ names }) => <New tenants={names} onClose={() => setMaking(false)} />}</TenantField>}
    </section>
  );
}

// ---- one of them ----

const logoWidth = 480; // pixels: 60 mm at a fax machine's own

/** Small and grey, for a fax has no more. */
async function logo(file: File): Promise<string> {
  const picture = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(logoWidth, picture.width);
  canvas.height = Math.max(1, Math.round((picture.height * canvas.width) / picture.width));
  const ink = canvas.getContext("2d")!;
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.filter = "grayscale(1)";
  ink.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const png = canvas.toDataURL("image/png"), jpeg = canvas.toDataURL("image/jpeg", 0.8);
  return `<img src="${jpeg.length < png.length ? jpeg : png}" style="width:45mm">`;
}

/** Where the cursor stands in the text. */
function insert(text: string, what: string): string {
  const area = document.getElementById("f-text") as HTMLTextAreaElement | null;
  const at = area?.selectionStart ?? text.length, upto = area?.selectionEnd ?? at;
  return text.slice(0, at) + what + text.slice(upto);
}

/** Drawn, because the pages' policy lets no picture in that is not a file of ours. */
function CoverPicture({ picture }: { picture: ImageBitmap }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const to = canvas.current!;
    to.width = picture.width;
    to.height = picture.height;
    to.getContext("2d")!.drawImage(picture, 0, 0);
  }, [picture]);
  return <canvas class="cover-picture" ref={canvas} role="img" aria-label={t("tmpl.picture")} />;
}

function Preview({ name, text }: { name: string; text: string }) {
  const [picture, setPicture] = useState<ImageBitmap | null>(null);
  const [words, setWords] = useState<{ subject: string; text: string } | null>(null);
  const [wrong, setWrong] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const show = async () => {
    setBusy(true);
    setWrong([]);
    try {
      if (isCover(name)) setPicture(await createImageBitmap((await call<Blob>("POST", "templates/picture", { body: { name, text }, file: true })).data));
      else setWords(await post("templates/preview", { name, text }));
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      if (why.errors.length) setWrong(why.errors.filter((e) => fieldOf(e.field) === "text").map((e) => e.detail));
      else sayProblem(why);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-labelledby="preview-title">
      <h2 id="preview-title">{t("tmpl.preview")}</h2>
      <button type="button" disabled={busy} onClick={() => void show()}><Icon name="search" />{t("tmpl.show")}</button>
      <p class="help">{t("tmpl.previewHelp")}</p>
      {wrong.map((text) => <p class="error" role="alert" key={text}>{text}</p>)}
      {picture && <CoverPicture picture={picture} />}
      {words && <div role="status"><p><strong>{words.subject}</strong></p><pre class="words">{words.text}</pre></div>}
    </section>
  );
}

function Variables({ kind, onPick }: { kind: Kind; onPick(what: string): void }) {
  return (
    <details>
      <summary>{t("tmpl.variables")}</summary>
      <table class="wide">
        <thead><tr><th scope="col">{t("tmpl.variable")}</th><th scope="col">{t("tmpl.means")}</th></tr></thead>
        <tbody>
          {kind.variables.map((v) => {
            const what = v.flag ? `{if ${v.name}}{end}` : v.name === "code" ? `<img src="{code}" style="width:25mm">` : `{${v.name}}`;
            return <tr key={v.name}><th scope="row"><button type="button" class="quiet" onClick={() => onPick(what)}>{`{${v.name}}`}</button></th><td lang="en">{v.help}</td></tr>;
          })}
        </tbody>
      </table>
    </details>
  );
}

export function TemplatePage({ id }: { id: string }) {
  const url = `templates/${encodeURIComponent(id)}`;
  const editing = useSettings(url, place(id));
  const kinds = useGet<Page<Kind>>("template-kinds");
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  const template = editing.base as Template, cover = isCover(template.name);
  const text = String(editing.values.text ?? "");
  const kind = kinds.data?.items.find((k) => k.name === (cover ? "cover" : template.name));
  const put = (what: string) => editing.set("text", insert(text, what));
  const take = (input: HTMLInputElement, use: (file: File) => Promise<void>) => {
    const file = input.files?.[0];
    input.value = "";
    if (file) void use(file).catch(() => sayProblem(new Problem(415, "picture", t("tmpl.noPicture"))));
  };
  return (
    <section class="single-column">
      <BackLink to="/admin/templates" />
      <Head title={`${nameOf(template.name)} (${choices(template.language)[0]![1]})`}><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, nameOf(template.name), t("tmpl.deleteText"), "/admin/templates")}><Icon name="trash" />{t("delete")}</button></Head>
      {template.name.startsWith(further) && <p class="help">{t("tmpl.choose", { name: template.name.slice(further.length) })}</p>}
      <div class="buttons">
        <label class="button">{t("tmpl.upload")}<input class="unseen" type="file" accept=".txt,.html,text/*" onChange={(event) => take(event.currentTarget, async (file) => editing.set("text", (await file.text()).replace(/\r\n/g, "\n")))} /></label>
        {cover && <label class="button">{t("tmpl.logo")}<input class="unseen" type="file" accept="image/*" onChange={(event) => take(event.currentTarget, async (file) => put(await logo(file)))} /></label>}
      </div>
      <SettingsForm fields={[{ name: "text", kind: "area", label: "template_text" }]} editing={editing} label={t("templates")} />
      {kind && <Variables kind={kind} onPick={put} />}
      <Preview name={template.name} text={text} />
    </section>
  );
}
