// SPDX-License-Identifier: AGPL-3.0-or-later
// Public keys and certificates, from a file or pasted; what is in a new one is read when it is saved.
import { useState } from "preact/hooks";
import { t } from "../i18n";
import { Frame, Props } from "./frame";
import { Icon } from "./icon";
import { fieldOf, memberOf } from "./settings";

interface Stored {
  fingerprint?: string;
  names?: string[]; // of a PGP key
  name?: string; // of a certificate
  expires?: string;
  [member: string]: unknown;
}

/** A certificate is often a file of bytes; the server wants PEM. */
async function textOf(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] !== 0x30) return new TextDecoder().decode(bytes);
  const base64 = btoa([...bytes].map((b) => String.fromCharCode(b)).join(""));
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END CERTIFICATE-----\n`;
}

function grouped(fingerprint: string): string {
  return fingerprint.replace(/[^0-9a-f]/gi, "").toUpperCase().replace(/.{4}(?=.)/g, "$& ");
}

export function KeysField({ field, editing }: Props) {
  const list = (editing.values[field.name] as Stored[] | undefined) ?? [];
  const [pasted, setPasted] = useState("");
  const { member, add } = field.key!;
  const set = (next: Stored[]) => editing.set(field.name, next);
  const take = (texts: string[]) => set([...list, ...texts.map((x) => x.trim()).filter(Boolean).map((x) => ({ [member]: x + "\n" }))]);
  const wrong = (n: number) => editing.errors.filter((e) => fieldOf(e.field) === field.name && memberOf(e.field) === n);
  return (
    <Frame field={field} editing={{ ...editing, errors: editing.errors.filter((e) => memberOf(e.field) === null) }} group>
      {(id, described) => (
        <div aria-describedby={described || undefined}>
          <ul class="plain-list keys-list">
            {list.map((k, n) => {
              const name = k.names?.join(", ") || k.name || (k.fingerprint ? "" : t("key.new"));
              return (
                <li key={k.fingerprint ?? n}>
                  <Icon name="key" />
                  <div>
                    <p>{name}{k.expires && <span class="row-sub"> · {t("key.until", { day: k.expires })}</span>}</p>
                    {k.fingerprint && <p class="code">{grouped(k.fingerprint)}</p>}
                    {wrong(n).map((e) => <p class="error" role="alert" key={e.detail}>{e.detail}</p>)}
                  </div>
                  <button type="button" class="quiet" onClick={() => set(list.filter((_, i) => i !== n))}>{t("remove")}<span class="unseen"> {name || k.fingerprint}</span></button>
                </li>
              );
            })}
          </ul>
          <details>
            <summary>{t(add)}</summary>
            <label for={id + "-file"}>{t("key.file")}</label>
            <input id={id + "-file"} type="file" multiple accept=".asc,.pem,.crt,.cer,.gpg,.pgp,.txt" onChange={(event) => {
              const input = event.currentTarget;
              void Promise.all([...(input.files ?? [])].map(textOf)).then(take).then(() => void (input.value = ""));
            }} />
            <label for={id + "-paste"}>{t("key.paste")}</label>
            <textarea id={id + "-paste"} rows={4} spellcheck={false} value={pasted} onInput={(event) => setPasted(event.currentTarget.value)} />
            <button type="button" disabled={!pasted.trim()} onClick={() => {
              take([pasted]);
              setPasted("");
            }}>{t("add")}</button>
          </details>
        </div>
      )}
    </Frame>
  );
}
