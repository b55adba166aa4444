// SPDX-License-Identifier: AGPL-3.0-or-later
// What the wizard looks at with the person: whether the DNS brings mails here, and whether the line does what it should.
import { useEffect, useState } from "preact/hooks";
import { Page, get, post, query } from "../api";
import { useGet } from "../data";
import { clockTime, t } from "../i18n";
import { useDoing } from "../parts/doing";
import type { IconName } from "../parts/icon";
import { SelfTestState, TestReason, figuresText, modeWord } from "../parts/selftest";
import { State, Tone } from "../parts/word";
import type { SelfTest, Trunk } from "../types";

// ---- the DNS ----

interface DomainRecord {
  name: string;
  type: string;
  wanted: string; // "": any
  state: "right" | "elsewhere" | "address" | "missing" | "silent";
  found: string[];
}

const looks: { [state in DomainRecord["state"]]: [Tone, IconName] } = {
  right: ["good", "done"], elsewhere: ["warn", "unknown"], address: ["warn", "unknown"], missing: ["bad", "failed"], silent: ["bad", "unknown"],
};

function RecordState({ record }: { record: DomainRecord }) {
  const [tone, icon] = looks[record.state];
  return (
    <li>
      <code>{record.name} {record.type}</code> <State tone={tone} icon={icon} word={t(record.type === "A" && record.state === "right" ? "setup.dns.there" : `setup.dns.${record.state}`)} />
      {record.found.length > 0 && <span class="row-sub"> {t("setup.dnsFound", { found: record.found.join(", ") })}</span>}
    </li>
  );
}

/** What has to stand in the DNS, so that mails find the faxboxes, and what does. */
export function Records({ domain, host }: { domain: string; host: string }) {
  const [records, setRecords] = useState<DomainRecord[] | null>(null);
  const { busy, fault, run } = useDoing();
  useEffect(() => setRecords(null), [domain, host]);
  const check = () => void run(async () => setRecords((await get<{ records: DomainRecord[] }>("fax-domain/records")).records.filter((r) => r.type !== "TXT")));
  // What speaks for our mails (SPF) is the doctor's to tell: nothing of it brings mails here.
  const well = records?.every((r) => r.state === "right");
  return (
    <div class="setup-check">
      <p>{t("setup.records")}</p>
      <pre class="words">{`${domain}.    MX  10  ${host}.\n*.${domain}.  MX  10  ${host}.`}</pre>
      <button type="button" disabled={busy} onClick={check}>{busy ? t("mail.testing") : t("setup.dnsCheck")}</button>
      {fault && <p class="error" role="alert">{fault.message}</p>}
      {records && (
        <div role="status">
          <ul class="plain-list">{records.map((r) => <RecordState key={r.type + r.name} record={r} />)}</ul>
          <p class="help">{t(well ? "setup.dnsWell" : "setup.dnsLater")}</p>
        </div>
      )}
    </div>
  );
}

// ---- the line ----

export interface OwnTrunk extends Trunk {
  self_test_number: string;
}

const ASK_MS = 2000;
const lines: { [state in Trunk["state"]]: [Tone, IconName] } = { unchecked: ["plain", "waiting"], trying: ["plain", "waiting"], up: ["good", "done"], down: ["bad", "failed"] };

function OneTest({ test }: { test: SelfTest }) {
  const ended = test.state !== "waiting" && test.state !== "running";
  return (
    <li>
      <p><strong>{modeWord(test.mode)}</strong> <SelfTestState test={test} /> {test.state === "good" && test.figures ? figuresText(test.figures) : ended && <TestReason outcome={test.outcome} />}</p>
      {test.steps.length > 0 && <ol class="words">{test.steps.map((step) => <li key={step.at_ms + step.text}><span class="tabular">{clockTime(step.at_ms)}</span> <span lang="en">{step.text}</span></li>)}</ol>}
    </li>
  );
}

/** A page goes out over the new line and comes back; what is said here outlives a reload. */
export function TrunkTest({ trunk, again }: { trunk: OwnTrunk; again(): void }) {
  const { data, reload } = useGet<Page<SelfTest>>("self-tests" + query({ trunk: trunk.name, limit: 2 }));
  const { busy, fault, run } = useDoing();
  const tests = [...(data?.items ?? [])].reverse(); // the newest two, T.38 first
  const open = tests.some((x) => x.state === "waiting" || x.state === "running");
  useEffect(() => {
    const timer = setInterval(() => {
      if (open) reload();
      else if (trunk.state !== "up") again();
    }, ASK_MS);
    return () => clearInterval(timer);
  }, [open, trunk.state]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const called = String(new FormData(event.currentTarget as HTMLFormElement).get("number")).trim();
    void run(async () => {
      await post("provisioning", { trunks: [{ name: trunk.name, self_test_number: called }] });
      again();
      await post("trunks/test" + query({ name: trunk.name }));
      reload();
    });
  };
  const [tone, icon] = lines[trunk.state];
  return (
    <div class="setup-check">
      <p><State tone={tone} icon={icon} word={t(`trunk.${trunk.state}`)} /> {trunk.text && <span class="row-sub" lang="en">{trunk.text}</span>}</p>
      <form class="inline" onSubmit={submit}>
        <label for="setup-own-number">{t("setup.ownNumber")}</label>
        <input id="setup-own-number" name="number" inputMode="tel" required defaultValue={trunk.self_test_number} aria-describedby="setup-own-number-help" />
        <button type="submit" disabled={busy || open}>{busy || open ? t("mail.testing") : t("setup.callItself")}</button>
      </form>
      <p class="help" id="setup-own-number-help">{t("setup.ownNumberHelp")}</p>
      {fault && <div role="alert">{fault.errors.length ? fault.errors.map((e) => <p class="error" key={e.detail}>{e.detail}</p>) : <p class="error">{fault.message}</p>}</div>}
      <div role="status">{tests.length > 0 && <ul class="plain-list">{tests.map((x) => <OneTest key={x.id} test={x} />)}</ul>}</div>
    </div>
  );
}
