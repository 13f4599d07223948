import { ANOMALIES, ANOMALY_WINDOWS, type Anomaly, type AnomalyWindows } from '../anomalies.ts';
import { seconds } from './burn.ts';
import type { Group, RecordingRule } from './rule.ts';

/** Names of the recorded series; all have the label `anomaly_name`, the bands and what is outside of them `anomaly_strategy` too. */
export const ANOMALY_SERIES = {
  level: 'anomaly:level',
  lower: 'anomaly:lower_band',
  upper: 'anomaly:upper_band',
  /** How far the level is outside of its band, in its own unit; 0 inside. */
  outside: 'anomaly:outside',
} as const;

/** Half of the middle to either side: what no band is narrower than, however calm the past. */
const MARGIN = 0.5;
/** How many deviations wide. */
const WIDTH = 2;
/** A swing counts from a tenth of the middle on: calm hours would narrow the band to nothing. */
const SWING = 0.1;

const NOW = 'anomaly:level';
const ADAPTIVE = { middle: 'anomaly:adaptive:middle', swing: 'anomaly:adaptive:swing' };
const ROBUST = { middle: 'anomaly:robust:median', distance: 'anomaly:robust:distance', level: 'anomaly:robust:level' };

/** The recorded series of one row of ANOMALY_WINDOWS. */
function anomalyGroup(windows: AnomalyWindows, anomalies: Record<string, Anomaly> = ANOMALIES): Group {
  const adaptiveWidth = `${WIDTH} * avg_over_time(${ADAPTIVE.swing}[${windows.smooth}])`;
  const robustWidth = `${WIDTH} * quantile_over_time(0.5, ${ROBUST.distance}[${windows.median}])`;
  return {
    name: 'anomalies',
    interval: windows.interval,
    rules: [
      ...Object.entries(anomalies).flatMap(([name, { level, least }]) => [
        { record: NOW, expr: level, labels: { anomaly_name: name } },
        { record: 'anomaly:least', expr: `0 * ${NOW}{anomaly_name="${name}"} + ${least}`, labels: { anomaly_name: name } },
      ]),
      { record: ADAPTIVE.middle, expr: `avg_over_time(${NOW}[${windows.middle}])` },
      {
        record: ADAPTIVE.swing,
        expr: `stddev_over_time(${NOW}[${windows.middle}]) > ${SWING} * ${ADAPTIVE.middle}`,
      },
      ...bands('adaptive', { level: NOW, middle: ADAPTIVE.middle, width: adaptiveWidth }, windows),
      { record: ROBUST.level, expr: `quantile_over_time(0.5, ${NOW}[${windows.level}])` },
      { record: ROBUST.middle, expr: `quantile_over_time(0.5, ${NOW}[${windows.median}])` },
      { record: ROBUST.distance, expr: `abs(${NOW} - ${ROBUST.middle})` },
      ...bands('robust', { level: ROBUST.level, middle: ROBUST.middle, width: robustWidth }, windows),
    ],
  };
}

/**
 * A band: the widest of the deviation's, the margin's, the least, and those of the seasons, which stand on the highest and lowest level at about this time
 * then. It exists once half of the longest window was seen: before that nothing is unusual, because nothing is usual.
 */
function bands(
  strategy: string,
  { level, middle, width }: { level: string; middle: string; width: string },
  windows: AnomalyWindows,
): RecordingRule[] {
  const labels = { anomaly_strategy: strategy };
  const half = Math.floor(seconds(windows.median) / seconds(windows.interval) / 2);
  const known = `and count_over_time(${NOW}[${windows.median}]) >= ${half}`;
  const edge = (sign: '+' | '-') => {
    const around = (by: string) => `${middle} ${sign} ${by}`;
    const seasons = windows.seasons.map(
      // From a quarter of an hour later that day: what rises every morning has not yet risen at this very minute.
      (season) =>
        `${1 + Number(`${sign}${MARGIN}`)} * ${sign === '+' ? 'max' : 'min'}_over_time(${NOW}[30m] offset ${later(season)})`,
    );
    const candidates = [around(`(${width})`), around(`${MARGIN} * ${middle}`), around('anomaly:least'), ...seasons];
    const told = candidates.map((expression, i) => `label_replace(${expression}, "edge", "${i}", "", "")`);
    return `${sign === '+' ? 'max' : 'min'} without (edge) (${told.join(' or ')})`;
  };
  const outside = [
    `${level} - ignoring (anomaly_strategy) ${ANOMALY_SERIES.upper}{anomaly_strategy="${strategy}"} > 0`,
    `${ANOMALY_SERIES.lower}{anomaly_strategy="${strategy}"} - ignoring (anomaly_strategy) ${level} > 0`,
    `0 * ${ANOMALY_SERIES.upper}{anomaly_strategy="${strategy}"}`,
  ];
  return [
    { record: ANOMALY_SERIES.upper, expr: `${edge('+')} ${known}`, labels },
    { record: ANOMALY_SERIES.lower, expr: `clamp_min(${edge('-')}, 0) ${known}`, labels },
    { record: ANOMALY_SERIES.outside, expr: outside.join(' or ignoring (anomaly_strategy) '), labels },
  ];
}

/** A season ago, less a quarter of an hour. */
const later = (season: string) => `${seconds(season) / 60 - 15}m`;

/** The file of each row. */
export const anomalyFiles = (): [name: string, group: Group][] =>
  Object.entries(ANOMALY_WINDOWS).map(([name, windows]) => [`anomalies.${name}.yml`, anomalyGroup(windows)]);
