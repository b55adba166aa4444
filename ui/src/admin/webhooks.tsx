// SPDX-License-Identifier: AGPL-3.0-or-later
// Webhooks: servers that are told what happens, what they were told, and how they answered.
import { useState } from "preact/hooks";
import { post, query } from "../api";
import { useList } from "../data";
import { has, t } from "../i18n";
import { useAsking } from "../live";
import { Create } from "../parts/create";
import { SettingsForm, choices } from "../parts/fields";
import type { Field } from "../parts/frame";
import { Icon, IconName } from "../parts/icon";
import { BackLink } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { useTrial } from "../parts/doing";
import { State, Tone, Why } from "../parts/word";
import { navigate } from "../router";
import type { Entry, Outcome } from "../types";
import { Head, LongTable, SearchTable, useSettingsList } from "./table";
import { TenantField } from "./tenant";
import { removeEntry } from "./remove";

interface Webhook extends Entry {
  id: string;
  name: string;
  tenant?: string;
  url: string;
  events: string[];
  enabled?: boolean;
}

interface HookCall {
  id: string;
  webhook: string;
  event: string;
  about: string;
  state: "waiting" | "delivered" | "dead";
  created_ms: number | null;
  next_ms: number | null;
  tries: number;
  http: number;
  outcome: Outcome;
}

const fields = (): Field[] => [
  { name: "url", kind: "text" },
  { name: "events", kind: "set", choices: choices("fax.received", "fax.sent", "fax.failed") },
  { name: "secret", kind: "secret", label: "hook_secret" },
  { name: "pin", kind: "text", label: "hook_pin" },
  { name: "enabled", kind: "flag", label: "hook_enabled" },
];

const looks: { [state in HookCall["state"]]: [Tone, IconName] } = { waiting: ["plain", "waiting"], delivered: ["good", "done"], dead: ["bad", "failed"] };

function eventWord(event: string): string {
  const key = "c." + event;
  return has(key) ? t(key) : event;
}

function Calls({ name }: { name: string }) {
  const list = useList<HookCall>("webhook-calls", { webhook: name }, []);
  useAsking(list.reload);
  const again = (call: HookCall) => post(`webhook-calls/${call.id}/retry`).then(() => {
    say(t("hook.again"));
    list.reload();
  }, sayProblem);
  const place = (call: HookCall) => (call.event === "fax.received" ? "/inbox/" : "/sent/") + call.about;
  return (
    <div class="hook-calls">
      <h2>{t("hook.calls")}</h2>
      <LongTable<HookCall> label={t("hook.calls")} list={list} icon="webhooks" empty={t("hook.noCalls")} row={(c) => c.id} columns={[
        { head: t("hook.event"), cell: (c) => (c.event === "test" ? t("mail.test") : <a href={place(c)}>{eventWord(c.event)}</a>) },
        { head: t("dash.state"), cell: (c) => { const [tone, icon] = looks[c.state]; return <State tone={tone} icon={icon} word={t(`hook.${c.state}`)} />; } },
        { head: t("hook.answer"), cell: (c) => <>{c.http > 0 && <span class="tabular">{c.http} </span>}<Why outcome={c.outcome} /></> },
        { head: t("audit.at"), cell: (c) => <Time ms={c.created_ms} /> },
        { head: t("do"), cell: (c) => c.state === "dead" && <button type="button" onClick={() => void again(c)}>{t("hook.retry")}<span class="unseen"> {eventWord(c.event)}</span></button> },
      ]} />
    </div>
  );
}

function Test({ name, unsaved }: { name: string; unsaved: boolean }) {
  const { said, busy, run } = useTrial<{ ok: boolean; http: number; outcome: Outcome }>(() => post("webhooks/test" + query({ name })));
  return (
    <section aria-labelledby="test-title">
      <h2 id="test-title">{t("mail.test")}</h2>
      <button type="button" disabled={busy !== "" || unsaved} onClick={() => void run()}>{busy ? t("mail.testing") : t("mail.testDo")}</button>
      <p class="help">{unsaved ? t("mail.testUnsaved") : t("hook.testHelp")}</p>
      {said && <p role="status"><State tone={said.ok ? "good" : "bad"} icon={said.ok ? "done" : "failed"} word={t(said.ok ? "hook.ok" : "hook.bad")} /> {said.http > 0 && said.http} <Why outcome={said.outcome} /></p>}
    </section>
  );
}

export function WebhookPage({ id }: { id: string }) {
  const url = `webhooks/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/webhooks/${encodeURIComponent(id)}`);
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  return (
    <section class="single-column">
      <BackLink to="/admin/webhooks" />
      <Head title={id}><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, id, t("hook.deleteText"), "/admin/webhooks")}><Icon name="trash" />{t("delete")}</button></Head>
      <SettingsForm fields={fields()} editing={editing} label={t("hook.settings")} />
      <Test name={id} unsaved={editing.changed.length > 0} />
      <Calls name={id} />
    </section>
  );
}

export function Webhooks() {
  const list = useSettingsList<Webhook>("webhooks");
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("webhooks")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("hook.new")}</button></Head>
      <p class="help">{t("hook.what")}</p>
      <SearchTable<Webhook> label={t("webhooks")} list={list} icon="webhooks" empty={t("hook.empty")} row={(w) => w.name} columns={[
        { head: t("f.name"), cell: (w) => <a href={`/admin/webhooks/${encodeURIComponent(w.name)}`}>{w.name}</a> },
        { head: t("f.url"), cell: (w) => w.url },
        { head: t("f.events"), cell: (w) => w.events.map(eventWord).join(", ") },
        { head: t("dash.state"), cell: (w) => <State tone={w.enabled === false ? "warn" : "good"} icon={w.enabled === false ? "held" : "done"} word={t(w.enabled === false ? "box.off" : "box.on")} /> },
      ]} />
      {making && (
        <TenantField>
          {(of) => (
            <Create title={t("hook.new")} verb={t("hook.make")} url="webhooks" fixed={of.fixed}
              fields={[...of.fields, { name: "name" }, { name: "url" }, { name: "secret", label: "hook_secret", secret: true, optional: true }]}
              onClose={() => setMaking(false)} onMade={(w) => navigate(`/admin/webhooks/${encodeURIComponent(String(w.name))}`)} />
          )}
        </TenantField>
      )}
    </section>
  );
}
