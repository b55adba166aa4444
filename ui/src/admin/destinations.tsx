// SPDX-License-Identifier: AGPL-3.0-or-later
// What was learned of the machines that are called.
import { useList } from "../data";
import { t } from "../i18n";
import { Search } from "../parts/list";
import { Time } from "../parts/time";
import { usePlace } from "../router";
import { Head, LongTable } from "./table";

const LIVE = ["call"] as const;

interface Destination {
  id: string;
  number: string;
  calls: number;
  delivered: number;
  voices: number;
  last_ms: number | null;
  reached_ms: number | null;
}

export function Destinations() {
  const { query } = usePlace();
  const list = useList<Destination>("destinations", { q: query.get("q") ?? "" }, LIVE);
  return (
    <section class="single-column">
      <Head title={t("destinations")} />
      <p class="help">{t("dest.what")}</p>
      <Search label={t("dest.search")} />
      <LongTable<Destination> label={t("destinations")} list={list} icon="destinations" empty={t("dest.empty")} row={(d) => d.id ?? d.number} columns={[
        { head: t("number"), cell: (d) => d.number },
        { head: t("dest.calls"), cell: (d) => d.calls, number: true },
        { head: t("dest.delivered"), cell: (d) => d.delivered, number: true },
        { head: t("dest.voices"), cell: (d) => d.voices, number: true },
        { head: t("dest.reached"), cell: (d) => <Time ms={d.reached_ms} /> },
        { head: t("dest.last"), cell: (d) => <Time ms={d.last_ms} /> },
      ]} />
    </section>
  );
}
