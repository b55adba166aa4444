// SPDX-License-Identifier: AGPL-3.0-or-later
// What would become of a mail: rule by rule, and what a forger of its From could do. Nothing is sent.
import { useState } from "preact/hooks";
import { post, query } from "../api";
import { t } from "../i18n";
import { useDoing } from "../parts/doing";
import { Icon } from "../parts/icon";
import { State, Why } from "../parts/word";
import { usePlace } from "../router";
import type { Outcome } from "../types";
import { Head } from "./table";

interface Note {
  rule: string;
  good: boolean;
  text?: string;
  note?: string;
}

interface Explained {
  notes: Note[];
  good: boolean;
  outcome: Outcome;
  answered: boolean;
  faxes: { box: string; number: string; dialled: string; class: string; trunk: string; resolution: string; dry_run: boolean }[];
  forger: string[];
}

export function Explain() {
  const place = usePlace();
  const [result, setResult] = useState<Explained | null>(null);
  const { busy, fault, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const value = (name: string) => String(form.get(name) ?? "").trim();
    setResult(null);
    void run(async () => setResult(await post<Explained>("explain" + query({ from: value("from"), to: value("to"), subject: value("subject") }))));
  };
  return (
    <section class="single-column">
      <Head title={t("explain")} />
      <p class="help">{t("explain.what")}</p>
      <form class="settings" onSubmit={submit} aria-label={t("explain")}>
        <div class="field"><label for="x-from">{t("explain.from")}</label><input id="x-from" name="from" required defaultValue={place.query.get("from") ?? ""} spellcheck={false} /></div>
        <div class="field"><label for="x-to">{t("explain.to")}</label><input id="x-to" name="to" required defaultValue={place.query.get("to") ?? ""} spellcheck={false} /></div>
        <div class="field"><label for="x-subject">{t("explain.subject")}</label><input id="x-subject" name="subject" /></div>
        <button type="submit" class="primary" disabled={busy}>{t("explain.do")}</button>
      </form>
      {fault && <p class="error" role="alert">{fault.message}</p>}
      {result && (
        <div role="status">
          <h2>{t("explain.result")}</h2>
          <p><State tone={result.good ? "good" : "bad"} icon={result.good ? "done" : "failed"} word={t(result.good ? "explain.faxed" : "explain.notFaxed")} /> <Why outcome={result.outcome} /></p>
          {result.faxes.length > 0 && (
            <ul class="plain-list">{result.faxes.map((f) => <li key={f.number + f.box}>{t("explain.fax", { number: f.dialled || f.number, box: f.box })} · {f.class} · {f.trunk}</li>)}</ul>
          )}
          <h2>{t("explain.rules")}</h2>
          <ul class="notes">{result.notes.map((n, i) => <li key={i} class={n.good ? "good" : "bad"}><Icon name={n.good ? "done" : "failed"} /><span class="unseen">{t(n.good ? "yes" : "no")}: </span><span>{n.text ?? n.note}</span> <span class="code">{n.rule}</span></li>)}</ul>
          <h2>{t("explain.forger")}</h2>
          <ul>{result.forger.map((line) => <li key={line}>{line}</li>)}</ul>
        </div>
      )}
    </section>
  );
}
