// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether the mail server takes our mail, step by step in its own words, each as it is made. Nothing is sent.
import { useEffect, useState } from "preact/hooks";
import { get, post, query } from "../api";
import { t } from "../i18n";
import type { Outcome } from "../types";
import { useDoing } from "./doing";
import { State } from "./word";

interface Step {
  step: string;
  words: string;
}

interface Tested {
  ok: boolean;
  steps: Step[];
  outcome: Outcome;
}

const ASK_MS = 500;

/** crypto.randomUUID is there over HTTPS alone. */
function newId(): string {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

function Steps({ steps }: { steps: Step[] }) {
  return <ol class="words">{steps.map((step, n) => <li key={n}>{step.step}: <code>{step.words}</code></li>)}</ol>;
}

/** unsaved: what is typed beside it is not what would be tested. */
export function MailTest({ to, unsaved }: { to?: string; unsaved?: boolean }) {
  const [result, setResult] = useState<Tested | null>(null);
  const [asked, setAsked] = useState("");
  const [steps, setSteps] = useState<Step[]>([]);
  const { busy, fault, run } = useDoing();
  useEffect(() => {
    if (!busy || !asked) return;
    const look = () => void get<{ steps: Step[] }>("mail-server/test/" + asked).then((seen) => setSteps(seen.steps), () => undefined); // not begun yet, or over
    const timer = setInterval(look, ASK_MS);
    return () => clearInterval(timer);
  }, [busy, asked]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const recipient = String(new FormData(event.currentTarget as HTMLFormElement).get("to")), id = newId();
    setResult(null);
    setSteps([]);
    setAsked(id);
    void run(async () => setResult(await post<Tested>("mail-server/test" + query({ to: recipient, id }))));
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
      <div role="status">
        {result && <p><State tone={result.ok ? "good" : "bad"} icon={result.ok ? "done" : "failed"} word={t(result.ok ? "mail.testOk" : "mail.testFailed")} /> {result.outcome.text}</p>}
        {result ? <Steps steps={result.steps} /> : busy && steps.length > 0 && <Steps steps={steps} />}
      </div>
    </>
  );
}
