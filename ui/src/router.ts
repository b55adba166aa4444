// SPDX-License-Identifier: AGPL-3.0-or-later
// The address is the place. Links are plain <a>; a click on one is taken here. A page with unsaved changes sets a
// guard, which is asked before the place changes, also for the browser's own back button.
import { useLayoutEffect } from "preact/hooks";
import { cell, useCell } from "./cell";

interface Place {
  path: string;
  query: URLSearchParams;
}

/** Answers whether the person wants to leave for that path. */
type Guard = { holds(path: string): boolean; ask(): Promise<boolean> };

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

const place = cell<Place>(here());
let guard: Guard | null = null;
let index = 0; // of the entry shown, in the browser's history
let passing = false; // a popstate that we made ourselves

export function usePlace(): Place {
  return useCell(place);
}

function currentPath(): string {
  return location.pathname + location.search;
}

export function navigate(to: string, replace = false): void {
  void leave(new URL(to, location.href).pathname).then((go) => {
    if (!go) return;
    if (replace) history.replaceState({ index }, "", to);
    else history.pushState({ index: ++index }, "", to);
    arrive(!replace);
  });
}

/** Filters live in the address; a changed one replaces the entry. */
export function setQuery(values: { [name: string]: string }): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  history.replaceState({ index }, "", location.pathname + (text ? "?" + text : ""));
  place.set(here());
}

function arrive(moved: boolean): void {
  const before = place.value.path;
  place.set(here());
  if (moved && before.split("/")[1] !== place.value.path.split("/")[1]) window.scrollTo(0, 0);
}

async function leave(path: string): Promise<boolean> {
  if (!guard || !guard.holds(path)) return true;
  const go = await guard.ask();
  if (go) guard = null;
  return go;
}

export function useGuard(active: boolean, next: Guard): void {
  // Before the page shows that all is saved: who leaves then is not asked.
  useLayoutEffect(() => {
    if (!active) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    guard = next;
    addEventListener("beforeunload", warn);
    return () => {
      if (guard === next) guard = null;
      removeEventListener("beforeunload", warn);
    };
  });
}

function onClick(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
  if (url.hash && url.pathname === location.pathname) return;
  event.preventDefault();
  navigate(url.pathname + url.search, url.pathname + url.search === currentPath());
}

function onPop(event: PopStateEvent): void {
  if (passing) {
    passing = false;
    return;
  }
  const to = Number((event.state as { index?: number } | null)?.index ?? 0);
  const steps = to - index;
  if (!guard || !guard.holds(location.pathname)) {
    index = to;
    arrive(true);
    return;
  }
  // Back to where the changes are; then ask.
  passing = true;
  history.go(-steps);
  const asked = guard;
  void asked.ask().then((go) => {
    if (!go) return;
    guard = null;
    history.go(steps);
  });
}

export function startRouter(): void {
  index = Number((history.state as { index?: number } | null)?.index ?? 0);
  history.replaceState({ index }, "");
  document.addEventListener("click", onClick);
  addEventListener("popstate", onPop);
}

/** {id: "7"} where "/inbox/:id" fits; null where it does not. */
export function match(pattern: string, path: string): { [name: string]: string } | null {
  const want = pattern.split("/"), have = path.replace(/\/$/, "").split("/");
  const found: { [name: string]: string } = {};
  if (want.length < have.length) return null;
  for (let i = 0; i < want.length; i++) {
    const name = want[i]!, value = have[i];
    if (name.startsWith(":")) {
      if (value === undefined && !name.endsWith("?")) return null;
      if (value !== undefined) found[name.replace(/[:?]/g, "")] = decodeURIComponent(value);
    } else if (name !== value) {
      return null;
    }
  }
  return found;
}
