// SPDX-License-Identifier: AGPL-3.0-or-later
// Keys that outgoing mails are signed with: made here, put into the DNS by the person, checked there, then used.
import { useState } from "preact/hooks";
import { call, get, query } from "../api";
import { useGet } from "../data";
import { Key, t } from "../i18n";
import { Create } from "../parts/create";
import { useDoing } from "../parts/doing";
import { Icon, IconName } from "../parts/icon";
import { BackLink } from "../parts/list";
import { Broken, Loading } from "../parts/states";
import { say } from "../parts/toast";
import { State, Tone } from "../parts/word";
import { navigate } from "../router";
import { removeEntry } from "./remove";
import { Head, SearchTable, useSettingsList } from "./table";

interface DkimKey {
  id: string; // the name of its record
  name: string; // the domain
  selector: string;
  active: boolean;
  record: string; // "": not known here
}

interface Record {
  state: "right" | "elsewhere" | "missing" | "silent";
}

function place(id: string): string {
  return `/admin/dkim/${encodeURIComponent(id)}`;
}

function KeyState({ of }: { of: DkimKey }) {
  return of.active ? <State tone="good" icon="done" word={t("dkim.signs")} /> : <State tone="plain" icon="held" word={t("dkim.kept")} />;
}

/** domain: of whose key this is the next one. */
function NewKey({ domain, onClose }: { domain?: string; onClose(): void }) {
  const ours = useGet<{ fax_domain: string }>(domain ? null : "installation");
  if (!domain && !ours.data && !ours.error) return null;
  return (
    <Create title={t(domain ? "dkim.change" : "dkim.new")} verb={t("dkim.make")} url="dkim-keys" fixed={domain ? { name: domain } : {}}
      fields={[...(domain ? [] : [{ name: "name", label: "dkim_domain", value: ours.data?.fax_domain ?? "" }]), { name: "selector", label: "dkim_selector", optional: true }]}
      onClose={onClose} onMade={(key) => {
        onClose();
        navigate(place(String(key.id)));
      }} />
  );
}

// ---- one of them ----

function Copied({ text, label }: { text: string; label: string }) {
  return (
    <div class="shown">
      <output aria-label={label}>{text}</output>
      <button type="button" onClick={() => void navigator.clipboard.writeText(text).then(() => say(t("copied", { text })), () => say(t("copyYourself")))}><Icon name="copy" />{t("copy")}<span class="unseen"> {label}</span></button>
    </div>
  );
}

const looks: { [state in Record["state"]]: [Tone, IconName] } = { right: ["good", "done"], elsewhere: ["bad", "failed"], missing: ["warn", "unknown"], silent: ["warn", "unknown"] };

function Check({ id }: { id: string }) {
  const [found, setFound] = useState<Record | null>(null);
  const { busy, fault, run } = useDoing();
  const check = () => run(async () => setFound(await get<Record>("dkim-record" + query({ key: id }))));
  return (
    <section aria-labelledby="check-title">
      <h2 id="check-title">{t("dkim.check")}</h2>
      <button type="button" disabled={busy} onClick={() => void check()}><Icon name="search" />{busy ? t("mail.testing") : t("setup.dnsCheck")}</button>
      {fault && <p class="error" role="alert">{fault.message}</p>}
      {found && <p role="status"><State tone={looks[found.state][0]} icon={looks[found.state][1]} word={t(`dkim.dns.${found.state}` as Key)} /></p>}
    </section>
  );
}

function Use({ of, url, again }: { of: DkimKey; url: string; again(): void }) {
  const { busy, fault, run } = useDoing();
  const use = () => run(async () => {
    await call("PATCH", url, { body: { active: true }, etag: (await call("GET", url)).etag });
    say(t("dkim.used", { domain: of.name }));
    again();
  });
  return (
    <section aria-labelledby="use-title">
      <h2 id="use-title">{t("dkim.use")}</h2>
      <p class="help">{t("dkim.useHelp")}</p>
      <button type="button" class="primary" disabled={busy} onClick={() => void use()}><Icon name="sign" />{t("dkim.useDo")}</button>
      {fault && <p class="error" role="alert">{fault.message}</p>}
    </section>
  );
}

export function DkimKeyPage({ id }: { id: string }) {
  const url = `dkim-keys/${encodeURIComponent(id)}`;
  const { data: key, error, reload } = useGet<DkimKey>(url);
  const [changing, setChanging] = useState(false);
  if (error && !key) return <Broken whole error={error} again={reload} />;
  if (!key) return <Loading />;
  return (
    <section class="single-column">
      <BackLink to="/admin/dkim" />
      <Head title={`${key.name} (${key.selector})`}>
        {key.active && <button type="button" onClick={() => setChanging(true)}><Icon name="sign" />{t("dkim.change")}</button>}
        <button type="button" onClick={() => void removeEntry(url, key.id, t(key.active ? "dkim.deleteSigns" : "dkim.deleteKept"), "/admin/dkim")}><Icon name="trash" />{t("delete")}</button>
      </Head>
      <p><KeyState of={key} /></p>
      <p class="help">{t(key.active ? "dkim.signsHelp" : "dkim.keptHelp")}</p>
      {key.record ? (
        <>
          <section aria-labelledby="publish-title">
            <h2 id="publish-title">{t("dkim.publish")}</h2>
            <dl class="record">
              <dt>{t("dkim.name")}</dt><dd><Copied text={key.id} label={t("dkim.name")} /></dd>
              <dt>{t("dkim.value")}</dt><dd><Copied text={key.record} label={t("dkim.value")} /></dd>
            </dl>
          </section>
          <Check id={key.id} />
        </>
      ) : <p class="note">{t("dkim.unknownRecord")}</p>}
      {!key.active && <Use of={key} url={url} again={reload} />}
      {changing && <NewKey domain={key.name} onClose={() => setChanging(false)} />}
    </section>
  );
}

export function DkimKeys() {
  const list = useSettingsList<DkimKey>("dkim-keys");
  const [making, setMaking] = useState(false);
  return (
    <section class="single-column">
      <Head title={t("dkim")}><button type="button" class="primary" onClick={() => setMaking(true)}><Icon name="plus" />{t("dkim.new")}</button></Head>
      <p class="help">{t("dkim.what")}</p>
      <SearchTable<DkimKey> label={t("dkim")} list={list} icon="sign" empty={t("dkim.empty")} row={(k) => k.id} columns={[
        { head: t("dkim.domain"), cell: (k) => <a href={place(k.id)}>{k.name}</a> },
        { head: t("dkim.selector"), cell: (k) => k.selector },
        { head: t("dash.state"), cell: (k) => <KeyState of={k} /> },
      ]} />
      {making && <NewKey onClose={() => setMaking(false)} />}
    </section>
  );
}
