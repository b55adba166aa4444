// SPDX-License-Identifier: AGPL-3.0-or-later
// The frame around the places: navigation, the lines that say how it is with the connection, the keyboard's help.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Page, Problem, get, reached, view } from "./api";
import { useCell } from "./cell";
import { useGet, useReturn } from "./data";
import { Key, language, t } from "./i18n";
import { helpOpen } from "./keys";
import { following, halt, startFollowing, stopFollowing } from "./live";
import { ConfirmHost, Dialog } from "./parts/dialog";
import { Icon, IconName } from "./parts/icon";
import { Names, useNames } from "./parts/lookup";
import { Boundary, Broken, Empty, Loading, PlaceName } from "./parts/states";
import { ToastHost, sayProblem } from "./parts/toast";
import { Inbox } from "./places/inbox";
import { LanguageChoice, Login } from "./places/login";
import { Back } from "./places/back";
import { Password } from "./places/password";
import { Send } from "./places/send";
import { Sent } from "./places/sent";
import { reasonsThere } from "./reasons";
import { match, navigate, usePlace } from "./router";
import { expired, isViewing, logout, lookAt, session } from "./session";
import type { Session } from "./types";

type Params = { [name: string]: string | undefined };
// eslint-disable-next-line -- places take the parts of their address
type View = ComponentType<any>;
type Least = "user" | "tenant" | "installation";

interface PlaceRow {
  path: string;
  title: Key;
  least: Least;
  icon?: IconName; // those with one are in the navigation
  view?: View; // at hand
  load?(): Promise<View>; // fetched when somebody goes there
}

