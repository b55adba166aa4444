// SPDX-License-Identifier: AGPL-3.0-or-later
// What was sent and received in a time, by box and billing code: to be billed, or to be read by a spreadsheet.
import { Page, query, view } from "../api";
import { useGet } from "../data";
import { duration, number, t } from "../i18n";
import { Icon } from "../parts/icon";
import { Choice } from "../parts/list";
import { setQuery, usePlace } from "../router";
import { Head, Table } from "./table";

interface Usage {
  tenant: string;
  box: string;
  direction: "sent" | "received";
  billing: string;
  faxes: number;
  delivered: number;
  pages: number;
  seconds: number;
}

/** "2026-11-30" of that day here. */
function dayText(at: Date): string {
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;
}

function midnight(day: string, later = 0): number | undefined {
  const [y, m, d] = day.split("-").map(Number);
  return y && m && d ? new Date(y, m - 1, d + later).getTime() : undefined;
}

function month(back: number): { from: string; to: string } {
  const now = new Date();
  return { from: dayText(new Date(now.getFullYear(), now.getMonth() - back, 1)), to: dayText(back ? new Date(now.getFullYear(), now.getMonth() - back + 1, 0) : now) };
}

function Day({ name, value }: { name: "from" | "to"; value: string }) {
  return (
    <label class="day">{t(`usage.${name}`)}
      <input type="date" value={value} onChange={(event) => setQuery({ [name]: event.currentTarget.value })} />
    </label>
  );
}

function Sums({ items }: { items: Usage[] }) {
  const sum = (direction: Usage["direction"], what: "faxes" | "pages" | "seconds") => items.filter((u) => u.direction === direction).reduce((all, u) => all + u[what], 0);
  return (
    <ul class="counts">
      {(["sent", "received"] as const).map((d) => (
        <li key={d}><span class="big">{number(sum(d, "pages"))}</span> {t(`usage.${d}Pages`)} <span class="row-sub">{t("usage.in", { n: sum(d, "faxes"), time: duration(sum(d, "seconds") * 1000) })}</span></li>
      ))}
    </ul>
  );
}

export function UsagePage() {
  const { query: place } = usePlace();
  const now = month(0), last = month(1);
  const from = place.get("from") || now.from, to = place.get("to") || now.to;
  const wish = { since: midnight(from), until: midnight(to, 1) };
  const loaded = useGet<Page<Usage>>("usage" + query(wish));
  const items = loaded.data?.items ?? [];
  const many = new Set(items.map((u) => u.tenant)).size > 1;
  return (
    <section class="single-column">
      <Head title={t("usage")}><a class="button" href={"/api/v1/usage.csv" + query({ ...wish, tenant: view.value })} download><Icon name="download" />CSV</a></Head>
      <p class="list-filters"><Choice here={{ from: "", to: "" }} label={t("usage.thisMonth")} /><Choice here={last} label={t("usage.lastMonth")} /></p>
      <div class="days"><Day name="from" value={from} /><Day name="to" value={to} /></div>
      {items.length > 0 && <Sums items={items} />}
      <Table<Usage> label={t("usage")} loaded={loaded} icon="usage" empty={t("usage.empty")} row={(u) => `${u.tenant} ${u.box} ${u.direction} ${u.billing}`} columns={[
        { head: t("box"), cell: (u) => u.box },
        ...(many ? [{ head: t("f.tenant"), cell: (u: Usage) => u.tenant }] : []),
        { head: t("dash.direction"), cell: (u) => t(u.direction === "sent" ? "dash.out" : "dash.in") },
        { head: t("billing"), cell: (u) => u.billing },
        { head: t("usage.faxes"), cell: (u) => number(u.faxes), number: true },
        { head: t("usage.good"), cell: (u) => number(u.delivered), number: true },
        { head: t("sent.pages"), cell: (u) => number(u.pages), number: true },
        { head: t("call.took"), cell: (u) => duration(u.seconds * 1000), number: true },
      ]} />
    </section>
  );
}
