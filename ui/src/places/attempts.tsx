// SPDX-License-Identifier: AGPL-3.0-or-later
// The calls of a fax: for who has to prove or to mend something, folded away for everybody else.
import { useCell } from "../cell";
import { duration, exactTime, number, t } from "../i18n";
import { Time } from "../parts/time";
import { Why } from "../parts/word";
import { isAdministrator, session } from "../session";
import type { Call } from "../types";

// As it went over the line: pixels and lines an inch.
const DOTS: Record<string, string> = {
  standard: "204 × 98", fine: "204 × 196", superfine: "204 × 391", "300dpi": "300 × 300", "400dpi": "408 × 391",
};

function PageLines({ call }: { call: Call }) {
  if (!call.pages?.length) return null;
  return (
    <div class="table-room" tabIndex={0} role="region" aria-label={`${t("viewer.pages")}, ${call.started_ms ? exactTime(call.started_ms) : ""}`}><table>
      <thead>
        <tr><th scope="col">{t("page")}</th><th scope="col">{t("call.confirmed")}</th><th scope="col" class="number">bit/s</th><th scope="col">{t("call.coding")}</th><th scope="col" class="number">{t("call.took")}</th></tr>
      </thead>
      <tbody>
        {call.pages.map((p) => (
          <tr key={p.page}>
            <th scope="row">{p.page}</th>
            <td><Time ms={p.confirmed_ms} /></td>
            <td class="number">{number(p.rate)}</td>
            <td>{p.coding}{p.ecm ? " · ECM" : ""}{DOTS[p.resolution] ? ` · ${DOTS[p.resolution]}` : ""}</td>
            <td class="number">{duration(p.duration_ms)}</td>
          </tr>
        ))}
      </tbody>
    </table></div>
  );
}

export function CallTable({ calls }: { calls: Call[] }) {
  const who = useCell(session);
  if (calls.length === 0) return null;
  return (
    <details class="calls">
      <summary>{t("calls.of", { n: calls.length })}</summary>
      <ol>
        {calls.map((call) => (
          <li key={call.id}>
            <p>
              <Time ms={call.started_ms} /> · {call.trunk}{call.mode && " · " + (call.mode === "t38" ? "T.38" : "G.711")}
              {call.station_id.trim() && " · " + call.station_id.trim()}
              {who && isAdministrator(who) && <> · <a href={`/admin/calls/${call.id}`}>{t("call.ladder")}</a></>}
            </p>
            {call.outcome.text && <p><Why outcome={call.outcome} /></p>}
            <PageLines call={call} />
          </li>
        ))}
      </ol>
    </details>
  );
}
