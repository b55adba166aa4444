// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether the mail server takes our mail, step by step in its own words. Nothing is sent.
import { useState } from "preact/hooks";
import { post, query } from "../api";
import { t } from "../i18n";
import type { Outcome } from "../types";
import { useDoing } from "./doing";
import { State } from "./word";

interface Tested {
  ok: boolean;
  steps: { step: string; words: string }[];
  outcome: Outcome;
}

/** unsaved: what is typed beside it is not what would be tested. */
export function MailTest({ to, unsaved }: { to?: string; unsaved?: boolean }) {
  const [result, setResult] = useState<Tested | null>(null);
  const { busy, fault, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const recipient = String(new FormData(event.currentTarget as HTMLFormElement).get("to"));
    setResult(null);
    void run(async () => setResult(await post<Tested>("mail-server/test" + query({ to: recipient }))));
  };
  return (
    <>
      <form onSubmit={submit} class="inline">
        <label for="test-to">{t("mail.testTo")}</label>
        <input id="test-to" name="to" type="email" required defaultValue={to} />
        <button type="submit" disabled={busy || unsaved}>{busy ? t("mail.testing") : t("mail.testDo")}</button>
      </form>
      <p class="help">{unsaved ? t("mail.testUnsaved") : t("mail.testHelp")}</p>
      {fault && <p class="error" role="alert">{fault.message}</p>}
      {result && (
        <div role="status">
          <p><State tone={result.ok ? "good" : "bad"} icon={result.ok ? "done" : "failed"} word={t(result.ok ? "mail.testOk" : "mail.testFailed")} /> {result.outcome.text}</p>
          <ol class="words">{result.steps.map((step, n) => <li key={n}>{step.step}: <code>{step.words}</code></li>)}</ol>
        </div>
      )}
    </>
  );
}
