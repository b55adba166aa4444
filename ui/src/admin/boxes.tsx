// SPDX-License-Identifier: AGPL-3.0-or-later
// Faxboxes and the page of one, whose SMTP tab is S0.
import { useState } from "preact/hooks";
import { Page, call, get } from "../api";
import { useGet } from "../data";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { Dialog } from "../parts/dialog";
import { useDoing } from "../parts/doing";
import { Right, SettingsForm } from "../parts/fields";
import { useFollowing } from "../parts/following";
import { Icon } from "../parts/icon";
import { BackLink, Filter } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { State } from "../parts/word";
import { say, sayProblem } from "../parts/toast";
import { navigate, usePlace } from "../router";
import type { Entry, Job } from "../types";
import { ITSELF, Known, Tab, fieldsOf, sharedTabs, sharedValues, tabs } from "./boxfields";
import { FollowedTemplate, useCovers, useLines, useSharedSettings } from "./shared";
import { Head, SearchTable, SettingsTabs, useSettingsList } from "./table";
import { TenantField } from "./tenant";

interface Box extends Entry {
  id: string;
  name: string;
  tenant?: string;
  extension?: string;
  enabled?: boolean;
  smtp_address?: string;
  users?: Right[];
}

// ---- S0.2 ----

async function openJobs(box: string): Promise<number> {
  const page = await get<Page<Job>>(`jobs?box=${encodeURIComponent(box)}&state=open&limit=200`);
  return page.items.filter((j) => j.box === box).length;
}

function DeleteBox({ box, etag }: { box: Box; etag(): Promise<string | null> }) {
  const [open, setOpen] = useState<number | null>(null);
  const { busy, fault, run } = useDoing();
  const ask = () =>
    openJobs(box.id).then(setOpen, sayProblem);
  const remove = () =>
    run(async () => {
      await call("DELETE", `boxes/${encodeURIComponent(box.id)}`, { etag: await etag() });
      say(t("box.deleted", { name: box.name }));
      navigate("/admin/boxes");
    });
  return (
    <section class="danger-panel" aria-labelledby="delete-title">
      <h2 id="delete-title">{t("box.delete")}</h2>
      <p>{t("box.deleteText")}</p>
      <button type="button" aria-haspopup="dialog" class="danger" onClick={() => void ask()}><Icon name="trash" />{t("box.delete")}</button>
      {open !== null && (
        <Dialog title={t("box.deleteAsk", { name: box.name })} onClose={() => setOpen(null)}>
          <p>{t("box.deleteGone", { name: box.name, address: box.smtp_address ?? "" })}</p>
          <p>{open > 0 ? t("box.deleteJobs", { n: open }) : t("box.deleteNoJobs")}</p>
          {fault && <p class="error" role="alert">{fault.message}</p>}
          <div class="buttons end">
            <button type="button" autofocus onClick={() => setOpen(null)}>{t("cancel")}</button>
            {open > 0 ? <a class="button" href={`/sent?box=${encodeURIComponent(box.id)}`}>{t("box.seeJobs")}</a>
              : <button type="button" class="danger" disabled={busy} onClick={() => void remove()}>{t("box.deleteVerb", { name: box.name })}</button>}
          </div>
        </Dialog>
      )}
    </section>
  );
}

type Named = Page<{ name: string }>;

/** What the fields of a box choose of, its templates among it. */
function useKnown(box: Box | undefined, chosen: string): { known: Known; chosen(name: string): Entry | undefined; renew(): void } {
  const whose = box?.tenant ? `&tenant=${encodeURIComponent(box.tenant)}` : "", of = "limit=200" + whose;
  const users = useGet<Named>(box ? `users?${of}` : null);
  const mailboxes = useGet<Named>(box ? `mailboxes?${of}` : null);
  const covers = useCovers(box?.tenant);
  const lines = useLines(box?.tenant);
  const templates = useSharedSettings(box ? whose : null, chosen, box);
  const names = (page: Named | undefined, chosen: string) => [...new Set([...(page?.items ?? []).map((x) => x.name), chosen])].filter(Boolean);
  return {
    known: { users: users.data?.next ? null : names(users.data, ""), lookup: "users?limit=20" + whose, mailboxes: names(mailboxes.data, String(box?.mailbox ?? "")), covers, templates: templates.names, lines },
    chosen: templates.chosen,
    renew: templates.renew,
  };
}

