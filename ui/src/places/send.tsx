// SPDX-License-Identifier: AGPL-3.0-or-later
// The composer: from which line, to whom, what, when; beside it the pages as the other machine will print them.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { FieldError, Problem, call, onceFor, post } from "../api";
import { useCell } from "../cell";
import { useGet } from "../data";
import { bytes, duration, t } from "../i18n";
import { Icon } from "../parts/icon";
import { Broken, Empty, Loading } from "../parts/states";
import { say } from "../parts/toast";
import { Viewer } from "../parts/viewer";
import { JobState, jobDetail } from "../parts/word";
import { reason } from "../reasons";
import { navigate, usePlace } from "../router";
import { session } from "../session";
import type { Job, Outcome, OwnBox } from "../types";
import { addFiles, change, clearDraft, draft, Draft, hasCover, looksLikeNumber, moveFile, recipientsOf, removeFile, Way, Wish, wishOf, withRecipient } from "./draft";
import { FindContact } from "./contacts";
import { Hold } from "./hold";
import { JobActions, Progress } from "./sent";

const PREVIEW_AFTER_MS = 600;
const LIVE = ["job", "call"] as const;

interface Preview {
  id: string;
  pages: number;
  seconds: number | null;
  numbers: { number: string; price_class: string; trunk: string }[];
  warnings: { code: string; text: string; pages: number[]; documents?: string }[];
}

interface Fault {
  text: string;
  fields: FieldError[];
}

function faultOf(why: unknown): Fault | null {
  if (why instanceof Problem) return { text: why.message, fields: why.errors };
  throw why;
}

