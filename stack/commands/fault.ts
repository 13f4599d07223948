import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import { control } from '../../app/control.ts';
import { FAULT_MINUTES } from '../../app/fault-switch.ts';
import { FAULTS, isFault } from '../../app/faults.ts';
import { ROOT } from '../../telemetry/root.ts';
import { settings } from '../compose/addresses.ts';
import { stateFile } from '../start/start.ts';

const LIST = Object.entries(FAULTS).map(
  ([name, { service, acts, see, signal, place, alerts }]) =>
    `  ${name} (${service})\n    acts    ${acts}\n    see     ${see}\n    first   in ${signal.of}; dashboard "${place.dashboard}", panel "${place.panel}"\n    alerts  ${alerts.join(', ')}`,
);
const USAGE = `usage: npm run fault -- <name> [--off] [--port <storefront port of npm start>]\n${LIST.join('\n')}\nEach ends by itself after ${FAULT_MINUTES} minutes.`;

/**
 * `npm run fault <name> [--off]`: switches a fault in the shop that runs here: the one `npm start` runs on that port, else compose's, where the
 * command is handed to the service's own container, because no control port is published. `--local` is that container's end of it.
 */
export async function fault(args: string[]): Promise<number> {
  const options = {
    off: { type: 'boolean', default: false },
    port: { type: 'string' },
    local: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [name = ''] = positionals;
  if (!isFault(name)) {
    process.stderr.write(`${name ? `there is no fault "${name}"\n` : ''}${USAGE}\n`);
    return 2;
  }
  const { service, see } = FAULTS[name];
  const change = { fault: name, on: !values.off };
  const file = stateFile(values.port ?? settings().STOREFRONT_PORT ?? '');
  if (values.local) {
    await control('http://127.0.0.1:9464', readFileSync(process.env.CONTROL_TOKEN_FILE ?? '', 'utf8').trim(), change);
    return 0;
  }
  if (existsSync(file)) {
    const state = JSON.parse(readFileSync(file, 'utf8'));
    await control(state.control[service], state.controlToken, change);
  } else {
    const command = [
      'compose',
      'exec',
      '-T',
      service,
      'node',
      'dist/stack/cli.js',
      'fault',
      '--local',
      name,
      ...(values.off ? ['--off'] : []),
    ];
    await promisify(execFile)('docker', command, { cwd: ROOT }).catch((error) => {
      const said = String(error.stderr || error.message)
        .trim()
        .split('\n')
        .at(-1);
      throw new Error(
        `no shop of npm start on this port, and none in compose (${said}); start one, or name its port with --port`,
      );
    });
  }
  process.stdout.write(`${name} is ${change.on ? `on in ${service}. What to see: ${see}` : `off in ${service}`}\n`);
  return 0;
}
