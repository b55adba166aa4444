// SPDX-License-Identifier: AGPL-3.0-or-later
// The document that a box holds ready for callers who poll it.
import { useEffect, useRef, useState } from "preact/hooks";
import { Page, call, query } from "../api";
import { useGet } from "../data";
import { t } from "../i18n";
import { useDoing } from "../parts/doing";
import { Icon } from "../parts/icon";
import { Broken, Loading } from "../parts/states";
import { Time } from "../parts/time";
import { say } from "../parts/toast";
import { reason } from "../reasons";
import type { Outcome } from "../types";

interface Polled {
  name: string;
  state: string;
  pages: number;
  selective: string;
  has_password: boolean;
  created_ms: number;
  created_by: string;
  outcome: Outcome;
}

const LIVE = ["job", "fax"] as const;
const LOOK_MS = 2000;

function Held({ polled, remove }: { polled: Polled; remove(): void }) {
  return (
    <div class="field">
      <p class="row-title"><Icon name="file" /> {polled.name}</p>
      <p class="facts" role="status">
        {polled.state === "received" ? t("send.rendering") : t("pages", { n: polled.pages })} · <Time ms={polled.created_ms} /> · {polled.created_by}
        {polled.selective && " · SEP " + polled.selective}
        {polled.has_password && " · " + t("offer.withPassword")}
      </p>
      {polled.state === "refused" && <p class="error" role="alert">{reason(polled.outcome)}</p>}
      <button type="button" onClick={remove}>{t("offer.remove")}</button>
    </div>
  );
}

export function Hold({ box }: { box: string }) {
  const { data, error, reload } = useGet<Page<Polled>>("polled" + query({ box }), LIVE);
  const [file, setFile] = useState<File | null>(null);
  const [selective, setSelective] = useState("");
  const [password, setPassword] = useState("");
  const { busy, fault, run } = useDoing();
  const input = useRef<HTMLInputElement>(null);
  const rendering = data?.items[0]?.state === "received";
  useEffect(() => {
    if (!rendering) return;
    const timer = setInterval(reload, LOOK_MS); // no event tells of it
    return () => clearInterval(timer);
  }, [rendering, reload]);
  if (error && !data) return <Broken error={error} again={reload} />;
  if (!data) return <Loading what={t("loading")} />;
  const held = data.items[0];

  const ask = (method: string, path: string, body?: Blob) =>
    run(async () => {
      await call(method, path, { body, faxPassword: body ? password : undefined });
      setFile(null);
      setPassword("");
      say(body ? t("offer.done") : t("offer.removed"));
      reload();
    });

  return (
    <>
      {held ? <Held polled={held} remove={() => void ask("DELETE", "polled" + query({ box }))} /> : <p class="help">{t("offer.nothing")}</p>}
      <div class="field">
        <p class="label">{held ? t("offer.another") : t("send.files")}</p>
        {file && <p class="file-name">{file.name}</p>}
        <button type="button" onClick={() => input.current?.click()}>{t("offer.choose")}</button>
        <input ref={input} id="hold-file" type="file" hidden aria-hidden="true" tabIndex={-1} onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
      </div>
      <div class="field">
        <label for="hold-sep">{t("send.sep")}</label>
        <input id="hold-sep" inputMode="tel" autocomplete="off" value={selective} aria-describedby="hold-sep-help" onInput={(event) => setSelective(event.currentTarget.value)} />
        <p class="help" id="hold-sep-help">{t("offer.sepHelp")}</p>
      </div>
      <div class="field">
        <label for="hold-password">{t("f.fax_password")}</label>
        <input id="hold-password" type="password" autocomplete="off" value={password} aria-describedby="hold-password-help" onInput={(event) => setPassword(event.currentTarget.value)} />
        <p class="help" id="hold-password-help">{t("offer.passwordHelp")}</p>
      </div>
      {fault && <p class="error" role="alert">{fault.message}</p>}
      <div class="save-bar">
        <button type="button" class="primary" disabled={!file || busy}
          onClick={() => void ask("POST", "polled" + query({ box, name: file!.name, selective: selective.trim() }), file!)}>
          {busy ? t("send.busy") : t("offer.do")}
        </button>
      </div>
    </>
  );
}