/** Asks for a preview a moment after the last change. */
function usePreview(wish: Wish, ready: boolean): { preview: Preview | null; fault: Fault | null; busy: boolean } {
  const [state, setState] = useState<{ preview: Preview | null; fault: Fault | null; busy: boolean }>({ preview: null, fault: null, busy: false });
  const key = JSON.stringify(wish);
  const latest = useRef(key);
  latest.current = key;
  useEffect(() => {
    if (!ready) {
      setState({ preview: null, fault: null, busy: false });
      return;
    }
    setState((s) => ({ ...s, busy: true }));
    const timer = setTimeout(() => {
      post<Preview>("previews", wish).then(
        (preview) => latest.current === key && setState({ preview, fault: null, busy: false }),
        (why: unknown) => latest.current === key && setState({ preview: null, fault: faultOf(why), busy: false }),
      );
    }, PREVIEW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [key, ready]);
  return state;
}

// ---- what was sent just now ----

function LiveJob({ id }: { id: string }) {
  const { data: job, reload } = useGet<Job>(`jobs/${id}`, LIVE);
  if (!job) return null;
  return (
    <li class="live-job">
      <p class="row-title"><a href={`/sent/${id}`}>{job.number}</a></p>
      <p class="facts" role="status"><JobState job={job} /> <span>{jobDetail(job, Date.now())}</span></p>
      <Progress job={job} />
      <div class="buttons"><JobActions job={job} done={reload} /></div>
    </li>
  );
}

function Sending({ id }: { id: string }) {
  const { data, error, reload } = useGet<{ state: string; outcome: Outcome; jobs: (string | { id: string })[] }>(`submissions/${id}`, LIVE);
  if (error && !data) return <Broken whole error={error} again={reload} />;
  const jobs = (data?.jobs ?? []).map((j) => (typeof j === "string" ? j : j.id));
  return (
    <section class="single-column" aria-labelledby="place-title">
      <h1 id="place-title" tabIndex={-1}>{t("send.sending")}</h1>
      {data?.state === "refused" ? (
        <p class="error" role="alert">{reason(data.outcome)}</p>
      ) : jobs.length === 0 ? (
        <Loading what={t("send.rendering")} />
      ) : (
        <ul class="live-jobs">{jobs.map((job) => <LiveJob key={job} id={job} />)}</ul>
      )}
      <p class="help">{t("send.goesOn")}</p>
      <div class="buttons">
        <a class="button primary" href="/send">{t("send.another")}</a>
        <a class="button" href="/sent">{t("sent")}</a>
      </div>
    </section>
  );
}

// ---- the form ----

function Numbers({ value, errors }: { value: string; errors: string[] }) {
  const people = recipientsOf(value), wrong = people.map((r) => r.number).filter((n) => !looksLikeNumber(n));
  const all = [...(wrong.length ? [t("send.wrongNumber", { n: wrong.length, numbers: wrong.join(", ") })] : []), ...errors];
  const count = people.length;
  return (
    <div class="field">
      <label for="send-numbers">{t("send.to")}</label>
      <textarea id="send-numbers" rows={Math.min(8, Math.max(2, count + 1))} value={value} spellcheck={false} autocomplete="off"
        aria-describedby="send-numbers-help" aria-invalid={all.length > 0 ? "true" : undefined}
        onInput={(event) => change({ numbers: event.currentTarget.value })} />
      <p class="help" id="send-numbers-help">{count > 1 ? t("send.count", { n: count }) : t("send.toHelp")}</p>
      {all.map((text) => <p key={text} class="error">{text}</p>)}
    </div>
  );
}

function Files({ files }: { files: Draft["files"] }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  return (
    <div class="field">
      <span class="label" id="send-files">{t("send.files")}</span>
      <div class={over ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          addFiles(event.dataTransfer?.files ?? []);
        }}>
        {files.length > 0 && (
          <ol class="files" aria-labelledby="send-files">
            {files.map((f, n) => (
              <li key={f.key}>
                <Icon name="file" />
                <span class="file-name">{f.name}<span class="row-sub"> {bytes(f.bytes)}</span></span>
                {n > 0 && <button type="button" class="quiet" onClick={() => moveFile(f.key, -1)}>{t("send.up")}<span class="unseen"> {f.name}</span></button>}
                <button type="button" class="quiet" onClick={() => removeFile(f.key)}>{t("remove")}<span class="unseen"> {f.name}</span></button>
                {f.error ? <p class="error" role="alert">{f.error}</p> : !f.id && <progress value={f.part} max={1} aria-label={t("send.uploading", { name: f.name })} />}
              </li>
            ))}
          </ol>
        )}
        <p class="help">{t("send.drop")}</p>
        <button type="button" onClick={() => input.current?.click()}>{t("send.choose")}</button>
        <input ref={input} type="file" multiple hidden aria-hidden="true" tabIndex={-1} onChange={(event) => {
          addFiles(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }} />
      </div>
    </div>
  );
}

function Pages({ preview, fault, busy, file }: { preview: Preview | null; fault: Fault | null; busy: boolean; file: boolean }) {
  if (fault) return <div class="empty" role="alert"><Icon name="unknown" /><p>{fault.text}</p>{fault.fields.map((e) => <p key={e.field + e.detail}>{e.detail}</p>)}</div>;
  if (!preview) return busy ? <Loading what={t("send.rendering")} /> : <Empty icon="file"><p>{t(file ? "send.previewNumber" : "send.previewEmpty")}</p></Empty>;
  return (
    <div class={busy ? "stale" : ""}>
      <p class="facts" role="status">
        {t("pages", { n: preview.pages })}{preview.seconds !== null && " · " + t("send.takes", { time: duration(preview.seconds * 1000) })}
      </p>
      {preview.numbers.length > 0 && (
        <ul class="plain-list">
          {preview.numbers.map((n) => (
            <li key={n.number}><span class="tabular">{n.number}</span> · {priceWord(n.price_class)}{n.trunk && " · " + n.trunk}</li>
          ))}
        </ul>
      )}
      {preview.warnings.map((w) => <p key={w.text} class="warning"><Icon name="unknown" />{warningWords(w)}</p>)}
      <Viewer key={preview.id} label={t("viewer.pages")} source={{
        pages: preview.pages,
        picture: (page, width) => `/api/v1/previews/${preview.id}/pages/${page}.png${width ? `?width=${width}` : ""}`,
        describe: (page) => t("send.pageOf", { page, of: preview.pages }),
      }} />
    </div>
  );
}

function warningWords(w: { code: string; text: string; pages: number[]; documents?: string }): string {
  const pages = w.pages.join(", ");
  switch (w.code) {
    case "small-text": return t("send.smallText", { pages });
    case "slow-page": return t("send.slowPage", { pages });
    case "misnamed": return t("send.misnamed", { documents: w.documents ?? "" });
    default: return w.text;
  }
}

function priceWord(kind: string): string {
  switch (kind) {
    case "extension": return t("price.internal");
    case "national": return t("price.national");
    case "mobile": return t("price.mobile");
    case "international": return t("price.international");
    case "premium-rate": return t("price.premium");
    default: return kind;
  }
}

function Ways({ way }: { way: Way }) {
  const ways: readonly Way[] = ["send", "poll", "hold"];
  return (
    <div class="field">
      <label for="send-way">{t("send.way")}</label>
      <select id="send-way" value={way} aria-describedby="send-way-help" onChange={(event) => change({ way: event.currentTarget.value as Way })}>
        {ways.map((w) => <option key={w} value={w}>{wayWord(w)}</option>)}
      </select>
      <p class="help" id="send-way-help">{way === "send" ? t("send.waySendHelp") : way === "poll" ? t("send.wayPollHelp") : t("send.wayHoldHelp")}</p>
    </div>
  );
}

function wayWord(way: Way): string {
  return way === "send" ? t("send.waySend") : way === "poll" ? t("send.wayPoll") : t("send.wayHold");
}

/** What the other machine wants to hear (T.30). */
function Station({ d, errors }: { d: Draft; errors(name: string): string[] }) {
  return (
    <>
      <div class="field">
        <label for="send-subaddress">{d.way === "poll" ? t("send.sep") : t("send.sub")}</label>
        <input id="send-subaddress" inputMode="tel" autocomplete="off" value={d.subaddress} aria-describedby="send-subaddress-help" onInput={(event) => change({ subaddress: event.currentTarget.value })} />
        <p class="help" id="send-subaddress-help">{t("send.digits")}</p>
        {errors("subaddress").map((text) => <p key={text} class="error">{text}</p>)}
      </div>
      <div class="field">
        <label for="send-password">{t("f.fax_password")}</label>
        <input id="send-password" type="password" autocomplete="off" value={d.password} aria-describedby="send-password-help" onInput={(event) => change({ password: event.currentTarget.value })} />
        <p class="help" id="send-password-help">{t("send.digits")}</p>
        {errors("fax_password").map((text) => <p key={text} class="error">{text}</p>)}
      </div>
    </>
  );
}

function Form({ boxes }: { boxes: OwnBox[] }) {
  const d = useCell(draft), who = useCell(session);
  const box = boxes.some((b) => b.id === d.box) ? d.box : boxes[0]!.id;
  const wish = useMemo(() => wishOf({ ...d, box }), [d, box]);
  const [fault, setFault] = useState<Fault | null>(null);
  const [sending, setSending] = useState(false);
  const uploading = d.files.some((f) => !f.id && !f.error);
  const polls = d.way === "poll";
  const ready = (polls || wish.uploads.length > 0) && wish.recipients.length > 0 && wish.recipients.every((r) => looksLikeNumber(r.number));
  // What the other machine wants to hear changes no page.
  const shown = { ...wish, subaddress: undefined, fax_password: undefined };
  const { preview, fault: unfit, busy } = usePreview(shown, ready && d.way === "send");
  const of = (name: string) => (fault?.fields ?? []).filter((e) => e.field.split(/[.[]/)[0] === name).map((e) => e.detail);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!ready || uploading || sending || d.way === "hold") return;
    setSending(true);
    setFault(null);
    try {
      const { data } = await call<{ id: string }>("POST", "submissions", { body: wish, once: onceFor(wish) });
      clearDraft();
      say(t("send.done"));
      navigate(`/send?sent=${data.id}`);
    } catch (why) {
      setFault(faultOf(why));
    } finally {
      setSending(false);
    }
  };

  const look = () => (
    <>
      <div class="field">
        <label for="send-resolution">{t("f.resolution")}</label>
        <select id="send-resolution" value={d.resolution} onChange={(event) => change({ resolution: event.currentTarget.value })}>
          <option value="">{t("send.asBox")}</option>
          <option value="standard">{t("c.standard")}</option>
          <option value="fine">{t("c.fine")}</option>
          <option value="superfine">{t("c.superfine")}</option>
          <option value="300dpi">{t("c.300dpi")}</option>
          <option value="400dpi">{t("c.400dpi")}</option>
        </select>
      </div>
      <div class="field">
        <label for="send-cover">{t("f.cover")}</label>
        <select id="send-cover" value={d.cover} onChange={(event) => change({ cover: event.currentTarget.value })}>
          <option value="">{t("send.asBox")}</option>
          <option value="none">{t("send.noCover")}</option>
          <option value="standard">{t("send.withCover")}</option>
          {(who?.tenant?.covers ?? []).map((name) => <option key={name} value={name}>{t("tmpl.further", { name })}</option>)}
        </select>
      </div>
      {of("cover").map((text) => <p key={text} class="error">{text}</p>)}
      {hasCover(d) && (
        <>
          <div class="field">
            <label for="send-subject">{t("send.subject")}</label>
            <input id="send-subject" value={d.subject} onInput={(event) => change({ subject: event.currentTarget.value })} />
          </div>
          <div class="field">
            <label for="send-text">{t("send.text")}</label>
            <textarea id="send-text" rows={4} value={d.text} onInput={(event) => change({ text: event.currentTarget.value })} />
          </div>
        </>
      )}
    </>
  );
  const rest = () => (
    <>
      <Numbers value={d.numbers} errors={of("recipients")} />
      <FindContact onFound={(contact) => change({ numbers: withRecipient(draft.value.numbers, contact) })} />
      {!polls && <Files files={d.files} />}
      {of("uploads").map((text) => <p key={text} class="error">{text}</p>)}
      <details open={!!(d.at || d.resolution || d.cover || d.billing || d.subaddress || d.password)}>
        <summary>{t("send.more")}</summary>
        <div class="field">
          <label for="send-at">{t("send.at")}</label>
          <input id="send-at" type="datetime-local" value={d.at} aria-describedby="send-at-help" onInput={(event) => change({ at: event.currentTarget.value })} />
          <p class="help" id="send-at-help">{t("send.atHelp")}</p>
          {of("at_ms").map((text) => <p key={text} class="error">{text}</p>)}
        </div>
        {!polls && look()}
        <Station d={d} errors={of} />
        <div class="field">
          <label for="send-billing">{t("billing")}</label>
          <input id="send-billing" list="send-billing-codes" autocomplete="off" value={d.billing} onInput={(event) => change({ billing: event.currentTarget.value })} />
          <datalist id="send-billing-codes">{(who?.tenant?.billing_codes ?? []).map((code) => <option key={code} value={code} />)}</datalist>
          {of("billing").map((text) => <p key={text} class="error">{text}</p>)}
        </div>
      </details>
      {fault && <p class="error" role="alert">{fault.text}</p>}
      <div class="save-bar">
        <button type="submit" class="primary" disabled={!ready || uploading || sending}>
          {sending ? t("send.busy") : polls ? t("send.doPoll") : wish.recipients.length > 1 ? t("send.doMany", { n: wish.recipients.length }) : d.at ? t("send.doLater") : t("send.do")}
        </button>
        {!ready && <span class="help">{!polls && wish.uploads.length === 0 ? t("send.needFile") : t("send.needNumber")}</span>}
      </div>
    </>
  );

  return (
    <div class="two compose">
      <form class="composer" aria-labelledby="place-title" onSubmit={submit}>
        <h1 id="place-title" tabIndex={-1}>{t("send")}</h1>
        <div class="field">
          <label for="send-box">{t("send.from")}</label>
          {boxes.length === 1 ? (
            <p class="fixed" id="send-box">{boxes[0]!.name}</p>
          ) : (
            <select id="send-box" value={box} onChange={(event) => change({ box: event.currentTarget.value })}>
              {boxes.map((b) => <option key={b.id} value={b.id}>{b.name}</option>)}
            </select>
          )}
          {of("box").map((text) => <p key={text} class="error">{text}</p>)}
        </div>
        <Ways way={d.way} />
        {d.way === "hold" ? <Hold key={box} box={box} /> : rest()}
      </form>
      {d.way === "send" && (
        <section class="detail" aria-label={t("send.preview")}>
          <Pages preview={preview} fault={unfit} busy={busy} file={wish.uploads.length > 0} />
        </section>
      )}
    </div>
  );
}

export function Send() {
  const who = useCell(session)!;
  const sent = usePlace().query.get("sent");
  const boxes = who.boxes.filter((b) => b.send);
  if (sent) return <Sending key={sent} id={sent} />;
  if (boxes.length === 0)
    return <section class="single-column"><h1 id="place-title" tabIndex={-1}>{t("send")}</h1><Empty icon="send"><p>{t("send.noBox")}</p></Empty></section>;
  return <Form boxes={boxes} />;
}
