// SPDX-License-Identifier: AGPL-3.0-or-later
// Places of the archive: how it is with each, what lies there, and its settings.
import { useState } from "preact/hooks";
import { call, Page, post, query } from "../api";
import { useGet } from "../data";
import { t } from "../i18n";
import { Create } from "../parts/create";
import { confirm, Dialog } from "../parts/dialog";
import { SettingsForm } from "../parts/fields";
import type { Field } from "../parts/frame";
import { Icon } from "../parts/icon";
import { BackLink } from "../parts/list";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { useDoing, useTrial } from "../parts/doing";
import { PasswordField, Proof } from "../places/passkeys";
import { State, Why } from "../parts/word";
import { navigate } from "../router";
import type { Entry, Outcome } from "../types";
import { Head, Table } from "./table";
import { removeEntry } from "./remove";

const LIVE = ["status"] as const;
const counted = ["stored", "waiting", "deleting", "damaged", "failed"] as const;

interface Place extends Entry {
  name: string;
  kind: string;
  url: string;
  rank: number;
  enabled: boolean;
  encrypted: boolean;
  ok: boolean;
  code: string;
  text: string;
  since_ms: number | null;
  state: { [count in (typeof counted)[number]]: number };
}

const kinds = (): [string, string][] => [["local", t("c.placeLocal")], ["sftp", "SFTP"], ["webdav", "WebDAV"], ["s3", "S3"]];

function kindWord(kind: string): string {
  return kinds().find(([k]) => k === kind)?.[1] ?? kind;
}

function isServer(values: Entry): boolean {
  return values.kind !== "local";
}

function isHttp(values: Entry): boolean {
  return values.kind === "webdav" || values.kind === "s3";
}

function isSftp(values: Entry): boolean {
  return values.kind === "sftp";
}

const fields = (): Field[] => [
  { name: "kind", kind: "choice", choices: kinds(), label: "place_kind" },
  { name: "url", kind: "text", label: "place_url" },
  { name: "enabled", kind: "flag", label: "place_enabled" },
  { name: "rank", kind: "whole", min: 0, max: 1000 },
  { name: "username", kind: "text", label: "place_username", shown: isServer },
  { name: "password", kind: "secret", label: "server_password", shown: isServer },
  { name: "private_key", kind: "secret", long: true, shown: isSftp },
  { name: "host_key", kind: "text", shown: isSftp },
  { name: "region", kind: "text", shown: (v) => v.kind === "s3" },
  { name: "ca_file", kind: "text", shown: isHttp },
  { name: "pin", kind: "text", label: "hook_pin", shown: isHttp },
  { name: "plaintext", kind: "flag", label: "place_plaintext", shown: isHttp },
  { name: "sent", kind: "flag", label: "place_sent" },
  { name: "received", kind: "flag", label: "place_received" },
  { name: "tenant", kind: "text", label: "place_tenant" },
  { name: "boxes", kind: "lines", label: "place_boxes" },
  { name: "earlier", kind: "flag", label: "place_earlier" },
  { name: "encrypted", kind: "flag" },
  { name: "verify_days", kind: "whole", min: 0, max: 3650 },
];

function Health({ place }: { place: Place }) {
  if (!place.enabled) return <State tone="warn" icon="held" word={t("box.off")} />;
  return <><State tone={place.ok ? "good" : "bad"} icon={place.ok ? "done" : "failed"} word={t(place.ok ? "place.ok" : "place.bad")} />{!place.ok && <> <Why outcome={place} /> <Time ms={place.since_ms} /></>}</>;
}

/** What is not in order is there only where it is so. */
function Counts({ place }: { place: Place }) {
  const said = counted.filter((c, n) => n < 2 || place.state[c] > 0);
  return <>{said.map((c) => t(`place.n.${c}`, { n: place.state[c] })).join(" · ")}</>;
}

interface Tested {
  ok: boolean;
  steps: string[];
  outcome: Outcome;
}

function Test({ name, unsaved, done }: { name: string; unsaved: boolean; done(): void }) {
  const { said, busy, run } = useTrial<Tested>(async (what) => {
    if (what === "mark") await post("archive-places/mark" + query({ name }));
    const tested = await post<Tested>("archive-places/test" + query({ name }));
    done();
    return tested;
  });
  const mark = async () => {
    if (await confirm({ title: t("place.markTitle", { name }), text: t("place.markText"), verb: t("place.mark"), danger: true })) await run("mark");
  };
  const verify = () => post<{ copies: number }>("archive/verify" + query({ place: name })).then(({ copies }) => say(t("place.verifying", { n: copies })), sayProblem);
  return (
    <section aria-labelledby="test-title">
      <h2 id="test-title">{t("mail.test")}</h2>
      <p class="buttons">
        <button type="button" disabled={busy !== "" || unsaved} onClick={() => void run()}>{busy ? t("mail.testing") : t("mail.testDo")}</button>
        <button type="button" disabled={unsaved} onClick={() => void verify()}>{t("place.verify")}</button>
      </p>
      <p class="help">{unsaved ? t("mail.testUnsaved") : t("place.testHelp")}</p>
      {said && (
        <div role="status">
          <p><State tone={said.ok ? "good" : "bad"} icon={said.ok ? "done" : "failed"} word={t(said.ok ? "place.testOk" : "place.testBad")} /> <Why outcome={said.outcome} /></p>
          <ol class="words">{said.steps.map((step) => <li key={step}>{step}</li>)}</ol>
          {said.outcome.code === "archive-other-place" && <button type="button" class="danger" disabled={busy !== ""} onClick={() => void mark()}>{t("place.mark")}</button>}
        </div>
      )}
    </section>
  );
}

