// SPDX-License-Identifier: AGPL-3.0-or-later
import { exactTime, shortTime } from "../i18n";

/** Short for the eye; exact on hover and for screen readers. */
export function Time({ ms }: { ms: number | null | undefined }) {
  if (!ms) return null;
  const exact = exactTime(ms);
  return (
    <time dateTime={new Date(ms).toISOString()} title={exact}>
      <span aria-hidden="true">{shortTime(ms, Date.now())}</span>
      <span class="unseen">{exact}</span>
    </time>
  );
}
