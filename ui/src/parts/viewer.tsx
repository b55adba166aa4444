// SPDX-License-Identifier: AGPL-3.0-or-later
// Pages as they were on the wire, in their true shape (a fax pixel is not square; the server's pictures are), with a strip of
// small ones, zoom and rotation; of a sent fax the document that they were made of beside them, page by page.
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icon";

const STEPS = [0.5, 0.75, 1, 1.5, 2, 3];
const A4 = 210 / 297;
const THUMB_WIDTH = 120;
const TWO_FROM = 560; // narrower, one is shown at a time

interface PageSource {
  pages: number;
  picture(page: number, width?: number): string; // page: from 1
  describe(page: number): string;
  original?: Originals;
}

/** What the pages were made of. */
export interface Originals {
  picture(page: number): string;
  describe(page: number): string | null; // null: the page was made here, as a cover page is
}

type Shown = "fax" | "both" | "original";
const views: Shown[] = ["fax", "both", "original"];

function px(n: number): string {
  return `${Math.round(n)}px`;
}

interface Sheet {
  page: number;
  width: number;
  turned: number;
}

function PagePicture(props: Sheet & { kind: string; src: string; alt: string; lacking: string }) {
  const [shape, setShape] = useState(A4);
  const [broken, setBroken] = useState(false);
  const [drawn, setDrawn] = useState(false);
  const sideways = props.turned % 2 === 1;
  const width = props.width, height = sideways ? width * shape : width / shape;
  return (
    <div class={"page " + props.kind} style={{ width: px(width), height: px(height) }}>
      {!drawn && !broken && <p class="note drawing" aria-hidden="true">{t("viewer.loading", { page: props.page })}</p>}
      {broken ? (
        <p class="note">{props.lacking}</p>
      ) : (
        <img
          src={props.src}
          alt={props.alt}
          loading="lazy"
          decoding="async"
          style={{
            width: px(sideways ? height : width),
            height: px(sideways ? width : height),
            transform: `translate(-50%, -50%) rotate(${props.turned * 90}deg)`,
          }}
          onLoad={(event) => {
            const img = event.currentTarget;
            setDrawn(true);
            if (img.naturalHeight) setShape(img.naturalWidth / img.naturalHeight);
          }}
          onError={() => setBroken(true)}
        />
      )}
    </div>
  );
}

function FaxPage({ source, ...sheet }: Sheet & { source: PageSource }) {
  return <PagePicture {...sheet} kind="as-fax" src={source.picture(sheet.page)} alt={source.describe(sheet.page)} lacking={t("viewer.broken", { page: sheet.page })} />;
}

function OriginalPage({ of, ...sheet }: Sheet & { of: Originals }) {
  const alt = of.describe(sheet.page);
  if (alt === null) return <div class="page original" style={{ width: px(sheet.width) }}><p class="note">{t("viewer.madeHere", { page: sheet.page })}</p></div>;
  return <PagePicture {...sheet} kind="original" src={of.picture(sheet.page)} alt={alt} lacking={t("viewer.notKept", { page: sheet.page })} />;
}

/** Which of the two is shown; both where there is room for them. */
function ViewChoice({ shown, wide, choose }: { shown: Shown; wide: boolean; choose(shown: Shown): void }) {
  return (
    <div class="views" role="group" aria-label={t("viewer.views")}>
      {views.filter((view) => wide || view !== "both").map((view) => (
        <button type="button" class="quiet" key={view} aria-pressed={shown === view} onClick={() => choose(view)}>{t(`viewer.as.${view}`)}</button>
      ))}
    </div>
  );
}

function Strip({ source, go }: { source: PageSource; go(page: number): void }) {
  const pages = Array.from({ length: source.pages }, (_, i) => i + 1);
  return (
    <ol class="strip" aria-label={t("viewer.pages")}>
      {pages.map((page) => (
        <li key={page}>
          <button type="button" class="thumb" onClick={() => go(page)} aria-label={t("viewer.page", { page, of: source.pages })}>
            <img src={source.picture(page, THUMB_WIDTH)} alt="" loading="lazy" />
            <span aria-hidden="true">{page}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

export function Viewer({ source, label }: { source: PageSource; label: string }) {
  const desk = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(600);
  const [zoom, setZoom] = useState(1);
  const [turned, setTurned] = useState(0);
  const [wish, setWish] = useState<Shown>("fax");

  useEffect(() => {
    const element = desk.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setRoom(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  const go = (page: number) =>
    desk.current?.querySelector(`[data-page="${page}"]`)?.scrollIntoView({ block: "start", behavior: "auto" });
  const step = (by: number) => setZoom(STEPS[Math.min(STEPS.length - 1, Math.max(0, STEPS.indexOf(zoom) + by))]!);
  const wide = room >= TWO_FROM;
  const shown: Shown = !source.original || (wish === "both" && !wide) ? "fax" : wish;
  const width = Math.max(120, Math.min(shown === "both" ? (room - 36) / 2 : room - 24, 900)) * zoom;
  const pages = Array.from({ length: source.pages }, (_, i) => i + 1);
  return (
    <section class={source.pages > 1 ? "viewer" : "viewer single"} aria-label={label}>
      <div class="toolbar" role="toolbar" aria-label={t("viewer.tools")}>
        <button type="button" class="quiet" onClick={() => step(-1)} disabled={zoom === STEPS[0]} aria-label={t("viewer.smaller")} title={t("viewer.smaller")}>
          <Icon name="minus" />
        </button>
        <output aria-live="polite">{Math.round(zoom * 100)} %</output>
        <button type="button" class="quiet" onClick={() => step(1)} disabled={zoom === STEPS[STEPS.length - 1]} aria-label={t("viewer.larger")} title={t("viewer.larger")}>
          <Icon name="plus" />
        </button>
        <button type="button" class="quiet" onClick={() => setZoom(1)} aria-label={t("viewer.fit")} title={t("viewer.fit")}>
          <Icon name="fit" />
        </button>
        <button type="button" class="quiet" onClick={() => setTurned((turned + 1) % 4)} aria-label={t("viewer.rotate")} title={t("viewer.rotate")}>
          <Icon name="rotate" />
        </button>
        {source.original && <ViewChoice shown={shown} wide={wide} choose={setWish} />}
      </div>
      {source.pages > 1 && <Strip source={source} go={go} />}
      <div class="desk" ref={desk} tabIndex={0} role="group" aria-label={label}>
        <ol class="sheets">
          {pages.map((page) => (
            <li key={page} class="sheet" data-page={page}>
              {shown !== "original" && <FaxPage source={source} page={page} width={width} turned={turned} />}
              {shown !== "fax" && <OriginalPage of={source.original!} page={page} width={width} turned={turned} />}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

/** Pictures of pages that were never scrolled to are asked for first. */
export async function printPages(): Promise<void> {
  const pictures = [...document.querySelectorAll<HTMLImageElement>(".sheets img")];
  for (const img of pictures) img.loading = "eager";
  await Promise.allSettled(pictures.map((img) => img.decode()));
  window.print();
}
