// SPDX-License-Identifier: AGPL-3.0-or-later
// The address book: one's own entries and those that all of a tenant share, which its administrators keep.
import { useState } from "preact/hooks";
import { Head, LongTable } from "../admin/table";
import { removeEntry } from "../admin/remove";
import { Page, Problem, get, post, query } from "../api";
import { useCell } from "../cell";
import { useGet, useList } from "../data";
import { number, t } from "../i18n";
import { Create } from "../parts/create";
import { useDoing } from "../parts/doing";
import { SettingsForm } from "../parts/fields";
import type { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink, Filter, Search } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { sayProblem } from "../parts/toast";
import { navigate, usePlace } from "../router";
import { isAdministrator, session } from "../session";
import type { Contact, Entry } from "../types";
import { change, draft, withRecipient } from "./draft";
import { csvOf, rowsOf } from "./csv";
import { cardsOf, isCards, vcardOf } from "./vcard";

const fields: Field[] = [
  { name: "name", kind: "text", label: "contact_name" },
  { name: "company", kind: "text" },
  { name: "number", kind: "text", label: "contact_number" },
  { name: "note", kind: "text" },
  { name: "groups", kind: "lines", label: "contact_groups" },
];

interface Group {
  name: string;
  members: number;
}

/** His own and the shared ones; what has one name is one. */
function useGroups(): { groups: Group[]; again(): void } {
  const { data, reload } = useGet<{ items: (Group & { shared: boolean })[] }>("contact-groups");
  const found = new Map<string, Group>();
  for (const { name, members } of data?.items ?? []) {
    const key = name.toLowerCase(), known = found.get(key);
    found.set(key, { name: known?.name ?? name, members: members + (known?.members ?? 0) });
  }
  return { groups: [...found.values()], again: reload };
}

const PAGE = 200, MOST = 5000;

/** All of a group, or of the whole book. */
async function everybody(filters: { q?: string; group?: string }): Promise<Contact[]> {
  const found: Contact[] = [];
  for (let before: string | null = ""; before !== null && found.length < MOST;) {
    const page: Page<Contact> = await get<Page<Contact>>("contacts" + query({ ...filters, limit: PAGE, before }));
    found.push(...page.items);
    before = page.next ?? null;
  }
  return found;
}

/** Each with his number, none twice. */
async function takeGroup(group: string): Promise<void> {
  const people = await everybody({ group });
  change({ numbers: people.reduce(withRecipient, draft.value.numbers) });
}

function save(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function Export({ filters }: { filters: { q: string; group: string } }) {
  const { busy, run } = useDoing(sayProblem);
  const file = (what: "csv" | "vcf") => run(async () => {
    const people = await everybody(filters);
    if (what === "csv") save("contacts.csv", "text/csv;charset=utf-8", csvOf(people));
    else save("contacts.vcf", "text/vcard;charset=utf-8", vcardOf(people));
  });
  return (
    <div class="buttons">
      <button type="button" disabled={busy} onClick={() => void file("csv")}><Icon name="download" />{t("contact.exportCsv")}</button>
      <button type="button" disabled={busy} onClick={() => void file("vcf")}><Icon name="download" />{t("contact.exportCards")}</button>
    </div>
  );
}

/** A user looks at shared entries, and changes his own. */
function Shown({ contact }: { contact: Contact }) {
  return (
    <dl class="facts">
      {contact.company && <div><dt>{t("f.company")}</dt><dd>{contact.company}</dd></div>}
      <div><dt>{t("f.contact_number")}</dt><dd>{contact.number}</dd></div>
      {contact.note && <div><dt>{t("f.note")}</dt><dd>{contact.note}</dd></div>}
      {contact.groups.length > 0 && <div><dt>{t("f.contact_groups")}</dt><dd>{contact.groups.join(", ")}</dd></div>}
    </dl>
  );
}

export function ContactPage({ id }: { id: string }) {
  const url = `contacts/${id}`;
  const who = useCell(session)!;
  const editing = useSettings(url, `/contacts/${id}`);
  const contact = editing.base as (Contact & Entry) | undefined;
  if (editing.problem && !contact) return <><h1 class="unseen">{t("contacts")}</h1><Broken error={editing.problem} again={editing.reload} /></>;
  if (!contact) return <Loading />;
  const mine = !contact.shared || isAdministrator(who);
  return (
    <section class="single-column">
      <BackLink to="/contacts" />
      <Head title={contact.name}>
        <a class="button primary" href="/send" onClick={() => change({ numbers: withRecipient(draft.value.numbers, contact) })}><Icon name="send" />{t("contact.send")}</a>
        {mine && <button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, contact.name, t("contact.deleteText"), "/contacts")}><Icon name="trash" />{t("delete")}</button>}
      </Head>
      {contact.shared && <p class="help">{t("contact.sharedHelp")}</p>}
      {mine ? <SettingsForm fields={fields} editing={editing} label={t("contact.settings")} /> : <Shown contact={contact} />}
    </section>
  );
}

