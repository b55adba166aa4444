// SPDX-License-Identifier: AGPL-3.0-or-later
// Who says who people are beside Faxpost: providers that log them in (OpenID Connect), directories that list them (LDAP).
import { useState } from "preact/hooks";
import { post, query } from "../api";
import { useCell } from "../cell";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { SettingsForm, choices } from "../parts/fields";
import type { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { useTrial } from "../parts/doing";
import { State, Why } from "../parts/word";
import { navigate } from "../router";
import { session } from "../session";
import type { Entry, Outcome } from "../types";
import { Head, SearchTable, useSettingsList } from "./table";
import { TenantField } from "./tenant";
import { removeEntry } from "./remove";

interface Source extends Entry {
  id: string;
  name: string;
  tenant?: string;
  issuer?: string;
  host?: string;
  enabled?: boolean;
}

const groups = (root: boolean): Field[] => [
  { name: "group_tenant", kind: "text" },
  ...(root ? [{ name: "group_installation", kind: "text" } as Field] : []),
];

const providerFields = (root: boolean): Field[] => [
  { name: "label", kind: "text", label: "idp_label" },
  { name: "issuer", kind: "text" },
  { name: "client_id", kind: "text" },
  { name: "client_secret", kind: "secret" },
  { name: "shown", kind: "flag", label: "idp_shown" },
  { name: "make_users", kind: "flag" },
  { name: "group_required", kind: "text" },
  ...groups(root),
  { name: "claim_address", kind: "text" },
  { name: "claim_name", kind: "text" },
  { name: "claim_groups", kind: "text" },
  { name: "scope", kind: "text", label: "idp_scope" },
  { name: "pin", kind: "text", label: "hook_pin" },
  { name: "enabled", kind: "flag", label: "idp_enabled" },
];

function Enabled({ source }: { source: Source }) {
  const off = source.enabled === false;
  return <State tone={off ? "warn" : "good"} icon={off ? "held" : "done"} word={t(off ? "box.off" : "box.on")} />;
}

function ProviderTest({ name, unsaved }: { name: string; unsaved: boolean }) {
  const { said, busy, run } = useTrial<{ ok: boolean; url: string; outcome: Outcome }>(() => post("identity-providers/test" + query({ name })));
  return (
    <section aria-labelledby="test-title">
      <h2 id="test-title">{t("mail.test")}</h2>
      <button type="button" disabled={busy !== "" || unsaved} onClick={() => void run()}>{busy ? t("mail.testing") : t("mail.testDo")}</button>
      <p class="help">{unsaved ? t("mail.testUnsaved") : t("idp.testHelp", { url: location.origin + "/login/back" })}</p>
      {said && <p role="status"><State tone={said.ok ? "good" : "bad"} icon={said.ok ? "done" : "failed"} word={t(said.ok ? "idp.ok" : "idp.bad")} /> {said.url} <Why outcome={said.outcome} /></p>}
    </section>
  );
}

export function ProviderPage({ id }: { id: string }) {
  const url = `identity-providers/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/providers/${encodeURIComponent(id)}`);
  const root = useCell(session)!.role === "installation";
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  return (
    <section class="single-column">
      <BackLink to="/admin/providers" />
      <Head title={id}><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, id, t("idp.deleteText"), "/admin/providers")}><Icon name="trash" />{t("delete")}</button></Head>
      <SettingsForm fields={providerFields(root && !(editing.base as Source).tenant)} editing={editing} label={t("idp.settings")} />
      <ProviderTest name={id} unsaved={editing.changed.length > 0} />
    </section>
  );
}

export function Providers() {
  const list = useSettingsList<Source>("identity-providers");
  const who = useCell(session)!;
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("providers")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("idp.new")}</button></Head>
      <p class="help">{t("idp.what", { url: location.origin + "/login/back" })}</p>
      <SearchTable<Source> label={t("providers")} list={list} icon="key" empty={t("idp.empty")} row={(s) => s.name} columns={[
        { head: t("f.name"), cell: (s) => <a href={`/admin/providers/${encodeURIComponent(s.name)}`}>{s.name}</a> },
        { head: t("f.issuer"), cell: (s) => s.issuer },
        { head: t("dash.state"), cell: (s) => <Enabled source={s} /> },
      ]} />
      {making && (
        <TenantField>
          {({ names: tenants }) => (
            <Create title={t("idp.new")} verb={t("idp.make")} url="identity-providers" fixed={who.tenant && who.role !== "installation" ? { tenant: who.tenant.name } : {}}
              fields={[...(who.role === "installation" ? [{ name: "tenant", choices: [["", t("view.all")] as [string, string], ...tenants.map((n): [string, string] => [n, n])] }] : []), { name: "name" }, { name: "issuer" }, { name: "client_id" }, { name: "client_secret", secret: true, optional: true }]}
              onClose={() => setMaking(false)} onMade={(s) => navigate(`/admin/providers/${encodeURIComponent(String(s.name))}`)} />
          )}
        </TenantField>
      )}
    </section>
  );
}

