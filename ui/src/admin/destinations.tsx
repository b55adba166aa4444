// SPDX-License-Identifier: AGPL-3.0-or-later
// What was learned of the machines that are called; a number that nobody shall call is locked.
import { post, query } from "../api";
import { useList } from "../data";
import { t } from "../i18n";
import { confirm } from "../parts/dialog";
import { Choice } from "../parts/list";
import { Time } from "../parts/time";
import { say, sayProblem } from "../parts/toast";
import { State } from "../parts/word";
import { reason } from "../reasons";
import { usePlace } from "../router";
import type { Outcome } from "../types";
import { Head, LongTable } from "./table";

const LIVE = ["call"] as const;

interface Destination {
  id: string; // made here: tenant and number
  tenant: string;
  number: string;
  calls: number;
  delivered: number;
  voices: number;
  last_ms: number | null;
  reached_ms: number | null;
  capabilities: string;
  outcome: Outcome;
  locked: { since_ms: number; by: string; reason: string } | null;
}

function Health({ d }: { d: Destination }) {
  if (d.locked) return <><State tone="warn" icon="held" word={t("dest.locked")} /> {d.locked.reason} <span class="row-sub">{d.locked.by}</span></>;
  const [tone, icon, word] = d.delivered > 0 && !d.outcome.text ? (["good", "done", "dest.good"] as const) : d.reached_ms ? (["plain", "waiting", "dest.mixed"] as const) : (["bad", "failed", "dest.bad"] as const);
  return <><State tone={tone} icon={icon} word={t(word)} /> {reason(d.outcome)}</>;
}

function Actions({ d, done }: { d: Destination; done(): void }) {
  const act = async (wish: "lock" | "unlock") => {
    if (wish === "lock" && !(await confirm({ title: t("dest.lockTitle", { number: d.number }), text: t("dest.lockText"), verb: t("dest.lockVerb", { number: d.number }), danger: true }))) return;
    try {
      await post(`destinations/${wish}${query({ number: d.number, tenant: d.tenant })}`);
      say(t(`dest.did.${wish}`, { number: d.number }));
      done();
    } catch (why) {
      sayProblem(why);
    }
  };
  const wish = d.locked ? "unlock" : "lock";
  return <button type="button" aria-haspopup={wish === "lock" ? "dialog" : undefined} onClick={() => void act(wish)}>{t(`dest.do.${wish}`)}<span class="unseen"> {d.number}</span></button>;
}

export function Destinations() {
  const place = usePlace();
  const list = useList<Destination>("destinations", { locked: place.query.get("locked") ?? "" }, LIVE, undefined, (d) => ({ ...d, id: `${d.tenant} ${d.number}` }));
  return (
    <section class="single-column">
      <Head title={t("destinations")} />
      <p class="help">{t("dest.what")}</p>
      <p class="list-filters"><Choice here={{ locked: "" }} label={t("inbox.all")} /><Choice here={{ locked: "1" }} label={t("dest.locked")} /></p>
      <LongTable<Destination> label={t("destinations")} list={list} icon="destinations" empty={t("dest.empty")} row={(d) => d.id} columns={[
        { head: t("number"), cell: (d) => <><span class="whole">{d.number}</span> {d.capabilities && <span class="row-sub">{t("dest.can", { what: d.capabilities })}</span>}</> },
        { head: t("dash.state"), cell: (d) => <Health d={d} /> },
        { head: t("dest.calls"), cell: (d) => d.calls, number: true },
        { head: t("dest.delivered"), cell: (d) => d.delivered, number: true },
        { head: t("dest.voices"), cell: (d) => d.voices, number: true },
        { head: t("dest.last"), cell: (d) => <Time ms={d.last_ms} /> },
        { head: t("do"), cell: (d) => <Actions d={d} done={list.reload} /> },
      ]} />
    </section>
  );
}
