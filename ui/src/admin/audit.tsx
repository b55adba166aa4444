// SPDX-License-Identifier: AGPL-3.0-or-later
// Who changed what.
import { useList } from "../data";
import { has, t } from "../i18n";
import { Time } from "../parts/time";
import { Head, LongTable } from "./table";

interface Change {
  id: string;
  at_ms: number | null;
  who: string;
  client_ip: string;
  action: string;
  subject: string;
  detail: string;
}

const LIVE = ["status"] as const;

/** Where what was changed is. */
const placeOf: { [resource: string]: string } = {
  boxes: "/admin/boxes/", users: "/admin/users/", mailboxes: "/admin/mailboxes/", tenants: "/admin/tenants/", trunks: "/admin/trunks/", webhooks: "/admin/webhooks/", "identity-providers": "/admin/providers/", directories: "/admin/directories/", "archive-places": "/admin/archive/", contacts: "/contacts/", jobs: "/sent/", faxes: "/inbox/",
};

function word(key: string, missing: string): string {
  return has(key) ? t(key) : missing;
}

/** "boxes.change" in words; what has none stays as it is. */
function What({ change }: { change: Change }) {
  const [resource, verb] = change.action.split(".") as [string, string | undefined];
  const place = verb === "delete" ? undefined : placeOf[resource], name = /^[0-9a-f-]{36}$/.test(change.subject) ? change.detail : change.subject;
  return (
    <>
      {word("audit.on." + resource, resource)}{verb && ": " + word("audit.did." + verb, verb)}{" "}
      {name && (place ? <a href={place + encodeURIComponent(change.subject)}>{name}</a> : <strong>{name}</strong>)}
    </>
  );
}

/** "Firefox, Linux" out of what the browser calls itself. */
function agentWords(agent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)/.exec(agent)?.[1], system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1];
  return browser && system ? `${browser === "Edg" ? "Edge" : browser === "OPR" ? "Opera" : browser}, ${system}` : agent;
}

const CHANGES_SHOWN = 3;

/** What a provisioning changed. The note may have been cut off in the middle of its list, or be what somebody typed. */
function changesOf(detail: string): string[] {
  const list = /"changes":\s*\[(.*)/s.exec(detail)?.[1] ?? "";
  try {
    return [...list.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((found) => JSON.parse(found[0]) as string);
  } catch {
    return [];
  }
}

function Detail({ change }: { change: Change }) {
  if (change.action === "session.begin") return <span title={change.detail}>{agentWords(change.detail)}</span>;
  const changes = change.detail.startsWith("{") ? changesOf(change.detail) : [];
  if (changes.length === 0) return <>{change.detail}</>;
  if (changes.length <= CHANGES_SHOWN) return <>{changes.join("; ")}</>;
  const n = Number(/"changed":\s*(\d+)/.exec(change.detail)?.[1] ?? changes.length);
  return <details><summary>{t("changes", { n })}</summary>{changes.join("; ")}{n > changes.length && " …"}</details>;
}

export function Audit() {
  const list = useList<Change>("audit", {}, LIVE);
  return (
    <section class="single-column">
      <Head title={t("audit")} />
      <LongTable<Change> label={t("audit")} list={list} icon="audit" empty={t("audit.empty")} row={(c) => c.id} columns={[
        { head: t("audit.who"), cell: (c) => (c.who === "the command line" ? t("audit.commandLine") : c.who) },
        { head: t("audit.what"), cell: (c) => <What change={c} /> },
        { head: t("audit.detail"), cell: (c) => <Detail change={c} /> },
        { head: t("audit.from"), cell: (c) => c.client_ip },
        { head: t("audit.at"), cell: (c) => <Time ms={c.at_ms} /> },
      ]} />
    </section>
  );
}
