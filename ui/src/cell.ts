// SPDX-License-Identifier: AGPL-3.0-or-later
// A value that components can watch.
import { useEffect, useState } from "preact/hooks";

interface Cell<T> {
  readonly value: T;
  set(value: T): void;
  watch(listener: () => void): () => void;
}

export function cell<T>(first: T): Cell<T> {
  const listeners = new Set<() => void>();
  let value = first;
  return {
    get value() {
      return value;
    },
    set(next: T) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export function useCell<T>(c: Cell<T>): T {
  const [, redraw] = useState(0);
  const drawn = c.value;
  useEffect(() => {
    const again = () => redraw((n) => n + 1);
    if (!Object.is(c.value, drawn)) again(); // it changed before anybody watched
    return c.watch(again);
  }, [c]);
  return drawn;
}
