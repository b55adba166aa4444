// SPDX-License-Identifier: AGPL-3.0-or-later
// What a self-test of a trunk is told as, at the trunk and in the wizard.
import { has, number, t } from "../i18n";
import type { Outcome, SelfTest, SelfTestFigures } from "../types";
import type { IconName } from "./icon";
import { State, Tone, Why } from "./word";

const looks: { [state in SelfTest["state"]]: [Tone, IconName] } = {
  waiting: ["plain", "waiting"], running: ["live", "calling"], good: ["good", "done"], failed: ["bad", "failed"], skipped: ["plain", "waiting"],
};

export function modeWord(mode: SelfTest["mode"]): string {
  return mode === "t38" ? "T.38" : "G.711";
}

export function figuresText(f: SelfTestFigures): string {
  return t("test.figures", { seconds: number(f.seconds), rate: number(f.rate), resent: number(f.resent), rows: number(f.bad_rows) });
}

/** Codes of a test are in no mail: their words are ours. */
export function TestReason({ outcome }: { outcome: Outcome }) {
  const key = "test.why." + outcome.code;
  return has(key) ? <>{t(key)} <span class="code">{outcome.code}</span></> : <Why outcome={outcome} />;
}

export function SelfTestState({ test }: { test: SelfTest }) {
  const [tone, icon] = looks[test.state];
  return <State tone={tone} icon={icon} word={t(`test.is.${test.state}`)} />;
}
