import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { DATABASE_METRICS } from '../../monitoring/names/database-metrics.ts';
import { DATABASE, LABELS, TRACE_ID } from '../../telemetry/signals.ts';
import { secret } from '../compose/secret.ts';
import type { Check } from './components.ts';
import type { Context } from './context.ts';
import { fail, until } from './stores.ts';

/** Through which the database's log, samples and metrics come. */
const WAY = ['storefront', 'collector', 'promtail', 'loki', 'jaeger'];

const lines = ({ stores }: Context, traceId: string, text: string) =>
  stores.logs(`{${LABELS.service}="${DATABASE}"} | ${TRACE_ID}="${traceId}" |= "${text}"`);

/** A slow statement is a line of the database's log, without what was asked about whom, and the line leads to the trace that ran it. */
const slowStatement: Check = {
  name: 'slow statement -> log -> trace',
  needs: WAY,
  seconds: 25,
  run: async (context, seconds) => {
    const { traceId, canaries } = await context.probe();
    await context.rehearsal();
    const [line] = await until(
      seconds,
      () => `database: loki has no slow statement of trace ${traceId}`,
      async () => {
        const found = await lines(context, traceId, 'duration: ');
        return found.length > 0 ? found : undefined;
      },
    );
    if (JSON.stringify(line).includes(canaries.email))
      fail('database', `a literal of a statement of trace ${traceId} is in loki`);
    const spans = await context.stores.trace(traceId);
    if (spans.length === 0) fail('jaeger', `the line leads to ${traceId}, which it does not have`);
    return `a statement of half a second, its literals masked, is of ${traceId}`;
  },
};

/** Who waits for whom: both sessions are sampled with their traces, and the wait is a line of the log. */
const lockWait: Check = {
  name: 'lock wait -> both traces',
  needs: [...WAY, 'live'],
  seconds: 25,
  run: async (context, seconds) => {
    const { traceId: holder, searchTraceId: waiter } = await context.probe();
    await context.rehearsal();
    const token = await secret('LIVE_TOKEN_FILE', 'live', '/secrets/live/live_token');
    let seen = 'no line "still waiting for"';
    return until(
      seconds,
      () => `database: of the wait of ${waiter} for ${holder} there is ${seen}`,
      async () => {
        if ((await lines(context, waiter, 'still waiting for')).length === 0) return undefined;
        const sampled = async (traceId: string) =>
          (await context.stores.liveLogs(traceId, token)).filter(({ attributes }) => BLOCKED_BY in attributes);
        const [blockers, blocked] = await Promise.all([sampled(holder), sampled(waiter)]);
        const pids = new Set(blockers.map(({ attributes }) => attributes['postgresql.pid']));
        const found = blocked.some(({ attributes }) => ((attributes[BLOCKED_BY] ?? []) as number[]).some((pid) => pids.has(pid)));
        seen = `a line, and ${blockers.length} and ${blocked.length} samples in the live view`;
        for (const traceId of [holder, waiter])
          if ((await context.stores.trace(traceId)).length === 0) fail('jaeger', `it does not have ${traceId}`);
        return found ? `${waiter} waited for ${holder}` : undefined;
      },
    );
  },
};
const BLOCKED_BY = 'postgresql.blocked_by';

/** A trace's dearest statement, as the database counts it, leads to spans that ran it, and they to traces in Jaeger. */
const statement: Check = {
  name: 'statement -> trace',
  needs: ['storefront', 'collector', 'database', 'jaeger', 'live'],
  // The watcher sends a statement's text once a minute: a live view that has just started may wait so long.
  seconds: 80,
  run: async (context, seconds) => {
    const { traceId } = await context.probe();
    const token = await secret('LIVE_TOKEN_FILE', 'live', '/secrets/live/live_token');
    let seen = 'statement';
    return until(
      seconds,
      () => `live: of trace ${traceId} it has no ${seen}`,
      async () => {
        const [dearest] = (await context.stores.liveStatements(traceId, token)).filter(({ queryId }) => queryId !== '');
        if (dearest === undefined) return undefined;
        seen = `span that ran ${dearest.queryId} and is in jaeger`;
        for (const example of await context.stores.liveExamples(dearest.queryId, token)) {
          const spans = await context.stores.trace(example.traceId);
          const span = spans.find(({ spanID }) => spanID === example.spanId);
          if (span) return `${dearest.text.split(/\s+/, 3).join(' ')} ... was run by ${span.service} in ${example.traceId}`;
        }
        return undefined;
      },
    );
  },
};

/** The machine's own metrics, not older than half a minute. */
const hostMetrics: Check = {
  name: 'host metrics',
  needs: ['prometheus', 'collector'],
  seconds: 20,
  run: ({ stores }, seconds) => {
    const { hostCpu, hostMemory, hostFiles, hostDisk, hostNetwork, hostLoad } = DATABASE_METRICS;
    const names = [hostCpu, hostLoad, hostMemory, hostFiles, hostDisk, hostNetwork];
    let missing: string[] = names;
    return until(
      seconds,
      () => `collector: no ${missing.join(', ')} of the last half minute`,
      async () => {
        const samples = await Promise.all(names.map((name) => stores.query(`max(timestamp(${name})) > time() - 30`)));
        missing = names.filter((_, i) => samples[i]?.length === 0);
        return missing.length === 0 ? 'processor, load, memory, file systems, disks and network' : undefined;
      },
    );
  },
};

/** A line by syslog (RFC 5424 over TCP) is in Loki, as from the program that it names. */
const syslog: Check = {
  name: 'syslog -> loki',
  needs: ['collector', 'loki'],
  seconds: 15,
  run: async ({ at, stores }, seconds) => {
    const word = `sightline-${randomBytes(6).toString('hex')}`;
    await send(at.syslog, `<134>1 ${new Date().toISOString()} proof verify - - - ${word} is here\n`);
    return until(
      seconds,
      () => `collector: loki has no line "${word}" that was sent to ${at.syslog} by syslog`,
      async () => {
        const found = await stores.logs(`{${LABELS.service}=~".+"} |= "${word}"`);
        return found[0] && `the line of ${found[0].labels[LABELS.service]}`;
      },
    );
  },
};

/** @param address host:port */
async function send(address: string, line: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.end(line));
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
    socket.once('close', () => resolve()).once('error', reject);
    socket.resume();
  }).catch((error) => fail('collector', `takes no syslog at ${address}: ${error.message}`));
}

export const DATABASE_CHECKS = [slowStatement, lockWait, statement, hostMetrics, syslog];
