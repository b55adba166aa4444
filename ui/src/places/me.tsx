// SPDX-License-Identifier: AGPL-3.0-or-later
// One's own account: language, what one is mailed, password, API keys.
import { useState } from "preact/hooks";
import { Page, call, post } from "../api";
import { useCell } from "../cell";
import { useGet } from "../data";
import { t } from "../i18n";
import { Dialog, confirm } from "../parts/dialog";
import { useDoing } from "../parts/doing";
import { encryption } from "../parts/encryption";
import { notifications } from "../parts/notify";
import { SettingsForm, choices } from "../parts/fields";
import { Field } from "../parts/frame";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { isAdministrator, session } from "../session";
import { Authenticator } from "./authenticator";
import { OwnPasskeys, PasswordField, Proof } from "./passkeys";

const account = (): Field[] => [
  { name: "language", kind: "choice", label: "user_language", choices: () => [["", t("c.asTenant")], ...choices("en", "it", "de", "fr", "es")] },
  ...notifications(),
  ...encryption(),
];

function Password() {
  const { busy, fault, run } = useDoing();
  const endOthers = () => void call("DELETE", "me/sessions").then(() => say(t("me.othersEnded")), sayProblem);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const values = new FormData(form);
    void run(async () => {
      await post("me/password", { old: String(values.get("old")), new: String(values.get("new")) });
      form.reset();
      say(t("me.passwordDone"));
    });
  };
  return (
    <section aria-labelledby="password-title">
      <h2 id="password-title">{t("login.password")}</h2>
      <form onSubmit={submit}>
        <input type="text" name="login" autocomplete="username" value={useCell(session)!.user.addresses[0] ?? ""} hidden readOnly aria-hidden="true" tabIndex={-1} />
        <div class="field"><label for="me-old">{t("me.old")}</label><input id="me-old" name="old" type="password" autocomplete="current-password" required /></div>
        <div class="field"><label for="me-new">{t("me.new")}</label><input id="me-new" name="new" type="password" autocomplete="new-password" minLength={8} required aria-describedby="me-new-help" /><p class="help" id="me-new-help">{t("me.newHelp")}</p></div>
        {fault && <p class="error" role="alert">{fault.message}</p>}
        <button type="submit" disabled={busy}>{t("me.change")}</button>
      </form>
      <p><button type="button" onClick={endOthers}>{t("me.endOthers")}</button></p>
    </section>
  );
}

interface ApiKey {
  id: string;
  name: string;
  scope: string;
  created_ms: number;
  expires_ms: number;
  used_ms: number | null;
}

interface NewKey {
  name: string;
  scope: string;
  done(key: string): void;
}

/** After the password: a browser that was left open makes no key for a year. */
function MakeKey({ wanted, byPassword, onClose }: { wanted: NewKey; byPassword: boolean; onClose(): void }) {
  const { busy, fault, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget as HTMLFormElement).get("password") ?? "");
    void run(async () => {
      const made = await post<{ key: string }>("api-keys", { name: wanted.name, scope: wanted.scope, ...(password ? { password } : {}) });
      onClose();
      wanted.done(made.key);
    });
  };
  return (
    <Dialog title={t("me.keyTitle", { name: wanted.name })} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{t("me.keyMay", { scope: scopeWord(wanted.scope) })}</p>
        {byPassword && <PasswordField id="key-password" />}
        {fault && <p class="error" role="alert">{fault.message}</p>}
        <div class="buttons end">
          <button type="button" onClick={onClose}>{t("cancel")}</button>
          <button type="submit" class="primary" disabled={busy}>{t("me.makeKey")}</button>
        </div>
      </form>
    </Dialog>
  );
}

function Keys() {
  const who = useCell(session)!;
  const { data, error, reload } = useGet<Page<ApiKey> & { proof: Proof }>("api-keys");
  const [made, setMade] = useState("");
  const [making, setMaking] = useState<NewKey | null>(null);
  const scopes = ["read", "send", ...(isAdministrator(who) ? ["admin"] : [])];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const values = new FormData(form);
    setMaking({
      name: String(values.get("name")), scope: String(values.get("scope")), done: (key) => {
        setMade(key);
        form.reset();
        reload();
      },
    });
  };
  const remove = async (key: ApiKey) => {
    if (!(await confirm({ title: t("delete.title", { name: key.name }), text: t("me.keyGone"), verb: t("delete.verb", { name: key.name }), danger: true }))) return;
    await call("DELETE", `api-keys/${key.id}`).then(reload, sayProblem);
  };
  return (
    <section aria-labelledby="keys-title">
      <h2 id="keys-title">{t("me.keys")}</h2>
      <p class="help">{t("me.keysHelp")}</p>
      {error && !data && <Broken error={error} again={reload} />}
      {data && data.items.length > 0 && (
        <div class="table-room" tabIndex={0} role="group" aria-label={t("me.keys")}>
          <table class="wide">
            <thead><tr><th scope="col">{t("f.name")}</th><th scope="col">{t("me.scope")}</th><th scope="col">{t("me.until")}</th><th scope="col">{t("me.used")}</th><th scope="col">{t("do")}</th></tr></thead>
            <tbody>
              {data.items.map((key) => (
                <tr key={key.id}>
                  <th scope="row">{key.name}</th>
                  <td data-head={t("me.scope")}>{scopeWord(key.scope)}</td>
                  <td data-head={t("me.until")}><Time ms={key.expires_ms} /></td>
                  <td data-head={t("me.used")}><Time ms={key.used_ms} /></td>
                  <td><button type="button" aria-haspopup="dialog" onClick={() => void remove(key)}>{t("delete")}<span class="unseen"> {key.name}</span></button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {made && <p class="warning" role="status">{t("me.keyOnce")} <code>{made}</code></p>}
      <form class="inline" onSubmit={submit}>
        <label for="key-name">{t("f.name")}</label>
        <input id="key-name" name="name" required />
        <label for="key-scope" class="unseen">{t("me.scope")}</label>
        <select id="key-scope" name="scope">{scopes.map((s) => <option key={s} value={s}>{scopeWord(s)}</option>)}</select>
        <button type="submit">{t("me.makeKey")}</button>
      </form>
      {making && <MakeKey wanted={making} byPassword={data?.proof === "password"} onClose={() => setMaking(null)} />}
    </section>
  );
}

function scopeWord(scope: string): string {
  return t(scope === "admin" ? "me.scopeAdmin" : scope === "send" ? "me.scopeSend" : "me.scopeRead");
}

export function Me() {
  const who = useCell(session)!;
  const editing = useSettings("me", "/me");
  return (
    <section class="single-column">
      <header class="place-head"><h1 id="place-title" tabIndex={-1}>{who.user.name}</h1></header>
      <p>{who.user.addresses.join(", ")}</p>
      {editing.problem && !editing.base ? <Broken error={editing.problem} again={editing.reload} /> : !editing.base ? <Loading /> : <SettingsForm fields={account()} editing={editing} label={t("me.account")} />}
      <Password />
      <Authenticator />
      <OwnPasskeys />
      <Keys />
    </section>
  );
}
