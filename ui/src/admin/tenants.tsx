// SPDX-License-Identifier: AGPL-3.0-or-later
// Tenants: people who see nothing of each other.
import { useState } from "preact/hooks";
import { useCell } from "../cell";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { SettingsForm, choices } from "../parts/fields";
import { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { navigate } from "../router";
import { session } from "../session";
import { Head, SearchTable, useSettingsList } from "./table";
import { removeEntry } from "./users";

const fields = (all: boolean): Field[] => [
  { name: "country", kind: "text" },
  { name: "area_code", kind: "text" },
  { name: "outside_prefix", kind: "text" },
  { name: "zone", kind: "text" },
  { name: "language", kind: "choice", choices: choices("en", "it", "de", "fr", "es") },
  { name: "mail_style", kind: "choice", choices: [["standard", t("c.styleStandard")], ["neutral", t("c.neutral")]] },
  { name: "from_address", kind: "text" },
  { name: "fallback_address", kind: "text" },
  { name: "serial", kind: "text" },
  { name: "billing_codes", kind: "lines" },
  { name: "blocked_callers", kind: "lines" },
  { name: "code_routes", kind: "lines" },
  { name: "forward_to", kind: "lines" },
  { name: "dmarc", kind: "choice", choices: choices("require", "prefer", "off") },
  { name: "trusted_networks", kind: "lines" },
  { name: "keep_received_days", kind: "whole", min: 0, max: 36500 },
  { name: "keep_sent_days", kind: "whole", min: 0, max: 36500 },
  { name: "archive_received_days", kind: "whole", min: 0, max: 36500 },
  { name: "archive_sent_days", kind: "whole", min: 0, max: 36500 },
  ...(all
    ? [
        { name: "dial_allow", kind: "text" } as Field,
        { name: "dial_deny", kind: "text" } as Field,
        { name: "emergency", kind: "text" } as Field,
        { name: "boxes_most", kind: "whole", min: 0, max: 1000000 } as Field,
        { name: "pages_per_day", kind: "whole", min: 0, max: 1000000 } as Field,
        { name: "minutes_per_day", kind: "whole", min: 0, max: 1000000 } as Field,
        { name: "legal_hold", kind: "flag" } as Field,
      ]
    : []),
];

export function TenantPage({ id }: { id: string }) {
  const url = `tenants/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/tenants/${encodeURIComponent(id)}`);
  const all = useCell(session)!.role === "installation";
  if (editing.problem && !editing.base) return <Broken error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading />;
  return (
    <section class="single-column">
      <BackLink to="/admin/tenants" />
      <Head title={id}>{all && <button type="button" onClick={() => void removeEntry(url, id, t("tenant.deleteText"), "/admin/tenants")}><Icon name="trash" />{t("delete")}</button>}</Head>
      <SettingsForm fields={fields(all)} editing={editing} label={t("tenant.settings")} />
    </section>
  );
}

interface Tenant {
  id: string;
  name: string;
  country?: string;
  zone?: string;
}

export function Tenants() {
  const list = useSettingsList<Tenant>("tenants");
  const all = useCell(session)!.role === "installation";
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("tenants")}>{all && <button type="button" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("tenant.new")}</button>}</Head>
      <SearchTable<Tenant> label={t("tenants")} list={list} icon="tenants" empty={t("tenants.empty")} row={(x) => x.name} columns={[
        { head: t("f.name"), cell: (x) => <a href={`/admin/tenants/${encodeURIComponent(x.name)}`}>{x.name}</a> },
        { head: t("f.country"), cell: (x) => x.country },
        { head: t("f.zone"), cell: (x) => x.zone },
      ]} />
      {making && (
        <Create title={t("tenant.new")} verb={t("tenant.make")} url="tenants" fields={[{ name: "name" }, { name: "country", optional: true }, { name: "area_code", optional: true }]}
          onClose={() => setMaking(false)} onMade={(x) => navigate(`/admin/tenants/${encodeURIComponent(String(x.name))}`)} />
      )}
    </section>
  );
}
