// SPDX-License-Identifier: AGPL-3.0-or-later
// SIP trunks: how it is with each, and its settings.
import { useState } from "preact/hooks";
import { useGet } from "../data";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { SettingsForm } from "../parts/fields";
import { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { State } from "../parts/word";
import { navigate } from "../router";
import type { Trunk } from "../types";
import { SelfTests } from "./selftests";
import { Head, SearchTable, useSettingsList } from "./table";
import { removeEntry } from "./remove";

const LIVE = ["status"] as const;

export function TrunkState({ trunk }: { trunk: Trunk }) {
  const looks = { unchecked: ["plain", "waiting"], trying: ["plain", "waiting"], up: ["good", "done"], down: ["bad", "failed"] } as const;
  const [tone, icon] = looks[trunk.state] ?? looks.unchecked;
  return <State tone={tone} icon={icon} word={t(`trunk.${trunk.state}`)} />;
}

const fields = (): Field[] => [
  { name: "peer", kind: "text" },
  { name: "transport", kind: "choice", choices: [["udp", "UDP"], ["tcp", "TCP"], ["tls", "TLS"]] },
  { name: "username", kind: "text" },
  { name: "password", kind: "secret" },
  { name: "register", kind: "flag" },
  { name: "register_seconds", kind: "whole", min: 30, max: 86400, shown: (v) => v.register === true },
  { name: "keepalive", kind: "whole", min: -1, max: 3600 },
  { name: "t38", kind: "flag" },
  { name: "t38_correction", kind: "choice", choices: [["auto", t("c.correctionAuto")], ["redundancy", t("c.correctionCopies")], ["fec", t("c.correctionFec")]], shown: (v) => v.t38 === true },
  { name: "srtp", kind: "choice", choices: [["auto", t("c.srtpAuto")], ["no", t("c.srtpNo")], ["optional", t("c.srtpOptional")], ["required", t("c.srtpRequired")]] },
  { name: "cost", kind: "whole", min: 0, max: 1000000 },
  { name: "calls", kind: "whole", min: 0, max: 100000, label: "trunk_calls" },
  { name: "addresses", kind: "lines" },
  { name: "advertised_address", kind: "text" },
  { name: "fallback_box", kind: "text" },
  { name: "self_test_number", kind: "text" },
  { name: "self_test_hours", kind: "text", shown: (v) => !!v.self_test_number },
  { name: "outbound_proxy", kind: "text", more: true },
  { name: "called_from", kind: "choice", choices: [["request", "Request-URI"], ["to", "To"], ["diversion", "Diversion"]], more: true },
  { name: "caller_from", kind: "choice", choices: [["asserted", "P-Asserted-Identity"], ["from", "From"]], more: true },
  { name: "caller_in", kind: "choice", choices: [["from", "From"], ["asserted", "P-Asserted-Identity"], ["preferred", "P-Preferred-Identity"]], more: true },
  { name: "symmetric", kind: "flag", more: true },
  { name: "pace", kind: "flag", more: true },
];

export function TrunkPage({ id }: { id: string }) {
  const url = `trunks/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/trunks/${encodeURIComponent(id)}`);
  const { data: trunk } = useGet<Trunk>(url, LIVE);
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  return (
    <section class="single-column">
      <BackLink to="/admin/trunks" />
      <Head title={id}><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, id, t("trunk.deleteText"), "/admin/trunks")}><Icon name="trash" />{t("delete")}</button></Head>
      {trunk && <p class="facts" role="status"><TrunkState trunk={trunk} /> <span>{trunk.text}</span> <Time ms={trunk.since_ms} /></p>}
      {/* The addresses of a trunk are no email addresses: their words are their own. */}
      <SettingsForm fields={fields().map((f) => (f.name === "addresses" || f.name === "password" || f.name === "username" ? { ...f, label: "trunk_" + f.name } : f))} editing={editing} label={t("trunk.settings")} />
      {trunk && <SelfTests trunk={trunk} number={String(editing.base.self_test_number ?? "")} unsaved={editing.changed.length > 0} />}
    </section>
  );
}

export function Trunks() {
  const list = useSettingsList<Trunk>("trunks", LIVE);
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("trunks")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("trunk.new")}</button></Head>
      <SearchTable<Trunk> label={t("trunks")} list={list} icon="trunks" empty={t("trunks.empty")} row={(x) => x.name} columns={[
        { head: t("f.name"), cell: (x) => <a href={`/admin/trunks/${encodeURIComponent(x.name)}`}>{x.name}</a> },
        { head: t("dash.state"), cell: (x) => <TrunkState trunk={x} /> },
        { head: t("f.peer"), cell: (x) => x.peer },
        { head: t("trunk.said"), cell: (x) => <>{x.text} <Time ms={x.since_ms} /></> },
      ]} />
      {making && (
        <Create title={t("trunk.new")} verb={t("trunk.make")} url="trunks" fields={[{ name: "name" }, { name: "peer" }]} onClose={() => setMaking(false)}
          onMade={(x) => navigate(`/admin/trunks/${encodeURIComponent(String(x.name))}`)} />
      )}
    </section>
  );
}
