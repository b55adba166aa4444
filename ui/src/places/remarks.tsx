// SPDX-License-Identifier: AGPL-3.0-or-later
// What people write beside a fax, received or sent: tags to find it by, notes, and whom it was mailed on to.
import { useState } from "preact/hooks";
import { Page, Problem, call, onceDone, onceFor, query } from "../api";
import { useGet } from "../data";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { confirm } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { MailState } from "../parts/word";
import { usePlace } from "../router";
import type { Mail, Remarked } from "../types";

export type Kind = "faxes" | "jobs";

/** Reads, changes and writes; who was overtaken by another one does it once more over what that one left. */
async function changeTags(url: string, change: (tags: string[]) => string[]): Promise<void> {
  for (let left = 3; ; left--) {
    const seen = await call<{ tags: string[] }>("GET", `${url}/tags`);
    try {
      await call("PUT", `${url}/tags`, { body: { tags: change(seen.data.tags) }, etag: seen.etag });
      return;
    } catch (why) {
      if (!(why instanceof Problem) || why.status !== 412 || left === 0) throw why;
    }
  }
}

export function Tags({ tags }: { tags: string[] }) {
  if (tags.length === 0) return null;
  return <span class="tags"><span class="unseen">{t("tags")}: </span>{tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}</span>;
}

function TagLine({ url, kind, tags, done }: { url: string; kind: Kind; tags: string[]; done(): void }) {
  const [text, setText] = useState("");
  const known = useGet<Page<{ tag: string }>>(`tags?of=${kind}`);
  const place = kind === "faxes" ? "/inbox" : "/sent";
  const change = (how: (tags: string[]) => string[]) => changeTags(url, how).then(() => {
    setText("");
    done();
    known.reload();
  }, sayProblem);
  const add = (event: SubmitEvent) => {
    event.preventDefault();
    const more = text.split(",").map((tag) => tag.trim()).filter(Boolean);
    if (more.length) void change((there) => [...there, ...more]);
  };
  return (
    <>
      {tags.length > 0 && (
        <ul class="tags" aria-label={t("tags")}>
          {tags.map((tag) => (
            <li key={tag} class="tag">
              <a href={place + query({ tag })} title={t("tags.find", { tag })}>{tag}</a>
              <button type="button" class="quiet" title={t("tags.remove", { tag })} onClick={() => void change((there) => there.filter((x) => x !== tag))}><Icon name="close" /><span class="unseen">{t("tags.remove", { tag })}</span></button>
            </li>
          ))}
        </ul>
      )}
      <form class="inline-form" onSubmit={add}>
        <label for="new-tag">{t("tags.new")}</label>
        <input id="new-tag" list="known-tags" autocomplete="off" maxLength={60} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <datalist id="known-tags">{(known.data?.items ?? []).map((x) => <option key={x.tag} value={x.tag} />)}</datalist>
        <button type="submit" disabled={!text.trim()}>{t("tags.add")}</button>
      </form>
    </>
  );
}

function Notes({ url, remarked, done }: { url: string; remarked: Remarked; done(): void }) {
  const [text, setText] = useState("");
  const write = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await call("POST", `${url}/notes`, { body: { text: text.trim() }, once: onceFor({ url, text, after: remarked.note_count }) });
      onceDone();
      setText("");
      done();
    } catch (why) {
      sayProblem(why);
    }
  };
  const remove = async (id: string) => {
    if (await confirm({ title: t("notes.deleteTitle"), text: t("notes.deleteText"), verb: t("notes.delete"), danger: true }))
      await call("DELETE", `notes/${id}`).then(done, sayProblem);
  };
  return (
    <>
      {remarked.notes && remarked.notes.length > 0 && (
        <ol class="notes-list" aria-label={t("notes")}>
          {remarked.notes.map((n) => (
            <li key={n.id}>
              <p class="facts"><strong>{n.who}</strong> <Time ms={n.at_ms} />{n.own && <button type="button" aria-haspopup="dialog" class="quiet" onClick={() => void remove(n.id)}>{t("delete")}<span class="unseen"> {t("notes.of", { who: n.who })}</span></button>}</p>
              <p class="read">{n.text}</p>
            </li>
          ))}
        </ol>
      )}
      <form class="inline-form" onSubmit={write}>
        <label for="new-note">{t("notes.new")}</label>
        <textarea id="new-note" rows={2} maxLength={1900} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <button type="submit" disabled={!text.trim()}>{t("notes.add")}</button>
      </form>
    </>
  );
}

function isForwarded(mail: Mail): boolean {
  return mail.kind === "forwarded" || mail.kind === "sent-on";
}

/** Whom it was mailed on to, and whether it left. */
function MailedOn({ mails }: { mails: Mail[] }) {
  const on = mails.filter(isForwarded);
  if (on.length === 0) return null;
  return (
    <ul class="plain-list" aria-label={t("mailOn.list")}>
      {on.map((m) => <li key={m.id}>{t("mailOn.to", { to: m.recipient })} · <MailState mail={m} /> · <Time ms={m.created_ms} /></li>)}
    </ul>
  );
}

/** Folded where nobody wrote anything yet. */
export function Remarks({ kind, about, done }: { kind: Kind; about: Remarked & { id: string; mails?: Mail[] }; done(): void }) {
  const url = `${kind}/${about.id}`;
  const [open, setOpen] = useState(about.tags.length > 0 || about.note_count > 0 || (about.mails ?? []).some(isForwarded));
  return (
    <details class="remarks" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("remarks")}</summary>
      <MailedOn mails={about.mails ?? []} />
      <TagLine url={url} kind={kind} tags={about.tags} done={done} />
      <Notes url={url} remarked={about} done={done} />
    </details>
  );
}

export function MailOn({ url, done }: { url: string; done(): void }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" aria-haspopup="dialog" onClick={() => setAsking(true)}><Icon name="mail" />{t("mailOn")}</button>
      {asking && (
        <Create title={t("mailOn.title")} verb={t("mailOn.verb")} url={`${url}/mail`} fields={[{ name: "to", label: "mail_to", list: true }, { name: "text", label: "mail_text", optional: true, lines: true }]}
          onClose={() => setAsking(false)} onMade={() => {
            setAsking(false);
            say(t("mailOn.done"));
            done();
          }} />
      )}
    </>
  );
}

/** The tag a list is limited to, and the way out of it. */
export function TagFilter() {
  const { path, query: here } = usePlace();
  const tag = here.get("tag");
  if (!tag) return null;
  const rest = new URLSearchParams(here);
  rest.delete("tag");
  const text = rest.toString();
  return <p class="list-filters"><span class="tag">{tag}</span> <a class="choice" href={path + (text ? "?" + text : "")}>{t("tags.all")}</a></p>;
}

/** All tags there are, each a view of the list. */
export function TagChoice({ kind }: { kind: Kind }) {
  const known = useGet<Page<{ tag: string }>>(`tags?of=${kind}`);
  const { path, query: here } = usePlace();
  if (here.get("tag") || !known.data?.items.length) return null;
  return (
    <details class="tag-choice">
      <summary>{t("tags")}</summary>
      <p class="tags">{known.data.items.map(({ tag }) => <a key={tag} class="tag" href={"/" + path.split("/")[1] + query({ ...Object.fromEntries(here), tag })}>{tag}</a>)}</p>
    </details>
  );
}