/** A file of rows or cards, one by one: what is refused says why, the rest is there. */
function Import({ mayShare, done }: { mayShare: boolean; done(): void }) {
  const [shared, setShared] = useState(false);
  const [said, setSaid] = useState<{ added: number; refused: string[]; busy: boolean } | null>(null);
  const take = async (file: File) => {
    const refused: string[] = [];
    let added = 0;
    const text = await file.text();
    for (const [n, row] of isCards(text) ? cardsOf(text) : rowsOf(text)) {
      try {
        await post("contacts", shared ? { ...row, shared: true } : row);
        added++;
      } catch (why) {
        if (!(why instanceof Problem)) throw why;
        refused.push(t("contact.row", { n, why: why.errors[0]?.detail ?? why.message }));
        if (why.status === 0) break;
      }
      setSaid({ added, refused: [...refused], busy: true });
    }
    setSaid({ added, refused, busy: false });
    done();
  };
  return (
    <details>
      <summary>{t("contact.import")}</summary>
      <p class="help" id="contact-import-help">{t("contact.importHelp")}</p>
      {mayShare && <label class="check"><input type="checkbox" checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} />{t("f.shared")}</label>}
      <label class="unseen" for="contact-import">{t("key.file")}</label>
      <input id="contact-import" type="file" accept=".csv,.txt,.vcf,text/csv,text/vcard" aria-describedby="contact-import-help" disabled={said?.busy} onChange={(event) => {
        const file = event.currentTarget.files?.[0];
        event.currentTarget.value = "";
        if (file) void take(file);
      }} />
      {said && <div role="status"><p>{t("contact.imported", { n: said.added })}</p>{said.refused.map((line) => <p class="error" key={line}>{line}</p>)}</div>}
    </details>
  );
}

