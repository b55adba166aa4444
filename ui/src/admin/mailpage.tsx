// SPDX-License-Identifier: AGPL-3.0-or-later
// One outgoing mail: where it stands, and all that happened to it, each try with its server's answer.
import { useEffect } from "preact/hooks";
import { post } from "../api";
import { useGet } from "../data";
import { exactTime, has, t } from "../i18n";
import { useAsking } from "../live";
import { Deed, RowDeeds } from "../parts/deeds";
import { Icon, IconName } from "../parts/icon";
import { BackLink } from "../parts/list";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { MailState, Why } from "../parts/word";
import { navigate } from "../router";
import type { Mail, MailEvent } from "../types";

export const mailDeeds = (): Deed<Mail>[] => [
  { name: "hold", word: t("mail.do.hold"), done: "queues.did.mailHold", fits: (m) => m.state === "waiting", run: (m) => post(`mails/${m.id}/hold`), undo: (m) => post(`mails/${m.id}/release`) },
  { name: "release", word: t("mail.do.release"), done: "queues.did.mailRelease", fits: (m) => m.state === "held", run: (m) => post(`mails/${m.id}/release`), undo: (m) => post(`mails/${m.id}/hold`) },
  { name: "retry", word: t("mail.do.retry"), done: "queues.did.mailRetry", fits: (m) => ["waiting", "failed", "returned"].includes(m.state), run: (m) => post(`mails/${m.id}/retry`) },
  { name: "delete", word: t("mail.do.delete"), done: "queues.did.mailDelete", fits: (m) => ["waiting", "held", "failed", "returned"].includes(m.state), run: (m) => post(`mails/${m.id}/delete`), ask: { title: "queues.mailTitle", text: "queues.mailText", verb: "queues.mailVerb" } },
];

export function kindWord(mail: Mail): string {
  const key = `mailKind.${mail.kind}`;
  return has(key) ? t(key) : mail.kind;
}

/** The place of what it is about, where it has one. */
export function aboutOf(mail: Mail): string | undefined {
  if (["received", "kept", "forwarded"].includes(mail.kind)) return `/inbox/${mail.about}`;
  return ["job-report", "delayed", "sent-on"].includes(mail.kind) ? `/sent/${mail.about}` : undefined;
}

const looks: { [what: string]: [string, IconName] } = {
  sent: ["good", "done"], deferred: ["warn", "waiting"], refused: ["bad", "failed"], "not-made": ["bad", "failed"], delayed: ["warn", "waiting"], returned: ["bad", "back"],
};

function Event({ event }: { event: MailEvent }) {
  const key = `mailEvent.${event.what}`, [tone, icon] = looks[event.what] ?? ["plain", "users"];
  return (
    <li>
      <p class="facts">
        <span class={"state " + tone}><Icon name={icon} />{has(key) ? t(key, { who: event.who }) : event.what}</span>
        {" "}<Time ms={event.at_ms} />
        {event.times > 1 && event.last_ms && <> {t("mailEvent.times", { n: event.times, at: exactTime(event.last_ms) })}</>}
        {event.server && <span class="row-sub"> {t("mailEvent.server", { name: event.server })}</span>}
      </p>
      {event.outcome.text && <p class="read"><Why outcome={event.outcome} /></p>}
    </li>
  );
}

export function MailPage({ id }: { id: string }) {
  const { data: mail, error, reload } = useGet<Mail>(`mails/${id}`, ["status"]);
  useAsking(reload);
  const back = "/admin/queues/mails", gone = !!mail && error?.status === 404;
  useEffect(() => {
    if (gone) navigate(back, true);
  }, [gone]);
  if (error && !mail) return <section class="single-column"><h1 class="unseen">{t("queues.mails")}</h1><BackLink to={back} /><Broken error={error} again={reload} /></section>;
  if (!mail) return <Loading whole />;
  const about = aboutOf(mail), history = mail.history ?? [];
  return (
    <section class="single-column">
      <BackLink to={back} />
      <h1 id="place-title" tabIndex={-1}>{t("queues.mailTo", { to: mail.recipient })}</h1>
      <p class="facts" role="status"><MailState mail={mail} /> {mail.state !== "sent" && <Why outcome={mail.outcome} />}</p>
      <dl class="facts">
        <div><dt>{t("queues.kind")}</dt><dd>{about ? <a href={about}>{kindWord(mail)}</a> : kindWord(mail)}</dd></div>
        <div><dt>{t("dead.from")}</dt><dd>{mail.sender}</dd></div>
        <div><dt>{t("mail.made")}</dt><dd><Time ms={mail.created_ms} /></dd></div>
        {mail.state === "waiting" && <div><dt>{t("queues.next")}</dt><dd>{(mail.next_ms ?? 0) > Date.now() ? <Time ms={mail.next_ms} /> : t("queues.assoon")}</dd></div>}
      </dl>
      <RowDeeds item={mail} name={mail.recipient} deeds={mailDeeds()} after={reload} />
      <h2 id="history-title">{t("queues.history")}</h2>
      {history.length === 0 ? <p class="note">{t(mail.state === "composing" || mail.state === "waiting" ? "queues.untried" : "queues.noHistory")}</p>
        : <ol class="history" aria-labelledby="history-title">{history.map((e) => <Event key={e.at_ms + e.what} event={e} />)}</ol>}
    </section>
  );
}
