// SPDX-License-Identifier: AGPL-3.0-or-later
// What the API answers, as far as it is shown here. Times are milliseconds since 1970.

export interface OwnBox {
  id: string;
  name: string;
  address: string;
  send: boolean;
  receive: boolean;
}

export interface Session {
  user: { id: string; name: string; addresses: string[]; language?: string };
  tenant: { id: string; name: string; billing_codes: string[]; covers: string[] } | null;
  role: "installation" | "tenant" | "user";
  boxes: OwnBox[];
  expires_ms: number;
  provider: string; // that logged him in; "": he did
}

export interface Outcome {
  code: string;
  text: string;
}

interface CallPage {
  page: number;
  confirmed_ms: number | null;
  rate: number;
  coding: string;
  resolution: string;
  ecm: boolean;
  resent: number;
  bad_rows: number;
  duration_ms: number;
}

export interface Call {
  id: string;
  direction: "in" | "out";
  job: string | null;
  fax: string | null;
  state: string;
  trunk: string;
  mode: string;
  rate: number;
  ecm: boolean;
  started_ms: number | null;
  answered_ms: number | null;
  ended_ms: number | null;
  first_page: number;
  station_id: string;
  outcome: Outcome;
  pages?: CallPage[];
  trace?: string;
  number: string;
  box: string;
}

export interface LiveCall {
  attempt: string;
  direction: "in" | "out";
  job?: string;
  fax?: string;
  box: string;
  number: string;
  phase: string;
  page: number;
  pages: number;
  rate: number;
  ecm: boolean;
  coding: string;
  mode: string;
  station_id: string;
  percent: number;
  started_ms: number;
  left_s?: number; // about, of the job that is looked at
}

export interface Note {
  id: string;
  at_ms: number | null;
  who: string;
  own: boolean; // may be deleted by whoever looks
  text: string;
}

/** What people write beside a fax. */
export interface Remarked {
  tags: string[];
  note_count: number;
  notes?: Note[];
}

/** A copy at a place of the archive. */
export interface ArchiveCopy {
  id: string;
  fax: string;
  place: string;
  state: "waiting" | "stored" | "deleting" | "damaged" | "failed";
  checked_ms: number | null;
  outcome: Outcome;
}

export interface Archived {
  archive?: ArchiveCopy[]; // for administrators
  in_archive_ms?: number | null;
  legal_hold?: { who: string; at_ms: number | null; reason: string } | null;
  kept?: { until_ms: number | null; days: number; by: "box" | "tenant"; hold: "" | "box" | "tenant" };
}

export interface Fax extends Remarked, Archived {
  id: string;
  found?: { page: number; text: string }; // of a search: where its words stand
  faxid: number | null;
  box: string;
  state: "receiving" | "complete" | "partial" | "empty";
  calling: string;
  called: string;
  station_id: string;
  answered_ms: number | null;
  last_page_ms: number | null;
  ended_ms: number | null;
  pages: number;
  call: string;
  outcome: Outcome;
  unread?: boolean;
  archived?: boolean;
  words?: string[]; // what was read on each page
  junk?: boolean;
  routed_from?: string;
  subaddress?: string;
  mails?: Mail[];
  attempts?: Call[];
  printer?: boolean; // of its box
  prints?: Print[]; // the newest first
  blank?: number[]; // pages, from 1
}

export interface Print {
  id: string;
  by: string;
  state: "waiting" | "printing" | "printed" | "failed";
  created_ms: number | null;
  next_ms: number | null;
  ended_ms: number | null;
  outcome: Outcome;
}

export type JobState = "waiting" | "held" | "calling" | "done" | "failed" | "unknown" | "cancelled" | "expired";

export interface Job extends Remarked, Archived {
  id: string;
  submission: string;
  box: string;
  number: string;
  state: JobState;
  created_ms: number | null;
  next_ms: number | null;
  ended_ms: number | null;
  pages: number;
  confirmed: number;
  tries: number;
  max_tries: number;
  dials: number;
  station_id: string;
  outcome: Outcome;
  billing: string;
  trunk: string;
  priority: number;
  waits: { code: "number-called" | "call-limit"; limit?: number } | null; // it is due, and not called yet
  call?: LiveCall | null;
  attempts?: Call[];
  mails?: Mail[];
  originals?: ({ document: string; page: number } | null)[]; // of each page; null: made here
}

export interface SelfTestFigures {
  seconds: number;
  rate: number;
  resent: number;
  bad_rows: number;
}

export interface SelfTest {
  id: string;
  trunk: string;
  mode: "t38" | "audio";
  state: "waiting" | "running" | "good" | "failed" | "skipped";
  asked: boolean;
  created_ms: number | null;
  ended_ms: number | null;
  figures: SelfTestFigures | null;
  outcome: Outcome;
  steps: { at_ms: number; text: string }[];
}

export interface SelfTestTrend {
  mode: "t38" | "audio";
  trend: "well" | "worse" | "failed";
  why: string;
  usual: SelfTestFigures | null;
  last: SelfTest;
}

export interface Trunk {
  id: string;
  name: string;
  peer: string;
  transport: string;
  register: boolean;
  state: "unchecked" | "trying" | "up" | "down";
  text: string;
  since_ms: number | null;
  next_ms: number | null;
  self_tests: SelfTestTrend[];
}

export interface Status {
  fax_domain: string;
  now_ms: number;
  calls: LiveCall[] | null;
  jobs: { [state: string]: number };
  mails: { [state: string]: number };
  faxes: number;
  boxes: { id: string; name: string; extension: string; enabled: boolean }[];
  trunks: Trunk[];
  alarms: { code: string; text: string; do: string }[];
  dead_letters: number;
}

export interface Mail {
  id: string;
  kind: string;
  about: string;
  state: "composing" | "waiting" | "held" | "sent" | "failed" | "returned";
  sender: string;
  recipient: string;
  created_ms: number | null;
  next_ms: number | null;
  tries: number;
  outcome: Outcome;
  history?: MailEvent[]; // the oldest first
}

export interface MailEvent {
  what: string;
  who: string;
  server: string;
  outcome: Outcome;
  times: number;
  at_ms: number;
  last_ms: number | null;
}

export interface Contact {
  id: string;
  name: string;
  company: string;
  number: string;
  note: string;
  groups: string[];
  shared: boolean;
}

export interface DeadLetter {
  id: string;
  received_ms: number | null;
  sender: string;
  recipients: string;
  client_ip: string;
  bytes: number;
  outcome: Outcome;
}

/** A fragment of the provisioning document. */
export type Entry = { [name: string]: unknown };
