// SPDX-License-Identifier: AGPL-3.0-or-later
import type { ComponentChildren } from "preact";
import type { Page } from "../api";
import { useCell } from "../cell";
import { useGet } from "../data";
import type { NewField } from "../parts/create";
import { session } from "../session";
import type { Entry } from "../types";

/** Whose a new entry is: one field to choose by, or what is fixed. names: the tenants, where they are not too many. */
export interface TenantOf {
  names: string[];
  fields: NewField[];
  fixed: Entry;
}

const MOST = 200;

/** The tenants that the person may choose from: his own, or all. */
export function TenantField({ children }: { children(of: TenantOf): ComponentChildren }) {
  const who = useCell(session)!;
  const all = who.role === "installation";
  const { data, error } = useGet<Page<{ name: string }>>(all ? `tenants?limit=${MOST}` : null);
  if (all && !data && !error) return null;
  const names = all ? (data?.items ?? []).map((x) => x.name) : who.tenant ? [who.tenant.name] : [];
  if (names.length < 2) return <>{children({ names, fields: [], fixed: who.tenant ? { tenant: who.tenant.name } : {} })}</>;
  const field: NewField = data?.next ? { name: "tenant", lookup: "tenants" } : { name: "tenant", choices: names.map((n) => [n, n]) };
  return <>{children({ names, fields: [field], fixed: {} })}</>;
}
