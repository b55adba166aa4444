// SPDX-License-Identifier: AGPL-3.0-or-later
// One thing at a time that a button or form does: whether it is being done, and what was said where it was refused. Whatever
// is no refusal is a fault of ours, and the Boundary's.
import { useState } from "preact/hooks";
import { Problem } from "../api";
import { sayProblem } from "./toast";

export interface Doing {
  busy: boolean;
  fault: Problem | null;
  /** True: it was done. */
  run(deed: () => Promise<void>): Promise<boolean>;
}

/** refused: who else shows it; what is shown beside the button is `fault`. */
export function useDoing(refused?: (why: Problem) => void): Doing {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Problem | null>(null);
  const run = async (deed: () => Promise<void>) => {
    setBusy(true);
    setFault(null);
    try {
      await deed();
      return true;
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      if (refused) refused(why);
      else setFault(why);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, fault, run };
}

/** A question that a button asks the server: what it said, and what is being asked at this moment ("" for nothing). */
export function useTrial<T>(ask: (what: string) => Promise<T>) {
  const [said, setSaid] = useState<T | null>(null);
  const [asked, setAsked] = useState("");
  const { busy, run } = useDoing(sayProblem);
  return {
    said,
    busy: busy ? asked : "",
    run: (what = "it") => {
      setAsked(what);
      return run(async () => setSaid(await ask(what)));
    },
  };
}