const places: PlaceRow[] = [
  { path: "/inbox/:id?", title: "inbox", least: "user", icon: "inbox", view: Inbox },
  { path: "/sent/:id?", title: "sent", least: "user", icon: "sent", view: Sent },
  { path: "/send", title: "send", least: "user", view: Send },
  { path: "/contacts", title: "contacts", least: "user", icon: "contacts", load: () => import("./places/contacts").then((m) => m.Contacts) },
  { path: "/contacts/:id", title: "contacts", least: "user", load: () => import("./places/contacts").then((m) => m.ContactPage) },
  { path: "/me", title: "me.account", least: "user", load: () => import("./places/me").then((m) => m.Me) },
  { path: "/admin", title: "overview", least: "tenant", icon: "overview", load: () => import("./admin/dashboard").then((m) => m.Dashboard) },
  { path: "/admin/alarms", title: "alarms", least: "tenant", load: () => import("./admin/alarms").then((m) => m.Alarms) },
  { path: "/admin/queues", title: "queues", least: "tenant", icon: "queue", load: () => import("./admin/queues").then((m) => m.FaxQueue) },
  { path: "/admin/queues/mails", title: "queues", least: "tenant", load: () => import("./admin/queues").then((m) => m.MailQueue) },
  { path: "/admin/queues/mails/:id", title: "queues", least: "tenant", load: () => import("./admin/mailpage").then((m) => m.MailPage) },
  { path: "/admin/queues/deadletters", title: "queues", least: "installation", load: () => import("./admin/queues").then((m) => m.DeadLetters) },
  { path: "/admin/boxes", title: "boxes", least: "tenant", icon: "boxes", load: () => import("./admin/boxes").then((m) => m.Boxes) },
  { path: "/admin/boxes/:id/:tab?", title: "boxes", least: "tenant", load: () => import("./admin/boxes").then((m) => m.BoxPage) },
  { path: "/admin/settings-templates", title: "shared", least: "tenant", icon: "shared", load: () => import("./admin/shared").then((m) => m.Shared) },
  { path: "/admin/settings-templates/:id/:tab?", title: "shared", least: "tenant", load: () => import("./admin/shared").then((m) => m.SharedPage) },
  { path: "/admin/users", title: "users", least: "tenant", icon: "users", load: () => import("./admin/users").then((m) => m.Users) },
  { path: "/admin/users/:id", title: "users", least: "tenant", load: () => import("./admin/users").then((m) => m.UserPage) },
  { path: "/admin/mailboxes", title: "mailboxes", least: "tenant", icon: "mailboxes", load: () => import("./admin/mailboxes").then((m) => m.Mailboxes) },
  { path: "/admin/mailboxes/:id", title: "mailboxes", least: "tenant", load: () => import("./admin/mailboxes").then((m) => m.MailboxPage) },
  { path: "/admin/mail", title: "mail", least: "installation", icon: "mail", load: () => import("./admin/mail").then((m) => m.MailServer) },
  { path: "/admin/mail/:id", title: "mail", least: "installation", load: () => import("./admin/mail").then((m) => m.FurtherServer) },
  { path: "/admin/dkim", title: "dkim", least: "installation", icon: "sign", load: () => import("./admin/dkim").then((m) => m.DkimKeys) },
  { path: "/admin/dkim/:id", title: "dkim", least: "installation", load: () => import("./admin/dkim").then((m) => m.DkimKeyPage) },
  { path: "/admin/trunks", title: "trunks", least: "installation", icon: "trunks", load: () => import("./admin/trunks").then((m) => m.Trunks) },
  { path: "/admin/trunks/:id", title: "trunks", least: "installation", load: () => import("./admin/trunks").then((m) => m.TrunkPage) },
  { path: "/admin/calls", title: "calls", least: "tenant", icon: "calls", load: () => import("./admin/calls").then((m) => m.Calls) },
  { path: "/admin/calls/:id", title: "calls", least: "tenant", load: () => import("./admin/calls").then((m) => m.Ladder) },
  { path: "/admin/destinations", title: "destinations", least: "tenant", icon: "destinations", load: () => import("./admin/destinations").then((m) => m.Destinations) },
  { path: "/admin/tenants", title: "tenants", least: "tenant", icon: "tenants", load: () => import("./admin/tenants").then((m) => m.Tenants) },
  { path: "/admin/numbers", title: "numbers", least: "tenant", icon: "numbers", load: () => import("./admin/numbers").then((m) => m.Numbers) },
  { path: "/admin/tenants/:id/:tab?", title: "tenants", least: "tenant", load: () => import("./admin/tenants").then((m) => m.TenantPage) },
  { path: "/admin/usage", title: "usage", least: "tenant", icon: "usage", load: () => import("./admin/usage").then((m) => m.UsagePage) },
  { path: "/admin/templates", title: "templates", least: "tenant", icon: "file", load: () => import("./admin/templates").then((m) => m.Templates) },
  { path: "/admin/templates/:id", title: "templates", least: "tenant", load: () => import("./admin/templates").then((m) => m.TemplatePage) },
  { path: "/admin/webhooks", title: "webhooks", least: "tenant", icon: "webhooks", load: () => import("./admin/webhooks").then((m) => m.Webhooks) },
  { path: "/admin/webhooks/:id", title: "webhooks", least: "tenant", load: () => import("./admin/webhooks").then((m) => m.WebhookPage) },
  { path: "/admin/providers", title: "providers", least: "tenant", icon: "key", load: () => import("./admin/identities").then((m) => m.Providers) },
  { path: "/admin/providers/:id", title: "providers", least: "tenant", load: () => import("./admin/identities").then((m) => m.ProviderPage) },
  { path: "/admin/directories", title: "directories", least: "installation", icon: "contacts", load: () => import("./admin/identities").then((m) => m.Directories) },
  { path: "/admin/directories/:id", title: "directories", least: "installation", load: () => import("./admin/identities").then((m) => m.DirectoryPage) },
  { path: "/admin/archive", title: "places", least: "installation", icon: "archive", load: () => import("./admin/archive").then((m) => m.Places) },
  { path: "/admin/archive/:id", title: "places", least: "installation", load: () => import("./admin/archive").then((m) => m.PlacePage) },
  { path: "/admin/audit", title: "audit", least: "tenant", icon: "audit", load: () => import("./admin/audit").then((m) => m.Audit) },
  { path: "/admin/nodes", title: "nodes", least: "installation", load: () => import("./admin/nodes").then((m) => m.Nodes) },
  { path: "/admin/system", title: "system", least: "installation", icon: "system", load: () => import("./admin/system").then((m) => m.System) },
  { path: "/admin/explain", title: "explain", least: "installation", icon: "explain", load: () => import("./admin/explain").then((m) => m.Explain) },
];

/** Where places are now that people may have kept the address of. */
const moved: { [path: string]: string } = { "/admin/mail/outgoing": "/admin/queues/mails", "/admin/mail/deadletters": "/admin/queues/deadletters", "/admin/billing": "/admin/usage" };

const rank = { user: 0, tenant: 1, installation: 2 };

function may(who: Session, least: Least): boolean {
  return rank[who.role] >= rank[least];
}

interface Entry {
  to: string;
  word: Key;
  icon: IconName;
}