const directoryFields = (): Field[] => [
  { name: "host", kind: "text" },
  { name: "port", kind: "whole", min: 0, max: 65535, label: "ldap_port" },
  { name: "security", kind: "choice", choices: choices("implicit", "starttls") },
  { name: "bind_dn", kind: "text" },
  { name: "password", kind: "secret", label: "server_password" },
  { name: "base", kind: "text" },
  { name: "filter", kind: "text" },
  { name: "login", kind: "flag", label: "ldap_login" },
  { name: "interval_minutes", kind: "whole", min: 0, max: 10080 },
  { name: "vanish_percent", kind: "whole", min: 0, max: 100 },
  { name: "attribute_name", kind: "text" },
  { name: "attribute_addresses", kind: "lines" },
  { name: "attribute_groups", kind: "text" },
  { name: "attribute_id", kind: "text" },
  { name: "group_tenant", kind: "text" },
  { name: "box_groups", kind: "lines" },
  { name: "ca_file", kind: "text" },
  { name: "pin", kind: "text", label: "hook_pin" },
  { name: "enabled", kind: "flag", label: "idp_enabled" },
];

interface Run {
  ok: boolean;
  text: string;
  outcome: Outcome;
}

const asks = ["test", "dry", "sync", "confirm"] as const;

function DirectoryRun({ name, unsaved }: { name: string; unsaved: boolean }) {
  const { said, busy, run } = useTrial<Run>((what) => post("directories/run" + query({ name, what })));
  const offered = said?.outcome.code === "directory-shrinks" ? asks : asks.slice(0, 3);
  return (
    <section aria-labelledby="test-title">
      <h2 id="test-title">{t("ldap.run")}</h2>
      <p class="buttons">{offered.map((what) => <button key={what} type="button" disabled={busy !== "" || unsaved} onClick={() => void run(what)}>{busy === what ? t("mail.testing") : t(`ldap.${what}`)}</button>)}</p>
      <p class="help">{unsaved ? t("mail.testUnsaved") : t("ldap.runHelp")}</p>
      {said && (
        <div role="status">
          <p><State tone={said.ok ? "good" : "bad"} icon={said.ok ? "done" : "failed"} word={t(said.ok ? "ldap.ok" : "ldap.bad")} /> <Why outcome={said.outcome} /></p>
          {said.text && <pre class="trace" tabIndex={0}>{said.text}</pre>}
        </div>
      )}
    </section>
  );
}

export function DirectoryPage({ id }: { id: string }) {
  const url = `directories/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/directories/${encodeURIComponent(id)}`);
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  return (
    <section class="single-column">
      <BackLink to="/admin/directories" />
      <Head title={id}><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, id, t("ldap.deleteText"), "/admin/directories")}><Icon name="trash" />{t("delete")}</button></Head>
      <SettingsForm fields={directoryFields()} editing={editing} label={t("ldap.settings")} />
      <DirectoryRun name={id} unsaved={editing.changed.length > 0} />
    </section>
  );
}

export function Directories() {
  const list = useSettingsList<Source>("directories");
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("directories")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("ldap.new")}</button></Head>
      <p class="help">{t("ldap.what")}</p>
      <SearchTable<Source> label={t("directories")} list={list} icon="contacts" empty={t("ldap.empty")} row={(s) => s.name} columns={[
        { head: t("f.name"), cell: (s) => <a href={`/admin/directories/${encodeURIComponent(s.name)}`}>{s.name}</a> },
        { head: t("f.host"), cell: (s) => s.host },
        { head: t("f.tenant"), cell: (s) => s.tenant },
        { head: t("dash.state"), cell: (s) => <Enabled source={s} /> },
      ]} />
      {making && (
        <TenantField>
          {({ names: tenants }) => (
            <Create title={t("ldap.new")} verb={t("ldap.make")} url="directories"
              fields={[{ name: "tenant", choices: tenants.map((n): [string, string] => [n, n]) }, { name: "name" }, { name: "host" }, { name: "base" }, { name: "bind_dn", optional: true }, { name: "password", secret: true, optional: true }]}
              onClose={() => setMaking(false)} onMade={(s) => navigate(`/admin/directories/${encodeURIComponent(String(s.name))}`)} />
          )}
        </TenantField>
      )}
    </section>
  );
}
