/** Each interval's statements as OTLP: counters by statement, and each text when it is first among the dearest, and now and then again. */

import type { Emitter } from './emit.ts';
import { EVENTS, METRICS } from './names.ts';
import type { Session } from './session.ts';
import { fingerprint, maskLiterals } from './sql-text.ts';
import { type Counters, Differences, infoQuery, ownQuery, type StatementRow, statementsQuery, textsQuery } from './statements.ts';

/** A text is sent again after so long, for whoever keeps only the last hour. */
const TEXT_AGAIN_MS = 60_000;

/** Ids of statements that are known to be ours or not: the server itself keeps 5,000 at most unless told otherwise. */
const MAX_KNOWN = 100_000;

export class StatementReader {
  private readonly differences = new Differences();
  private readonly own = new Set<string>();
  private readonly known = new Set<string>();
  /** When the text of a statement was last sent. */
  private readonly sent = new Map<string, number>();
  private reset: string | undefined;
  private evicted = 0;

  /** A new server, or the same after it was away: its counters may have begun anew, and nobody knows what they were in between. */
  restart(): void {
    this.differences.reset();
    this.reset = undefined;
  }

  async read(session: Session, schema: string, emitter: Emitter): Promise<void> {
    const [info] = await session.query<{ evicted: number; reset: string }>(infoQuery(schema));
    const rows = await session.query<StatementRow>(statementsQuery(schema));
    await this.findOwn(session, schema, rows);
    if (info && this.reset !== undefined && info.reset !== this.reset) {
      emitter.event(EVENTS.statisticsReset, { body: `the statistics were reset at ${info.reset}`, attributes: {} });
      this.evicted = 0;
    }
    if (info && this.reset !== undefined) emitter.count(METRICS.evicted, '{statement}', info.evicted - this.evicted, {});
    this.reset = info?.reset;
    this.evicted = info?.evicted ?? 0;
    const interval = this.differences.read(rows, this.own);
    if (!interval) return;
    for (const row of interval.dearest) emit(emitter, row, { 'db.namespace': row.database, 'postgresql.query_id': row.queryid });
    emit(emitter, interval.rest, { 'postgresql.query_id': 'other' });
    emitter.gauge(METRICS.others, '{statement}', interval.others, {});
    await this.sendTexts(session, schema, emitter, interval.dearest);
  }

  private async findOwn(session: Session, schema: string, rows: readonly StatementRow[]): Promise<void> {
    const unknown = rows.filter(({ queryid }) => !this.known.has(queryid)).map(({ queryid }) => queryid);
    if (unknown.length === 0) return;
    if (this.known.size + unknown.length > MAX_KNOWN) this.known.clear();
    for (const { queryid } of await session.query<{ queryid: string }>(ownQuery(schema), [unknown])) this.own.add(queryid);
    for (const queryid of unknown) this.known.add(queryid);
  }

  private async sendTexts(session: Session, schema: string, emitter: Emitter, dearest: readonly StatementRow[]): Promise<void> {
    const now = Date.now();
    const due = dearest.filter(({ queryid }) => now - (this.sent.get(queryid) ?? 0) >= TEXT_AGAIN_MS);
    if (due.length === 0) return;
    const texts = await session.query<{ queryid: string; text: string }>(textsQuery(schema), [due.map(({ queryid }) => queryid)]);
    const databases = new Map(due.map(({ queryid, database }) => [queryid, database]));
    for (const { queryid, text } of texts) {
      this.sent.set(queryid, now);
      emitter.event(EVENTS.statement, {
        attributes: {
          'db.namespace': databases.get(queryid) ?? '',
          'db.query.text': maskLiterals(text),
          'postgresql.query_id': queryid,
          'postgresql.query_fingerprint': fingerprint(text),
        },
      });
    }
    for (const [queryid, at] of this.sent) if (now - at > 10 * TEXT_AGAIN_MS) this.sent.delete(queryid);
  }
}

function emit(emitter: Emitter, row: Counters, attributes: Record<string, string>): void {
  const count = (name: string, unit: string, value: number, block?: string) => {
    if (value > 0) emitter.count(name, unit, value, block ? { ...attributes, 'postgresql.block.type': block } : attributes);
  };
  count(METRICS.calls, '{call}', row.calls);
  count(METRICS.time, 's', row.total_exec_time / 1000);
  count(METRICS.planTime, 's', row.total_plan_time / 1000);
  count(METRICS.rows, '{row}', row.rows);
  count(METRICS.blocks, '{block}', row.shared_blks_hit, 'hit');
  count(METRICS.blocks, '{block}', row.shared_blks_read, 'read');
  count(METRICS.blocks, '{block}', row.temp_blks_read + row.temp_blks_written, 'temporary');
  count(METRICS.wal, 'By', row.wal_bytes);
}
