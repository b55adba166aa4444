// SPDX-License-Identifier: AGPL-3.0-or-later
// Faxboxes and the page of one, whose SMTP tab is S0.
import { useState } from "preact/hooks";
import { Page, call, get } from "../api";
import { useCell } from "../cell";
import { useGet } from "../data";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { Dialog } from "../parts/dialog";
import { useDoing } from "../parts/doing";
import { Right, SettingsForm, choices } from "../parts/fields";
import type { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { State } from "../parts/word";
import { say, sayProblem } from "../parts/toast";
import { navigate } from "../router";
import { session } from "../session";
import type { Entry, Job } from "../types";
import { Head, SearchTable, SettingsTabs, useSettingsList } from "./table";
import { TenantField } from "./tenant";

interface Box extends Entry {
  id: string;
  name: string;
  tenant?: string;
  extension?: string;
  enabled?: boolean;
  smtp_address?: string;
  users?: Right[];
}

const LANGUAGES = () => choices("", "en", "it", "de", "fr", "es");

/** S0.1: a user who may both send and receive. */
function ownersOf(box: Entry): [string, string][] {
  const users = ((box.users as Right[] | undefined) ?? []).filter((u) => u.send && u.receive).map((u) => String(u.user));
  return [["", t("box.noOwner")], ...users.map((u): [string, string] => [u, u])];
}

type Tab = "general" | "users" | "smtp" | "mail2fax" | "sending" | "receiving" | "archive";

/** What a box can name. users: null where they are too many to choose from; they are looked for at `lookup` then. lines: trunks and
 *  places of the archive, for who administrates the installation; else null. */
interface Named {
  users: string[] | null;
  lookup: string;
  mailboxes: string[];
  covers: string[];
  lines: { trunks: string[]; places: string[] } | null;
}

const same = (name: string): [string, string] => [name, name];

function fieldsOf(tab: Tab, { users, lookup, mailboxes, covers, lines }: Named): Field[] {
  switch (tab) {
    case "general":
      return [{ name: "name", kind: "text" }, { name: "enabled", kind: "flag" }, { name: "extension", kind: "text" }, { name: "numbers", kind: "lines" }, { name: "language", kind: "choice", choices: LANGUAGES() }];
    case "users":
      return [{ name: "users", kind: "rights", right: { key: "user", ...(users ? { choices: users } : { lookup }), add: "right.addUser", label: "right.user" } }];
    case "smtp":
      return [
        { name: "owner", kind: "choice", choices: ownersOf },
        { name: "permissions", kind: "rights", right: { key: "entry", add: "right.addEntry", label: "right.entry" } },
        { name: "custom_address", kind: "text" },
        { name: "smtp_address", kind: "shown" },
      ];
    case "mail2fax":
      return [
        { name: "mailbox", kind: "choice", choices: [["", t("c.noMailbox")], ...mailboxes.map(same)] },
        { name: "authentication", kind: "choice", choices: choices("none", "pin", "pgp", "pin+pgp") },
        { name: "pin", kind: "secret", shown: (v) => String(v.authentication).startsWith("pin") },
        { name: "require_encryption", kind: "flag" },
        { name: "address_case", kind: "choice", choices: [["", t("c.asTenant")], ...choices("ignore-case", "exact")] },
        { name: "dmarc", kind: "choice", choices: [["", t("c.asTenant")], ...choices("require", "prefer", "off")] },
        { name: "trusted_networks", kind: "lines" },
        { name: "arc_trusted", kind: "lines", more: true },
      ];
    case "sending":
      return [
        { name: "station_id", kind: "text" },
        { name: "caller_id", kind: "text" },
        ...(lines ? [{ name: "trunk", kind: "choice", label: "box_trunk", choices: [["", t("c.trunkAny")], ...lines.trunks.map(same)] } as Field] : []),
        { name: "header_name", kind: "text" },
        { name: "paper", kind: "choice", choices: choices("a4", "letter", "legal") },
        { name: "resolution", kind: "choice", choices: choices("standard", "fine", "superfine", "300dpi", "400dpi") },
        { name: "tries", kind: "whole", min: 1, max: 12 },
        { name: "send_window", kind: "text" },
        { name: "cover", kind: "choice", choices: [["none", t("c.noCover")], ["standard", t("c.withCover")], ...covers.map((name) => [name, t("tmpl.further", { name })] as const)] },
        { name: "cover_text", kind: "flag", shown: (v) => v.cover !== "none" },
        { name: "report", kind: "choice", choices: choices("once", "each") },
        { name: "report_on", kind: "choice", choices: choices("always", "failed", "never") },
        { name: "report_to", kind: "lines" },
        { name: "delays", kind: "choice", choices: [["late", t("c.late")], ["first", t("c.first")], ["never", t("c.never")]] },
        { name: "t38", kind: "choice", label: "box_t38", choices: [["auto", t("c.t38Auto")], ["off", t("c.t38Off")]], more: true },
        { name: "ecm", kind: "choice", choices: [["auto", t("c.ecmAuto")], ["off", t("c.ecmOff")]], more: true },
        { name: "answers", kind: "text", more: true },
        { name: "batch", kind: "whole", min: 0, max: 20, more: true },
        { name: "calls_out", kind: "whole", min: 0, max: 100000, label: "box_calls_out", more: true },
        { name: "deadline_minutes", kind: "whole", min: 0, max: 525600, more: true },
        { name: "bulk_window", kind: "text", more: true },
        { name: "bulk_from", kind: "whole", min: 0, max: 200, more: true },
      ];
    case "archive":
      return [
        { name: "keep_received_days", kind: "whole", min: -1, max: 36500, label: "box_keep_received" },
        { name: "keep_sent_days", kind: "whole", min: -1, max: 36500, label: "box_keep_sent" },
        { name: "archive_received_days", kind: "whole", min: -1, max: 36500, label: "box_archive_received" },
        { name: "archive_sent_days", kind: "whole", min: -1, max: 36500, label: "box_archive_sent" },
        ...(lines ? [{ name: "archive_places", kind: "set", choices: lines.places.map(same), shown: () => lines.places.length > 0 } as Field] : []),
        ...(lines ? [{ name: "legal_hold", kind: "flag" } as Field] : []),
      ];
    case "receiving":
      return [{ name: "file_format", kind: "choice", choices: [["pdf", "PDF"], ["tiff", "TIFF"]] }, { name: "recipients", kind: "lines" },
        { name: "route_by_code", kind: "flag" },
        { name: "subaddress", kind: "text" }, { name: "fax_password", kind: "secret" },
        { name: "voice", kind: "choice", choices: [["fax", t("c.voiceFax")], ["hangup", t("c.voiceHangup")], ["forward", t("c.voiceForward")]] },
        { name: "voice_seconds", kind: "whole", min: 5, max: 35, shown: (v) => v.voice !== "fax" },
        { name: "voice_forward", kind: "text", shown: (v) => v.voice === "forward" },
        { name: "voice_callers", kind: "lines", shown: (v) => v.voice === "forward" },
        { name: "fax_callers", kind: "lines", shown: (v) => v.voice !== "fax" },
        { name: "ocr", kind: "choice", choices: [["off", t("c.ocrOff")], ["on", t("c.ocrOn")], ["wait", t("c.ocrWait")]] },
        { name: "ocr_languages", kind: "lines", shown: (v) => v.ocr !== "off" },
        { name: "deskew", kind: "flag" },
        { name: "blank_pages", kind: "choice", choices: [["keep", t("c.blankKeep")], ["mark", t("c.blankMark")], ["drop", t("c.blankDrop")]] },
        { name: "print_to", kind: "text" },
        { name: "print_pin", kind: "text", shown: (v) => String(v.print_to).startsWith("ipps") },
        { name: "print_copies", kind: "whole", min: 1, max: 20, shown: (v) => v.print_to !== "" },
        { name: "print_paper", kind: "choice", choices: [["", t("c.printerPaper")], ...choices("a4", "letter", "legal")], shown: (v) => v.print_to !== "" },
        { name: "calls_in", kind: "whole", min: 0, max: 100000, label: "box_calls_in", more: true },
        { name: "join_seconds", kind: "whole", min: 0, max: 3600, more: true }];
  }
}

const tabs: readonly Tab[] = ["general", "users", "smtp", "mail2fax", "sending", "receiving", "archive"];

// ---- S0.2 ----

async function openJobs(box: string): Promise<number> {
  const page = await get<Page<Job>>(`jobs?box=${encodeURIComponent(box)}&state=open&limit=200`);
  return page.items.filter((j) => j.box === box).length;
}

function DeleteBox({ box, etag }: { box: Box; etag(): Promise<string | null> }) {
  const [open, setOpen] = useState<number | null>(null);
  const { busy, fault, run } = useDoing();
  const ask = () =>
    openJobs(box.id).then(setOpen, sayProblem);
  const remove = () =>
    run(async () => {
      await call("DELETE", `boxes/${encodeURIComponent(box.id)}`, { etag: await etag() });
      say(t("box.deleted", { name: box.name }));
      navigate("/admin/boxes");
    });
  return (
    <section class="danger-panel" aria-labelledby="delete-title">
      <h2 id="delete-title">{t("box.delete")}</h2>
      <p>{t("box.deleteText")}</p>
      <button type="button" class="danger" onClick={() => void ask()}><Icon name="trash" />{t("box.delete")}</button>
      {open !== null && (
        <Dialog title={t("box.deleteAsk", { name: box.name })} onClose={() => setOpen(null)}>
          <p>{t("box.deleteGone", { name: box.name, address: box.smtp_address ?? "" })}</p>
          <p>{open > 0 ? t("box.deleteJobs", { n: open }) : t("box.deleteNoJobs")}</p>
          {fault && <p class="error" role="alert">{fault.message}</p>}
          <div class="buttons end">
            <button type="button" autofocus onClick={() => setOpen(null)}>{t("cancel")}</button>
            {open > 0 ? <a class="button" href={`/sent?box=${encodeURIComponent(box.id)}`}>{t("box.seeJobs")}</a>
              : <button type="button" class="danger" disabled={busy} onClick={() => void remove()}>{t("box.deleteVerb", { name: box.name })}</button>}
          </div>
        </Dialog>
      )}
    </section>
  );
}

export function BoxPage({ id, tab = "general" }: { id: string; tab?: string }) {
  const home = `/admin/boxes/${encodeURIComponent(id)}`, url = `boxes/${encodeURIComponent(id)}`;
  const here: Tab = (tabs as readonly string[]).includes(tab) ? (tab as Tab) : "general";
  const editing = useSettings(url, home);
  const all = useCell(session)!.role === "installation";
  const templates = useGet<Page<{ name: string; tenant: string }>>("templates?limit=200");
  const box = editing.base as Box | undefined;
  const of = "limit=200" + (box?.tenant ? `&tenant=${encodeURIComponent(box.tenant)}` : "");
  const users = useGet<Page<{ name: string }>>(box ? `users?${of}` : null);
  const mailboxes = useGet<Page<{ name: string }>>(box ? `mailboxes?${of}` : null);
  const trunks = useGet<Page<{ name: string }>>(all ? "trunks?limit=200" : null);
  const places = useGet<Page<{ name: string; tenant: string }>>(all ? "archive-places?limit=200" : null);
  if (editing.problem && !box) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!box) return <Loading />;
  const own = (templates.data?.items ?? []).filter((x) => x.name.startsWith("cover-") && (!box.tenant || x.tenant === box.tenant));
  const covers = [...new Set(own.map((x) => x.name.slice("cover-".length)))];
  const names = (page: Page<{ name: string }> | undefined, chosen: string[]) => [...new Set([...(page?.items ?? []).map((x) => x.name), ...chosen.filter(Boolean)])];
  const open = (places.data?.items ?? []).filter((p) => !p.tenant || p.tenant === box.tenant).map((p) => p.name);
  const named: Named = {
    users: users.data?.next ? null : names(users.data, []),
    lookup: `users?limit=20${box.tenant ? `&tenant=${encodeURIComponent(box.tenant)}` : ""}`,
    mailboxes: names(mailboxes.data, [String(box.mailbox ?? "")]),
    covers,
    lines: all ? { trunks: names(trunks.data, []), places: open } : null,
  };
  const fields = (which: Tab) => fieldsOf(which, named);
  return (
    <section class="single-column">
      <BackLink to="/admin/boxes" />
      <Head title={box.name} />
      <SettingsTabs label={t("box.tabs")} home={home} tabs={tabs} here={here} fields={fields} editing={editing} />
      {here === "smtp" && <DeleteBox box={box} etag={async () => (await call("GET", url)).etag} />}
      <SettingsForm fields={fields(here)} editing={editing} label={t(`tab.${here}`)} />
    </section>
  );
}

