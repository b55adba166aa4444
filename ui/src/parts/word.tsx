// SPDX-License-Identifier: AGPL-3.0-or-later
// States in the words that mails and the command line use as well. Colour is never alone: icon and word stand beside it.
import { clockTime, duration, exactTime, plannedTime, t } from "../i18n";
import { reason } from "../reasons";
import type { Fax, Job, LiveCall, Outcome, Mail } from "../types";
import { Icon, IconName } from "./icon";

export type Tone = "good" | "bad" | "warn" | "live" | "plain";

export function State({ tone, icon, word }: { tone: Tone; icon: IconName; word: string }) {
  return (
    <span class={"state " + tone}>
      <Icon name={icon} />
      {word}
    </span>
  );
}

const jobLooks: { [state in Job["state"]]: [Tone, IconName] } = {
  waiting: ["plain", "waiting"],
  held: ["warn", "held"],
  calling: ["live", "calling"],
  done: ["good", "done"],
  failed: ["bad", "failed"],
  unknown: ["warn", "unknown"],
  cancelled: ["plain", "failed"],
  expired: ["bad", "failed"],
};

const sending = new Set(["sending", "confirming", "receiving"]);

export function callWord(call: LiveCall): string {
  const out = call.direction !== "in";
  if (sending.has(call.phase) && call.page > 0)
    return call.pages > 0
      ? t(out ? "call.sendingOf" : "call.receivingOf", { page: call.page, pages: call.pages })
      : t(out ? "call.sending" : "call.receiving", { page: call.page });
  if (call.phase === "ringing") return t("call.ringing");
  if (["answered", "connecting", "negotiating"].includes(call.phase)) return t("call.connected");
  if (["dialling", "trying", "incoming"].includes(call.phase)) return t(out ? "call.calling" : "call.comingIn");
  return t("call.ending");
}

/** "14 400 bit/s, MMR, with error correction" */
export function callFacts(call: LiveCall): string {
  const facts = [];
  if (call.rate > 0) facts.push(t("call.rate", { n: call.rate }));
  if (call.coding) facts.push(call.coding);
  if (call.mode) facts.push(call.mode === "t38" ? "T.38" : "G.711");
  if (call.left_s) facts.push(t("call.left", { time: duration(call.left_s * 1000) }));
  return facts.join(" · ");
}

function jobWord(job: Job): string {
  return job.call ? callWord(job.call) : t(`job.${job.state}`);
}

export function JobState({ job }: { job: Job }) {
  const [tone, icon] = jobLooks[job.state];
  return <State tone={tone} icon={icon} word={jobWord(job)} />;
}

function waitingDetail(job: Job, now: number): string {
  const later = job.next_ms && job.next_ms > now ? job.next_ms : 0;
  if (job.waits) return t(`job.waits.${job.waits.code}`, { n: job.waits.limit ?? 0 });
  const at = later ? (later - now > 12 * 3600e3 ? plannedTime(later) : clockTime(later)) : "";
  if (job.outcome.text && later && job.tries + job.dials > 0)
    return t("job.tryAt", { n: job.tries + 1, of: job.max_tries, at, why: reason(job.outcome) });
  if (job.outcome.text) return reason(job.outcome);
  return later ? t("job.for", { at }) : "";
}

/** What is said beside the word. */
export function jobDetail(job: Job, now: number): string {
  switch (job.state) {
    case "waiting":
      return waitingDetail(job, now);
    case "calling":
      return job.call ? callFacts(job.call) : "";
    case "done":
      return t("job.confirmed", { n: job.pages, who: job.station_id || job.number, at: job.ended_ms ? exactTime(job.ended_ms) : "" });
    case "unknown":
      return t("job.unknownDetail");
    default:
      return job.confirmed > 0 ? t("job.partly", { why: reason(job.outcome), n: job.confirmed, of: job.pages }) : reason(job.outcome);
  }
}

function faxWord(fax: Fax): string {
  return t(`fax.${fax.state}`);
}

const mailLooks: { [state in Mail["state"]]: [Tone, IconName] } = {
  composing: ["plain", "waiting"], waiting: ["plain", "waiting"], held: ["warn", "held"], sent: ["good", "done"], failed: ["bad", "failed"], returned: ["bad", "back"],
};

export function MailState({ mail }: { mail: Mail }) {
  const [tone, icon] = mailLooks[mail.state];
  return <State tone={tone} icon={icon} word={t(`mailState.${mail.state}`)} />;
}

export function FaxState({ fax }: { fax: Fax }) {
  const looks: { [state in Fax["state"]]: [Tone, IconName] } = {
    receiving: ["live", "calling"],
    complete: ["good", "done"],
    partial: ["warn", "unknown"],
    empty: ["plain", "failed"],
  };
  const [tone, icon] = looks[fax.state];
  return <State tone={tone} icon={icon} word={faxWord(fax)} />;
}

/** For who has to mend it: the words, and in other languages the exact ones as well. */
export function Why({ outcome }: { outcome: Outcome }) {
  const words = reason(outcome);
  if (!words) return null;
  return (
    <>
      {words} <span class="code">{outcome.code}</span>
      {words !== outcome.text && <span class="row-sub exact" lang="en">{outcome.text}</span>}
    </>
  );
}

export function faxDetail(fax: Fax): string {
  if (fax.state === "partial") return t("fax.partialDetail", { n: fax.pages });
  const took = fax.answered_ms && fax.last_page_ms ? fax.last_page_ms - fax.answered_ms : 0;
  return t("pages", { n: fax.pages }) + (took > 0 ? ", " + duration(took) : "");
}

/** Who sent it: what his machine calls itself, else his number. */
export function faxFrom(fax: Fax): string {
  return fax.calling || fax.station_id.trim() || t("fax.anonymous");
}
