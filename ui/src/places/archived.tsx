// SPDX-License-Identifier: AGPL-3.0-or-later
// Where copies of a fax lie outside of the store, and the hold under which nobody deletes it.
import { useState } from "preact/hooks";
import { call, post, query } from "../api";
import { useCell } from "../cell";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { confirm } from "../parts/dialog";
import { Icon, IconName } from "../parts/icon";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { State, Tone, Why } from "../parts/word";
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
  const [busy, setBusy] = useState(false);
  const [tone, icon] = looks[copy.state];
  const there = copy.state === "stored" || copy.state === "damaged";
  const verify = async () => {
    setBusy(true);
    try {
      const judged = await post<{ ok: boolean; outcome: Outcome }>(`archive/${copy.id}/verify`);
      say(judged.ok ? t("archive.whole", { place: copy.place }) : judged.outcome.text, !judged.ok);
      done();
    } catch (why) {
      sayProblem(why);
    } finally {
      setBusy(false);
    }
  };
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
        <p><State tone="warn" icon="held" word={t("legalHold.title")} /> {t("legalHold.by", { who: hold.who })} <Time ms={hold.at_ms} /></p>
        {hold.reason && <p class="read">{hold.reason}</p>}
        {who.role === "installation" && <button type="button" onClick={() => void release()}>{t("legalHold.release")}</button>}
      </div>
    );
  if (!isAdministrator(who)) return null;
  return (
    <p>
      <button type="button" onClick={() => setAsking(true)}><Icon name="held" />{t("legalHold.do")}</button>
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

/** Of a fax or job that is at an end. */
export function InArchive({ id, about, done }: { id: string; about: Archived; done(): void }) {
  const who = useCell(session)!;
  const copies = about.archive ?? [];
  if (!isAdministrator(who) && !about.legal_hold) return null;
  return (
    <section class="in-archive" aria-labelledby="archive-title">
      <h2 id="archive-title">{t("archive.title")}</h2>
      {isAdministrator(who) && (copies.length > 0 ? <ul class="notes-list">{copies.map((c) => <Copy key={c.id} copy={c} done={done} />)}</ul> : <p class="help">{t("archive.none")}</p>)}
      <Hold id={id} about={about} done={done} />
    </section>
  );
}
