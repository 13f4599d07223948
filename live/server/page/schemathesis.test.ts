/**
 * Description and server agree, both ways: a client that is made from openapi.yml sends what it allows and what it forbids. The client is schemathesis, a
 * Python program, of the version that .ci/run installs; where it is not, this is skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../../telemetry/root.ts';
import { attributes, logs, metrics, newId, traces } from '../testing/requests.ts';
import { type Running, run } from '../testing/running.ts';

const CLIENT = process.env.SCHEMATHESIS ?? 'schemathesis';
const isThere = spawnSync(CLIENT, ['--version']).status === 0;

/** Seconds, for all of it. */
const BOUND = 75;

describe.skipIf(!isThere)(
  `a client made from openapi.yml${isThere ? '' : ' (skipped: no schemathesis on the PATH or in SCHEMATHESIS)'}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-schemathesis-'));
    let live: Running;
    beforeAll(async () => {
      live = await run();
      const trace = newId(32);
      const span = newId(16);
      await live.post('/v1/traces', traces('shop', [{ trace, id: span, error: true }]));
      await live.post('/v1/logs', logs('shop', [{ body: 'it broke', severity: 17, trace, span }]));
      const points = [{ timeUnixNano: `${Date.now()}000000`, asInt: '4', attributes: attributes({ pool: 'a' }) }];
      await live.post('/v1/metrics', metrics('shop', [{ name: 'queue', gauge: { dataPoints: points } }]));
    });
    afterAll(async () => {
      await live?.close();
      rmSync(folder, { recursive: true });
    });

    it(
      'finds no answer that is not described, and none that is given to what is forbidden',
      async () => {
        const args = [
          ...['run', join(ROOT, 'live', 'openapi.yml'), '--url', live.url, '--header', `Authorization: Bearer ${live.key}`],
          ...['--max-time', String(BOUND), '--max-examples', '40', '--seed', '1', '--generation-deterministic', '--workers', '2'],
          // They stream until the client hangs up; a link that is used once has nothing to tell twice.
          ...[
            '--exclude-path-regex',
            '/follow$|^/login$',
            '--phases',
            'examples,coverage,fuzzing',
            '--no-color',
            '--warnings',
            'off',
          ],
          // Whoever has the key may do all that is described: there is no other to be refused.
          ...['--exclude-checks', 'ignored_auth', '--continue-on-failure'],
        ];
        const client = spawn(CLIENT, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
        let said = '';
        for (const stream of [client.stdout, client.stderr]) stream.on('data', (chunk) => (said += chunk));
        const [code] = await once(client, 'exit');
        expect(code, said).toBe(0);
        expect(said).toMatch(/[1-9]\d* generated|\d+ passed/);
      },
      (BOUND + 60) * 1000,
    );
  },
);
