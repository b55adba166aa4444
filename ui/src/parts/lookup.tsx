// SPDX-License-Identifier: AGPL-3.0-or-later
// Names to choose from where there may be more of them than a list can show: the server finds those that fit.
import type { Page } from "../api";
import { query } from "../api";
import { useGet } from "../data";

const FEW = 20;

export function useNames(resource: string, q: string): string[] {
  const { data } = useGet<Page<{ name: string }>>(resource + query({ q, limit: FEW }));
  return (data?.items ?? []).map((x) => x.name);
}

/** What an input with list={id} offers. */
export function Names({ id, names }: { id: string; names: string[] }) {
  return <datalist id={id}>{names.map((name) => <option key={name} value={name} />)}</datalist>;
}
