// SPDX-License-Identifier: AGPL-3.0-or-later
import { useEffect, useRef, useState } from "preact/hooks";
import { Page, Problem } from "../api";
import { chooseLanguage, language, languages, t } from "../i18n";
import { useCell } from "../cell";
import { useGet } from "../data";
import { askKey, canUseKeys } from "../passkeys";
import { login, loginAt, loginByKey } from "../session";

const own = { en: "English", it: "Italiano", de: "Deutsch", fr: "Français", es: "Español" };

export function LanguageChoice() {
  return (
    <label class="language">
      <span class="unseen">{t("language")}</span>
      <select value={useCell(language)} onChange={(event) => chooseLanguage(event.currentTarget.value, true)}>
        {languages.map((l) => <option key={l} value={l} lang={l}>{own[l]}</option>)}
      </select>
    </label>
  );
}

/** again: his session ended while he was at work. */
export function Login({ again = false }: { again?: boolean }) {
  const name = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [code, setCode] = useState(false);
  const [lost, setLost] = useState(false); // his authenticator: a recovery code takes its place
  const { data: providers } = useGet<Page<{ name: string; label: string }>>("login-providers");
  const second = useRef<HTMLInputElement>(null);
  useEffect(() => name.current?.focus(), []);
  useEffect(() => second.current?.focus(), [code, lost]);

  const fail = (why: unknown) => {
    if (!(why instanceof Problem)) throw why;
    if (/totp/.test(why.code)) setCode(true);
    setError(why);
    setBusy(false);
  };

  /** From the one kind of code to the other. */
  const turn = () => {
    setLost(!lost);
    setError(null);
  };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const name = String(form.get("login")).trim(), password = String(form.get("password"));
    setBusy(true);
    try {
      await login(name, password, String(form.get("totp") ?? "").trim());
    } catch (why) {
      if (!(why instanceof Problem) || !why.passkey) return fail(why);
      fail(why); // what he has to do now stands there meanwhile
      await askKey(why.passkey).then((said) => login(name, password, "", said)).catch(fail);
    }
  };

  const go = (provider: string) => {
    setBusy(true);
    loginAt(provider).catch(fail);
  };

  const goByKey = () => {
    setBusy(true);
    loginByKey().catch(fail);
  };

  return (
    <main class="login">
      <form onSubmit={submit} aria-describedby={error ? "login-error" : undefined}>
        <h1>Faxpost</h1>
        {again && <p class="note" role="status">{t("login.ended")}</p>}
        <p class="field">
          <label for="login-name">{t("login.name")}</label>
          <input id="login-name" name="login" ref={name} autocomplete="username" autocapitalize="none" spellcheck={false} required />
        </p>
        <p class="field">
          <label for="login-password">{t("login.password")}</label>
          <input id="login-password" name="password" type="password" autocomplete="current-password" required />
        </p>
        {code && (
          <div class="field">
            <label for="login-code">{t(lost ? "login.recovery" : "login.code")}</label>
            <input key={String(lost)} id="login-code" name="totp" ref={second} inputMode={lost ? "text" : "numeric"} autocomplete={lost ? "off" : "one-time-code"} autocapitalize="characters" spellcheck={false} />
            <button type="button" class="quiet" onClick={turn}>{t(lost ? "login.useCode" : "login.useRecovery")}</button>
          </div>
        )}
        {error && <p class="error" id="login-error" role="alert">{error.message}</p>}
        <button type="submit" class="primary wide" disabled={busy}>{busy ? t("login.busy") : t("login.do")}</button>
        {canUseKeys() && <button type="button" class="wide" disabled={busy} onClick={goByKey}>{t("login.passkey")}</button>}
        {providers?.items.map((p) => <button key={p.name} type="button" class="wide" disabled={busy} onClick={() => go(p.name)}>{t("login.with", { name: p.label })}</button>)}
        <p class="help">{t("login.help")} <a href="/password">{t("login.forgotten")}</a></p>
        <LanguageChoice />
      </form>
    </main>
  );
}
