// SPDX-License-Identifier: AGPL-3.0-or-later
// What is wrong and what was, the newest first.
import { useList } from "../data";
import { t } from "../i18n";
import { BackLink, Choice } from "../parts/list";
import { Time } from "../parts/time";
import { State } from "../parts/word";
import { usePlace } from "../router";
import { Head, LongTable } from "./table";

interface Alarm {
  id: string;
  code: string;
  title: string;
  text: string;
  do: string;
  raised_ms: number | null;
  cleared_ms: number | null;
}

const LIVE = ["status"] as const;

export function Alarms() {
  const { query } = usePlace();
  const list = useList<Alarm>("alarms", { state: query.get("state") ?? "" }, LIVE);
  return (
    <section class="single-column">
      <BackLink to="/admin" />
      <Head title={t("alarms")} />
      <p class="list-filters"><Choice here={{ state: "" }} label={t("inbox.all")} /><Choice here={{ state: "open" }} label={t("alarm.open")} /></p>
      <LongTable<Alarm> label={t("alarms")} list={list} icon="done" empty={t("dash.allWell")} row={(a) => a.id} columns={[
        { head: t("alarm.what"), cell: (a) => <>{a.title || a.code} <span class="row-sub exact">{a.text}</span></> },
        { head: t("dash.state"), cell: (a) => <State tone={a.cleared_ms ? "good" : "bad"} icon={a.cleared_ms ? "done" : "unknown"} word={t(a.cleared_ms ? "alarm.over" : "alarm.open")} /> },
        { head: t("alarm.since"), cell: (a) => <Time ms={a.raised_ms} /> },
        { head: t("alarm.until"), cell: (a) => <Time ms={a.cleared_ms} /> },
      ]} />
    </section>
  );
}
