import { pathToFileURL } from 'node:url';

/** The commands of the npm scripts, loaded when asked for. Each takes its arguments and resolves to the exit code: 0 well, 1 found a fault, 2 usage. */
const COMMANDS: Record<string, () => Promise<(args: string[]) => Promise<number>>> = {
  start: async () => (await import('./start/start.ts')).start,
  traffic: async () => (await import('./commands/traffic.ts')).traffic,
  fault: async () => (await import('./commands/fault.ts')).fault,
  verify: async () => (await import('./proof/verify.ts')).verify,
  'live-link': async () => (await import('./commands/live-link.ts')).liveLink,
  prober: async () => (await import('./proof/prober.ts')).prober,
  welcome: async () => (await import('./commands/welcome.ts')).welcome,
  generate: async () => (await import('./commands/generate.ts')).generateCommand,
  database: async () => (await import('../database/main.ts')).database,
  bench: async () => (await import('./commands/bench.ts')).bench,
  check: async () => (await import('./commands/check.ts')).check,
};

/** Runs `command`; an expected failure is one line on standard error. */
export async function main(command: string | undefined, args: string[]): Promise<number> {
  const load = COMMANDS[command ?? ''];
  if (!load) {
    process.stderr.write(`sightline: there is no command "${command ?? ''}"; try one of ${Object.keys(COMMANDS).join(', ')}\n`);
    return 2;
  }
  try {
    return await (await load())(args);
  } catch (error) {
    process.stderr.write(`sightline ${command}: ${error instanceof Error ? error.message : error}\n`);
    return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  }
}

// In the containers this file is the entry; on the host run.mjs calls main.
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [command, ...args] = process.argv.slice(2);
  process.exitCode = await main(command, args);
}
