// SPDX-License-Identifier: AGPL-3.0-or-later
// The wizard of a new installation: a step for each thing a fax needs, in the order in which they need each other. What is set
// up already says so, so it can be left and taken up again.
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { FieldError, Page, Problem, call, get, post } from "../api";
import { useGet } from "../data";
import { Key, has, t } from "../i18n";
import { useDoing } from "../parts/doing";
import { choices } from "../parts/fields";
import { Icon } from "../parts/icon";
import { MailTest } from "../parts/mailtest";
import { JobState, jobDetail } from "../parts/word";
import type { Job, Outcome } from "../types";
import { LanguageChoice } from "./login";
import { OwnTrunk, Records, TrunkTest } from "./setupchecks";

const Input = "input" as unknown as FunctionComponent<{ [name: string]: unknown }>; // its types want one kind of input at a time

interface State {
  finished: boolean;
  administrator: boolean;
  user: string; // his name
  tenant: string;
  fax_domain: string;
  host_name: string;
  mail_server: boolean;
  trunk: boolean;
  box: string;
  application_port: number;
}

interface Field {
  name: string;
  label: Key;
  help?: Key;
  type?: string;
  value?: string;
  optional?: boolean;
  choices?: readonly (readonly [string, string])[];
}

type Values = { [name: string]: string };

interface Step {
  title: Key;
  why: Key;
  optional?: boolean;
  done(s: State): boolean;
  fields(s: State): readonly Field[];
  /** What is laid over the settings. trunk: the first one, where there is one. */
  settings(v: Values, s: State, trunk?: OwnTrunk): unknown;
}

const ENOUGH_DIGITS = 6;

/** Written out or short. */
function isSameNumber(a: string, b: string): boolean {
  const [x, y] = [a, b].map((n) => n.replace(/\D/g, "").replace(/^0+/, ""));
  return x === y ? x !== "" : Math.min(x!.length, y!.length) >= ENOUGH_DIGITS && (x!.endsWith(y!) || y!.endsWith(x!));
}

const steps: readonly Step[] = [
  {
    title: "setup.administrator",
    why: "setup.administratorWhy",
    done: (s) => s.administrator,
    fields: (s) => [
      { name: "tenant", label: "setup.house", help: "setup.houseHelp", value: s.tenant },
      { name: "country", label: "setup.country", help: "setup.countryHelp", optional: true },
      { name: "zone", label: "setup.zone", value: Intl.DateTimeFormat().resolvedOptions().timeZone },
      { name: "name", label: "setup.you", value: "admin" },
      { name: "address", label: "setup.address", type: "email" },
      { name: "password", label: "f.password", help: "setup.passwordHelp", type: "password" },
    ],
    settings: (v) => ({
      tenants: [{ name: v.tenant, country: (v.country ?? "").toUpperCase(), zone: v.zone }],
      users: [{ tenant: v.tenant, name: v.name, addresses: [v.address], role: "installation", password: v.password }],
    }),
  },
  {
    title: "setup.domain",
    why: "setup.domainWhy",
    done: (s) => s.fax_domain !== "",
    fields: (s) => [
      { name: "fax_domain", label: "setup.faxDomain", value: s.fax_domain, help: "setup.faxDomainHelp" },
      { name: "host_name", label: "setup.hostName", value: location.hostname === "127.0.0.1" ? "" : location.hostname, help: "setup.hostNameHelp" },
    ],
    settings: (v) => ({ installation: { fax_domain: v.fax_domain, host_name: v.host_name } }),
  },
  {
    title: "setup.mail",
    why: "setup.mailWhy",
    done: (s) => s.mail_server,
    fields: () => [
      { name: "host", label: "f.host" },
      { name: "port", label: "f.port", value: "587", type: "number" },
      { name: "security", label: "f.security", value: "auto", choices: choices("auto", "starttls", "implicit", "plain").map(([v, w]) => [v === "plain" ? "none" : v, w] as const) },
      { name: "envelope_sender", label: "f.envelope_sender", type: "email" },
      { name: "username", label: "f.username", optional: true },
      { name: "password", label: "f.server_password", type: "password", optional: true },
    ],
    settings: ({ port, ...v }) => ({ mail_server: { ...v, port: Number(port) } }),
  },
  {
    title: "setup.trunk",
    why: "setup.trunkWhy",
    done: (s) => s.trunk,
    fields: () => [
      { name: "name", label: "f.name", value: "main" },
      { name: "peer", label: "f.peer", value: "sip:" },
      { name: "transport", label: "f.transport", value: "udp", choices: [["udp", "UDP"], ["tcp", "TCP"], ["tls", "TLS"]] },
      { name: "username", label: "f.trunk_username", optional: true, help: "setup.trunkUserHelp" },
      { name: "password", label: "f.trunk_password", type: "password", optional: true },
    ],
    settings: (v) => ({ trunks: [v.username ? { ...v, register: true } : { name: v.name, peer: v.peer, transport: v.transport }] }),
  },
  {
    title: "setup.box",
    why: "setup.boxWhy",
    done: (s) => s.box !== "",
    fields: (s) => [
      { name: "id", label: "f.id", value: "front" },
      { name: "extension", label: "f.extension", help: "setup.numberHelp" },
      { name: "user", label: "setup.boxUser", value: s.user },
    ],
    // The number that the line was tried with may be the only one: it is the faxbox's now.
    settings: (v, s, trunk) => ({
      ...(trunk && isSameNumber(v.extension ?? "", trunk.self_test_number) ? { trunks: [{ name: trunk.name, self_test_number: "" }] } : {}),
      faxboxes: [{ tenant: s.tenant, id: v.id, name: v.id, extension: v.extension, station_id: (v.extension ?? "").replace(/[^+\d ]/g, ""), users: [{ user: v.user, send: true, receive: true }] }],
    }),
  },
];

