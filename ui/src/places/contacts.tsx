// SPDX-License-Identifier: AGPL-3.0-or-later
// The address book: one's own entries and those that all of a tenant share, which its administrators keep.
import { useState } from "preact/hooks";
import { Head, LongTable } from "../admin/table";
import { removeEntry } from "../admin/remove";
import { Problem, post } from "../api";
import { useCell } from "../cell";
import { useGet, useList } from "../data";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { SettingsForm } from "../parts/fields";
import type { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink, Search } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { usePlace } from "../router";
import { isAdministrator, session } from "../session";
import type { Contact, Entry } from "../types";
import { change, draft, withRecipient } from "./draft";
import { rowsOf } from "./csv";

const fields: Field[] = [
  { name: "name", kind: "text", label: "contact_name" },
  { name: "company", kind: "text" },
  { name: "number", kind: "text", label: "contact_number" },
  { name: "note", kind: "text" },
];

/** A user looks at shared entries, and changes his own. */
function Shown({ contact }: { contact: Contact }) {
  return (
    <dl class="facts">
      {contact.company && <div><dt>{t("f.company")}</dt><dd>{contact.company}</dd></div>}
      <div><dt>{t("f.contact_number")}</dt><dd>{contact.number}</dd></div>
      {contact.note && <div><dt>{t("f.note")}</dt><dd>{contact.note}</dd></div>}
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

/** A CSV file, row by row: what is refused says why, the rest is there. */
function Import({ mayShare, done }: { mayShare: boolean; done(): void }) {
  const [shared, setShared] = useState(false);
  const [said, setSaid] = useState<{ added: number; refused: string[]; busy: boolean } | null>(null);
  const take = async (file: File) => {
    const refused: string[] = [];
    let added = 0;
    for (const [n, row] of rowsOf(await file.text())) {
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
      <input id="contact-import" type="file" accept=".csv,.txt,text/csv" aria-describedby="contact-import-help" disabled={said?.busy} onChange={(event) => {
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
  const { query } = usePlace();
  const list = useList<Contact>("contacts", { q: query.get("q") ?? "" }, []);
  const [making, setMaking] = useState(false);
  const admin = isAdministrator(who);
  return (
    <section class="single-column">
      <Head title={t("contacts")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("contact.new")}</button></Head>
      <div class="filters plain"><Search label={t("contacts.search")} /></div>
      <LongTable<Contact> label={t("contacts")} list={list} icon="contacts" empty={t(query.get("q") ? "nothingFound" : "contacts.empty")} row={(c) => c.id} columns={[
        { head: t("f.contact_name"), cell: (c) => <a href={`/contacts/${c.id}`}>{c.name}</a> },
        { head: t("f.company"), cell: (c) => c.company },
        { head: t("f.contact_number"), cell: (c) => <span class="tabular">{c.number}</span> },
        { head: t("contact.book"), cell: (c) => t(c.shared ? "contact.shared" : "contact.own") },
      ]} />
      <Import mayShare={admin} done={list.reload} />
      {making && (
        <Create title={t("contact.new")} verb={t("contact.make")} url="contacts"
          fields={[{ name: "name", label: "contact_name" }, { name: "number", label: "contact_number" }, { name: "company", optional: true }, { name: "note", optional: true },
            ...(admin ? [{ name: "shared", flag: true }] : [])]}
          onClose={() => setMaking(false)} onMade={() => {
            setMaking(false);
            list.reload();
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
  const found = q ? data?.items ?? [] : [];
  const here = Math.min(at, found.length - 1);
  const take = (contact: Contact | undefined) => {
    if (!contact) return;
    onFound(contact);
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
        aria-controls="send-found" aria-activedescendant={found[here] ? "found-" + found[here]!.id : undefined}
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
          <li key={c.id} id={"found-" + c.id} role="option" aria-selected={n === here} onPointerDown={(event) => {
            event.preventDefault();
            take(c);
          }}>{c.name}{c.company && <span class="row-sub"> {c.company}</span>} <span class="tabular">{c.number}</span></li>
        ))}
      </ul>
      {q && data && found.length === 0 && <p class="help" role="status">{t("contact.nobody")}</p>}
    </div>
  );
}
