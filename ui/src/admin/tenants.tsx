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
import { Head, SearchTable, SettingsTabs, useSettingsList } from "./table";
import { removeEntry } from "./remove";

type Tab = "general" | "mail" | "numbers" | "limits" | "archive";

/** all: who administrates everything; what costs money, or is the house's to allow, is his. */
function fieldsOf(tab: Tab, all: boolean): Field[] {
  switch (tab) {
    case "general":
      return [{ name: "country", kind: "text" }, { name: "area_code", kind: "text" }, { name: "outside_prefix", kind: "text" }, { name: "zone", kind: "text" },
        { name: "language", kind: "choice", choices: choices("en", "it", "de", "fr", "es") }, { name: "serial", kind: "text" }, { name: "billing_codes", kind: "lines" }];
    case "mail":
      return [
        { name: "mail_style", kind: "choice", choices: [["standard", t("c.styleStandard")], ["neutral", t("c.neutral")]] },
        { name: "from_address", kind: "text" },
        { name: "fallback_address", kind: "text" },
        { name: "forward_to", kind: "lines" },
        { name: "dmarc", kind: "choice", choices: choices("require", "prefer", "off") },
        { name: "trusted_networks", kind: "lines" },
        { name: "address_case", kind: "choice", label: "tenant_address_case", choices: choices("ignore-case", "exact"), more: true },
        { name: "arc_trusted", kind: "lines", more: true },
      ];
    case "numbers":
      return [
        ...(all ? [{ name: "dial_allow", kind: "text" }, { name: "dial_deny", kind: "text" }, { name: "emergency", kind: "text" }] as Field[] : []),
        { name: "blocked_callers", kind: "lines" },
        { name: "code_routes", kind: "lines" },
      ];
    case "limits":
      return [
        { name: "boxes_most", kind: "whole", min: 0, max: 1000000 },
        { name: "calls_in", kind: "whole", min: 0, max: 100000, label: "tenant_calls_in" },
        { name: "calls_out", kind: "whole", min: 0, max: 100000, label: "tenant_calls_out" },
        { name: "pages_per_day", kind: "whole", min: 0, max: 1000000 },
        { name: "minutes_per_day", kind: "whole", min: 0, max: 1000000 },
        { name: "international_per_hour", kind: "whole", min: 0, max: 100000 },
        { name: "hold_new_countries", kind: "flag" },
        { name: "four_eyes", kind: "flag" },
      ];
    case "archive":
      return [
        { name: "keep_received_days", kind: "whole", min: 0, max: 36500 },
        { name: "keep_sent_days", kind: "whole", min: 0, max: 36500 },
        { name: "archive_received_days", kind: "whole", min: 0, max: 36500 },
        { name: "archive_sent_days", kind: "whole", min: 0, max: 36500 },
        ...(all ? [{ name: "legal_hold", kind: "flag" } as Field] : []),
      ];
  }
}

const tabs: readonly Tab[] = ["general", "mail", "numbers", "limits", "archive"];

export function TenantPage({ id, tab = "general" }: { id: string; tab?: string }) {
  const home = `/admin/tenants/${encodeURIComponent(id)}`, url = `tenants/${encodeURIComponent(id)}`;
  const editing = useSettings(url, home);
  const all = useCell(session)!.role === "installation";
  const offered = tabs.filter((tb) => all || tb !== "limits");
  const here = offered.find((tb) => tb === tab) ?? "general";
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  return (
    <section class="single-column">
      <BackLink to="/admin/tenants" />
      <Head title={id}>{all && <button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, id, t("tenant.deleteText"), "/admin/tenants")}><Icon name="trash" />{t("delete")}</button>}</Head>
      <SettingsTabs label={t("tenant.tabs")} home={home} tabs={offered} here={here} fields={(tb) => fieldsOf(tb, all)} editing={editing} />
      <SettingsForm fields={fieldsOf(here, all)} editing={editing} label={t(`tab.${here}`)} />
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
      <Head title={t("tenants")}>{all && <button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("tenant.new")}</button>}</Head>
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
