// SPDX-License-Identifier: AGPL-3.0-or-later
// One line that says what was done, or what went wrong; read out, and gone after a while.
import { Problem, newcomers } from "../api";
import { cell, useCell } from "../cell";
import { t } from "../i18n";
import { Icon } from "./icon";

const STAYS_MS = 8000;
interface Undo {
  word: string;
  run(): void;
}

const said = cell<{ text: string; bad: boolean; undo?: Undo } | null>(null);
let timer = 0;
newcomers.watch(() => said.set(null));

export function say(text: string, bad = false, undo?: Undo): void {
  clearTimeout(timer);
  said.set({ text, bad, undo });
  if (!bad) timer = window.setTimeout(() => said.set(null), STAYS_MS);
}

export function sayProblem(why: unknown): void {
  if (why instanceof Problem) say(why.message, true);
  else throw why;
}

export function ToastHost() {
  const toast = useCell(said);
  return (
    <div class="toast-place" role="status">
      {toast && (
        <p class={toast.bad ? "toast bad" : "toast"}>
          <Icon name={toast.bad ? "unknown" : "done"} />
          <span>{toast.text}</span>
          {toast.undo && <button type="button" class="quiet" onClick={() => {
            said.set(null);
            toast.undo?.run();
          }}>{toast.undo.word}</button>}
          <button type="button" class="quiet" onClick={() => said.set(null)}>{t("close")}</button>
        </p>
      )}
    </div>
  );
}
