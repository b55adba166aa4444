// SPDX-License-Identifier: AGPL-3.0-or-later
// Passkeys and security keys: between the API, whose bytes are base64url, and the browser, which asks the key (WebAuthn).
import { Problem } from "./api";
import { t } from "./i18n";

interface Asked {
  challenge: string;
  [name: string]: unknown;
}

interface Known {
  type: "public-key";
  id: string;
  transports?: AuthenticatorTransport[];
}

/** Browsers use keys over HTTPS and on this machine only. */
export function canUseKeys(): boolean {
  return window.isSecureContext && "PublicKeyCredential" in window && !/^[\d.]+$|:/.test(location.hostname); // an IP address is no name
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

function toText(bytes: ArrayBuffer | null): string | null {
  if (!bytes) return null;
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function keys(list: unknown): PublicKeyCredentialDescriptor[] {
  return ((list ?? []) as Known[]).map((k) => ({ ...k, id: toBytes(k.id) }));
}

/** What the key says; a Problem where the person or the browser did not want. */
async function ask(how: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!canUseKeys()) throw new Problem(0, "passkey-insecure", t("passkey.insecure"));
  try {
    const said = await how();
    if (said) return said as PublicKeyCredential;
  } catch (why) {
    if ((why as Error).name === "InvalidStateError") throw new Problem(0, "passkey-known", t("passkey.known"));
    if ((why as Error).name === "SecurityError") throw new Problem(0, "passkey-insecure", t("passkey.insecure"));
  }
  throw new Problem(0, "passkey-refused", t("passkey.refused"));
}

export async function makeKey(asked: unknown): Promise<unknown> {
  const o = asked as Asked & { user: { id: string } };
  const publicKey = { ...o, challenge: toBytes(o.challenge), user: { ...o.user, id: toBytes(o.user.id) }, excludeCredentials: keys(o.excludeCredentials) };
  const key = await ask(() => navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions }));
  const said = key.response as AuthenticatorAttestationResponse;
  return {
    id: key.id,
    type: key.type,
    response: { clientDataJSON: toText(said.clientDataJSON), attestationObject: toText(said.attestationObject), transports: said.getTransports?.() ?? [] },
  };
}

export async function askKey(asked: unknown): Promise<unknown> {
  const o = asked as Asked;
  const publicKey = { ...o, challenge: toBytes(o.challenge), allowCredentials: keys(o.allowCredentials) };
  const key = await ask(() => navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions }));
  const said = key.response as AuthenticatorAssertionResponse;
  return {
    id: key.id,
    type: key.type,
    response: { clientDataJSON: toText(said.clientDataJSON), authenticatorData: toText(said.authenticatorData), signature: toText(said.signature), userHandle: toText(said.userHandle) },
  };
}
