// SPDX-License-Identifier: AGPL-3.0-or-later
// What can be set of a faxbox, page by page; a settings template has those of them that several boxes may share.
import { t } from "../i18n";
import { Right, choices } from "../parts/fields";
import type { Field } from "../parts/frame";
import type { Entry } from "../types";

const languages = () => choices("", "en", "it", "de", "fr", "es");

/** S0.1: a user who may both send and receive. */
function ownersOf(box: Entry): [string, string][] {
  const users = ((box.users as Right[] | undefined) ?? []).filter((u) => u.send && u.receive).map((u) => String(u.user));
  return [["", t("box.noOwner")], ...users.map((u): [string, string] => [u, u])];
}

export type Tab = "general" | "users" | "smtp" | "mail2fax" | "sending" | "receiving" | "archive";

/** What may be chosen of. */
export interface Known {
  users: string[] | null; // null: too many to choose from; they are looked for at `lookup` then
  lookup: string;
  mailboxes: string[];
  covers: string[];
  templates: string[] | null; // null: too many to choose from
  lines: { trunks: string[]; places: string[] } | null; // and places of the archive: for who administrates the installation
}

const same = (name: string): [string, string] => [name, name];

const LANGUAGE = (): Field => ({ name: "language", kind: "choice", choices: languages() });

function templateField(names: string[] | null): Field {
  return names ? { name: "template", kind: "choice", choices: [["", t("c.noTemplate")], ...names.map((n) => [n, n] as const)] } : { name: "template", kind: "text" };
}

export function fieldsOf(tab: Tab, known: Known): Field[] {
  const { lines } = known;
  switch (tab) {
    case "general":
      return [
        { name: "name", kind: "text" },
        { name: "enabled", kind: "flag" },
        { name: "extension", kind: "text" },
        { name: "numbers", kind: "lines" },
        LANGUAGE(),
        ...(known.templates?.length === 0 ? [] : [templateField(known.templates)]),
      ];
    case "users":
      return [{ name: "users", kind: "rights", right: { key: "user", ...(known.users ? { choices: known.users } : { lookup: known.lookup }), add: "right.addUser", label: "right.user" } }];
    case "smtp":
      return [
        { name: "owner", kind: "choice", choices: ownersOf },
        { name: "permissions", kind: "rights", right: { key: "entry", add: "right.addEntry", label: "right.entry" } },
        { name: "custom_address", kind: "text" },
        { name: "smtp_address", kind: "shown" },
      ];
    case "mail2fax":
      return [
        { name: "mailbox", kind: "choice", choices: [["", t("c.noMailbox")], ...known.mailboxes.map(same)] },
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
        { name: "cover", kind: "choice", choices: [["none", t("c.noCover")], ["standard", t("c.withCover")], ...known.covers.map((name) => [name, t("tmpl.further", { name })] as const)] },
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

export const tabs: readonly Tab[] = ["general", "users", "smtp", "mail2fax", "sending", "receiving", "archive"];

// ---- what a settings template says ----

export type SharedTab = "sending" | "receiving" | "archive";

export const sharedTabs: readonly SharedTab[] = ["sending", "receiving", "archive"];

/** A page of a settings template: what `has` knows of the box's fields there. */
export function sharedFields(tab: SharedTab, known: Known, has: (name: string) => boolean): Field[] {
  return [...(tab === "receiving" ? [LANGUAGE()] : []), ...fieldsOf(tab, known)].filter((f) => has(f.name));
}

/** Of these each box has its own; all else that stands on the pages of a template can be shared. */
const ALONE = ["answers", "calls_in", "calls_out", "fax_password", "legal_hold", "subaddress"];

/** Only administrators of the installation set these. */
const RESERVED = ["print_to", "print_pin", "trunk", "archive_places"];

/** By what the far side knows a box, and what stands beside it. Where its template says nothing of these, the box goes on saying it. */
export const ITSELF = ["caller_id", "station_id", "header_name", ...RESERVED];

/** The values of a box that a template of that person's can say. all: he administrates the installation. */
export function sharedValues(box: Entry, all: boolean): Entry {
  const nothing: Known = { users: [], lookup: "", mailboxes: [], covers: [], templates: [], lines: { trunks: [], places: [] } };
  const names = sharedTabs.flatMap((tab) => sharedFields(tab, nothing, (name) => !ALONE.includes(name) && (all || !RESERVED.includes(name))).map((f) => f.name));
  return Object.fromEntries(names.filter((name) => name in box).map((name) => [name, box[name]]));
}
