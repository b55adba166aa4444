// SPDX-License-Identifier: AGPL-3.0-or-later
// Mail out: the server (Test with its own words, Update), what waits to leave, and mails that became no fax.
import { useState } from "preact/hooks";
import { post } from "../api";
import { useCell } from "../cell";
import { useGet, useList } from "../data";
import { bytes, t } from "../i18n";
import { useAsking } from "../live";
import { Create } from "../parts/create";
import { confirm } from "../parts/dialog";
import { SettingsForm, choices } from "../parts/fields";
import { Field } from "../parts/frame";
import { Filter } from "../parts/list";
import { MailTest } from "../parts/mailtest";
import { useSettings } from "../parts/settings";
import { Broken, Empty, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { MailState, Why } from "../parts/word";
import { usePlace } from "../router";
import { session } from "../session";
import type { DeadLetter, Mail, Status } from "../types";
import { Head, LongTable, Tabs } from "./table";

const LIVE = ["status"] as const;

function MailTabs({ here }: { here: string }) {
  const all = useCell(session)!.role === "installation";
  return (
    <>
      <Head title={t("mail")} />
      <Tabs label={t("mail")} here={here} tabs={[
        ...(all ? [{ to: "/admin/mail", word: t("mail.server") }] : []),
        { to: "/admin/mail/outgoing", word: t("mail.outgoing") },
        { to: "/admin/mail/deadletters", word: t("mail.dead") },
      ]} />
    </>
  );
}

// ---- the server ----

function Test({ unsaved }: { unsaved: boolean }) {
  const who = useCell(session)!;
  return (
    <section aria-labelledby="test-title">
      <h2 id="test-title">{t("mail.test")}</h2>
      <MailTest to={who.user.addresses[0]} unsaved={unsaved} />
    </section>
  );
}

const serverFields = (): Field[] => [
  { name: "host", kind: "text" },
  { name: "port", kind: "whole", min: 1, max: 65535 },
  { name: "security", kind: "choice", choices: choices("auto", "starttls", "implicit", "plain").map(([v, w]) => [v === "plain" ? "none" : v, w] as const) },
  { name: "allow", kind: "text" },
  { name: "username", kind: "text" },
  { name: "password", kind: "secret", label: "server_password" },
  { name: "envelope_sender", kind: "text" },
  { name: "ca_file", kind: "text" },
  { name: "connections", kind: "whole", min: 1, max: 20 },
  { name: "enabled", kind: "flag", label: "mail_enabled" },
];

export function MailServer() {
  const editing = useSettings("mail-servers/main", "/admin/mail");
  const [making, setMaking] = useState(false);
  const none = editing.problem?.status === 404;
  const { data: status } = useGet<Status>("status", LIVE);
  const held = status?.mails.held ?? 0;
  return (
    <section class="single-column">
      <MailTabs here="/admin/mail" />
      {none ? (
        <Empty icon="mail">
          <p>{t("mail.noServer")}</p>
          <button type="button" class="primary" onClick={() => setMaking(true)}>{t("mail.enterServer")}</button>
        </Empty>
      ) : editing.problem && !editing.base ? <Broken error={editing.problem} again={editing.reload} /> : !editing.base ? <Loading /> : (
        <>
          {held > 0 && <p class="warning">{t("mail.held", { n: held })} <a href="/admin/mail/outgoing?state=held">{t("mail.outgoing")}</a></p>}
          <SettingsForm fields={serverFields()} editing={editing} label={t("mail.server")} verb={t("mail.update")} />
          <Test unsaved={editing.changed.length > 0} />
        </>
      )}
      {making && (
        <Create title={t("mail.enterServer")} verb={t("mail.enterServer")} url="mail-servers" fixed={{ name: "main" }}
          fields={[{ name: "host" }, { name: "username", optional: true }, { name: "password", secret: true, optional: true, label: "server_password" }]}
          onClose={() => setMaking(false)} onMade={() => {
            setMaking(false);
            editing.reload();
          }} />
      )}
    </section>
  );
}

// ---- what waits ----

type MailWish = "hold" | "release" | "retry" | "delete";
const mailWishes: { [state in Mail["state"]]: MailWish[] } = {
  composing: [], waiting: ["retry", "hold", "delete"], held: ["release", "delete"], sent: [], failed: ["retry", "delete"], returned: ["retry", "delete"],
};

function MailActions({ mail, done }: { mail: Mail; done(): void }) {
  const act = async (wish: MailWish) => {
    if (wish === "delete" && !(await confirm({ title: t("mail.deleteTitle"), text: t("mail.deleteText", { to: mail.recipient }), verb: t("mail.deleteVerb"), danger: true }))) return;
    try {
      await post(`mails/${mail.id}/${wish}`);
      say(t(`mail.did.${wish}`));
      done();
    } catch (why) {
      sayProblem(why);
    }
  };
  return (
    <div class="buttons">
      {mailWishes[mail.state].map((wish) => <button type="button" key={wish} onClick={() => void act(wish)}>{t(`mail.do.${wish}`)}<span class="unseen"> {mail.recipient}</span></button>)}
    </div>
  );
}

export function Outgoing() {
  const { query } = usePlace();
  const asked = query.get("state") ?? "open";
  const list = useList<Mail>("mails", { state: asked === "all" ? "" : asked }, LIVE);
  useAsking(list.reload);
  const states = ["waiting", "held", "failed", "returned", "sent"] as const;
  return (
    <section class="single-column">
      <MailTabs here="/admin/mail/outgoing" />
      <Filter name="state" label={t("dash.state")} choices={[["", t("mail.unsent")], ...states.map((s): [string, string] => [s, t(`mailState.${s}`)]), ["all", t("mail.all")]]} />
      <LongTable<Mail> label={t("mail.outgoing")} list={list} icon="mail" empty={t("mail.empty")} row={(m) => m.id} columns={[
        { head: t("mail.to"), cell: (m) => m.recipient },
        { head: t("dash.state"), cell: (m) => <MailState mail={m} /> },
        { head: t("mail.why"), cell: (m) => <Why outcome={m.outcome} /> },
        { head: t("mail.made"), cell: (m) => <Time ms={m.created_ms} /> },
        { head: t("do"), cell: (m) => <MailActions mail={m} done={list.reload} /> },
      ]} />
    </section>
  );
}

// ---- dead letters ----

function DeadActions({ letter, done }: { letter: DeadLetter; done(): void }) {
  const act = async (wish: "replay" | "delete") => {
    if (wish === "delete" && !(await confirm({ title: t("dead.deleteTitle"), text: t("dead.deleteText", { from: letter.sender }), verb: t("dead.deleteVerb"), danger: true }))) return;
    try {
      await post(`deadletters/${letter.id}/${wish}`);
      say(t(`dead.did.${wish}`));
      done();
    } catch (why) {
      sayProblem(why);
    }
  };
  return (
    <div class="buttons">
      <button type="button" onClick={() => void act("replay")}>{t("dead.replay")}<span class="unseen"> {letter.sender}</span></button>
      <button type="button" onClick={() => void act("delete")}>{t("delete")}<span class="unseen"> {letter.sender}</span></button>
    </div>
  );
}

export function DeadLetters() {
  const list = useList<DeadLetter>("deadletters", {}, LIVE);
  useAsking(list.reload);
  return (
    <section class="single-column">
      <MailTabs here="/admin/mail/deadletters" />
      <p class="help">{t("dead.help")}</p>
      <LongTable<DeadLetter> label={t("mail.dead")} list={list} icon="mail" empty={t("dead.empty")} row={(d) => d.id} columns={[
        { head: t("dead.from"), cell: (d) => d.sender },
        { head: t("mail.to"), cell: (d) => d.recipients },
        { head: t("mail.why"), cell: (d) => <Why outcome={d.outcome} /> },
        { head: t("dead.at"), cell: (d) => <Time ms={d.received_ms} /> },
        { head: t("dead.size"), cell: (d) => bytes(d.bytes), number: true },
        { head: t("do"), cell: (d) => <DeadActions letter={d} done={list.reload} /> },
      ]} />
    </section>
  );
}
