// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is logged in here.
import { Problem, call, comebacks, get, newcomers, post, strangers, view } from "./api";
import { cell } from "./cell";
import { suggestLanguage } from "./i18n";
import { askKey } from "./passkeys";
import type { Session } from "./types";

/** undefined: not known yet; null: nobody. */
export const session = cell<Session | null | undefined>(undefined);

/** The session has ended by itself: what its person has typed waits for him, and for nobody else. */
export const expired = cell(false);

/** Who looks as the administrator of one tenant. */
export function isViewing(s: Session): boolean {
  return view.value !== "" && s.role === "tenant" && s.tenant?.name === view.value;
}

const person = "faxpost.person"; // who was here last

function take(next: Session): void {
  const before = sessionStorage.getItem(person);
  if (before !== null && before !== next.user.id) newcomers.set(newcomers.value + 1);
  sessionStorage.setItem(person, next.user.id);
  if (view.value && !isViewing(next)) view.set(""); // of somebody else who was here before
  suggestLanguage(next.user.language ?? "");
  session.set(next);
  expired.set(false);
  comebacks.set(comebacks.value + 1);
}

export async function loadSession(): Promise<void> {
  try {
    take(await get<Session>("session"));
  } catch (why) {
    if (why instanceof Problem && why.status !== 401) throw why;
    session.set(null);
  }
}

/** Looks at one tenant as its administrator does, or at all ("") again. */
export async function lookAt(tenant: string): Promise<void> {
  view.set(tenant);
  await loadSession();
}

/** passkey: what a key said, beside the password. */
export async function login(name: string, password: string, totp: string, passkey?: unknown): Promise<void> {
  const second = passkey ? { passkey } : totp ? { totp } : {};
  take((await call<Session>("POST", "session", { body: { login: name, password, ...second } })).data);
}

/** By a key that verifies who holds it, and nothing else. */
export async function loginByKey(): Promise<void> {
  const passkey = await askKey(await post("session/passkey"));
  take((await call<Session>("POST", "session", { body: { passkey } })).data);
}

const after = "faxpost.after"; // where to, once a provider has logged him in

/** The browser goes to a login provider, and comes back to /login/back. */
export async function loginAt(provider: string): Promise<void> {
  const { url } = await post<{ url: string }>("login-providers/begin", { provider });
  sessionStorage.setItem(after, location.pathname);
  location.assign(url);
}

/** With what it came back with; where to go now. */
export async function finishLogin(said: URLSearchParams): Promise<string> {
  const text = (name: string) => said.get(name) ?? "";
  const error = [text("error"), text("error_description")].filter(Boolean).join(": ").slice(0, 200);
  take((await call<Session>("POST", "login-providers/finish", { body: { state: text("state"), ...(said.has("iss") ? { iss: text("iss") } : {}), ...(error ? { error } : { code: text("code") }) } })).data);
  const to = sessionStorage.getItem(after) ?? "/inbox";
  sessionStorage.removeItem(after);
  return /^\/(?!login\/|[\/\\])/.test(to) ? to : "/inbox";
}

/** Out here, and at the provider that logged him in, where that has a place for it. */
export async function logout(): Promise<void> {
  const there = session.value?.provider ? await post<{ url: string }>("login-providers/leave").catch(() => null) : null;
  await call("DELETE", "session").catch((why: unknown) => {
    if (!(why instanceof Problem) || why.status !== 401) throw why; // else it has ended already
  });
  expired.set(false);
  session.set(null);
  if (there?.url) location.assign(there.url);
}

strangers.watch(() => {
  if (session.value) expired.set(true);
  else session.set(null);
});

export function isAdministrator(s: Session): boolean {
  return s.role !== "user";
}