/** What is in the navigation; of two rows with one word the first that the person may use. */
function offered(who: Session, administration: boolean): Entry[] {
  const rows = places.filter((p) => p.icon && may(who, p.least) && p.path.startsWith("/admin") === administration);
  return rows.filter((p, n) => rows.findIndex((o) => o.title === p.title) === n).map((p) => ({ to: p.path.replace("/:id?", ""), word: p.title, icon: p.icon! }));
}

function NavLink({ entry, path }: { entry: Entry; path: string }) {
  const here = entry.to === "/admin" ? path === "/admin" : path === entry.to || path.startsWith(entry.to + "/");
  return (
    <li class={entry.to === "/contacts" ? "roomy" : undefined}>
      <a href={entry.to} aria-current={here ? "page" : undefined} title={t(entry.word)}>
        <Icon name={entry.icon} />
        <span>{t(entry.word)}</span>
      </a>
    </li>
  );
}

function Navigation({ who, path }: { who: Session; path: string }) {
  const daily = offered(who, false), rows = offered(who, true);
  const inAdministration = path.startsWith("/admin");
  const [folded, setFolded] = useState(true);
  useEffect(() => setFolded(true), [path]);
  return (
    <nav class={folded ? "main-nav" : "main-nav unfolded"} aria-label={t("navigation")}>
      <a class="brand" href="/inbox">Faxpost</a>
      <a class="button primary compose-link" href="/send" aria-current={path === "/send" ? "page" : undefined} title={t("send")}><Icon name="send" /><span>{t("send")}</span></a>
      <ul>{daily.map((e) => <NavLink key={e.to} entry={e} path={path} />)}</ul>
      {rows.length > 0 && (
        <details class="admin-nav" open={inAdministration || undefined}>
          <summary>{t("administration")}</summary>
          <ul>{rows.map((e) => <NavLink key={e.to} entry={e} path={path} />)}</ul>
        </details>
      )}
      <Me who={who} />
      {/* Where there is little room, all but the daily places is behind one button. */}
      <button type="button" class="fold quiet" aria-expanded={!folded} aria-controls="folded-nav" title={t("menu")} onClick={() => setFolded(!folded)}><Icon name="menu" /><span>{t("menu")}</span></button>
      <div id="folded-nav" class="folded" hidden={folded}>
        {!folded && <><ul>{[...daily.filter((e) => e.to === "/contacts"), ...rows].map((e) => <NavLink key={e.to} entry={e} path={path} />)}</ul><Me who={who} /></>}
      </div>
    </nav>
  );
}

const TENANTS_SHOWN = 100;

/** Where there are more tenants than a list can show. */
function TenantSearch() {
  const [text, setText] = useState(view.value);
  const names = useNames("tenants", text.trim());
  const look = (name: string) => {
    setText(name);
    if (name !== view.value && (name === "" || names.includes(name))) void lookAt(name).catch(sayProblem);
  };
  return (
    <label class="language tenant-choice">
      <span class="unseen">{t("view.tenant")}</span>
      <input type="search" list="tenant-names" value={text} placeholder={t("view.all")} autocomplete="off" spellcheck={false} onInput={(event) => look(event.currentTarget.value)} />
      <Names id="tenant-names" names={names} />
    </label>
  );
}

/** For who administrates all tenants: their lists are never mixed with those of another one. */
function TenantChoice({ who }: { who: Session }) {
  const many = who.role === "installation" || isViewing(who);
  const { data } = useGet<Page<{ name: string }>>(many ? `tenants?limit=${TENANTS_SHOWN}` : null);
  if (!many || !data || (data.items.length < 2 && !view.value)) return null;
  if (data.next) return <TenantSearch />;
  return (
    <label class="language tenant-choice">
      <span class="unseen">{t("view.tenant")}</span>
      <select value={view.value} onChange={(event) => void lookAt(event.currentTarget.value).catch(sayProblem)}>
        <option value="">{t("view.all")}</option>
        {data.items.map((x) => <option key={x.name} value={x.name}>{x.name}</option>)}
      </select>
    </label>
  );
}

function Me({ who }: { who: Session }) {
  return (
    <div class="me">
      <p><a href="/me">{who.user.name}</a>{who.tenant && <span class="row-sub"> {who.tenant.name}</span>}</p>
      <TenantChoice who={who} />
      <LanguageChoice />
      <button type="button" class="quiet" title={t("logout")} onClick={() => void logout().catch(sayProblem)}><Icon name="logout" /><span>{t("logout")}</span></button>
    </div>
  );
}

