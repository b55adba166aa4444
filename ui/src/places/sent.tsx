// SPDX-License-Identifier: AGPL-3.0-or-later
// What is being sent, live, and what became of what was sent.
import { useState } from "preact/hooks";
import { post, query as queryOf } from "../api";
import { Create } from "../parts/create";
import { useCell } from "../cell";
import { useGet, useList } from "../data";
import { t } from "../i18n";
import { useDoing } from "../parts/doing";
import { confirm } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { BackLink, Filter, PlaceTitle, Rows, Search, usePointer } from "../parts/list";
import { Broken, Empty, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { type Originals, Viewer, printPages } from "../parts/viewer";
import { JobState, jobDetail } from "../parts/word";
import { navigate, usePlace } from "../router";
import { isAdministrator, session } from "../session";
import type { Job } from "../types";
import { InArchive, Kept } from "./archived";
import { CallTable } from "./attempts";
import { sendOn } from "./draft";
import { MailOn, Remarks, TagChoice, TagFilter, Tags } from "./remarks";

const LIVE = ["job", "call"] as const;
const open = new Set(["waiting", "held", "calling"]);

export function Progress({ job }: { job: Job }) {
  if (job.state !== "calling" || !job.pages) return null;
  const part = job.call && job.call.page > 0 ? (job.call.page - 1 + job.call.percent / 100) / job.pages : job.confirmed / job.pages;
  return <progress value={Math.min(1, part)} max={1} aria-label={t("sent.progress", { n: job.confirmed, of: job.pages })} />;
}

/** A row of a fax that is being sent asks for more of it: which page is on the line. */
function LiveRow({ job, to, current }: { job: Job; to: string; current: boolean }) {
  const { data } = useGet<Job>(job.state === "calling" ? `jobs/${job.id}` : null, LIVE);
  return <JobRow job={data?.state === "calling" ? data : job} to={to} current={current} />;
}

function JobRow({ job, to, current }: { job: Job; to: string; current: boolean }) {
  return (
    <li>
      <a class="row" data-row href={to} aria-current={current ? "true" : undefined}>
        <span class="row-main">
          <span class="row-title">{job.number}</span>
          <span class="row-sub">{job.box} · {job.pages > 0 ? t("pages", { n: job.pages }) : t("sent.preparing")}</span>
          <span class="row-state"><JobState job={job} /> <span class="row-sub">{jobDetail(job, Date.now())}</span></span>
          <Progress job={job} />
          <Tags tags={job.tags} />
        </span>
        <span class="row-side"><Time ms={job.ended_ms ?? job.created_ms} />{job.note_count > 0 && <span class="exact">{t("notes.count", { n: job.note_count })}</span>}</span>
      </a>
    </li>
  );
}

type Wish = "cancel" | "hold" | "release" | "retry" | "resume";

const wishes: { [state in Job["state"]]: Wish[] } = {
  waiting: ["release", "hold", "cancel"],
  held: ["release", "cancel"],
  calling: ["cancel"],
  done: [],
  failed: ["resume", "retry"],
  unknown: ["resume", "retry"],
  cancelled: ["resume", "retry"],
  expired: ["resume", "retry"],
};

function makesSense(wish: Wish, job: Job): boolean {
  if (wish === "resume") return job.confirmed > 0 && job.confirmed < job.pages;
  if (wish === "release" && job.state === "waiting") return (job.next_ms ?? 0) > Date.now();
  return true;
}

function asks(wish: Wish, job: Job): boolean {
  return wish === "cancel" || ((wish === "retry" || wish === "resume") && job.state === "unknown");
}

async function allowed(wish: Wish, job: Job): Promise<boolean> {
  if (!asks(wish, job)) return true;
  if (wish === "cancel")
    return confirm({ title: t("sent.cancelTitle", { number: job.number }), text: t(job.state === "calling" ? "sent.cancelCalling" : "sent.cancelText"),
      verb: t("sent.cancelVerb"), stay: t("sent.keep"), danger: true });
  return confirm({ title: t("sent.retryTitle", { number: job.number }), text: t("sent.retryUnknown"), verb: t("sent.retryVerb"), danger: true });
}

/** The same pages to another number: they wait in the composer, and nothing is sent yet. */
export function SendOn({ from, name }: { from: string; name: string }) {
  const who = useCell(session)!;
  if (!who.boxes.some((b) => b.send)) return null;
  return <button type="button" onClick={() => void sendOn(from, name).then(() => navigate("/send"), sayProblem)}><Icon name="sent" />{t("send.on")}</button>;
}

/** The same pages and number in the composer, where all can be changed before they go once more. */
function EditAgain({ job }: { job: Job }) {
  const who = useCell(session)!;
  if (!who.boxes.some((b) => b.send) || !job.pages || open.has(job.state)) return null;
  const edit = () => sendOn(`jobs/${job.id}/document.pdf`, `${job.number}.pdf`, { numbers: job.number, box: job.box, billing: job.billing }).then(() => navigate("/send"), sayProblem);
  return <button type="button" onClick={() => void edit()}><Icon name="send" />{t("job.edit")}</button>;
}

/** Number, time and priority of a fax that waits. */
function Alter({ job, done }: { job: Job; done(): void }) {
  const who = useCell(session)!;
  const [asking, setAsking] = useState(false);
  if (!isAdministrator(who) || (job.state !== "waiting" && job.state !== "held")) return null;
  const url = `jobs/${job.id}/alter`;
  return (
    <>
      <button type="button" aria-haspopup="dialog" onClick={() => setAsking(true)}>{t("job.alter")}</button>
      {asking && (
        <Create title={t("job.alterTitle")} verb={t("job.alterVerb")} url={url} onClose={() => setAsking(false)}
          urlOf={(e) => url + queryOf({ number: e.number === job.number ? "" : String(e.number), priority: e.priority === String(job.priority) ? "" : String(e.priority ?? ""), at: String(e.at ?? "").replace(/[-:]/g, "") })}
          fields={[{ name: "number", label: "alter_number", value: job.number }, { name: "at", label: "alter_at", optional: true, type: "datetime-local" }, { name: "priority", label: "alter_priority", value: String(job.priority) }]}
          onMade={() => {
            setAsking(false);
            say(t("job.altered"));
            done();
          }} />
      )}
    </>
  );
}

export function JobActions({ job, done }: { job: Job; done(): void }) {
  const { busy, run } = useDoing(sayProblem);
  const act = async (wish: Wish) => {
    if (!(await allowed(wish, job))) return;
    await run(async () => {
      await post(wish === "resume" ? `jobs/${job.id}/retry?resume=1` : `jobs/${job.id}/${wish}`);
      say(t(`job.did.${wish}`));
      done();
    });
  };
  return (
    <>
      {wishes[job.state].filter((wish) => makesSense(wish, job)).map((wish) => (
        <button type="button" key={wish} disabled={busy} aria-haspopup={asks(wish, job) ? "dialog" : undefined} onClick={() => void act(wish)}>{t(`job.do.${job.state === "waiting" && wish === "release" ? "now" : wish}`, { page: job.confirmed + 1 })}</button>
      ))}
    </>
  );
}

function originalsOf(job: Job): Originals {
  return {
    picture: (page) => `/api/v1/jobs/${job.id}/originals/${page}.png`,
    describe: (page) => {
      const from = job.originals?.[page - 1];
      return from ? t("viewer.originalOf", { page: from.page, document: from.document }) : null;
    },
  };
}

function Reader({ id }: { id: string }) {
  const { data: job, error, reload } = useGet<Job>(`jobs/${id}`, LIVE);
  const { query } = usePlace();
  const back = "/sent" + (query.toString() ? "?" + query.toString() : "");
  if (error && !job) return <><h1 class="unseen">{t("sent.reader")}</h1><Broken error={error} again={reload} /></>;
  if (!job) return <Loading />;
  const picture = (page: number, width?: number) => `/api/v1/jobs/${job.id}/pages/${page}.png${width ? `?width=${width}` : ""}`;
  return (
    <article class="reader" aria-labelledby="job-title">
      <header>
        <BackLink to={back} />
        <h1 id="job-title" tabIndex={-1}>{t("sent.to", { number: job.number })}</h1>
        <p class="facts" role="status"><JobState job={job} /> <span>{jobDetail(job, Date.now())}</span></p>
        <Progress job={job} />
        {job.outcome.code && job.state !== "done" && <p class="code">{job.outcome.code}</p>}
        <dl class="facts">
          <div><dt>{t("sent.from")}</dt><dd>{job.box}</dd></div>
          <div><dt>{t("sent.pages")}</dt><dd>{t("sent.pagesConfirmed", { n: job.confirmed, of: job.pages })}</dd></div>
          <div><dt>{t("sent.made")}</dt><dd><Time ms={job.created_ms} /></dd></div>
          <Kept about={job} />
          {job.billing && <div><dt>{t("billing")}</dt><dd>{job.billing}</dd></div>}
        </dl>
        <div class="buttons">
          <JobActions job={job} done={reload} />
          <Alter job={job} done={reload} />
          <EditAgain job={job} />
          {!open.has(job.state) && <a class="button" href={`/api/v1/jobs/${job.id}/report.pdf`} download><Icon name="download" />{t("sent.report")}</a>}
          {job.pages > 0 && <a class="button" href={`/api/v1/jobs/${job.id}/document.pdf`} download><Icon name="download" />PDF</a>}
          {job.pages > 0 && !open.has(job.state) && <MailOn url={`jobs/${job.id}`} done={reload} />}
          {job.pages > 0 && <SendOn from={`jobs/${job.id}/document.pdf`} name={`${job.number}.pdf`} />}
          {job.pages > 0 && <button type="button" onClick={() => void printPages()}><Icon name="print" />{t("print")}</button>}
        </div>
      </header>
      <Remarks kind="jobs" about={job} done={reload} />
      {job.pages > 0 && (
        <Viewer key={job.id} label={t("sent.pagesOf", { number: job.number })} source={{
          pages: job.pages,
          picture,
          describe: (page) => t("sent.pageOf", { page, of: job.pages, number: job.number }),
          original: job.originals?.some((o) => o) ? originalsOf(job) : undefined,
        }} />
      )}
      <CallTable calls={job.attempts ?? []} />
      {!open.has(job.state) && <InArchive id={job.id} about={job} sent done={reload} />}
    </article>
  );
}

export function Sent({ id }: { id?: string }) {
  const who = useCell(session)!;
  const { query } = usePlace();
  const pointer = usePointer();
  const filters = { q: query.get("q") ?? "", box: query.get("box") ?? "", tag: query.get("tag") ?? "" };
  const filtered = filters.q || filters.box || filters.tag;
  const live = useList<Job>(filtered ? null : "jobs", { state: "open" }, LIVE);
  const list = useList<Job>("jobs", filters, LIVE, pointer.busy);
  const boxes = who.boxes.filter((b) => b.send);
  const rest = query.toString() ? "?" + query.toString() : "";
  const now = new Set(live.items.map((j) => j.id));
  const ended = { ...list, items: filtered ? list.items : list.items.filter((j) => !now.has(j.id) && !open.has(j.state)) };
  return (
    <div class={id ? "two reading" : "two"}>
      <section class="list" aria-labelledby="place-title" {...pointer.props}>
        <PlaceTitle reading={!!id}>{t("sent")}</PlaceTitle>
        <div class="filters">
          <Search label={t("sent.search")} />
          {boxes.length > 1 && <Filter name="box" label={t("box")} choices={[["", t("allBoxes")], ...boxes.map((b): [string, string] => [b.id, b.name])]} />}
        </div>
        <TagFilter />
        <TagChoice kind="jobs" />
        {live.items.length > 0 && (
          <>
            <h2 class="list-title">{t("sent.now")}</h2>
            <ul class="rows live" aria-label={t("sent.now")}>
              {live.items.map((job) => <LiveRow key={job.id} job={job} to={`/sent/${job.id}${rest}`} current={job.id === id} />)}
            </ul>
            {ended.items.length > 0 && <h2 class="list-title">{t("sent.ended")}</h2>}
          </>
        )}
        {(ended.items.length > 0 || live.items.length === 0) && (
          <Rows list={ended} label={t("sent.ended")} newOnes={(n) => t("sent.fresh", { n })}
            empty={filtered ? <Empty icon="search"><p>{t("nothingFound")}</p></Empty>
              : <Empty icon="sent"><p>{t("sent.empty")}</p>{boxes[0] && <p class="help">{t("sent.emptyBox", { address: numberAt(boxes[0].address) })}</p>}
                {boxes.length > 0 && <a class="button primary" href="/send">{t("send")}</a>}</Empty>}
            row={(job) => <JobRow key={job.id} job={job} to={`/sent/${job.id}${rest}`} current={job.id === id} />} />
        )}
      </section>
      <section class="detail" aria-label={t("sent.reader")}>
        {id ? <Reader key={id} id={id} /> : <Empty icon="sent"><p>{t("sent.choose")}</p></Empty>}
      </section>
    </div>
  );
}

/** front@fax.example.com: 030123456@front.fax.example.com */
function numberAt(address: string): string {
  return t("sent.number") + "@" + address.replace("@", ".");
}