function FieldRow({ field, n }: { field: Field; n: number }) {
  const id = "setup-" + field.name;
  return (
    <div class="field">
      <label for={id}>{t(field.label)}</label>
      {field.choices ? (
        <select id={id} name={field.name}>{field.choices.map(([v, w]) => <option key={v} value={v} selected={v === field.value}>{w}</option>)}</select>
      ) : (
        <Input id={id} name={field.name} type={field.type ?? "text"} defaultValue={field.value} required={!field.optional} autofocus={n === 0}
          autocomplete={field.type === "password" ? "new-password" : "off"} spellcheck={false} aria-describedby={field.help ? id + "-help" : undefined} />
      )}
      {field.help && <p class="help" id={id + "-help"}>{t(field.help)}</p>}
    </div>
  );
}

/** "tenants[0].country" without what the person did not write. */
function told(e: FieldError): string {
  const name = e.field.split(".").pop()?.replace(/\[\d+\]$/, "") ?? "";
  const key = "f." + name;
  return (has(key) ? t(key) + ": " : name ? name + ": " : "") + e.detail;
}

function StepForm({ step, state, trunk, onDone }: { step: Step; state: State; trunk: OwnTrunk | undefined; onDone(): void }) {
  const { busy, fault, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const values: Values = {};
    for (const [name, value] of new FormData(event.currentTarget as HTMLFormElement)) values[name] = String(value).trim();
    void run(async () => {
      await post("provisioning", step.settings(values, state, trunk));
      onDone();
    });
  };
  return (
    <form onSubmit={submit}>
      <p>{t(step.why)}</p>
      {step.fields(state).map((field, n) => <FieldRow key={field.name} field={field} n={n} />)}
      {fault && <div role="alert">{fault.errors.length ? fault.errors.map((e) => <p class="error" key={e.field + e.detail}>{told(e)}</p>) : <p class="error">{fault.message}</p>}</div>}
      <div class="buttons"><button type="submit" class="primary" disabled={busy}>{busy ? t("saving") : t("setup.next")}</button></div>
    </form>
  );
}

const LOOK_MS = 2000;
const open = ["rendered", "waiting", "calling"];

