// SPDX-License-Identifier: AGPL-3.0-or-later
// What went over the line: by hour of the last day or by day of the last month, and why calls failed.
import { query } from "../api";
import { useGet } from "../data";
import { clockTime, dayOf, number, t } from "../i18n";
import { Bars, Series } from "../parts/chart";
import { Choice } from "../parts/list";
import { Broken, Loading } from "../parts/states";
import { reason } from "../reasons";
import { usePlace } from "../router";
import type { Outcome } from "../types";

interface Step {
  at_ms: number;
  direction: "in" | "out";
  outcome: Outcome;
  calls: number;
  pages: number;
  seconds: number;
}

interface Traffic {
  since_ms: number;
  step_ms: number;
  items: Step[];
}

const LIVE = ["call"] as const;
const STEPS = { hour: 24, day: 30 };
const ZONE_MOST = 14 * 60; // the server counts zones from there
const CAUSES = 6;

type Kind = "delivered" | "failed" | "received" | "broken";

function kindOf(s: Step): Kind {
  return s.direction === "out" ? (s.outcome.code ? "failed" : "delivered") : s.outcome.code ? "broken" : "received";
}

function seriesOf(data: Traffic, count: number, what: "calls" | "pages"): Series[] {
  const values: { [kind in Kind]: number[] } = { delivered: [], failed: [], received: [], broken: [] };
  for (const list of Object.values(values)) list.push(...Array<number>(count).fill(0));
  for (const s of data.items) {
    const at = Math.min(count - 1, Math.max(0, Math.floor((s.at_ms - data.since_ms) / data.step_ms)));
    values[kindOf(s)][at]! += s[what];
  }
  return [
    { name: t("dash.delivered"), tone: "good", values: values.delivered },
    { name: t("dash.failed"), tone: "bad", values: values.failed },
    { name: t("dash.received"), tone: "accent", values: values.received },
    { name: t("dash.broken"), tone: "warn", values: values.broken },
  ];
}

/** Of the calls that failed the most frequent reasons. */
function causesOf(items: Step[]): { outcome: Outcome; calls: number }[] {
  const found = new Map<string, { outcome: Outcome; calls: number }>();
  for (const s of items) {
    if (!s.outcome.code) continue;
    const cause = found.get(s.outcome.code) ?? { outcome: s.outcome, calls: 0 };
    found.set(s.outcome.code, { outcome: s.outcome, calls: cause.calls + s.calls });
  }
  return [...found.values()].sort((a, b) => b.calls - a.calls).slice(0, CAUSES);
}

export function TrafficCharts() {
  const place = usePlace();
  const by = place.query.get("by") === "day" ? "day" : "hour", what = place.query.get("what") === "pages" ? "pages" : "calls";
  const { data, error, reload } = useGet<Traffic>("traffic" + query({ by, steps: STEPS[by], zone: ZONE_MOST - new Date().getTimezoneOffset() }), LIVE);
  if (error && !data) return <Broken error={error} again={reload} />;
  if (!data) return <Loading />;
  const count = STEPS[by], series = seriesOf(data, count, what);
  const steps = Array.from({ length: count }, (_, n) => (by === "hour" ? clockTime : dayOf)(data.since_ms + n * data.step_ms));
  const of = (kind: Kind) => data.items.filter((s) => kindOf(s) === kind).reduce((sum, s) => sum + s.calls, 0);
  const good = of("delivered"), tried = good + of("failed"), causes = causesOf(data.items);
  return (
    <>
      <h2>{t("dash.traffic")}</h2>
      <p class="list-filters">
        <Choice here={{ by: "" }} label={t("dash.hours")} /><Choice here={{ by: "day" }} label={t("dash.days")} />
        <span aria-hidden="true">·</span>
        <Choice here={{ what: "" }} label={t("calls")} /><Choice here={{ what: "pages" }} label={t("sent.pages")} />
      </p>
      {data.items.length === 0 ? <p class="note">{t(by === "hour" ? "dash.quietDay" : "dash.quietMonth")}</p> : (
        <>
          <Bars label={`${t(what === "calls" ? "calls" : "sent.pages")}, ${t(by === "hour" ? "dash.hours" : "dash.days")}`} head={t("dash.time")} steps={steps} series={series} />
          {tried > 0 && <p><span class="big">{number(Math.round((good / tried) * 100))} %</span> {t("dash.success", { n: tried })}</p>}
        </>
      )}
      {causes.length > 0 && (
        <>
          <h3>{t("dash.causes")}</h3>
          <ol class="causes">
            {causes.map((c) => (
              <li key={c.outcome.code}>
                <span class="number">{number(c.calls)}</span>
                <meter min={0} max={causes[0]!.calls} value={c.calls} aria-hidden="true" />
                <span>{reason(c.outcome)} <span class="code">{c.outcome.code}</span></span>
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}
