// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is logged in here.
import { Problem, call, get, strangers, view } from "./api";
import { cell } from "./cell";
import { suggestLanguage } from "./i18n";
import type { Session } from "./types";

/** undefined: not known yet; null: nobody. */
export const session = cell<Session | null | undefined>(undefined);

/** Who looks as the administrator of one tenant. */
export function isViewing(s: Session): boolean {
  return view.value !== "" && s.role === "tenant" && s.tenant?.name === view.value;
}

function take(next: Session): void {
  if (view.value && !isViewing(next)) view.set(""); // of somebody else who was here before
  suggestLanguage(next.user.language ?? "");
  session.set(next);
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

export async function login(name: string, password: string, totp: string): Promise<void> {
  take((await call<Session>("POST", "session", { body: { login: name, password, ...(totp ? { totp } : {}) } })).data);
}

export async function logout(): Promise<void> {
  await call("DELETE", "session");
  session.set(null);
}

strangers.watch(() => session.set(null));

export function isAdministrator(s: Session): boolean {
  return s.role !== "user";
}
