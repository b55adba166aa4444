// SPDX-License-Identifier: AGPL-3.0-or-later
import { useEffect, useRef, useState } from "preact/hooks";
import { Page, Problem } from "../api";
import { chooseLanguage, language, languages, t } from "../i18n";
import { useCell } from "../cell";
import { useGet } from "../data";
import { login, loginAt } from "../session";

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

export function Login() {
  const name = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [code, setCode] = useState(false);
  const { data: providers } = useGet<Page<{ name: string; label: string }>>("login-providers");
  useEffect(() => name.current?.focus(), []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    try {
      await login(String(form.get("login")).trim(), String(form.get("password")), String(form.get("totp") ?? "").trim());
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      if (/totp/.test(why.code)) setCode(true);
      setError(why);
      setBusy(false);
    }
  };

  const go = (provider: string) => {
    setBusy(true);
    loginAt(provider).catch((why: unknown) => {
      if (!(why instanceof Problem)) throw why;
      setError(why);
      setBusy(false);
    });
  };

  return (
    <main class="login">
      <form onSubmit={submit} aria-describedby={error ? "login-error" : undefined}>
        <h1>Faxpost</h1>
        <p class="field">
          <label for="login-name">{t("login.name")}</label>
          <input id="login-name" name="login" ref={name} autocomplete="username" autocapitalize="none" spellcheck={false} required />
        </p>
        <p class="field">
          <label for="login-password">{t("login.password")}</label>
          <input id="login-password" name="password" type="password" autocomplete="current-password" required />
        </p>
        {code && (
          <p class="field">
            <label for="login-code">{t("login.code")}</label>
            <input id="login-code" name="totp" inputMode="numeric" autocomplete="one-time-code" />
          </p>
        )}
        {error && <p class="error" id="login-error" role="alert">{error.message}</p>}
        <button type="submit" class="primary wide" disabled={busy}>{busy ? t("login.busy") : t("login.do")}</button>
        {providers?.items.map((p) => <button key={p.name} type="button" class="wide" disabled={busy} onClick={() => go(p.name)}>{t("login.with", { name: p.label })}</button>)}
        <p class="help">{t("login.help")} <a href="/password">{t("login.forgotten")}</a></p>
        <LanguageChoice />
      </form>
    </main>
  );
}
