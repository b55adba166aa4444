// SPDX-License-Identifier: AGPL-3.0-or-later
// Calls, and one of them as a ladder: what we said, what they said, and when.
import { useGet, useList } from "../data";
import { duration, has, t } from "../i18n";
import { BackLink } from "../parts/list";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { Why } from "../parts/word";
import { reason } from "../reasons";
import type { Call } from "../types";
import { Head, LongTable } from "./table";

const LIVE = ["call"] as const;

export function Calls() {
  const list = useList<Call>("calls", {}, LIVE);
  return (
    <section class="single-column">
      <Head title={t("calls")} />
      <LongTable<Call> label={t("calls")} list={list} icon="calls" empty={t("calls.empty")} row={(c) => c.id} columns={[
        { head: t("number"), cell: (c) => <a class="whole" href={`/admin/calls/${c.id}`}>{c.number || t("fax.anonymous")}</a> },
        { head: t("calls.at"), cell: (c) => <Time ms={c.started_ms} /> },
        { head: t("dash.direction"), cell: (c) => t(c.direction === "in" ? "dash.in" : "dash.out") },
        { head: t("box"), cell: (c) => c.box },
        { head: t("trunk"), cell: (c) => c.trunk },
        { head: t("stationId"), cell: (c) => c.station_id.trim() },
        { head: t("call.result"), cell: (c) => reason(c.outcome) || (c.ended_ms ? t("call.fine") : t("call.open")) },
        { head: t("call.took"), cell: (c) => (c.ended_ms && c.started_ms ? duration(c.ended_ms - c.started_ms) : ""), number: true },
      ]} />
    </section>
  );
}

interface Step {
  ms: number;
  ours: boolean;
  sip: boolean;
  frame: string;
  rest: string;
}

/** A line of the trace: "MILLISECONDS > FRAME" is ours, "<" theirs; "sip:INVITE" is no frame, but said in SIP. */
function stepOf(line: string): Step | null {
  const found = /^(-?\d+) ([<>]) (sip:)?(\S+)\s*(.*)$/.exec(line);
  return found && { ms: Number(found[1]), ours: found[2] === ">", sip: !!found[3], frame: found[4]!, rest: found[5]! };
}

function meaning(step: Step): string {
  const key = (step.sip ? "sip." : "t30.") + step.frame.replace(/^EOR-.*/, "EOR");
  const means = has(key) ? t(key) : "";
  return step.sip && means && step.rest ? `${means} · ${step.rest}` : step.rest || means;
}

export function Ladder({ id }: { id: string }) {
  const { data: call, error, reload } = useGet<Call>(`calls/${id}`, LIVE);
  if (error && !call) return <Broken whole error={error} again={reload} />;
  if (!call) return <Loading whole />;
  const steps = (call.trace ?? "").split("\n").flatMap((line) => stepOf(line) ?? []);
  const first = steps[0]?.ms ?? 0;
  const they = call.station_id.trim() || t("call.they");
  return (
    <section class="single-column">
      <BackLink to="/admin/calls" />
      <Head title={t(call.direction === "in" ? "call.in" : "call.out")} />
      <dl class="facts">
        {call.number && <div><dt>{t("number")}</dt><dd>{call.number}</dd></div>}
        <div><dt>{t("calls.at")}</dt><dd><Time ms={call.started_ms} /></dd></div>
        <div><dt>{t("trunk")}</dt><dd>{call.trunk}</dd></div>
        <div><dt>{t("call.mode")}</dt><dd>{call.mode === "t38" ? "T.38" : call.mode ? "G.711" : t("none")}</dd></div>
        {call.rate > 0 && <div><dt>{t("call.speed")}</dt><dd>{t("call.rate", { n: call.rate })}{call.ecm ? " · ECM" : ""}</dd></div>}
        {call.job && <div><dt>{t("call.about")}</dt><dd><a href={`/sent/${call.job}`}>{t("call.job")}</a></dd></div>}
        {call.fax && <div><dt>{t("call.about")}</dt><dd><a href={`/inbox/${call.fax}`}>{t("call.fax")}</a></dd></div>}
      </dl>
      {call.outcome.text && <p><Why outcome={call.outcome} /></p>}
      {steps.every((s) => s.sip) && <p class="note">{t("call.silence")}</p>}
      {steps.length > 0 && (
        <div class="table-room" tabIndex={0} role="region" aria-label={t("call.ladder")}>
          <table class="ladder">
            <thead><tr><th scope="col" class="number">{t("call.second")}</th><th scope="col">{t("call.we")}</th><th scope="col"><span class="unseen">{t("dash.direction")}</span></th><th scope="col">{they}</th><th scope="col">{t("call.means")}</th></tr></thead>
            <tbody>
              {steps.map((s, n) => (
                <tr key={n} class={(s.ours ? "ours" : "theirs") + (s.sip ? " sip" : "")}>
                  <td class="number">{((s.ms - first) / 1000).toFixed(3)}</td>
                  <td>{s.ours && <code>{s.frame}</code>}</td>
                  <td><span aria-hidden="true">{s.ours ? "→" : "←"}</span></td>
                  <td>{!s.ours && <code>{s.frame}</code>}</td>
                  <td>{s.sip && <span class="tag">SIP</span>} {meaning(s)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
