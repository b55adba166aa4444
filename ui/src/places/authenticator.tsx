// SPDX-License-Identifier: AGPL-3.0-or-later
// Six digits of an authenticator, asked for at each login, and the codes for the day that it is lost.
import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "../api";
import { useGet } from "../data";
import { t } from "../i18n";
import { useDoing } from "../parts/doing";
import { Icon } from "../parts/icon";
import { State } from "../parts/word";
import { say } from "../parts/toast";
import { PasswordField, Proof } from "./passkeys";

interface Owned {
  on: boolean;
  proof: Proof;
  recovery_codes: number; // that are left
}

const FEW = 2;

/** Shown this once; whoever closes them has been told so. */
function Codes({ codes, onClose }: { codes: string[]; onClose(): void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const text = codes.join("\n") + "\n";
  const file = useRef("");
  if (!file.current) file.current = URL.createObjectURL(new Blob([`${t("me.codesFile", { host: location.host })}\n\n${text}`], { type: "text/plain" }));
  useEffect(() => () => URL.revokeObjectURL(file.current), []);
  const copy = () => void navigator.clipboard.writeText(text).then(() => say(t("me.codesCopied")), () => say(t("copyYourself")));
  return (
    <div class="recovery-codes" ref={box} tabIndex={-1} role="group" aria-labelledby="codes-title">
      <h3 id="codes-title">{t("me.codes")}</h3>
      <p>{t("me.codesOnce")}</p>
      <ol>{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ol>
      <div class="buttons">
        <button type="button" onClick={copy}><Icon name="copy" />{t("copy")}</button>
        <a class="button" href={file.current} download="faxpost-recovery-codes.txt"><Icon name="download" />{t("me.codesDownload")}</a>
        <button type="button" class="primary" onClick={onClose}>{t("me.codesKept")}</button>
      </div>
    </div>
  );
}

function NewCodes({ proof, onMade }: { proof: Proof; onMade(codes: string[]): void }) {
  const { busy, fault, run } = useDoing();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget as HTMLFormElement).get("password") ?? "");
    void run(async () => onMade((await post<{ codes: string[] }>("me/authenticator/recovery-codes", password ? { password } : {})).codes));
  };
  return (
    <details class="new-codes">
      <summary>{t("me.codesAnew")}</summary>
      <form onSubmit={submit}>
        <p class="help">{t("me.codesAnewHelp")}</p>
        {proof === "password" && <PasswordField id="codes-password" />}
        {fault && <p class="error" role="alert">{fault.message}</p>}
        <button type="submit" disabled={busy}>{t("me.codesMake")}</button>
      </form>
    </details>
  );
}

function Left({ n }: { n: number }) {
  const few = n <= FEW;
  return <p>{few ? <State tone="warn" icon="unknown" word={t("me.codesLeft", { n })} /> : t("me.codesLeft", { n })}</p>;
}

export function Authenticator() {
  const { data, reload } = useGet<Owned>("me/authenticator");
  const [begun, setBegun] = useState<{ secret: string; uri: string } | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const { fault, run } = useDoing();
  if (!data) return null;
  const begin = (event: SubmitEvent) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget as HTMLFormElement).get("password") ?? "");
    void run(async () => setBegun(await post("me/authenticator", password ? { password } : {})));
  };
  const show = (made: string[] | null) => {
    setCodes(made);
    reload();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement, code = String(new FormData(form).get("code")).trim();
    void run(async () => {
      const made = await post<{ codes: string[] } | undefined>(`me/authenticator/${data.on ? "remove" : "confirm"}`, { code });
      form.reset();
      setBegun(null);
      say(t(data.on ? "me.totpRemoved" : "me.totpDone"));
      show(made?.codes ?? null);
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
      {codes && <Codes key={codes[0]} codes={codes} onClose={() => setCodes(null)} />}
      {data.on && !codes && (
        <>
          <Left n={data.recovery_codes} />
          <NewCodes proof={data.proof} onMade={show} />
        </>
      )}
      {(data.on || begun) && !codes && (
        <form class="inline" onSubmit={submit}>
          <label for="totp-code">{t(data.on ? "me.totpOrCode" : "login.code")}</label>
          <input id="totp-code" name="code" inputMode={data.on ? "text" : "numeric"} autocomplete="one-time-code" required />
          <button type="submit">{t(data.on ? "me.totpRemove" : "me.totpConfirm")}</button>
        </form>
      )}
      {fault && <p class="error" role="alert">{fault.message}</p>}
    </section>
  );
}
