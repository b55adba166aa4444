// SPDX-License-Identifier: AGPL-3.0-or-later
// A forgotten password, or a first one: a code comes by mail, and is good for a new password once.
import { useEffect, useState } from "preact/hooks";
import { Problem, post } from "../api";
import { t } from "../i18n";
import { say } from "../parts/toast";
import { navigate } from "../router";
import { loadSession } from "../session";
import { LanguageChoice } from "./login";

export function Password() {
  const [code, setCode] = useState(() => location.hash.slice(1));
  const [asked, setAsked] = useState(code !== "");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => history.replaceState(history.state, "", "/password"), []); // a code in the address is anybody's who looks there

  const run = (what: (form: FormData) => Promise<void>) => async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    try {
      await what(new FormData(event.currentTarget as HTMLFormElement));
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      setFault(why.errors[0]?.detail ?? why.message);
    } finally {
      setBusy(false);
    }
  };
  const ask = run(async (form) => {
    await post("password-forgotten", { login: String(form.get("login")).trim() });
    setAsked(true);
  });
  const set = run(async (form) => {
    await post("password-reset", { code: String(form.get("code")), new: String(form.get("new")) });
    say(t("reset.done"));
    await loadSession(); // it ended, where it was this user's
    navigate("/inbox", true);
  });
  return (
    <main class="login">
      <form key={asked ? "set" : "ask"} onSubmit={asked ? set : ask}>
        <h1>{t("reset.title")}</h1>
        {asked ? (
          <>
            <p class="help">{t("reset.mailed")}</p>
            <p class="field">
              <label for="reset-code">{t("reset.code")}</label>
              <input id="reset-code" name="code" value={code} autocomplete="one-time-code" autocapitalize="characters" spellcheck={false} required autofocus={!code} onInput={(event) => setCode(event.currentTarget.value)} />
            </p>
            <p class="field">
              <label for="reset-new">{t("me.new")}</label>
              <input id="reset-new" name="new" type="password" autocomplete="new-password" minLength={8} required autofocus={!!code} aria-describedby="reset-new-help" />
              <span class="help" id="reset-new-help">{t("me.newHelp")}</span>
            </p>
          </>
        ) : (
          <p class="field">
            <label for="reset-login">{t("reset.address")}</label>
            <input id="reset-login" name="login" type="email" autocomplete="username" required autofocus />
          </p>
        )}
        {fault && <p class="error" role="alert">{fault}</p>}
        <button type="submit" class="primary wide" disabled={busy}>{t(asked ? "reset.set" : "reset.ask")}</button>
        <p class="help"><a href="/inbox">{t("login.do")}</a>{!asked && <> · <button type="button" class="quiet" onClick={() => setAsked(true)}>{t("reset.have")}</button></>}</p>
        <LanguageChoice />
      </form>
    </main>
  );
}