export function Boxes() {
  const list = useSettingsList<Box>("boxes");
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("boxes")}><button type="button" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("box.new")}</button></Head>
      <SearchTable<Box> label={t("boxes")} list={list} icon="boxes" empty={t("boxes.empty")} row={(b) => b.id} columns={[
        { head: t("f.name"), cell: (b) => <a href={`/admin/boxes/${encodeURIComponent(b.id)}`}>{b.name}</a> },
        { head: t("f.extension"), cell: (b) => b.extension },
        { head: t("f.owner"), cell: (b) => String(b.owner ?? "") },
        { head: t("f.smtp_address"), cell: (b) => b.smtp_address },
        { head: t("dash.state"), cell: (b) => <State tone={b.enabled === false ? "warn" : "good"} icon={b.enabled === false ? "held" : "done"} word={t(b.enabled === false ? "box.off" : "box.on")} /> },
      ]} />
      {making && (
        <TenantField>
          {(of) => (
            <Create title={t("box.new")} verb={t("box.make")} url="boxes" fixed={of.fixed}
              fields={[...of.fields, { name: "name" }, { name: "id", optional: true }, { name: "extension", optional: true }]}
              onClose={() => setMaking(false)} onMade={(b) => navigate(`/admin/boxes/${encodeURIComponent(String(b.id))}`)} />
          )}
        </TenantField>
      )}
    </section>
  );
}
