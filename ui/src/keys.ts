// SPDX-License-Identifier: AGPL-3.0-or-later
// The keyboard: one letter each, never while somebody types.
import { cell } from "./cell";
import { navigate } from "./router";

export const helpOpen = cell(false);

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLElement>("[data-search]");
  field?.focus();
  return field !== null;
}

/** j and k go from row to row of the list that is shown. */
function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  if (rows.length === 0) return;
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const open = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const from = at >= 0 ? at : open;
  const row = rows[Math.min(rows.length - 1, Math.max(0, from < 0 ? 0 : from + by))];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** The button that says it is for this key. */
function pressKey(key: string): boolean {
  const button = document.querySelector<HTMLElement>(`[data-key="${key}"]`);
  button?.click();
  return button !== null;
}

const actions: { [key: string]: () => boolean | void } = {
  c: () => navigate("/send"),
  "/": focusSearch,
  j: () => step(1),
  k: () => step(-1),
  e: () => pressKey("e"),
  "?": () => helpOpen.set(true),
};

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const action = actions[event.key];
    if (action && action() !== false) event.preventDefault();
  });
}
