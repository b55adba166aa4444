// SPDX-License-Identifier: AGPL-3.0-or-later
// One's own account: language, what one is mailed, password, API keys.
import { useState } from "preact/hooks";
import { Page, Problem, call, post } from "../api";
import { useCell } from "../cell";
import { useGet } from "../data";
import { t } from "../i18n";
import { confirm } from "../parts/dialog";
import { encryption } from "../parts/encryption";
import { notifications } from "../parts/notify";
import { SettingsForm, choices } from "../parts/fields";
import { Field } from "../parts/frame";
import { useSettings } from "../parts/settings";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { isAdministrator, session } from "../session";
import { OwnPasskeys, PasswordField } from "./passkeys";

const account = (): Field[] => [
  { name: "language", kind: "choice", label: "user_language", choices: () => [["", t("c.asTenant")], ...choices("en", "it", "de", "fr", "es")] },
  ...notifications(),
  ...encryption(),
];

function Password() {
  const [fault, setFault] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const values = new FormData(form);
    try {
      await post("me/password", { old: String(values.get("old")), new: String(values.get("new")) });
      form.reset();
      setFault("");
      say(t("me.passwordDone"));
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      setFault(why.message);
    }
  };
  return (
    <section aria-labelledby="password-title">
      <h2 id="password-title">{t("login.password")}</h2>
      <form onSubmit={submit}>
        <input type="text" name="login" autocomplete="username" value={useCell(session)!.user.addresses[0] ?? ""} hidden readOnly aria-hidden="true" tabIndex={-1} />
        <div class="field"><label for="me-old">{t("me.old")}</label><input id="me-old" name="old" type="password" autocomplete="current-password" required /></div>
        <div class="field"><label for="me-new">{t("me.new")}</label><input id="me-new" name="new" type="password" autocomplete="new-password" minLength={8} required aria-describedby="me-new-help" /><p class="help" id="me-new-help">{t("me.newHelp")}</p></div>
        {fault && <p class="error" role="alert">{fault}</p>}
        <button type="submit">{t("me.change")}</button>
      </form>
    </section>
  );
}

/** Six digits of an authenticator, asked for at each login. */
function Authenticator() {
  const { data, reload } = useGet<{ on: boolean; proof: "password" | "session" | "" }>("me/authenticator");
  const [begun, setBegun] = useState<{ secret: string; uri: string } | null>(null);
  const [fault, setFault] = useState("");
  if (!data) return null;
  const run = async (what: () => Promise<void>) => {
    try {
      await what();
      setFault("");
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      setFault(why.message);
    }
  };
  const begin = (event: SubmitEvent) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget as HTMLFormElement).get("password") ?? "");
    void run(async () => setBegun(await post("me/authenticator", password ? { password } : {})));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget as HTMLFormElement).get("code")).trim();
    void run(async () => {
      await post(`me/authenticator/${data.on ? "remove" : "confirm"}`, { code });
      setBegun(null);
      say(t(data.on ? "me.totpRemoved" : "me.totpDone"));
      reload();
    });
  };
  return (
    <section aria-labelledby="totp-title">
      <h2 id="totp-title">{t("me.totp")}</h2>
      <p class="help">{t(data.on ? "me.totpOn" : "me.totpOff")}</p>
      {!data.on && data.proof === "" && <p class="help">{t("me.totpProvider")}</p>}
      {!data.on && !begun && data.proof !== "" && (
        <form onSubmit={begin}>
          {data.proof === "password" && <PasswordField id="totp-password" />}
          <button type="submit">{t("me.totpBegin")}</button>
        </form>
      )}
      {begun && <p>{t("me.totpSecret")} <code>{begun.secret}</code> <a href={begun.uri}>{t("me.totpOpen")}</a></p>}
      {(data.on || begun) && (
        <form class="inline" onSubmit={submit}>
          <label for="totp-code">{t("login.code")}</label>
          <input id="totp-code" name="code" inputMode="numeric" autocomplete="one-time-code" required />
          <button type="submit">{t(data.on ? "me.totpRemove" : "me.totpConfirm")}</button>
        </form>
      )}
      {fault && <p class="error" role="alert">{fault}</p>}
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

function Keys() {
  const who = useCell(session)!;
  const { data, error, reload } = useGet<Page<ApiKey>>("api-keys");
  const [made, setMade] = useState("");
  const scopes = ["read", "send", ...(isAdministrator(who) ? ["admin"] : [])];
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const values = new FormData(form);
    try {
      const key = await post<{ key: string }>("api-keys", { name: String(values.get("name")), scope: String(values.get("scope")) });
      setMade(key.key);
      form.reset();
      reload();
    } catch (why) {
      sayProblem(why);
    }
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
                  <td><button type="button" onClick={() => void remove(key)}>{t("delete")}<span class="unseen"> {key.name}</span></button></td>
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
