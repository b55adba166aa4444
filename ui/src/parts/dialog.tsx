// SPDX-License-Identifier: AGPL-3.0-or-later
// The browser's own dialog: it keeps the focus and gives it back.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { newcomers } from "../api";
import { cell, useCell } from "../cell";
import { t } from "../i18n";
import { expired } from "../session";

export function Dialog(props: { title: string; onClose(): void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  // Not after the paint: by then somebody may have gone on by keyboard, and would lose his place.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    dialog?.showModal();
    return () => {
      dialog?.close(); // while it is open all else is inert and takes no focus
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const waits = useCell(expired); // what was typed stays, and the login can be used
  useLayoutEffect(() => {
    if (waits) box.current?.close();
    else if (!box.current?.open) box.current?.showModal();
  }, [waits]);
  return (
    <dialog ref={box} aria-labelledby="dialog-title" onCancel={(event) => {
      event.preventDefault();
      props.onClose();
    }}>
      <h2 id="dialog-title">{props.title}</h2>
      {props.children}
    </dialog>
  );
}

interface Question {
  title: string;
  text: string;
  verb: string;
  stay?: string;
  danger?: boolean;
  answer(yes: boolean): void;
}

const question = cell<Question | null>(null);
newcomers.watch(() => {
  question.value?.answer(false);
  question.set(null);
});

/** Asks; true where the verb was pressed. */
export function confirm(what: Omit<Question, "answer">): Promise<boolean> {
  return new Promise((answer) => question.set({ ...what, answer }));
}

export function ConfirmHost() {
  const q = useCell(question);
  if (!q) return null;
  const end = (yes: boolean) => {
    question.set(null);
    q.answer(yes);
  };
  return (
    <Dialog key={q.title} title={q.title} onClose={() => end(false)}>
      <p>{q.text}</p>
      <div class="buttons end">
        <button type="button" autofocus onClick={() => end(false)}>{q.stay ?? t("cancel")}</button>
        <button type="button" class={q.danger ? "danger" : "primary"} onClick={() => end(true)}>{q.verb}</button>
      </div>
    </Dialog>
  );
}