export function Contacts() {
  const who = useCell(session)!;
  const asked = usePlace().query;
  const filters = { q: asked.get("q") ?? "", group: asked.get("group") ?? "" };
  const list = useList<Contact>("contacts", filters, []);
  const { groups, again } = useGroups();
  const named = groups.map(({ name, members }): [string, string] => [name, `${name} (${number(members)})`]);
  const { busy, run } = useDoing(sayProblem);
  const send = () => run(async () => {
    await takeGroup(filters.group);
    navigate("/send");
  });
  const renew = () => {
    list.reload();
    again();
  };
  const [making, setMaking] = useState(false);
  const admin = isAdministrator(who);
  return (
    <section class="single-column">
      <Head title={t("contacts")}>
        {filters.group && <button type="button" disabled={busy || list.items.length === 0} onClick={() => void send()}><Icon name="send" />{t("contact.sendGroup")}</button>}
        <button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("contact.new")}</button>
      </Head>
      <div class="filters plain">
        <Search label={t("contacts.search")} />
        {(groups.length > 0 || filters.group) && <Filter name="group" label={t("contact.group")} choices={[["", t("contact.everybody")], ...named, ...(filters.group && !named.some(([name]) => name === filters.group) ? [[filters.group, filters.group] as [string, string]] : [])]} />}
      </div>
      <LongTable<Contact> label={t("contacts")} list={list} icon="contacts" empty={t(filters.q || filters.group ? "nothingFound" : "contacts.empty")} row={(c) => c.id} columns={[
        { head: t("f.contact_name"), cell: (c) => <a href={`/contacts/${c.id}`}>{c.name}</a> },
        { head: t("f.company"), cell: (c) => c.company },
        { head: t("f.contact_number"), cell: (c) => <span class="tabular">{c.number}</span> },
        ...(groups.length > 0 ? [{ head: t("f.contact_groups"), cell: (c: Contact) => c.groups.join(", ") }] : []),
        { head: t("contact.book"), cell: (c) => t(c.shared ? "contact.shared" : "contact.own") },
      ]} />
      <Import mayShare={admin} done={renew} />
      {list.items.length > 0 && <Export filters={filters} />}
      {making && (
        <Create title={t("contact.new")} verb={t("contact.make")} url="contacts"
          fields={[{ name: "name", label: "contact_name" }, { name: "number", label: "contact_number" }, { name: "company", optional: true }, { name: "note", optional: true },
            { name: "groups", label: "contact_groups", listed: true, optional: true },
            ...(admin ? [{ name: "shared", flag: true }] : [])]}
          onClose={() => setMaking(false)} onMade={() => {
            setMaking(false);
            renew();
          }} />
      )}
    </section>
  );
}

const FEW = 6;

/** Finds people while a name is typed; Enter or a click takes one. */
export function FindContact({ onFound }: { onFound(contact: Contact): void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const q = text.trim();
  const { data } = useGet<{ items: Contact[] }>(q ? `contacts?limit=${FEW}&q=${encodeURIComponent(q)}` : null);
  const { groups } = useGroups();
  const fits = q ? groups.filter((g) => g.name.toLowerCase().includes(q.toLowerCase())).slice(0, FEW) : [];
  const found: (Group | Contact)[] = [...fits, ...(q ? data?.items ?? [] : [])];
  const here = Math.min(at, found.length - 1);
  const take = (one: Group | Contact | undefined) => {
    if (!one) return;
    if ("members" in one) void takeGroup(one.name).catch(sayProblem);
    else onFound(one);
    setText("");
    setAt(0);
  };
  const keys: { [key: string]: () => void } = {
    ArrowDown: () => setAt((here + 1) % Math.max(1, found.length)),
    ArrowUp: () => setAt((here - 1 + found.length) % Math.max(1, found.length)),
    Enter: () => take(found[here]),
    Escape: () => setText(""),
  };
  return (
    <div class="field find">
      <label for="send-find">{t("contact.find")}</label>
      <input id="send-find" role="combobox" autocomplete="off" spellcheck={false} value={text} aria-autocomplete="list" aria-expanded={found.length > 0}
        aria-controls="send-found" aria-activedescendant={found[here] ? `found-${here}` : undefined}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const act = keys[event.key];
          if (!act || (!text && event.key !== "Enter")) return;
          event.preventDefault();
          act();
        }} />
      <ul id="send-found" role="listbox" aria-label={t("contacts")} hidden={found.length === 0}>
        {found.map((c, n) => (
          <li key={"members" in c ? c.name : c.id} id={`found-${n}`} role="option" aria-selected={n === here} onPointerDown={(event) => {
            event.preventDefault();
            take(c);
          }}>{"members" in c ? <>{t("contact.groupOf", { name: c.name })} <span class="row-sub">{t("contact.members", { n: c.members })}</span></> : <>{c.name}{c.company && <span class="row-sub"> {c.company}</span>} <span class="tabular">{c.number}</span></>}</li>
        ))}
      </ul>
      {q && data && found.length === 0 && <p class="help" role="status">{t("contact.nobody")}</p>}
    </div>
  );
}
