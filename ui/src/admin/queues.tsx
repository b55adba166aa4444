// SPDX-License-Identifier: AGPL-3.0-or-later
// All that waits, in one place: faxes to send, mails to leave, mails that became no fax. Hold, release, retry, delete, replay:
// one, or many that are chosen.
import type { ComponentChildren } from "preact";
import { call, post } from "../api";
import { useCell } from "../cell";
import { useGet, useList } from "../data";
import type { Listed } from "../data";
import { bytes, t } from "../i18n";
import { useAsking } from "../live";
import { ChosenBar, Deed, RowDeeds, useChosen } from "../parts/deeds";
import { Choice, Filter, Search, usePointer } from "../parts/list";
import { Time } from "../parts/time";
import { JobState, MailState, Why, jobDetail } from "../parts/word";
import { usePlace } from "../router";
import { session } from "../session";
import type { DeadLetter, Job, Mail, Status } from "../types";
import { aboutOf, kindWord, mailDeeds } from "./mailpage";
import { Head, LongTable, Tabs } from "./table";
import type { Column } from "./table";

const LIVE = ["status", "job", "call"] as const;

/** One of the queues, with how many are in each. */
function Queue({ here, children }: { here: string; children: ComponentChildren }) {
  const all = useCell(session)!.role === "installation";
  const { data: s } = useGet<Status>("status", LIVE);
  const sum = (of: { [state: string]: number }, ...states: string[]) => states.reduce((n, state) => n + (of[state] ?? 0), 0);
  const mark = (n: number) => n > 0 && <span class="count">{n}</span>;
  return (
    <section class="single-column broad">
      <Head title={t("queues")} />
      <Tabs label={t("queues")} here={here} tabs={[
        { to: "/admin/queues", word: t("queues.faxes"), mark: s && mark(sum(s.jobs, "waiting", "held", "calling")) },
        { to: "/admin/queues/mails", word: t("queues.mails"), mark: s && mark(sum(s.mails, "composing", "waiting", "held", "failed", "returned")) },
        ...(all ? [{ to: "/admin/queues/deadletters", word: t("mail.dead"), mark: s && mark(s.dead_letters) }] : []),
      ]} />
      {children}
    </section>
  );
}

/** A table whose rows can be chosen. */
function Rows<T extends { id: string }>(props: { label: string; list: Listed<T>; listKey: string; columns: Column<T>[]; deeds: Deed<T>[]; name(item: T): string; icon: "queue" | "mail"; empty: string; pointer: ReturnType<typeof usePointer> }) {
  const { list, deeds } = props;
  const chosen = useChosen(list.items, props.listKey);
  return (
    <div {...props.pointer.props}>
      <ChosenBar items={list.items} chosen={chosen} deeds={deeds} after={list.renew} />
      <LongTable<T> label={props.label} list={list} icon={props.icon} empty={props.empty} row={(i) => i.id} columns={[
        ...props.columns.slice(0, 1).map((first) => ({ ...first, cell: (item: T) => (
          <span class="choosable">
            <input type="checkbox" aria-label={t("deeds.choose", { name: props.name(item) })} checked={chosen.has(item.id)} onChange={(event) => chosen.set(item.id, event.currentTarget.checked)} />
            <span>{first.cell(item)}</span>
          </span>
        ) })),
        ...props.columns.slice(1),
        { head: t("do"), cell: (item) => <RowDeeds item={item} name={props.name(item)} deeds={deeds} after={list.renew} /> },
      ]} />
    </div>
  );
}

// ---- faxes ----

const under = new Set(["waiting", "held", "calling"]);

const jobDeeds = (): Deed<Job>[] => [
  { name: "now", word: t("queues.now"), done: "queues.did.now", fits: (j) => j.state === "waiting" && (j.next_ms ?? 0) > Date.now(), run: (j) => post(`jobs/${j.id}/release`) },
  { name: "hold", word: t("job.do.hold"), done: "queues.did.hold", fits: (j) => j.state === "waiting", run: (j) => post(`jobs/${j.id}/hold`) }, // no undo: who is released is called at once, whatever time its sender named
  { name: "release", word: t("job.do.release"), done: "queues.did.release", fits: (j) => j.state === "held", run: (j) => post(`jobs/${j.id}/release`) },
  { name: "retry", word: t("job.do.retry"), done: "queues.did.retry", fits: (j) => ["failed", "expired", "cancelled"].includes(j.state), run: (j) => post(`jobs/${j.id}/retry`) },
  { name: "cancel", word: t("job.do.cancel"), done: "queues.did.cancel", fits: (j) => under.has(j.state), run: (j) => post(`jobs/${j.id}/cancel`), ask: { title: "queues.cancelTitle", text: "queues.cancelText", verb: "queues.cancelVerb" } },
  { name: "delete", word: t("delete"), done: "queues.did.delete", fits: (j) => !under.has(j.state), run: (j) => call("DELETE", `faxes/${j.id}`), ask: { title: "queues.deleteTitle", text: "queues.deleteText", verb: "queues.deleteVerb" } },
];

