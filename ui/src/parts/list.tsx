// SPDX-License-Identifier: AGPL-3.0-or-later
// The list beside a reader: links, newest first, more of them when one comes to the end by scrolling or by keyboard.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Listed } from "../data";
import { t } from "../i18n";
import { setQuery, usePlace } from "../router";
import { Icon } from "./icon";
import { Broken, Loading } from "./states";

/** True while the pointer is on the list: rows stay where they are then. */
export function usePointer(): { busy(): boolean; props: { onPointerEnter(): void; onPointerLeave(): void } } {
  const on = useRef(false);
  return {
    busy: () => on.current,
    props: { onPointerEnter: () => void (on.current = true), onPointerLeave: () => void (on.current = false) },
  };
}

export function Rows<T extends { id: string }>(props: {
  list: Listed<T>;
  label: string;
  newOnes(n: number): string;
  empty: ComponentChildren;
  row(item: T): ComponentChildren;
}) {
  const { list } = props;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (!element || list.whole) return;
    const watch = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && list.more(), { rootMargin: "400px" });
    watch.observe(element);
    return () => watch.disconnect();
  }, [list.items.length, list.whole]);
  if (list.error && list.items.length === 0) return <Broken error={list.error} again={list.reload} />;
  if (list.items.length === 0) return list.loading ? <Loading /> : <>{props.empty}</>;
  return (
    <>
      {list.fresh > 0 && (
        <button type="button" class="fresh" onClick={list.show}>{props.newOnes(list.fresh)}</button>
      )}
      <ul class="rows" aria-label={props.label}>{list.items.map(props.row)}</ul>
      <div ref={end} class="list-end">{list.loading && <Loading />}</div>
    </>
  );
}

const LEAST = 3; // fewer characters find too much, says the server

/** A search field whose words live in the address. least: fewer characters are not asked for; hint: what to write. */
export function Search({ label, least = LEAST, hint }: { label: string; least?: number; hint?: string }) {
  const { query } = usePlace();
  const [text, setText] = useState(query.get("q") ?? "");
  const timer = useRef(0);
  const input = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    const q = value.trim();
    if (q && q.length < least) return;
    timer.current = window.setTimeout(() => setQuery({ q }), 250);
  };
  return (
    <form role="search" class="search" onSubmit={(event) => {
      event.preventDefault();
      input(text);
    }}>
      <Icon name="search" />
      <input type="search" data-search aria-label={label} placeholder={hint ?? t("search")} value={text}
        onInput={(event) => input(event.currentTarget.value)} />
    </form>
  );
}

/** One choice of few, in the address. */
export function Filter(props: { name: string; label: string; choices: [string, string][] }) {
  const { query } = usePlace();
  return (
    <label class="filter">
      <span class="unseen">{props.label}</span>
      <select value={query.get(props.name) ?? ""} onChange={(event) => setQuery({ [props.name]: event.currentTarget.value })}>
        {props.choices.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
      </select>
    </label>
  );
}

/** One of few views of a list, as a link that keeps the other filters. */
export function Choice({ here, label }: { here: { [name: string]: string }; label: string }) {
  const { path, query } = usePlace();
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(here)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const text = next.toString();
  const current = Object.entries(here).every(([name, value]) => (query.get(name) ?? "") === value);
  return <a class="choice" href={path + (text ? "?" + text : "")} aria-current={current ? "true" : undefined}>{label}</a>;
}

/** Beside a reader the list is not what the page is about. */
export function PlaceTitle({ reading, children }: { reading: boolean; children: ComponentChildren }) {
  return reading ? <h2 class="place-title" id="place-title">{children}</h2> : <h1 class="place-title" id="place-title" tabIndex={-1}>{children}</h1>;
}

export function BackLink({ to }: { to: string }) {
  return (
    <a class="back" href={to}>
      <Icon name="back" />
      {t("back")}
    </a>
  );
}
