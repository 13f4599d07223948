import { LABELS } from '../../telemetry/signals.ts';
import { DATABASE_METRICS } from '../names/database-metrics.ts';
import type { Addresses } from '../names/links.ts';
import { rate, series, sum } from '../names/promql.ts';
import { firingAlerts } from '../panels/firing.ts';
import type { Section } from '../panels/layout.ts';
import { toDatabase, toLiveView, toPipeline } from '../panels/onwards.ts';
import { logs, timeSeries } from '../panels/panels.ts';
import { logQL, range } from '../panels/targets.ts';

const m = DATABASE_METRICS;

/** The machine below all of it. */
export const hostSections = (at: Addresses): Section[] => [
  {
    title: 'Processor and memory',
    onwards: [toPipeline, toDatabase],
    panels: [
      timeSeries({
        title: 'Processor',
        description:
          'Share of all processors, by what they do. Much `wait` is a disk that is too slow, `steal` a neighbour on the same machine.',
        unit: 'percentunit',
        size: [8, 8],
        queries: [range(`avg by (state) (${series(m.hostCpu, 'state!="idle"')})`, '{{state}}')],
      }),
      timeSeries({
        title: 'Load',
        description: 'Processes that run or want to, mean of a minute. Above the number of processors they stand in line.',
        unit: 'short',
        size: [8, 8],
        queries: [range(m.hostLoad, 'load'), range(`count(count by (cpu) (${m.hostCpu}))`, 'processors')],
      }),
      timeSeries({
        title: 'Memory',
        description: 'By use. What is cached or buffered is given to whoever needs it.',
        unit: 'bytes',
        size: [8, 8],
        queries: [range(sum(m.hostMemory, 'state'), '{{state}}')],
      }),
    ],
  },
  {
    title: 'Disks and network',
    onwards: [toPipeline, toDatabase],
    panels: [
      timeSeries({
        title: 'File systems',
        description: 'Share that is used. At 100 % everything that writes there stops.',
        unit: 'percentunit',
        size: [8, 8],
        threshold: 0.9,
        queries: [
          range(
            `${sum(series(m.hostFiles, 'state="used"'), 'mountpoint')} / ${sum(series(m.hostFiles, 'state=~"used|free"'), 'mountpoint')}`,
            '{{mountpoint}}',
          ),
        ],
      }),
      timeSeries({
        title: 'Disks: bytes',
        description: 'Read and written a second.',
        unit: 'Bps',
        size: [8, 8],
        queries: [range(sum(rate(m.hostDisk), 'direction'), '{{direction}}')],
      }),
      timeSeries({
        title: 'Disks: busy',
        description: 'Operations under way on average: time that they took, for each second.',
        unit: 'short',
        size: [8, 8],
        queries: [range(sum(rate(m.hostDiskTime), 'device', 'direction'), '{{device}} {{direction}}')],
      }),
      timeSeries({
        title: 'Network',
        description: 'Bytes a second by interface and direction.',
        unit: 'Bps',
        size: [12, 8],
        queries: [range(sum(rate(m.hostNetwork), 'device', 'direction'), '{{device}} {{direction}}')],
      }),
      firingAlerts(at, [12, 8], 'alertname=~"Host.*|MemoryNearLimit|StoreNearLimit"'),
    ],
  },
  {
    title: 'Syslog',
    onwards: [toLiveView(at), toPipeline],
    panels: [
      logs({
        title: 'Lines by syslog',
        description: 'What routers, other hosts and programs sent to the syslog port (RFC 5424).',
        size: [24, 10],
        mayBeEmpty: 'nobody sends any until somebody is told to',
        query: logQL(`{${LABELS.service}=~".+"} | appname!=""`),
      }),
    ],
  },
];
