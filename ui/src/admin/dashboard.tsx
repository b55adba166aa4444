// SPDX-License-Identifier: AGPL-3.0-or-later
// State first: what is wrong and what to do, calls of this moment, what waits.
import { useGet } from "../data";
import { t } from "../i18n";
import { Icon } from "../parts/icon";
import { Broken, Loading } from "../parts/states";
import { State, callFacts, callWord } from "../parts/word";
import type { LiveCall, Status } from "../types";
import { Head } from "./table";
import { TrafficCharts } from "./traffic";
import { TrunkState } from "./trunks";

const LIVE = ["status", "call", "job", "fax"] as const;

/** Where an alarm is mended. */
const placeOf: { [begin: string]: string } = {
  "no-trunk": "/admin/trunks", "trunk-": "/admin/trunks", "no-mail": "/admin/mail", "mail-late": "/admin/queues/mails", "mail-waits": "/admin/queues/mails",
  "mail-failed": "/admin/queues/mails", "mail-returned": "/admin/queues/mails", "mailbox-": "/admin/mailboxes", "jobs-held": "/admin/queues?state=held",
};

function Alarm({ alarm }: { alarm: Status["alarms"][number] }) {
  const place = Object.entries(placeOf).find(([begin]) => alarm.code.startsWith(begin))?.[1];
  return (
    <li>
      <Icon name="unknown" />
      <div>
        <p>{alarm.text}</p>
        <p class="help">{t("alarm.do", { what: alarm.do })}</p>
        <p>{place && <a href={place}>{t("alarm.goThere")}</a>} <span class="code">{alarm.code}</span></p>
      </div>
    </li>
  );
}

function LiveRow({ call }: { call: LiveCall }) {
  return (
    <tr>
      <th scope="row">{call.job ? <a href={`/sent/${call.job}`}>{call.number}</a> : call.fax ? <a href={`/inbox/${call.fax}`}>{call.number || t("fax.anonymous")}</a> : call.number}</th>
      <td data-head={t("dash.direction")}>{t(call.direction === "in" ? "dash.in" : "dash.out")}</td>
      <td data-head={t("box")}>{call.box}</td>
      <td data-head={t("dash.state")}><State tone="live" icon="calling" word={callWord(call)} /></td>
      <td data-head={t("dash.facts")}>{callFacts(call)}</td>
    </tr>
  );
}

function Count({ n, word, to }: { n: number; word: string; to: string }) {
  return <li><a href={to}><span class="big">{n}</span> {word}</a></li>;
}

export function Dashboard() {
  const { data: s, error, reload } = useGet<Status>("status", LIVE);
  if (error && !s) return <Broken whole error={error} again={reload} />;
  if (!s) return <Loading whole />;
  const jobs = (state: string) => s.jobs[state] ?? 0, mails = (state: string) => s.mails[state] ?? 0;
  return (
    <section class="single-column">
      <Head title={t("overview")} />
      <h2>{t("dash.alarms")}</h2>
      {s.alarms.length === 0 ? <p><State tone="good" icon="done" word={t("dash.allWell")} /></p> : <ul class="alarms">{s.alarms.map((a) => <Alarm key={a.code + a.text} alarm={a} />)}</ul>}
      <p><a href="/admin/alarms">{t("alarm.earlier")}</a></p>
      <h2>{t("dash.calls")}</h2>
      {s.calls === null ? <p class="note">{t("dash.callsUnknown")}</p> : s.calls.length === 0 ? <p class="note">{t("dash.noCalls")}</p> : (
        <div class="table-room" tabIndex={0} role="region" aria-label={t("dash.calls")}>
          <table class="wide">
            <thead><tr><th scope="col">{t("number")}</th><th scope="col">{t("dash.direction")}</th><th scope="col">{t("box")}</th><th scope="col">{t("dash.state")}</th><th scope="col">{t("dash.facts")}</th></tr></thead>
            <tbody>{s.calls.map((c) => <LiveRow key={c.attempt} call={c} />)}</tbody>
          </table>
        </div>
      )}
      <h2>{t("dash.waits")}</h2>
      <ul class="counts">
        <Count n={jobs("waiting")} word={t("dash.faxesWait")} to="/admin/queues" />
        <Count n={jobs("held")} word={t("dash.faxesHeld")} to="/admin/queues?state=held" />
        <Count n={mails("waiting") + mails("composing")} word={t("dash.mailsWait")} to="/admin/queues/mails" />
        <Count n={mails("held")} word={t("dash.mailsHeld")} to="/admin/queues/mails?state=held" />
        {s.dead_letters > 0 && <Count n={s.dead_letters} word={t("mail.dead")} to="/admin/queues/deadletters" />}
      </ul>
      <TrafficCharts />
      <h2>{t("dash.ever")}</h2>
      <ul class="counts">
        <Count n={jobs("done")} word={t("dash.delivered")} to="/sent" />
        <Count n={jobs("failed") + jobs("expired")} word={t("dash.failed")} to="/sent" />
        <Count n={jobs("unknown")} word={t("dash.unknown")} to="/sent" />
        <Count n={s.faxes} word={t("dash.received")} to="/inbox" />
      </ul>
      {s.trunks.length > 0 && (
        <>
          <h2>{t("trunks")}</h2>
          <ul class="plain-list">{s.trunks.map((trunk) => <li key={trunk.name}><a href={`/admin/trunks/${encodeURIComponent(trunk.name)}`}>{trunk.name}</a> <TrunkState trunk={trunk} /></li>)}</ul>
        </>
      )}
    </section>
  );
}
