// SPDX-License-Identifier: AGPL-3.0-or-later
// A list of an administrator: a table, the column people search by first.
import type { ComponentChildren } from "preact";
import { useList } from "../data";
import type { Listed, Loaded } from "../data";
import type { Kind } from "../live";
import type { Page } from "../api";
import { Key, t } from "../i18n";
import { Changed, Field } from "../parts/frame";
import { Broken, Empty, Loading } from "../parts/states";
import { Search } from "../parts/list";
import type { Editing } from "../parts/settings";
import { usePlace } from "../router";
import type { IconName } from "../parts/icon";

const FEW = 8; // who has fewer sees them all

export interface Column<T> {
  head: string;
  cell(item: T): ComponentChildren;
  number?: boolean;
}

interface Common<T> {
  label: string;
  columns: Column<T>[];
  icon: IconName;
  empty: string;
  row(item: T): string; // its key
}

function Body<T>({ label, columns, items, row }: Common<T> & { items: T[] }) {
  return (
    <div class="table-room" tabIndex={0} role="region" aria-label={label}>
      <table class="wide">
        <thead><tr>{columns.map((c) => <th key={c.head} scope="col" class={c.number ? "number" : undefined}>{c.head}</th>)}</tr></thead>
        <tbody>
          {items.map((item) => (
            <tr key={row(item)}>
              {columns.map((c, n) => (n === 0 ? <th key={c.head} scope="row">{c.cell(item)}</th> : <td key={c.head} data-head={c.head} class={c.number ? "number" : undefined}>{c.cell(item)}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Table<T>(props: Common<T> & { loaded: Loaded<Page<T>> }) {
  const { data, error, reload } = props.loaded;
  if (error && !data) return <Broken error={error} again={reload} />;
  if (!data) return <Loading />;
  if (data.items.length === 0) return <Empty icon={props.icon}><p>{props.empty}</p></Empty>;
  return <Body {...props} items={data.items} />;
}

/** A list of settings that may be long: found by its words, in the order of its names. */
export function SearchTable<T extends { id: string }>(props: Common<T> & { list: Listed<T> }) {
  const { query } = usePlace();
  const words = query.get("q") ?? "";
  const short = props.list.whole && props.list.items.length < FEW && !words && !props.list.error;
  return (
    <>
      {!short && <Search label={`${t("search")}: ${props.label}`} least={1} />}
      <LongTable {...props} empty={words ? t("nothingFound") : props.empty} />
    </>
  );
}

/** The entries of a kind, as SearchTable shows them. */
export function useSettingsList<T extends { id: string }>(resource: string, kinds: readonly Kind[] = [], filters: { [name: string]: string } = {}): Listed<T> {
  const { query } = usePlace();
  return useList<T>(resource, { q: query.get("q") ?? "", ...filters }, kinds);
}

export function LongTable<T extends { id: string }>(props: Common<T> & { list: Listed<T> }) {
  const { list } = props;
  if (list.error && list.items.length === 0) return <Broken error={list.error} again={list.reload} />;
  if (list.items.length === 0) return list.loading ? <Loading /> : <Empty icon={props.icon}><p>{props.empty}</p></Empty>;
  return (
    <>
      <Body {...props} items={list.items} />
      {!list.whole && <button type="button" class="more" disabled={list.loading} onClick={list.more}>{t("more")}</button>}
    </>
  );
}

export function Head({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="place-head">
      <h1 id="place-title" tabIndex={-1}>{title}</h1>
      <div class="buttons">{children}</div>
    </header>
  );
}

/** The first of them stands at the page's own address; one with changes is marked. */
export function SettingsTabs<Tab extends string>(props: { label: string; home: string; tabs: readonly Tab[]; here: Tab; fields(tab: Tab): readonly Field[]; editing: Editing }) {
  const { home, tabs, here, fields, editing } = props;
  const place = (tab: Tab) => (tab === tabs[0] ? home : `${home}/${tab}`);
  const marked = (tab: Tab) => tab !== here && fields(tab).some((f) => editing.changed.includes(f.name));
  return <Tabs label={props.label} here={place(here)} tabs={tabs.map((tab) => ({ to: place(tab), word: t(("tab." + tab) as Key), mark: marked(tab) ? <Changed /> : undefined }))} />;
}

export function Tabs({ label, tabs, here }: { label: string; tabs: { to: string; word: string; mark?: ComponentChildren }[]; here: string }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.to} href={tab.to} aria-current={tab.to === here ? "page" : undefined}>{tab.word}{tab.mark}</a>
      ))}
    </nav>
  );
}