/** After the password, and shown while this page is open. */
function AskKey({ name, onKey, onClose }: { name: string; onKey(key: string): void; onClose(): void }) {
  const { data } = useGet<{ proof: Proof }>("me/passkeys");
  const { busy, fault, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget as HTMLFormElement).get("password") ?? "");
    void run(async () => {
      const file = (await call<Blob>("POST", "archive-places/key" + query({ name }), { body: password ? { password } : {}, file: true })).data;
      onKey((await file.text()).trim());
      onClose();
    });
  };
  return (
    <Dialog title={t("place.keyTitle", { name })} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{t("place.keyText")}</p>
        {data?.proof === "password" && <PasswordField id="place-password" />}
        {fault && <p class="error" role="alert">{fault.message}</p>}
        <div class="buttons end">
          <button type="button" onClick={onClose}>{t("cancel")}</button>
          <button type="submit" class="primary" disabled={busy || !data}>{t("place.keyShow")}</button>
        </div>
      </form>
    </Dialog>
  );
}

function Key({ name }: { name: string }) {
  const [asking, setAsking] = useState(false);
  const [key, setKey] = useState("");
  return (
    <section aria-labelledby="key-title">
      <h2 id="key-title">{t("place.key")}</h2>
      <p class="help">{t("place.keyHelp")}</p>
      {key ? (
        <>
          <p class="warning" role="status">{t("place.keyOnce")}</p>
          <pre class="words" tabIndex={0} aria-label={t("place.key")}><code>{key}</code></pre>
          <p class="buttons"><a class="button" href={"data:text/plain," + encodeURIComponent(key + "\n")} download={`${name}.key`}><Icon name="download" />{t("place.keySave")}</a></p>
        </>
      ) : <p class="buttons"><button type="button" aria-haspopup="dialog" onClick={() => setAsking(true)}>{t("place.keyAsk")}</button></p>}
      {asking && <AskKey name={name} onKey={setKey} onClose={() => setAsking(false)} />}
    </section>
  );
}

export function PlacePage({ id }: { id: string }) {
  const url = `archive-places/${encodeURIComponent(id)}`;
  const editing = useSettings(url, `/admin/archive/${encodeURIComponent(id)}`);
  const { data: place, reload } = useGet<Place>(url, LIVE);
  if (editing.problem && !editing.base) return <Broken whole error={editing.problem} again={editing.reload} />;
  if (!editing.base) return <Loading whole />;
  return (
    <section class="single-column">
      <BackLink to="/admin/archive" />
      <Head title={id}><button type="button" aria-haspopup="dialog" onClick={() => void removeEntry(url, id, t("place.deleteText"), "/admin/archive")}><Icon name="trash" />{t("delete")}</button></Head>
      {place && <div class="facts" role="status"><p><Health place={place} /></p><p><Counts place={place} /></p></div>}
      <SettingsForm fields={fields()} editing={editing} label={t("place.settings")} />
      <Test name={id} unsaved={editing.changed.length > 0} done={reload} />
      {place?.encrypted && <Key name={id} />}
    </section>
  );
}

export function Places() {
  const loaded = useGet<Page<Place>>("archive-places?limit=200", LIVE);
  const [making, setMaking] = useState(false);
  const ordered = loaded.data && { ...loaded.data, items: [...loaded.data.items].sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name)) };
  return (
    <section class="single-column">
      <Head title={t("places")}><button type="button" aria-haspopup="dialog" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("place.new")}</button></Head>
      <p class="help">{t("place.what")}</p>
      <Table<Place> label={t("places")} loaded={{ ...loaded, data: ordered }} icon="archive" empty={t("place.empty")} row={(p) => p.name} columns={[
        { head: t("f.name"), cell: (p) => <a href={`/admin/archive/${encodeURIComponent(p.name)}`}>{p.name}</a> },
        { head: t("place.where"), cell: (p) => <>{kindWord(p.kind)}: {p.url}{!p.encrypted && <span class="row-sub"> {t("place.clear")}</span>}</> },
        { head: t("dash.state"), cell: (p) => <Health place={p} /> },
        { head: t("place.copies"), cell: (p) => <Counts place={p} /> },
        { head: t("place.rank"), cell: (p) => p.rank, number: true },
      ]} />
      {making && (
        <Create title={t("place.new")} verb={t("place.make")} url="archive-places" onClose={() => setMaking(false)}
          fields={[{ name: "name" }, { name: "kind", label: "place_kind", choices: kinds() }, { name: "url", label: "place_url" }, { name: "username", label: "place_username", optional: true }, { name: "password", label: "server_password", secret: true, optional: true },
            { name: "host_key", optional: true }, { name: "plaintext", label: "place_plaintext", flag: true }]}
          onMade={(p) => navigate(`/admin/archive/${encodeURIComponent(String(p.name))}`)} />
      )}
    </section>
  );
}
