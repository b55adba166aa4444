// SPDX-License-Identifier: AGPL-3.0-or-later
// Settings templates: settings that several faxboxes share, and their places. (What mails and cover pages say is in `templates`.)
import { useEffect, useRef, useState } from "preact/hooks";
import { Page, query } from "../api";
import { useCell } from "../cell";
import { useGet } from "../data";
import { number, t } from "../i18n";
import { Create } from "../parts/create";
import { Dialog } from "../parts/dialog";
import { SettingsForm } from "../parts/fields";
import { says } from "../parts/following";
import type { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { navigate } from "../router";
import { session } from "../session";
import type { Entry } from "../types";
import { Known, SharedTab, sharedFields, sharedTabs } from "./boxfields";
import { Head, SearchTable, SettingsTabs, useSettingsList } from "./table";
import { TenantField } from "./tenant";
import { removeEntry } from "./remove";

interface SharedSettings extends Entry {
  id: string;
  name: string;
  tenant: string;
  boxes: number; // that use it
}

function place(id: string): string {
  return `/admin/settings-templates/${encodeURIComponent(id)}`;
}

/** The boxes that have it. */
function boxesOf(template: SharedSettings): string {
  return "/admin/boxes" + query({ template: template.id });
}

const MOST = 200;

/** The templates of a tenant (whose: as of an address; null: not yet) and the one that is called `name`, asked for
 * again with each state of `box`. names: null where they are too many. */
export function useSharedSettings(whose: string | null, name: string, box: unknown): { names: string[] | null; chosen(name: string): SharedSettings | undefined; renew(): void } {
  const list = useGet<Page<SharedSettings>>(whose === null ? null : `settings-templates?limit=${MOST}${whose}`);
  const many = !!list.data?.next;
  const one = useGet<Page<SharedSettings>>(whose !== null && many && name ? `settings-templates?limit=${MOST}&q=${encodeURIComponent(name)}${whose}` : null);
  const seen = useRef(box);
  useEffect(() => {
    if (seen.current !== undefined && seen.current !== box) list.reload();
    seen.current = box;
  }, [box]);
  const items = [...(list.data?.items ?? []), ...(one.data?.items ?? [])];
  const names = [...new Set([...items.map((x) => x.name), name])].filter(Boolean);
  return { names: many ? null : names, chosen: (wanted) => items.find((x) => x.name === wanted), renew: list.reload };
}

/** The names of the tenant's cover pages beside the standard one. */
export function useCovers(tenant: string | undefined): string[] {
  const { data } = useGet<Page<{ name: string; tenant: string }>>(`templates?limit=${MOST}`);
  const own = (data?.items ?? []).filter((x) => x.name.startsWith("cover-") && (!tenant || x.tenant === tenant));
  return [...new Set(own.map((x) => x.name.slice("cover-".length)))];
}

/** What only who administrates the installation chooses of: trunks, and places of the archive that take the tenant's faxes. */
export function useLines(tenant: string | undefined): Known["lines"] {
  const all = useCell(session)!.role === "installation";
  const trunks = useGet<Page<{ name: string }>>(all ? `trunks?limit=${MOST}` : null);
  const places = useGet<Page<{ name: string; tenant: string }>>(all ? `archive-places?limit=${MOST}` : null);
  const open = (places.data?.items ?? []).filter((p) => !p.tenant || p.tenant === tenant);
  return all ? { trunks: (trunks.data?.items ?? []).map((x) => x.name), places: open.map((p) => p.name) } : null;
}

/** Above the fields of a box that follow it. */
export function FollowedTemplate({ template }: { template: Entry }) {
  return <p class="help followed"><Icon name="shared" /> <span>{t("follow.what")} <a href={place(String(template.id))}>{String(template.name)}</a></span></p>;
}

// ---- one of them ----

/** Boxes follow: they know their template by its id. */
const nameField: Field = { name: "name", kind: "text", label: "shared_name" };

/** It is refused while boxes use it: then that is what is said. */
function Remove({ template }: { template: SharedSettings }) {
  const [refused, setRefused] = useState(false);
  const remove = () => (template.boxes > 0 ? setRefused(true) : void removeEntry(`settings-templates/${encodeURIComponent(template.id)}`, template.name, t("shared.deleteText"), "/admin/settings-templates"));
  return (
    <>
      <button type="button" aria-haspopup="dialog" onClick={remove}><Icon name="trash" />{t("delete")}</button>
      {refused && (
        <Dialog title={t("shared.inUse", { name: template.name })} onClose={() => setRefused(false)}>
          <p>{t("shared.inUseText", { n: template.boxes })}</p>
          <div class="buttons end">
            <button type="button" autofocus onClick={() => setRefused(false)}>{t("close")}</button>
            <a class="button" href={boxesOf(template)}>{t("shared.which")}</a>
          </div>
        </Dialog>
      )}
    </>
  );
}

export function SharedPage({ id, tab = "sending" }: { id: string; tab?: string }) {
  const home = place(id), url = `settings-templates/${encodeURIComponent(id)}`;
  const here: SharedTab = (sharedTabs as readonly string[]).includes(tab) ? (tab as SharedTab) : "sending";
  const editing = useSettings(url, home);
  const template = editing.base as SharedSettings | undefined;
  const covers = useCovers(template?.tenant);
  const lines = useLines(template?.tenant);
  if (editing.problem && !template) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!template) return <Loading whole />;
  const known: Known = { users: [], lookup: "", mailboxes: [], covers, templates: [], lines };
  const fields = (which: SharedTab) => [...(which === sharedTabs[0] ? [nameField] : []), ...sharedFields(which, known, (name) => says(template, name))];
  return (
    <section class="single-column">
      <BackLink to="/admin/settings-templates" />
      <Head title={template.name}><Remove template={template} /></Head>
      <p class="help">{template.boxes > 0 ? <>{t("shared.counts", { n: template.boxes })} <a href={boxesOf(template)}>{t("shared.which")}</a></> : t("shared.unused")}</p>
      <SettingsTabs label={t("shared.tabs")} home={home} tabs={sharedTabs} here={here} fields={fields} editing={editing} />
      <SettingsForm fields={fields(here)} editing={editing} label={t(`tab.${here}`)} />
    </section>
  );
}

export function Shared() {
  const list = useSettingsList<SharedSettings>("settings-templates");
  const all = useCell(session)!.role === "installation";
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("shared")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("shared.new")}</button></Head>
      <p class="help">{t("shared.what")}</p>
      <SearchTable<SharedSettings> label={t("shared")} list={list} icon="shared" empty={t("shared.empty")} row={(x) => x.id} columns={[
        { head: t("f.name"), cell: (x) => <a href={place(x.id)}>{x.name}</a> },
        ...(all ? [{ head: t("f.tenant"), cell: (x: SharedSettings) => x.tenant }] : []),
        { head: t("boxes"), number: true, cell: (x) => number(x.boxes) },
      ]} />
      {making && (
        <TenantField>
          {(of) => (
            <Create title={t("shared.new")} verb={t("shared.make")} url="settings-templates" fixed={of.fixed} fields={[...of.fields, { name: "name", label: "shared_name" }]}
              onClose={() => setMaking(false)} onMade={(x) => navigate(place(String(x.id)))} />
          )}
        </TenantField>
      )}
    </section>
  );
}
