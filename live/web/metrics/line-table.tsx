/** The lines of a chart as numbers. */
import type { MetricSeries, Statistics } from '../api/types.ts';
import { compact, withUnit } from '../format/number.ts';
import { ScrollRegion } from '../shell/scroll-region.tsx';
import { lineColor } from './chart.tsx';
import { type Line, lineStatistics } from './series.ts';

/** Of all that a series measured, not of the line's points. */
const DISTRIBUTION = ['p50', 'p90', 'p99'] as const satisfies readonly (keyof Statistics)[];

interface LineTableProps {
  lines: readonly Line[];
  data: MetricSeries;
  unit: string;
  /** The time under the pointer, undefined for the newest. */
  pointedMs: number | undefined;
}

export function LineTable({ lines, data, unit, pointedMs }: LineTableProps) {
  const statistics = (line: Line) => data.series[line.series]?.statistics;
  const measured = DISTRIBUTION.filter((name) => lines.some((line) => typeof statistics(line)?.[name] === 'number'));
  const heads = [
    pointedMs === undefined ? 'Newest' : 'There',
    'Lowest',
    'Mean',
    'Highest',
    ...measured.map((name) => `${name} of all`),
    'Count',
  ];
  return (
    <ScrollRegion label="Series">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">Line</th>
            {heads.map((head) => (
              <th key={head} scope="col" className="n">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line, i) => {
            const at = pointedMs === undefined ? line.values.length - 1 : line.timesMs.indexOf(pointedMs);
            const of = lineStatistics(line);
            return (
              <tr key={line.label}>
                <td>
                  <span className="chip" style={{ background: lineColor(i) }} aria-hidden="true" /> {line.label}
                </td>
                <td className="n strong">{withUnit(line.values[at], unit)}</td>
                <td className="n">{withUnit(of.lowest, unit)}</td>
                <td className="n">{withUnit(of.mean, unit)}</td>
                <td className="n">{withUnit(of.highest, unit)}</td>
                {measured.map((name) => (
                  <td key={name} className="n">
                    {withUnit(statistics(line)?.[name], data.unit)}
                  </td>
                ))}
                <td className="n">{compact(statistics(line)?.count)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
