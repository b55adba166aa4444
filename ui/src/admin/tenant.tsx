// SPDX-License-Identifier: AGPL-3.0-or-later
import type { ComponentChildren } from "preact";
import type { Page } from "../api";
import { useCell } from "../cell";
import { useGet } from "../data";
import { session } from "../session";

/** The names of the tenants that the person may choose from: his own, or all. */
export function TenantField({ children }: { children(names: string[]): ComponentChildren }) {
  const who = useCell(session)!;
  const all = who.role === "installation";
  const { data, error } = useGet<Page<{ name: string }>>(all ? "tenants?limit=200" : null);
  if (all && !data && !error) return null;
  return <>{children(all ? (data?.items ?? []).map((x) => x.name) : who.tenant ? [who.tenant.name] : [])}</>;
}
