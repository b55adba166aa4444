// SPDX-License-Identifier: AGPL-3.0-or-later
// Mail out: the server, with Test in its own words and Update; what waits for it is among the queues.
import { useState } from "preact/hooks";
import { Page } from "../api";
import { useCell } from "../cell";
import { useGet } from "../data";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { SettingsForm, choices } from "../parts/fields";
import { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { MailTest } from "../parts/mailtest";
import { useSettings } from "../parts/settings";
import { Broken, Empty, Loading } from "../parts/states";
import { navigate } from "../router";
import { session } from "../session";
import type { Status } from "../types";
import { Head } from "./table";
import { removeEntry } from "./remove";

const LIVE = ["status"] as const;

function Test({ unsaved }: { unsaved: boolean }) {
  const who = useCell(session)!;
  return (
    <section aria-labelledby="test-title">
      <h2 id="test-title">{t("mail.test")}</h2>
      <MailTest to={who.user.addresses[0]} unsaved={unsaved} />
    </section>
  );
}

const serverFields = (): Field[] => [
  { name: "host", kind: "text" },
  { name: "port", kind: "whole", min: 1, max: 65535 },
  { name: "security", kind: "choice", choices: choices("auto", "starttls", "implicit", "plain").map(([v, w]) => [v === "plain" ? "none" : v, w] as const) },
  { name: "allow", kind: "text" },
  { name: "username", kind: "text" },
  { name: "password", kind: "secret", label: "server_password" },
  { name: "envelope_sender", kind: "text" },
  { name: "ca_file", kind: "text" },
  { name: "connections", kind: "whole", min: 1, max: 20 },
  { name: "enabled", kind: "flag", label: "mail_enabled" },
  { name: "auth", kind: "choice", label: "mail_auth", choices: ["auto", "plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "xoauth2", "oauthbearer"].map((v) => [v, v === "auto" ? t("c.auto") : v.toUpperCase()] as const), more: true },
  { name: "pin", kind: "text", label: "hook_pin", more: true },
  { name: "tls_name", kind: "text", more: true },
  { name: "null_sender", kind: "flag", more: true },
];

const furtherFields = (): Field[] => [{ name: "tenant", kind: "text", label: "mail_tenant" }, { name: "fallback", kind: "flag" }, ...serverFields()];

interface Server {
  id: string;
  name: string;
  host: string;
  tenant: string;
  fallback: boolean;
}

/** Of a tenant of its own, or one for the time that the first one is away. */
export function FurtherServer({ id }: { id: string }) {
  const url = `mail-servers/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/mail/${encodeURIComponent(id)}`);
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  return (
    <section class="single-column">
      <BackLink to="/admin/mail" />
      <Head title={id}><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, id, t("mail.deleteText"), "/admin/mail")}><Icon name="trash" />{t("delete")}</button></Head>
      <SettingsForm fields={furtherFields()} editing={editing} label={t("mail.server")} verb={t("mail.update")} />
    </section>
  );
}

function FurtherServers() {
  const { data } = useGet<Page<Server>>("mail-servers?limit=200");
  const [making, setMaking] = useState(false);
  const others = (data?.items ?? []).filter((s) => s.name !== "main");
  return (
    <section aria-labelledby="others-title">
      <h2 id="others-title">{t("mail.others")}</h2>
      <p class="help">{t("mail.othersHelp")}</p>
      {others.length > 0 && <ul class="plain-list">{others.map((s) => <li key={s.id}><a href={`/admin/mail/${encodeURIComponent(s.id)}`}>{s.name}</a> {s.host} {s.tenant && <span class="row-sub">{s.tenant}</span>}</li>)}</ul>}
      <button type="button" aria-haspopup="dialog" onClick={() => setMaking(true)}><Icon name="plus" />{t("mail.newServer")}</button>
      {making && (
        <Create title={t("mail.newServer")} verb={t("mail.enterServer")} url="mail-servers" onClose={() => setMaking(false)}
          fields={[{ name: "name" }, { name: "host" }, { name: "tenant", label: "mail_tenant", lookup: "tenants", optional: true }, { name: "fallback", flag: true }]}
          onMade={(s) => navigate(`/admin/mail/${encodeURIComponent(String(s.name))}`)} />
      )}
    </section>
  );
}

export function MailServer() {
  const editing = useSettings("mail-servers/main", "/admin/mail");
  const [making, setMaking] = useState(false);
  const none = editing.problem?.status === 404;
  const { data: status } = useGet<Status>("status", LIVE);
  const held = status?.mails.held ?? 0;
  return (
    <section class="single-column">
      <Head title={t("mail.server")}>
        <a class="button" href="/admin/queues/mails">{t("mail.outgoing")}</a>
        <a class="button" href="/admin/queues/deadletters">{t("mail.dead")}</a>
      </Head>
      {none ? (
        <Empty icon="mail">
          <p>{t("mail.noServer")}</p>
          <button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}>{t("mail.enterServer")}</button>
        </Empty>
      ) : editing.problem && !editing.base ? <Broken error={editing.problem} again={editing.reload} /> : !editing.base ? <Loading /> : (
        <>
          {held > 0 && <p class="warning">{t("mail.held", { n: held })} <a href="/admin/queues/mails?state=held">{t("mail.outgoing")}</a></p>}
          <SettingsForm fields={serverFields()} editing={editing} label={t("mail.server")} verb={t("mail.update")} />
          <Test unsaved={editing.changed.length > 0} />
          <FurtherServers />
        </>
      )}
      {making && (
        <Create title={t("mail.enterServer")} verb={t("mail.enterServer")} url="mail-servers" fixed={{ name: "main" }}
          fields={[{ name: "host" }, { name: "username", optional: true }, { name: "password", secret: true, optional: true, label: "server_password" }]}
          onClose={() => setMaking(false)} onMade={() => {
            setMaking(false);
            editing.reload();
          }} />
      )}
    </section>
  );
}