/** A real fax over the new trunk. */
function Try({ box }: { box: string }) {
  const [submission, setSubmission] = useState("");
  const [job, setJob] = useState<Job | null>(null);
  const [fault, setFault] = useState("");
  useEffect(() => {
    if (!submission || (job && !open.includes(job.state))) return;
    const timer = setTimeout(() => {
      get<{ jobs: Job[]; outcome: Outcome }>("submissions/" + submission).then((s) => {
        if (s.outcome.text) setFault(s.outcome.text);
        setJob(s.jobs[0] ? { ...s.jobs[0] } : null);
      }, (why: Problem) => setFault(why.message));
    }, LOOK_MS);
    return () => clearTimeout(timer);
  }, [submission, job]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const to = String(new FormData(event.currentTarget as HTMLFormElement).get("number"));
    setFault("");
    setJob(null);
    try {
      const page = new Blob([t("setup.tryPage")], { type: "text/plain" });
      const made = await call<{ submission: string }>("POST", `jobs?box=${encodeURIComponent(box)}&number=${encodeURIComponent(to)}&name=setup.txt`, { body: page });
      setSubmission(made.data.submission);
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      setFault(why.message);
    }
  };
  return (
    <form class="inline" onSubmit={submit}>
      <label for="setup-number">{t("setup.tryNumber")}</label>
      <input id="setup-number" name="number" inputMode="tel" required />
      <button type="submit">{t("setup.tryDo")}</button>
      {job && <p role="status"><JobState job={job} /> {jobDetail(job, Date.now())}</p>}
      {fault && <p class="error" role="alert">{fault}</p>}
    </form>
  );
}

function Finish({ state, onFinished }: { state: State; onFinished(): void }) {
  const [fault, setFault] = useState("");
  const application = `${location.protocol}//${location.hostname}:${state.application_port}/`;
  if (state.finished) return <p>{t("setup.finished")} <a href={application}>{application}</a></p>;
  const finish = () => void post("setup/finish").then(onFinished, (why: Problem) => setFault(why.message));
  return (
    <>
      <p>{t("setup.finishWhy")}</p>
      {fault && <p class="error" role="alert">{fault}</p>}
      <div class="buttons"><button type="button" class="primary" disabled={!state.administrator} onClick={finish}>{t("setup.finish")}</button></div>
    </>
  );
}

function Steps({ state, again, onFinished }: { state: State; again(): void; onFinished(): void }) {
  const next = steps.findIndex((s) => !s.done(state));
  const [chosen, choose] = useState<number | null>(null);
  const now = chosen ?? next;
  const trunks = useGet<Page<OwnTrunk>>(state.trunk ? "trunks?limit=1" : null), trunk = trunks.data?.items[0];
  return (
    <ol class="setup-steps">
      {steps.map((step, n) => {
        const done = step.done(state);
        return (
          <li key={step.title} aria-current={n === now ? "step" : undefined}>
            <h2>
              <button type="button" class="quiet" aria-expanded={n === now} onClick={() => choose(n === now ? -1 : n)}>
                <Icon name={done ? "done" : "waiting"} /><span>{t(step.title)}</span><span class="row-sub">{done ? t("setup.done") : ""}</span>
              </button>
            </h2>
            {n === now && <StepForm step={step} state={state} trunk={trunk} onDone={() => { choose(null); again(); }} />}
            {done && step.title === "setup.domain" && <Records domain={state.fax_domain} host={state.host_name} />}
            {done && step.title === "setup.mail" && <MailTest />}
            {done && step.title === "setup.trunk" && trunk && <TrunkTest key={trunk.name} trunk={trunk} again={trunks.reload} />}
          </li>
        );
      })}
      {state.trunk && state.box && <li><h2>{t("setup.try")}</h2><p>{t("setup.tryWhy")}</p><Try box={state.box} /></li>}
      <li><h2>{t("setup.end")}</h2><Finish state={state} onFinished={onFinished} /></li>
    </ol>
  );
}

export function Setup() {
  const [state, setState] = useState<State | null>(null);
  const [fault, setFault] = useState("");
  const load = () => get<State>("setup").then(setState);
  useEffect(() => {
    const token = location.hash.slice(1);
    history.replaceState(null, "", "/setup"); // it was good for once, and is nobody's business
    const enter = token ? post("setup/session", { token }) : Promise.resolve();
    // A link that was used already may have been used here.
    enter.then(load, (why: Problem) => load().catch(() => setFault(why.message))).catch((why: Problem) => setFault(why.status === 401 ? t("setup.stranger") : why.message));
  }, []);
  return (
    <main class="setup" id="place">
      <header><h1>{t("setup.title")}</h1><LanguageChoice /></header>
      {fault ? <p class="error" role="alert">{fault}</p> : state ? <Steps state={state} again={() => void load().catch((why: Problem) => setFault(why.message))} onFinished={() => setState({ ...state, finished: true })} /> : <p>{t("loading")}</p>}
    </main>
  );
}
