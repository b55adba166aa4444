// SPDX-License-Identifier: AGPL-3.0-or-later
// A trunk's self-tests: a fax out over it and back. How they go, and the button that makes one now.
import { post, query } from "../api";
import { useList } from "../data";
import { number, t } from "../i18n";
import { useAsking } from "../live";
import type { IconName } from "../parts/icon";
import { SelfTestState, TestReason, figuresText, modeWord } from "../parts/selftest";
import { Time } from "../parts/time";
import { say } from "../parts/toast";
import { useTrial } from "../parts/doing";
import { State, Tone } from "../parts/word";
import type { SelfTest, SelfTestFigures, SelfTestTrend, Trunk } from "../types";
import { LongTable } from "./table";

const LIVE = ["status"] as const;
const trends: { [trend in SelfTestTrend["trend"]]: [Tone, IconName] } = { well: ["good", "done"], worse: ["warn", "unknown"], failed: ["bad", "failed"] };

export function Trend({ test }: { test: SelfTestTrend }) {
  const [tone, icon] = trends[test.trend];
  return (
    <p class="facts">
      <State tone={tone} icon={icon} word={modeWord(test.mode) + ": " + t(`test.${test.trend}`)} />{" "}
      <span>{test.last.figures && test.trend !== "failed" && t("test.last", { figures: figuresText(test.last.figures) })}{" "}
        {test.usual && t("test.usual", { figures: figuresText(test.usual) })}</span>
    </p>
  );
}

function Figure({ test, name }: { test: SelfTest; name: keyof SelfTestFigures }) {
  return <span class="tabular">{test.figures && test.state === "good" ? number(test.figures[name]) : ""}</span>;
}

export function SelfTests({ trunk, number: called, unsaved }: { trunk: Trunk; number: string; unsaved: boolean }) {
  const list = useList<SelfTest>("self-tests", { trunk: trunk.name }, LIVE);
  useAsking(list.reload);
  const under = list.items.some((x) => x.state === "waiting" || x.state === "running");
  const { busy, run } = useTrial(async () => {
    await post("trunks/test" + query({ name: trunk.name }));
    say(t("test.begun"));
    list.reload();
  });
  return (
    <div class="self-tests">
      <h2>{t("test.title")}</h2>
      <p class="help">{called ? (unsaved ? t("mail.testUnsaved") : t("test.help")) : t("test.noNumber")}</p>
      <button type="button" disabled={busy !== "" || under || unsaved || !called} onClick={() => void run()}>{under ? t("mail.testing") : t("test.now")}</button>
      {trunk.self_tests.map((test) => <Trend key={test.mode} test={test} />)}
      <LongTable<SelfTest> label={t("test.title")} list={list} icon="trunks" empty={t("test.none")} row={(x) => x.id} columns={[
        { head: t("audit.at"), cell: (x) => <Time ms={x.ended_ms ?? x.created_ms} /> },
        { head: t("test.mode"), cell: (x) => modeWord(x.mode) },
        { head: t("dash.state"), cell: (x) => <SelfTestState test={x} /> },
        { head: t("test.seconds"), cell: (x) => <Figure test={x} name="seconds" /> },
        { head: t("test.rate"), cell: (x) => <Figure test={x} name="rate" /> },
        { head: t("test.resent"), cell: (x) => <Figure test={x} name="resent" /> },
        { head: t("test.badRows"), cell: (x) => <Figure test={x} name="bad_rows" /> },
        { head: t("test.said"), cell: (x) => (x.outcome.code ? <TestReason outcome={x.outcome} /> : x.state === "running" ? x.steps.at(-1)?.text : "") },
      ]} />
    </div>
  );
}
