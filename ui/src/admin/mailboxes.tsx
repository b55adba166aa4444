// SPDX-License-Identifier: AGPL-3.0-or-later
// Mailboxes on other people's servers that are read.
import { useState } from "preact/hooks";
import { post } from "../api";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { useDoing } from "../parts/doing";
import { SettingsForm, choices } from "../parts/fields";
import { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { State } from "../parts/word";
import { navigate } from "../router";
import type { Entry } from "../types";
import { Head, SearchTable, useSettingsList } from "./table";
import { TenantField } from "./tenant";
import { removeEntry } from "./remove";

const LIVE = ["status"] as const;

interface Mailbox {
  id: string;
  name: string;
  address?: string;
  host?: string;
  ok?: boolean;
  code?: string;
  text?: string;
  since_ms?: number | null;
  state?: { ok: boolean; code: string; text: string; since_ms: number | null } | null;
}

/** How it is with it; of older servers beside the settings, of newer ones in `state`. */
function healthOf(m: Mailbox) {
  return m.state ?? (m.ok === undefined ? null : { ok: m.ok, code: m.code ?? "", text: m.text ?? "", since_ms: m.since_ms ?? null });
}

function Health({ mailbox }: { mailbox: Mailbox }) {
  const h = healthOf(mailbox);
  if (!h) return <State tone="plain" icon="waiting" word={t("mailbox.notYet")} />;
  return <><State tone={h.ok ? "good" : "bad"} icon={h.ok ? "done" : "failed"} word={t(h.ok ? "mailbox.ok" : "mailbox.bad")} /> {!h.ok && h.text} <Time ms={h.since_ms} /></>;
}

function isOauth(values: Entry): boolean {
  return values.authentication === "oauth2";
}

const fields = (): Field[] => [
  { name: "address", kind: "text", label: "mailbox_address" },
  { name: "protocol", kind: "choice", choices: [["imap", "IMAP"], ["pop3", "POP3"]] },
  { name: "host", kind: "text" },
  { name: "port", kind: "whole", min: 0, max: 65535, label: "mailbox_port" },
  { name: "security", kind: "choice", choices: choices("implicit", "starttls", "plain").map(([v, w]) => [v === "plain" ? "none" : v, w] as const) },
  { name: "username", kind: "text" },
  { name: "authentication", kind: "choice", choices: [...choices("password"), ["scram", "SCRAM"], ["plain", "PLAIN"], ...choices("oauth2")], label: "mailbox_login" },
  { name: "password", kind: "secret", label: "server_password", shown: (v) => !isOauth(v) },
  { name: "oauth_client_id", kind: "text", shown: isOauth },
  { name: "oauth_token_url", kind: "text", shown: isOauth },
  { name: "oauth_device_url", kind: "text", shown: isOauth },
  { name: "oauth_scope", kind: "text", shown: isOauth },
  { name: "oauth_grant", kind: "choice", choices: [["refresh_token", t("c.oauthPerson")], ["client_credentials", t("c.oauthClient")]], shown: isOauth },
  { name: "oauth_client_secret", kind: "secret", long: true, shown: isOauth },
  { name: "folder", kind: "text", shown: (v) => v.protocol !== "pop3" },
  { name: "interval", kind: "whole", min: 5, max: 86400 },
  { name: "authserv_id", kind: "text" },
  { name: "enabled", kind: "flag", label: "mailbox_enabled" },
  { name: "too_large", kind: "choice", choices: [["remove", t("c.tooLargeRemove")], ["keep", t("c.tooLargeKeep")]], more: true },
  { name: "gateway", kind: "flag", label: "mailbox_gateway", more: true },
  { name: "plaintext_password", kind: "flag", more: true },
  { name: "ca_file", kind: "text", more: true },
  { name: "pin", kind: "text", label: "hook_pin", more: true },
  { name: "oauth_authorize_url", kind: "text", shown: isOauth, more: true },
  { name: "oauth_redirect_url", kind: "text", shown: isOauth, more: true },
  { name: "oauth_refresh_token", kind: "secret", long: true, shown: isOauth, more: true },
  { name: "oauth_pin", kind: "text", shown: isOauth, more: true },
];

function Test({ name }: { name: string }) {
  const [said, setSaid] = useState<{ ok: boolean; text: string; said: string } | null>(null);
  const [code, setCode] = useState<{ user_code: string; uri: string } | null>(null);
  const { busy, fault, run } = useDoing();
  const argument = `?name=${encodeURIComponent(name)}`;
  return (
    <section aria-labelledby="test-title">
      <h2 id="test-title">{t("mailbox.test")}</h2>
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => void run(async () => setSaid(await post(`mailboxes/test${argument}`)))}>{busy ? t("mail.testing") : t("mail.testDo")}</button>
        <button type="button" disabled={busy} onClick={() => void run(async () => setCode(await post(`mailboxes/authorize${argument}`)))}>{t("mailbox.authorize")}</button>
      </div>
      <p class="help">{t("mailbox.testHelp")}</p>
      {fault && <p class="error" role="alert">{fault.message}</p>}
      {code && <p role="status">{t("mailbox.code", { code: code.user_code })} <a href={code.uri} target="_blank" rel="noreferrer">{code.uri}</a></p>}
      {said && <div role="status"><p><State tone={said.ok ? "good" : "bad"} icon={said.ok ? "done" : "failed"} word={t(said.ok ? "mailbox.ok" : "mailbox.bad")} /> {said.text}</p><pre class="words">{said.said}</pre></div>}
    </section>
  );
}

export function MailboxPage({ id }: { id: string }) {
  const url = `mailboxes/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/mailboxes/${encodeURIComponent(id)}`);
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  const name = String(editing.base.name ?? id);
  return (
    <section class="single-column">
      <BackLink to="/admin/mailboxes" />
      <Head title={name}><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, name, t("mailbox.deleteText"), "/admin/mailboxes")}><Icon name="trash" />{t("delete")}</button></Head>
      <SettingsForm fields={fields()} editing={editing} label={t("mailbox.settings")} />
      <Test name={name} />
    </section>
  );
}

export function Mailboxes() {
  const list = useSettingsList<Mailbox>("mailboxes", LIVE);
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("mailboxes")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("mailbox.new")}</button></Head>
      <p class="help">{t("mailbox.what")}</p>
      <SearchTable<Mailbox> label={t("mailboxes")} list={list} icon="mailboxes" empty={t("mailboxes.empty")} row={(m) => m.name} columns={[
        { head: t("f.name"), cell: (m) => <a href={`/admin/mailboxes/${encodeURIComponent(m.name)}`}>{m.name}</a> },
        { head: t("f.mailbox_address"), cell: (m) => m.address ?? "" },
        { head: t("dash.state"), cell: (m) => <Health mailbox={m} /> },
      ]} />
      {making && (
        <TenantField>
          {(of) => (
            <Create title={t("mailbox.new")} verb={t("mailbox.make")} url="mailboxes" fixed={of.fixed}
              fields={[...of.fields, { name: "name" }, { name: "address" }, { name: "host" }, { name: "username", optional: true }, { name: "password", secret: true, optional: true }]}
              onClose={() => setMaking(false)} onMade={(m) => navigate(`/admin/mailboxes/${encodeURIComponent(String(m.name))}`)} />
          )}
        </TenantField>
      )}
    </section>
  );
}
