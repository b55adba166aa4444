// SPDX-License-Identifier: AGPL-3.0-or-later
// Where copies of a fax lie outside of the store, and the hold under which nobody deletes it.
import { useState } from "preact/hooks";
import { call, post, query } from "../api";
import { useCell } from "../cell";
import { dateOf, t } from "../i18n";
import { Create } from "../parts/create";
import { useDoing } from "../parts/doing";
import { confirm } from "../parts/dialog";
import { Icon, IconName } from "../parts/icon";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { State, Tone, Why } from "../parts/word";
import { navigate } from "../router";
import { isAdministrator, session } from "../session";
import type { Archived, ArchiveCopy, Outcome } from "../types";

const looks: { [state in ArchiveCopy["state"]]: [Tone, IconName] } = {
  waiting: ["plain", "waiting"],
  stored: ["good", "done"],
  deleting: ["warn", "trash"],
  damaged: ["bad", "failed"],
  failed: ["bad", "failed"],
};

function Copy({ copy, done }: { copy: ArchiveCopy; done(): void }) {
  const { busy, run } = useDoing(sayProblem);
  const [tone, icon] = looks[copy.state];
  const there = copy.state === "stored" || copy.state === "damaged";
  const verify = () =>
    run(async () => {
      const judged = await post<{ ok: boolean; outcome: Outcome }>(`archive/${copy.id}/verify`);
      say(judged.ok ? t("archive.whole", { place: copy.place }) : judged.outcome.text, !judged.ok);
      done();
    });
  const which = <span class="unseen">: {t("archive.at", { place: copy.place })}</span>;
  return (
    <li>
      <p>
        <strong>{copy.place}</strong> <State tone={tone} icon={icon} word={t(`archive.${copy.state}`)} />{" "}
        {copy.state === "stored" && copy.checked_ms && <>{t("archive.checked")} <Time ms={copy.checked_ms} /></>}
      </p>
      {copy.outcome.text && <p><Why outcome={copy.outcome} /></p>}
      {there && (
        <p class="buttons">
          <a class="button" href={`/api/v1/archive/${copy.id}/file`} download={`${copy.fax}.tar`}><Icon name="download" />{t("archive.get")}{which}</a>
          <button type="button" disabled={busy} onClick={() => void verify()}>{t("archive.verify")}{which}</button>
        </p>
      )}
    </li>
  );
}

function Hold({ id, about, done }: { id: string; about: Archived; done(): void }) {
  const who = useCell(session)!;
  const [asking, setAsking] = useState(false);
  const hold = about.legal_hold;
  const release = async () => {
    if (!(await confirm({ title: t("legalHold.releaseTitle"), text: t("legalHold.releaseText"), verb: t("legalHold.release"), danger: true }))) return;
    await call("DELETE", `legal-holds/${id}`).then(() => {
      say(t("legalHold.released"));
      done();
    }, sayProblem);
  };
  if (hold)
    return (
      <div class="note">
        <p><State tone="warn" icon="held" word={t("legalHold.title")} /> {hold.who ? t("legalHold.by", { who: hold.who }) : t("legalHold.kept")} <Time ms={hold.at_ms} /></p>
        {hold.reason && <p class="read">{hold.reason}</p>}
        {who.role === "installation" && <button type="button" aria-haspopup="dialog" onClick={() => void release()}>{t("legalHold.release")}</button>}
      </div>
    );
  if (!isAdministrator(who)) return null;
  return (
    <p>
      <button type="button" aria-haspopup="dialog" onClick={() => setAsking(true)}><Icon name="held" />{t("legalHold.do")}</button>
      {asking && (
        <Create title={t("legalHold.doTitle")} verb={t("legalHold.do")} url={`legal-holds/${id}`} onClose={() => setAsking(false)} urlOf={(e) => `legal-holds/${id}` + query({ reason: String(e.reason ?? "") })}
          fields={[{ name: "reason", label: "hold_reason" }]} onMade={() => {
            setAsking(false);
            say(t("legalHold.held"));
            done();
          }} />
      )}
    </p>
  );
}

/** When it will be gone, and by whose rule; where nobody said so it stays for ever, and nothing is said. */
export function Kept({ about }: { about: Archived }) {
  const k = about.kept;
  if (!k || (!k.hold && !k.until_ms)) return null;
  return (
    <div>
      <dt>{t("kept.until")}</dt>
      <dd>{k.hold ? <State tone="warn" icon="held" word={t(k.hold === "box" ? "kept.heldBox" : "kept.heldTenant")} />
        : about.legal_hold ? <State tone="warn" icon="held" word={t("legalHold.title")} />
          : <>{dateOf(k.until_ms!)} <span class="help">{t(k.by === "box" ? "kept.byBox" : "kept.byTenant", { n: k.days })}</span></>}</dd>
    </div>
  );
}

/** For good, before its time. What forbids it (a hold, a mail on its way) the server says. */
function Erase({ id, about, sent }: { id: string; about: Archived; sent: boolean }) {
  const places = [...new Set((about.archive ?? []).map((c) => c.place))];
  const until = about.kept && !about.kept.hold && about.kept.until_ms ? " " + t("erase.until", { date: dateOf(about.kept.until_ms) }) : "";
  const text = (sent ? t("erase.sent") + " " : "") + t("erase.text") + (places.length > 0 ? " " + t("erase.places", { places: places.join(", ") }) : "") + until;
  const erase = async () => {
    if (!(await confirm({ title: t("erase.title"), text, verb: t("erase.do"), danger: true }))) return;
    await call("DELETE", `faxes/${id}`).then(() => {
      say(t("erase.done"));
      navigate(sent ? "/sent" : "/inbox", true);
    }, sayProblem);
  };
  return <p><button type="button" aria-haspopup="dialog" class="danger" onClick={() => void erase()}><Icon name="trash" />{t("erase.do")}</button></p>;
}

/** Of a fax or job that is at an end. */
export function InArchive({ id, about, sent, done }: { id: string; about: Archived; sent: boolean; done(): void }) {
  const who = useCell(session)!;
  const copies = about.archive ?? [];
  if (!isAdministrator(who) && !about.legal_hold && !about.in_archive_ms) return null;
  return (
    <section class="in-archive" aria-labelledby="archive-title">
      <h2 id="archive-title">{t("archive.title")}</h2>
      {isAdministrator(who) && (copies.length > 0 ? <ul class="notes-list">{copies.map((c) => <Copy key={c.id} copy={c} done={done} />)}</ul> : <p class="help">{t("archive.none")}</p>)}
      {!isAdministrator(who) && about.in_archive_ms && <p><State tone="good" icon="done" word={t("archive.stored")} /> <Time ms={about.in_archive_ms} /></p>}
      <Hold id={id} about={about} done={done} />
      {isAdministrator(who) && !about.legal_hold && !about.kept?.hold && <Erase id={id} about={about} sent={sent} />}
    </section>
  );
}