export function BoxPage({ id, tab = "general" }: { id: string; tab?: string }) {
  const home = `/admin/boxes/${encodeURIComponent(id)}`, url = `boxes/${encodeURIComponent(id)}`;
  const here: Tab = (tabs as readonly string[]).includes(tab) ? (tab as Tab) : "general";
  const typed = useSettings(url, home);
  const [making, setMaking] = useState(false);
  const { known, chosen, renew } = useKnown(typed.base as Box | undefined, String(typed.values.template ?? ""));
  const template = chosen(String(typed.values.template ?? ""));
  const editing = useFollowing(typed, template, ITSELF);
  const box = editing.base as Box | undefined;
  if (editing.problem && !box) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!box) return <Loading whole />;
  const fields = (which: Tab) => fieldsOf(which, known);
  return (
    <section class="single-column">
      <BackLink to="/admin/boxes" />
      <Head title={box.name}>{here === "general" && <button type="button" aria-haspopup="dialog" onClick={() => setMaking(true)}><Icon name="shared" />{t("shared.fromBox")}</button>}</Head>
      <SettingsTabs label={t("box.tabs")} home={home} tabs={tabs} here={here} fields={fields} editing={editing} />
      {here === "smtp" && <DeleteBox box={box} etag={async () => (await call("GET", url)).etag} />}
      {template && (sharedTabs as readonly Tab[]).includes(here) && <FollowedTemplate template={template} />}
      <SettingsForm fields={fields(here)} editing={editing} label={t(`tab.${here}`)} />
      {making && (
        <Create title={t("shared.fromBox")} verb={t("shared.make")} url="settings-templates" fixed={{ ...sharedValues(editing.values, known.lines !== null), ...(box.tenant ? { tenant: box.tenant } : {}) }}
          fields={[{ name: "name", label: "shared_name" }]} onClose={() => setMaking(false)} onMade={(made) => {
            setMaking(false);
            renew();
            editing.set("own", []);
            editing.set("template", made.name);
            say(t("shared.madeFrom", { name: String(made.name) }));
          }} />
      )}
    </section>
  );
}

const TEMPLATES = 200;

interface Template {
  id: string;
  name: string;
  tenant: string;
}

/** Those that have one settings template, which stands in the address by its id. */
function OfTemplate({ templates, chosen }: { templates: readonly Template[]; chosen: string }) {
  const several = new Set(templates.map((x) => x.tenant)).size > 1;
  const named = templates.map((x): [string, string] => [x.id, several ? `${x.name} (${x.tenant})` : x.name]);
  const unknown: [string, string][] = chosen && !templates.some((x) => x.id === chosen) ? [[chosen, "?"]] : [];
  return <div class="filters plain"><Filter name="template" label={t("boxes.ofTemplate")} choices={[["", t("boxes.anyTemplate")], ...named, ...unknown]} /></div>;
}

export function Boxes() {
  const template = usePlace().query.get("template") ?? "";
  const list = useSettingsList<Box>("boxes", [], { template });
  const templates = useGet<Page<Template>>(`settings-templates?limit=${TEMPLATES}`).data?.items ?? [];
  const anyTemplate = templates.length > 0;
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("boxes")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("box.new")}</button></Head>
      {(anyTemplate || template) && <OfTemplate templates={templates} chosen={template} />}
      <SearchTable<Box> label={t("boxes")} list={list} icon="boxes" empty={t(template ? "nothingFound" : "boxes.empty")} row={(b) => b.id} columns={[
        { head: t("f.name"), cell: (b) => <a href={`/admin/boxes/${encodeURIComponent(b.id)}`}>{b.name}</a> },
        { head: t("f.extension"), cell: (b) => b.extension },
        { head: t("f.owner"), cell: (b) => String(b.owner ?? "") },
        { head: t("f.smtp_address"), cell: (b) => b.smtp_address },
        ...(list.items.some((b) => b.template) ? [{ head: t("f.template"), cell: (b: Box) => String(b.template ?? "") }] : []),
        { head: t("dash.state"), cell: (b) => <State tone={b.enabled === false ? "warn" : "good"} icon={b.enabled === false ? "held" : "done"} word={t(b.enabled === false ? "box.off" : "box.on")} /> },
      ]} />
      {making && (
        <TenantField>
          {(of) => (
            <Create title={t("box.new")} verb={t("box.make")} url="boxes" fixed={of.fixed}
              fields={[...of.fields, { name: "name" }, { name: "id", optional: true }, { name: "extension", optional: true }, ...(anyTemplate ? [{ name: "template", lookup: "settings-templates", optional: true }] : [])]}
              onClose={() => setMaking(false)} onMade={(b) => navigate(`/admin/boxes/${encodeURIComponent(String(b.id))}`)} />
          )}
        </TenantField>
      )}
    </section>
  );
}
