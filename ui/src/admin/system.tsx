// SPDX-License-Identifier: AGPL-3.0-or-later
// What is said once for the installation: its domain, the From of its mails, how many calls at once.
import { t } from "../i18n";
import { SettingsForm } from "../parts/fields";
import { Field } from "../parts/frame";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { Head } from "./table";

const fields = (): Field[] => [
  { name: "fax_domain", kind: "text" },
  { name: "host_name", kind: "text" },
  { name: "web_url", kind: "text" },
  { name: "webhook_networks", kind: "text" },
  { name: "serial", kind: "text" },
  { name: "calls_in", kind: "whole", min: 0, max: 100000 },
  { name: "calls_out", kind: "whole", min: 0, max: 100000 },
  { name: "calls_total", kind: "whole", min: 0, max: 100000 },
  { name: "custom_from", kind: "choice", choices: [["on", t("c.fromTenant")], ["off", t("c.fromHere")]] },
  { name: "from_address", kind: "text" },
  { name: "master_tenant", kind: "text" },
  { name: "alarm_address", kind: "text" },
  { name: "usage_address", kind: "text" },
  { name: "mail_alarm_minutes", kind: "whole", min: 1, max: 10000 },
  { name: "keep_mails_days", kind: "whole", min: 0, max: 36500 },
  { name: "sign_reports", kind: "choice", choices: [["off", t("no")], ["on", t("yes")]] },
];

export function System() {
  const editing = useSettings("installation", "/admin/system");
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  return (
    <section class="single-column">
      <Head title={t("system")} />
      <p><a href="/admin/nodes">{t("nodes")}</a></p>
      <SettingsForm fields={fields()} editing={editing} label={t("system")} />
    </section>
  );
}