function Connection() {
  const there = useCell(reached), live = useCell(following);
  if (there && live) return null;
  return <p class="connection" role="status">{there ? t("live.broken") : t("offline.line")}</p>;
}

const shortcuts: [string, Key][] = [["c", "key.c"], ["/", "key.search"], ["j", "key.j"], ["k", "key.k"], ["Enter", "key.enter"], ["e", "key.archive"], ["?", "key.help"]];

function Help() {
  if (!useCell(helpOpen)) return null;
  const close = () => helpOpen.set(false);
  return (
    <Dialog title={t("keys")} onClose={close}>
      <dl class="keys">{shortcuts.map(([key, words]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{t(words)}</dd></div>)}</dl>
      <div class="buttons end"><button type="button" autofocus onClick={close}>{t("close")}</button></div>
    </Dialog>
  );
}

const loaded = new Map<PlaceRow, View>();

function Shown({ row, params }: { row: PlaceRow; params: Params }) {
  const [, redraw] = useState(0);
  const [fault, setFault] = useState<Problem | null>(null);
  const View = row.view ?? loaded.get(row);
  const load = () => {
    if (View || !row.load) return;
    row.load().then((view) => {
      loaded.set(row, view);
      setFault(null);
      redraw((n) => n + 1);
    }, (why: Error) => {
      // A server that is there and has not got it is of another version by now, whose pages are others.
      if (fault) return void get("session").then(() => location.reload(), () => undefined);
      reached.set(false);
      setFault(new Problem(0, why.name, t("offline.detail")));
    });
  };
  useEffect(load, [row]);
  useReturn(fault !== null, load);
  return <PlaceName.Provider value={t(row.title)}>{View ? <View {...params} /> : fault ? <Broken whole error={fault} again={load} /> : <Loading whole />}</PlaceName.Provider>;
}

function Places({ who, path }: { who: Session; path: string }) {
  for (const row of places) {
    const params = match(row.path, path);
    if (!params || !may(who, row.least)) continue;
    return <Boundary key={row.path}><Shown row={row} params={params} /></Boundary>;
  }
  return <Empty icon="unknown"><h1 id="place-title" tabIndex={-1}>{t("nowhere.title")}</h1><p>{t("nowhere.text")}</p><a class="button" href="/inbox">{t("inbox")}</a></Empty>;
}

/** A new place says its name to screen readers. */
function useTitle(path: string): void {
  useEffect(() => {
    const row = places.find((p) => match(p.path, path));
    document.title = row ? `${t(row.title)} - Faxpost` : "Faxpost";
    const active = document.activeElement;
    if (!active || active === document.body) document.getElementById("place-title")?.focus({ preventScroll: true });
  }, [path, language.value]);
}

/** waits: for its person to log in again. */
function House({ who, waits }: { who: Session; waits: boolean }) {
  const { path } = usePlace();
  useTitle(path);
  useEffect(() => {
    halt(waits);
    if (!waits) startFollowing();
    return stopFollowing;
  }, [waits]);
  useEffect(() => {
    const now = path === "/" ? "/inbox" : moved[path];
    if (now) navigate(now, true);
  }, [path]);
  return (
    <>
      <a class="skip" href="#place">{t("skip")}</a>
      <div class="house">
        <Navigation who={who} path={path} />
        <main id="place" tabIndex={-1}>
          <Connection />
          <Places who={who} path={path} />
        </main>
      </div>
      <Help />
    </>
  );
}

/** The way by a code is everybody's: who opens its link may be logged in here, even as somebody else. */
function Inside({ who }: { who: Session | null }) {
  const { path } = usePlace();
  const waits = useCell(expired);
  if (path === "/password") return <Password />;
  if (path === "/login/back") return <Back />;
  return (
    <>
      {(!who || waits) && <Login key="login" again={waits} />}
      {who && <div key="house" hidden={waits}><House key={who.user.id + view.value} who={who} waits={waits} /></div>}
    </>
  );
}

export function App() {
  const who = useCell(session), spoken = useCell(language);
  useCell(reasonsThere);
  return (
    <Boundary>
      <div key={spoken}>
        {who === undefined ? <main><h1 class="unseen">Faxpost</h1><Loading /></main> : <Inside who={who} />}
        <ConfirmHost />
        <ToastHost />
      </div>
    </Boundary>
  );
}
