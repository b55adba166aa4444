// SPDX-License-Identifier: AGPL-3.0-or-later
// Stacked bars over time. Every bar can be read as a row of a table.
import { number, t } from "../i18n";

export interface Series {
  name: string;
  tone: "good" | "bad" | "accent" | "warn";
  values: number[];
}

const HEIGHT = 160, GAP = 0.2; // of a bar's width

/** A round number at or above n: 1, 2, 5, 10, 20 … */
function roundAbove(n: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, n)));
  return [1, 2, 5, 10].map((f) => f * power).find((x) => x >= n) ?? n;
}

export function Bars({ label, head, steps, series }: { label: string; head: string; steps: string[]; series: Series[] }) {
  const sums = steps.map((_, n) => series.reduce((sum, s) => sum + s.values[n]!, 0));
  const top = roundAbove(Math.max(...sums)), wide = 100 / steps.length;
  const ticks = [0, Math.floor((steps.length - 1) / 2), steps.length - 1];
  return (
    <figure class="chart">
      <div class="chart-room">
        <span class="chart-top" aria-hidden="true">{number(top)}</span>
        <svg role="img" aria-label={label} width="100%" height={HEIGHT}>
          <line class="grid" x1="0" x2="100%" y1="0.5" y2="0.5" />
          <line class="grid" x1="0" x2="100%" y1={HEIGHT / 2} y2={HEIGHT / 2} />
          <line class="base" x1="0" x2="100%" y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
          {steps.map((step, n) => {
            let from = HEIGHT;
            return (
              <g key={step + n}>
                <title>{step}: {series.map((s) => `${s.name} ${number(s.values[n]!)}`).join(", ")}</title>
                <rect class="hover" x={`${n * wide}%`} y="0" width={`${wide}%`} height={HEIGHT} />
                {series.map((s) => {
                  const tall = (s.values[n]! / top) * (HEIGHT - 1);
                  from -= tall;
                  return tall > 0 && <rect key={s.name} class={s.tone} x={`${(n + GAP / 2) * wide}%`} y={from} width={`${wide * (1 - GAP)}%`} height={tall} />;
                })}
              </g>
            );
          })}
        </svg>
        <p class="chart-ticks" aria-hidden="true">{ticks.map((n) => <span key={n}>{steps[n]}</span>)}</p>
      </div>
      <figcaption>
        <ul class="legend">{series.map((s) => <li key={s.name} class={s.tone}>{s.name} <strong>{number(s.values.reduce((a, b) => a + b, 0))}</strong></li>)}</ul>
        <details>
          <summary>{t("chart.table")}</summary>
          <div class="table-room" tabIndex={0} role="region" aria-label={label}>
            <table>
              <thead><tr><th scope="col">{head}</th>{series.map((s) => <th key={s.name} scope="col" class="number">{s.name}</th>)}</tr></thead>
              <tbody>{steps.map((step, n) => <tr key={step + n}><th scope="row">{step}</th>{series.map((s) => <td key={s.name} class="number">{number(s.values[n]!)}</td>)}</tr>)}</tbody>
            </table>
          </div>
        </details>
      </figcaption>
    </figure>
  );
}
