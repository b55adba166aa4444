// SPDX-License-Identifier: AGPL-3.0-or-later
// Mail out: the server, with Test in its own words and Update; what waits for it is among the queues.
import { useState } from "preact/hooks";
import { useCell } from "../cell";
import { useGet } from "../data";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { SettingsForm, choices } from "../parts/fields";
import { Field } from "../parts/frame";
import { MailTest } from "../parts/mailtest";
import { useSettings } from "../parts/settings";
import { Broken, Empty, Loading } from "../parts/states";
import { session } from "../session";
import type { Status } from "../types";
import { Head } from "./table";

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
];

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
          <button type="button" class="primary" onClick={() => setMaking(true)}>{t("mail.enterServer")}</button>
        </Empty>
      ) : editing.problem && !editing.base ? <Broken error={editing.problem} again={editing.reload} /> : !editing.base ? <Loading /> : (
        <>
          {held > 0 && <p class="warning">{t("mail.held", { n: held })} <a href="/admin/queues/mails?state=held">{t("mail.outgoing")}</a></p>}
          <SettingsForm fields={serverFields()} editing={editing} label={t("mail.server")} verb={t("mail.update")} />
          <Test unsaved={editing.changed.length > 0} />
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
