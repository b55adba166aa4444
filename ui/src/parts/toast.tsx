// SPDX-License-Identifier: AGPL-3.0-or-later
// One line that says what was done, or what went wrong; read out, and gone after a while.
import { Problem } from "../api";
import { cell, useCell } from "../cell";
import { t } from "../i18n";
import { Icon } from "./icon";

const STAYS_MS = 8000;
const said = cell<{ text: string; bad: boolean } | null>(null);
let timer = 0;

export function say(text: string, bad = false): void {
  clearTimeout(timer);
  said.set({ text, bad });
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
          <button type="button" class="quiet" onClick={() => said.set(null)}>{t("close")}</button>
        </p>
      )}
    </div>
  );
}
