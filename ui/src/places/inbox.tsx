// SPDX-License-Identifier: AGPL-3.0-or-later
// Received faxes: list and reader.
import { useEffect } from "preact/hooks";
import { call } from "../api";
import { useCell } from "../cell";
import { useGet, useList } from "../data";
import { exactTime, t } from "../i18n";
import { Icon, IconName } from "../parts/icon";
import { BackLink, Choice, Filter, PlaceTitle, Rows, Search, usePointer } from "../parts/list";
import { Broken, Empty, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { Viewer, printPages } from "../parts/viewer";
import { FaxState, State, Tone, faxDetail, faxFrom } from "../parts/word";
import { reason } from "../reasons";
import { usePlace } from "../router";
import { isAdministrator, session } from "../session";
import type { Fax, Print, Session } from "../types";
import { InArchive, Kept } from "./archived";
import { CallTable } from "./attempts";
import { MailOn, Remarks, TagChoice, TagFilter, Tags } from "./remarks";
import { SendOn, numberAt } from "./sent";

const LIVE = ["fax"] as const;

function picture(fax: Fax, page: number, width?: number): string {
  return `/api/v1/faxes/${fax.id}/pages/${page}.png${width ? `?width=${width}` : ""}`;
}

/** The line of a page in which the search found its words. */
function Found({ found, words }: { found: { page: number; text: string }; words: string }) {
  const wanted = words.split(/\s+/).filter((w) => w.length >= 3).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = wanted.length > 0 ? found.text.split(new RegExp(`(${wanted.join("|")})`, "i")) : [found.text];
  return <span class="found">{t("inbox.foundOn", { page: found.page })} <bdi>{parts.map((part, n) => (n % 2 ? <mark key={n}>{part}</mark> : part))}</bdi></span>;
}

function Row({ fax, open }: { fax: Fax; open: boolean }) {
  const { query } = usePlace();
  const rest = query.toString();
  return (
    <li>
      <a class={fax.unread ? "row unread" : "row"} data-row href={`/inbox/${fax.id}${rest ? "?" + rest : ""}`} aria-current={open ? "true" : undefined}>
        {fax.pages > 0 ? <img class="row-page" src={picture(fax, 1, 96)} alt="" loading="lazy" onError={(event) => (event.currentTarget.hidden = true)} /> : <span class="row-page" />}
        <span class="row-main">
          <span class="row-title">{faxFrom(fax)}</span>
          {fax.unread && <span class="unseen">{t("fax.unread")}</span>}
          <span class="row-sub">{fax.box} · {t("pages", { n: fax.pages })}</span>
          {fax.state !== "complete" && <FaxState fax={fax} />}
          {fax.found && <Found found={fax.found} words={query.get("q") ?? ""} />}
          <Tags tags={fax.tags} />
        </span>
        <span class="row-side"><Time ms={fax.answered_ms} />{fax.note_count > 0 && <span class="exact">{t("notes.count", { n: fax.note_count })}</span>}</span>
      </a>
    </li>
  );
}

function Teach({ who }: { who: Session }) {
  const box = who.boxes.find((b) => b.receive), sends = who.boxes.find((b) => b.send);
  return (
    <Empty icon="inbox">
      <p>{t("inbox.empty")}</p>
      {box && <p class="help">{t("inbox.emptyBox", { box: box.name })}</p>}
      {sends && <p class="help">{t("sent.emptyBox", { address: numberAt(sends.address) })}</p>}
      {!box && !isAdministrator(who) && <p class="help">{t("inbox.noBox")}</p>}
    </Empty>
  );
}

async function putAway(fax: Fax, away: boolean): Promise<void> {
  await call("POST", `faxes/${fax.id}/${away ? "archive" : "unarchive"}`);
}

/** Nothing is lost by it, so it is undone instead of asked about. */
function ArchiveButton({ fax, done }: { fax: Fax; done(): void }) {
  const act = (away: boolean) =>
    putAway(fax, away).then(() => {
      say(t(away ? "inbox.archived" : "inbox.unarchived"), false, away ? { word: t("undo"), run: () => act(false) } : undefined);
      done();
    }, sayProblem);
  return (
    <button type="button" data-key="e" onClick={() => void act(!fax.archived)}><Icon name="archive" />{t(fax.archived ? "inbox.unarchive" : "inbox.archive")}</button>
  );
}

/** What looks like it goes there too, so it is said; undone like the archive. */
function JunkButton({ fax, done }: { fax: Fax; done(): void }) {
  const act = (junk: boolean) =>
    call("POST", `faxes/${fax.id}/${junk ? "junk" : "notjunk"}`).then(() => {
      say(t(junk ? "inbox.junked" : "inbox.unjunked"), false, junk ? { word: t("undo"), run: () => act(false) } : undefined);
      done();
    }, sayProblem);
  return (
    <button type="button" onClick={() => void act(!fax.junk)}><Icon name="trash" />{t(fax.junk ? "inbox.notJunk" : "inbox.junk")}</button>
  );
}

/** On the box's own printer; the other button is the browser's. */
function PrinterButton({ fax, done }: { fax: Fax; done(): void }) {
  const act = () => call("POST", `faxes/${fax.id}/print`).then(() => {
    say(t("print.asked"));
    done();
  }, sayProblem);
  return <button type="button" onClick={() => void act()}><Icon name="print" />{t("print.box")}</button>;
}

const printLooks: { [state in Print["state"]]: [Tone, IconName] } = {
  waiting: ["warn", "waiting"],
  printing: ["live", "print"],
  printed: ["good", "done"],
  failed: ["bad", "failed"],
};

function Prints({ prints }: { prints: Print[] }) {
  return (
    <div><dt>{t("print.on")}</dt><dd>
      {prints.slice(0, 3).map((p) => {
        const [tone, icon] = printLooks[p.state];
        return <p key={p.id}><State tone={tone} icon={icon} word={t(`print.${p.state}`)} /> <Time ms={p.ended_ms ?? p.created_ms} />{p.outcome.text && <span class="help"> {reason(p.outcome)}</span>}</p>;
      })}
    </dd></div>
  );
}

/** What was read on the pages, to be heard or copied. */
function Words({ words }: { words: string[] }) {
  if (!words.some(Boolean)) return null;
  return (
    <details class="calls">
      <summary>{t("inbox.words")}</summary>
      {words.map((text, n) => text && <section key={n}><h3>{t("viewer.page", { page: n + 1, of: words.length })}</h3><p class="read">{text}</p></section>)}
    </details>
  );
}

function Reader({ id }: { id: string }) {
  const { data: fax, error, reload } = useGet<Fax>(`faxes/${id}`, LIVE);
  const { query } = usePlace();
  const back = "/inbox" + (query.toString() ? "?" + query.toString() : "");
  const unread = fax?.unread;
  useEffect(() => {
    if (unread) void call("POST", `faxes/${id}/read`).catch(() => undefined);
  }, [id, unread]);
  if (error && !fax) return <><h1 class="unseen">{t("inbox.reader")}</h1><Broken error={error} again={reload} /></>;
  if (!fax) return <Loading />;
  const from = faxFrom(fax);
  return (
    <article class="reader" aria-labelledby="fax-title">
      <header>
        <BackLink to={back} />
        <h1 id="fax-title" tabIndex={-1}>{t("inbox.from", { from })}</h1>
        <p class="facts">
          <FaxState fax={fax} /> <span>{faxDetail(fax)}</span>
        </p>
        <dl class="facts">
          <div><dt>{t("box")}</dt><dd>{fax.box}</dd></div>
          {fax.routed_from && <div><dt>{t("inbox.routed")}</dt><dd>{fax.routed_from}</dd></div>}
          <div><dt>{t("inbox.called")}</dt><dd>{fax.called}</dd></div>
          {fax.subaddress && <div><dt>{t("f.subaddress")}</dt><dd>{fax.subaddress}</dd></div>}
          {fax.station_id.trim() && <div><dt>{t("stationId")}</dt><dd>{fax.station_id.trim()}</dd></div>}
          <div><dt>{t("inbox.at")}</dt><dd><Time ms={fax.answered_ms} /></dd></div>
          {!!fax.blank?.length && <div><dt>{t("inbox.blank")}</dt><dd>{fax.blank.join(", ")}</dd></div>}
          {!!fax.prints?.length && <Prints prints={fax.prints} />}
          <Kept about={fax} />
        </dl>
        {fax.pages > 0 && (
          <div class="buttons">
            <a class="button" href={`/api/v1/faxes/${fax.id}/document.pdf`} download><Icon name="download" />PDF</a>
            <a class="button" href={`/api/v1/faxes/${fax.id}/document.tif`} download><Icon name="download" />TIFF</a>
            <button type="button" onClick={() => void printPages()}><Icon name="print" />{t("print")}</button>
            {fax.printer && <PrinterButton fax={fax} done={reload} />}
            <SendOn from={`faxes/${fax.id}/document.pdf`} name={`${from}.pdf`} />
            <MailOn url={`faxes/${fax.id}`} done={reload} />
            {!fax.junk && <ArchiveButton fax={fax} done={reload} />}
            <JunkButton fax={fax} done={reload} />
          </div>
        )}
      </header>
      <Remarks kind="faxes" about={fax} done={reload} />
      {fax.pages > 0 ? (
        <Viewer key={fax.id} label={t("inbox.pagesOf", { from })} source={{
          pages: fax.pages,
          picture: (page, width) => picture(fax, page, width),
          describe: (page) => t("inbox.pageOf", { page, of: fax.pages, from, at: fax.answered_ms ? exactTime(fax.answered_ms) : "" }) + (fax.words?.[page - 1] ? ": " + fax.words[page - 1] : ""),
        }} />
      ) : (
        <p class="note">{reason(fax.outcome) || t("fax.emptyDetail")}</p>
      )}
      <Words words={fax.words ?? []} />
      <CallTable calls={fax.attempts ?? []} />
      {fax.state !== "receiving" && <InArchive id={fax.id} about={fax} sent={false} done={reload} />}
    </article>
  );
}

export function Inbox({ id }: { id?: string }) {
  const who = useCell(session)!;
  const { query } = usePlace();
  const pointer = usePointer();
  const filters = { q: query.get("q") ?? "", box: query.get("box") ?? "", unread: query.get("unread") ?? "", archived: query.get("archived") ?? "0", junk: query.get("junk") ?? "", tag: query.get("tag") ?? "" };
  const list = useList<Fax>("faxes", filters, LIVE, pointer.busy);
  const boxes = who.boxes.filter((b) => b.receive);
  const filtered = filters.q || filters.box || filters.unread || filters.archived === "1" || filters.junk || filters.tag;
  useEffect(() => {
    if (id) list.patch(id, { unread: false });
  }, [id, list.items.length]);
  return (
    <div class={id ? "two reading" : "two"}>
      <section class="list" aria-labelledby="place-title" {...pointer.props}>
        <PlaceTitle reading={!!id}>{t("inbox")}</PlaceTitle>
        <div class="filters">
          <Search label={t("inbox.search")} />
          {boxes.length > 1 && <Filter name="box" label={t("box")} choices={[["", t("allBoxes")], ...boxes.map((b): [string, string] => [b.id, b.name])]} />}
        </div>
        <p class="list-filters">
          <Choice here={{ unread: "", archived: "", junk: "" }} label={t("inbox.all")} />
          <Choice here={{ unread: "1", archived: "", junk: "" }} label={t("inbox.unread")} />
          <Choice here={{ unread: "", archived: "1", junk: "" }} label={t("inbox.archive.list")} />
          <Choice here={{ unread: "", archived: "", junk: "1" }} label={t("inbox.junk.list")} />
        </p>
        <TagFilter />
        <TagChoice kind="faxes" />
        <Rows list={list} label={t("inbox")} newOnes={(n) => t("inbox.fresh", { n })}
          empty={filtered ? <Empty icon="search"><p>{t("nothingFound")}</p></Empty> : <Teach who={who} />}
          row={(fax) => <Row key={fax.id} fax={fax} open={fax.id === id} />} />
      </section>
      <section class="detail" aria-label={t("inbox.reader")}>
        {id ? <Reader key={id} id={id} /> : <Empty icon="inbox"><p>{t("inbox.choose")}</p></Empty>}
      </section>
    </div>
  );
}
