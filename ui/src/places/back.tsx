// SPDX-License-Identifier: AGPL-3.0-or-later
// A login provider has sent the browser back here, with a code or with what went wrong.
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api";
import { t } from "../i18n";
import { navigate } from "../router";
import { finishLogin } from "../session";

export function Back() {
  const [fault, setFault] = useState<Problem | null>(null);
  useEffect(() => {
    const said = new URLSearchParams(location.search);
    history.replaceState(history.state, "", "/login/back"); // a code in the address is anybody's who looks there
    finishLogin(said).then((to) => navigate(to, true), (why: unknown) => {
      if (!(why instanceof Problem)) throw why;
      setFault(why);
    });
  }, []);
  return (
    <main class="login">
      <form onSubmit={(event) => event.preventDefault()}>
        <h1>Faxpost</h1>
        {fault ? <p class="error" role="alert">{fault.message}</p> : <p role="status">{t("login.busy")}</p>}
        {fault && <p><a class="button wide" href="/inbox">{t("login.again")}</a></p>}
      </form>
    </main>
  );
}
