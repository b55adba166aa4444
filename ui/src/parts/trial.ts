// SPDX-License-Identifier: AGPL-3.0-or-later
// A question that a button asks the server: what it said, and what is being asked at this moment ("" for nothing).
import { useState } from "preact/hooks";
import { Problem } from "../api";
import { sayProblem } from "./toast";

export function useTrial<T>(ask: (what: string) => Promise<T>) {
  const [said, setSaid] = useState<T | null>(null);
  const [busy, setBusy] = useState("");
  const run = async (what = "it") => {
    setBusy(what);
    try {
      setSaid(await ask(what));
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      sayProblem(why);
    } finally {
      setBusy("");
    }
  };
  return { said, busy, run };
}
