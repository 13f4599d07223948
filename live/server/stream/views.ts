/** What clients subscribe to. Clients that want the same share one view: its sections are made once, however many they are. */
import type { ServiceState } from '../derive/derive.ts';
import { latestSteps } from '../query/metrics.ts';
import { errorGroups, history, notable, operationRows, serviceRows, topology } from '../query/services.ts';
import type { Live } from '../receive/live.ts';
import { SIGNALS } from '../store/ledger.ts';
import type { Steps } from '../store/slices.ts';
import { TABLES, type TableName, VIEWS, type ViewName, type ViewRequest } from './frame-layout.ts';
import { emptyRows, type Rows, type Section, section } from './frames.ts';
import { GaugeView } from './gauge-view.ts';
import { LogTail } from './log-tail.ts';
import type { View } from './view.ts';
import type { Vitals } from './vitals.ts';

/** Seconds of slots that each frame repeats. */
const SLOTS = 10;
const SHOWN_ERRORS = 50;
const SHOWN_OPERATIONS = 200;
const SHOWN_SERIES = 500;
type Build = (live: Live, vitals: Vitals, request: View['request'], id: number) => Section[] | Steps<Section[]>;

const copy = <T extends TableName>(table: T, objects: readonly object[]): Rows<T> => {
  const rows = emptyRows(table) as unknown as Record<string, unknown[]>;
  for (const name of Object.keys(TABLES[table].columns)) {
    rows[name] = objects.map((one) => (one as Record<string, unknown>)[name]);
  }
  return rows as unknown as Rows<T>;
};

const seconds = (live: Live): number => live.now() / 1000;

const BUILDERS: Record<Exclude<ViewName, 'logs'>, Build> = {
  services: (live, _, { window }, id) => [
    section(id, 'services', copy('services', serviceRows(live.derived, seconds(live), window))),
    section(id, 'slots', slots([...live.derived.services.values()], seconds(live))),
  ],
  operations: (live, _, { window, service }, id) => {
    const rows = operationRows(live.derived, seconds(live), window, service).slice(0, SHOWN_OPERATIONS);
    return [section(id, 'operations', copy('operations', rows))];
  },
  topology: (live, _, { window }, id) => {
    const { nodes, edges } = topology(live.derived, seconds(live), window);
    return [section(id, 'nodes', copy('nodes', nodes)), section(id, 'edges', copy('edges', edges))];
  },
  notable: (live, _, { service }, id) => {
    const { slowest, failed } = notable(live.derived, seconds(live), service);
    return [section(id, 'slowest', copy('slowest', slowest)), section(id, 'failed', copy('failed', failed))];
  },
  errors: (live, _, { service }, id) => {
    const groups = errorGroups(live.derived, service, SHOWN_ERRORS).map(({ sample, ...group }) => ({ ...group, ...sample }));
    return [section(id, 'errors', copy('errors', groups))];
  },
  metric: function* (live, _, { name, service }, id) {
    return [section(id, 'metric', copy('metric', yield* latestSteps(live, name, service, SHOWN_SERIES)))];
  },
  health: (live, vitals, _, id) => {
    const ledger = SIGNALS.flatMap((signal) => live.ledger.keys(signal).map((row) => ({ signal, ...row })));
    const health = Object.entries(vitals.table()).map(([name, value]) => ({ name, value }));
    return [section(id, 'ledger', copy('ledger', ledger)), section(id, 'health', copy('health', health))];
  },
};

function slots(services: readonly ServiceState[], now: number): Rows<'slots'> {
  const rows = emptyRows('slots');
  for (const state of services) {
    const { firstSecond, requests, errors, p50Ms, p99Ms } = history(state, now, SLOTS);
    for (let i = 0; i < SLOTS; i++) {
      rows.second.push(firstSecond + i);
      rows.requests.push(requests[i] ?? 0);
      rows.errors.push(errors[i] ?? 0);
      rows.p50Ms.push(p50Ms[i] ?? Number.NaN);
      rows.p99Ms.push(p99Ms[i] ?? Number.NaN);
      rows.service.push(state.service);
    }
  }
  return rows;
}

/** The views that somebody looks at. */
export class Views {
  private readonly live: Live;
  private readonly vitals: Vitals;
  private readonly open = new Map<string, { view: View; users: number }>();
  private lastId = 0;

  constructor(live: Live, vitals: Vitals) {
    this.live = live;
    this.vitals = vitals;
  }

  get size(): number {
    return this.open.size;
  }

  acquire(wanted: ViewRequest): View {
    const request = complete(wanted);
    const name = JSON.stringify(request);
    let one = this.open.get(name);
    if (one === undefined) {
      one = { view: this.make(++this.lastId, request), users: 0 };
      this.open.set(name, one);
    }
    one.users++;
    return one.view;
  }

  release(view: View): void {
    const name = JSON.stringify(view.request);
    const one = this.open.get(name);
    if (one === undefined || --one.users > 0) return;
    this.open.delete(name);
    view.close();
  }

  private make(id: number, request: View['request']): View {
    const { live, vitals } = this;
    if (request.view === 'logs') return new LogTail(id, request, live);
    const build = BUILDERS[request.view];
    const points = request.view === 'metric';
    const versionOf = (): number => (points ? live.taken.metrics.total : live.derived.version);
    return new GaugeView(id, request, versionOf, () => build(live, vitals, request, id));
  }
}

/** All parameters in one order, those that the view does not take at rest, so that equal requests look equal. */
function complete(wanted: ViewRequest): View['request'] {
  const takes = VIEWS[wanted.view].params as readonly string[];
  const text = (name: 'service' | 'text' | 'level' | 'traceId' | 'name'): string =>
    takes.includes(name) ? (wanted[name] ?? '') : '';
  return {
    view: wanted.view,
    window: takes.includes('window') ? (wanted.window ?? 60) : 60,
    service: text('service'),
    text: text('text'),
    level: text('level'),
    traceId: text('traceId'),
    name: text('name'),
  };
}
