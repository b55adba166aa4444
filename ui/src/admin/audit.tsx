// SPDX-License-Identifier: AGPL-3.0-or-later
// Who changed what.
import { useList } from "../data";
import { t } from "../i18n";
import { Time } from "../parts/time";
import { Head, LongTable } from "./table";

interface Change {
  id: string;
  at_ms: number | null;
  who: string;
  client_ip: string;
  action: string;
  subject: string;
  detail: string;
}

const LIVE = ["status"] as const;

export function Audit() {
  const list = useList<Change>("audit", {}, LIVE);
  return (
    <section class="single-column">
      <Head title={t("audit")} />
      <LongTable<Change> label={t("audit")} list={list} icon="audit" empty={t("audit.empty")} row={(c) => c.id} columns={[
        { head: t("audit.who"), cell: (c) => c.who },
        { head: t("audit.what"), cell: (c) => <>{c.action} <strong>{c.subject}</strong></> },
        { head: t("audit.detail"), cell: (c) => c.detail },
        { head: t("audit.from"), cell: (c) => c.client_ip },
        { head: t("audit.at"), cell: (c) => <Time ms={c.at_ms} /> },
      ]} />
    </section>
  );
}
