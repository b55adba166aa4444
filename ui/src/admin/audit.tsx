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

function detailOf(change: Change): string {
  if (change.action === "session.begin") return agentWords(change.detail);
  try {
    const found = JSON.parse(change.detail) as { changes?: unknown };
    return Array.isArray(found.changes) ? found.changes.join("; ") : change.detail;
  } catch {
    return change.detail;
  }
}

export function Audit() {
  const list = useList<Change>("audit", {}, LIVE);
  return (
    <section class="single-column">
      <Head title={t("audit")} />
      <LongTable<Change> label={t("audit")} list={list} icon="audit" empty={t("audit.empty")} row={(c) => c.id} columns={[
        { head: t("audit.who"), cell: (c) => (c.who === "the command line" ? t("audit.commandLine") : c.who) },
        { head: t("audit.what"), cell: (c) => <What change={c} /> },
        { head: t("audit.detail"), cell: (c) => <span title={c.detail}>{detailOf(c)}</span> },
        { head: t("audit.from"), cell: (c) => c.client_ip },
        { head: t("audit.at"), cell: (c) => <Time ms={c.at_ms} /> },
      ]} />
    </section>
  );
}
