// SPDX-License-Identifier: AGPL-3.0-or-later
// The numbering plan: which number leads to which faxbox. A box's own page changes it.
import { Page } from "../api";
import { useGet } from "../data";
import { t } from "../i18n";
import type { Entry } from "../types";
import { Head, SearchTable, useSettingsList } from "./table";

interface Box extends Entry {
  id: string;
  name: string;
  tenant?: string;
  extension?: string;
  numbers?: string[];
}

const TENANTS_SHOWN = 20; // more are found among the tenants

export function Numbers() {
  const list = useSettingsList<Box>("boxes");
  const tenants = useGet<Page<{ name: string }>>(`tenants?limit=${TENANTS_SHOWN}`).data?.items ?? [];
  return (
    <section class="single-column">
      <Head title={t("numbers")} />
      <p class="help">{t("numbers.what")}</p>
      <p class="list-filters">
        {t("numbers.rules")}: {tenants.map((x) => <a key={x.name} href={`/admin/tenants/${encodeURIComponent(x.name)}/numbers`}>{x.name}</a>)}
      </p>
      <SearchTable<Box> label={t("numbers")} list={list} icon="boxes" empty={t("boxes.empty")} row={(b) => b.id} columns={[
        { head: t("box"), cell: (b) => <a href={`/admin/boxes/${encodeURIComponent(b.id)}`}>{b.name}</a> },
        { head: t("f.extension"), cell: (b) => b.extension },
        { head: t("f.numbers"), cell: (b) => (b.numbers ?? []).join(", ") },
        { head: t("f.tenant"), cell: (b) => b.tenant },
      ]} />
    </section>
  );
}