const jobStates: [string, string[]][] = [["", ["waiting", "held", "calling"]], ["waiting", ["waiting"]], ["held", ["held"]], ["calling", ["calling"]], ["failed", ["failed", "expired"]], ["unknown", ["unknown"]]];

export function FaxQueue() {
  const { query } = usePlace();
  const state = query.get("state") ?? "", q = query.get("q") ?? "";
  const states = jobStates.find(([name]) => name === state)?.[1] ?? jobStates[0]![1];
  const pointer = usePointer();
  const list = useList<Job>("jobs", { state: states, q }, ["job", "call"], pointer.busy);
  const words: { [state: string]: string } = { "": t("queues.open"), waiting: t("job.waiting"), held: t("job.held"), calling: t("queues.calling"), failed: t("job.failed"), unknown: t("job.unknown") };
  return (
    <Queue here="/admin/queues">
      <div class="filters plain"><Search label={t("sent.search")} /></div>
      <p class="list-filters">{jobStates.map(([name]) => <Choice key={name} here={{ state: name }} label={words[name]!} />)}</p>
      <Rows<Job> label={t("queues.faxes")} list={list} listKey={state + q} icon="queue" pointer={pointer} empty={q ? t("nothingFound") : t("queues.noFax")} deeds={jobDeeds()} name={(j) => j.number} columns={[
        { head: t("number"), cell: (j) => <a class="whole" href={`/sent/${j.id}`}>{j.number}</a> },
        { head: t("box"), cell: (j) => j.box },
        { head: t("dash.state"), cell: (j) => <><JobState job={j} /> <span class="row-sub">{jobDetail(j, Date.now())}</span></> },
        { head: t("sent.pages"), cell: (j) => j.pages || "", number: true },
        { head: t("sent.made"), cell: (j) => <Time ms={j.created_ms} /> },
      ]} />
    </Queue>
  );
}

// ---- mails ----

export function MailQueue() {
  const { query } = usePlace();
  const asked = query.get("state") ?? "open", recipient = query.get("q") ?? "";
  const states = ["waiting", "held", "failed", "returned", "sent"] as const;
  const pointer = usePointer();
  const list = useList<Mail>("mails", { state: asked === "all" ? "" : asked, recipient }, LIVE, pointer.busy);
  useAsking(list.reload);
  return (
    <Queue here="/admin/queues/mails">
      <div class="filters plain">
        <Search label={t("queues.recipient")} hint={t("queues.recipient")} />
        <Filter name="state" label={t("dash.state")} choices={[["", t("mail.unsent")], ...states.map((s): [string, string] => [s, t(`mailState.${s}`)]), ["all", t("mail.all")]]} />
      </div>
      <Rows<Mail> label={t("queues.mails")} list={list} listKey={asked + recipient} icon="mail" pointer={pointer} empty={recipient ? t("queues.noRecipient") : t("mail.empty")} deeds={mailDeeds()} name={(m) => m.recipient} columns={[
        { head: t("mail.to"), cell: (m) => <a href={`/admin/queues/mails/${m.id}`}>{m.recipient}</a> },
        { head: t("queues.kind"), cell: (m) => (aboutOf(m) ? <a href={aboutOf(m)}>{kindWord(m)}</a> : kindWord(m)) },
        { head: t("dash.state"), cell: (m) => <MailState mail={m} /> },
        { head: t("mail.why"), cell: (m) => <Why outcome={m.outcome} /> },
        { head: t("mail.made"), cell: (m) => <Time ms={m.created_ms} /> },
      ]} />
    </Queue>
  );
}

// ---- dead letters ----

const deadDeeds = (): Deed<DeadLetter>[] => [
  { name: "replay", word: t("dead.replay"), done: "queues.did.replay", fits: () => true, run: (d) => post(`deadletters/${d.id}/replay`) },
  { name: "delete", word: t("delete"), done: "queues.did.dead", fits: () => true, run: (d) => post(`deadletters/${d.id}/delete`), ask: { title: "queues.deadTitle", text: "queues.deadText", verb: "queues.deadVerb" } },
];

export function DeadLetters() {
  const pointer = usePointer();
  const list = useList<DeadLetter>("deadletters", {}, LIVE, pointer.busy);
  useAsking(list.reload);
  return (
    <Queue here="/admin/queues/deadletters">
      <p class="help">{t("dead.help")}</p>
      <Rows<DeadLetter> label={t("mail.dead")} list={list} listKey="" icon="mail" pointer={pointer} empty={t("dead.empty")} deeds={deadDeeds()} name={(d) => d.sender} columns={[
        { head: t("dead.from"), cell: (d) => d.sender },
        { head: t("mail.to"), cell: (d) => d.recipients },
        { head: t("mail.why"), cell: (d) => <Why outcome={d.outcome} /> },
        { head: t("dead.at"), cell: (d) => <Time ms={d.received_ms} /> },
        { head: t("dead.size"), cell: (d) => bytes(d.bytes), number: true },
      ]} />
    </Queue>
  );
}
