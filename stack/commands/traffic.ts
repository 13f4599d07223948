/** `npm run traffic [shape]`: puts a load on the shop by the best driver at hand, and says which. */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ROOT } from '../../telemetry/root.ts';
import { drive } from '../../traffic-generator/node-driver.ts';
import { brokenLimits, progressLine, summaryLines } from '../../traffic-generator/report.ts';
import { isShape, parseDuration, SHAPE_NAMES, SHAPES, type ShapeName, stretch } from '../../traffic-generator/shapes.ts';
import { addresses, settings } from '../compose/addresses.ts';

const USAGE = `usage: npm run traffic -- [${SHAPE_NAMES.join(' | ')}] [--target URL] [--duration 60s]`;
/** k6's own exit codes: a threshold was broken; stopped by a signal. */
const K6_THRESHOLDS = 99;
const K6_STOPPED = 105;

interface Run {
  shape: ShapeName;
  /** As it was typed, `''` for the shape's own length. */
  duration: string;
  /** The shop's address, without a slash at its end. */
  target: string;
  /** The target was named, not taken from `.env`. */
  named: boolean;
}

export type Choice = { driver: 'k6' | 'compose' | 'node'; because: string };

/**
 * Runs a shape of load against the shop until it is over or Ctrl-C, with progress and a summary.
 * Returns 0 if the shop held the shape's limits, 1 if it did not or nothing answers at the target, 2 for arguments that make no sense.
 */
export async function traffic(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const run = readArguments(args, env);
  if (typeof run === 'string') return say(`${run}\n${USAGE}`, 2);
  const refusal = await refusalOf(run.target);
  if (refusal) return say(`Nothing answers at ${run.target} (${refusal}). Start the shop: docker compose up, or npm start.`, 1);
  const { driver, because } = await chooseDriver(run.named, env);
  say(`${run.shape}: ${SHAPES[run.shape].about}. Target ${run.target}, driver ${because}. Ctrl-C ends it with the summary.`);
  if (driver === 'node') return byNode(run);
  const settings = { SHAPE: run.shape, DURATION: run.duration, K6_NO_USAGE_REPORT: 'true' };
  if (driver === 'k6') {
    return byK6('k6', ['run', join(ROOT, 'traffic-generator', 'k6.ts')], { ...env, ...settings, TARGET: run.target });
  }
  // The service runs endlessly and silently; a run by hand wants k6's progress, summary and thresholds.
  const loud = { ...settings, K6_FLAGS: '', K6_SUMMARY_MODE: 'compact', K6_NO_THRESHOLDS: 'false' };
  const variables = Object.entries(loud).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return byK6('docker', ['compose', 'run', '--rm', '--no-deps', ...variables, 'traffic'], env);
}

/** k6 from PATH; else from compose's image, which reaches the shop that compose runs and no other; else Node. */
export async function chooseDriver(targetNamed: boolean, env: NodeJS.ProcessEnv): Promise<Choice> {
  const k6 = /^k6(?:\.exe)? v(\d+)\.\S+/.exec(await output('k6', ['version'], env));
  if (Number(k6?.[1]) >= 1) return { driver: 'k6', because: `${k6?.[0]} from PATH` };
  const noK6 = k6 ? `${k6[0]} on PATH is older than v1` : 'no k6 on PATH';
  if (targetNamed) return { driver: 'node', because: `Node (${noK6}, and k6 in compose reaches only compose's own shop)` };
  const services = await output('docker', ['compose', 'ps', '--services', '--status', 'running'], env);
  if (services.split('\n').includes('storefront')) return { driver: 'compose', because: `k6 in compose (${noK6})` };
  return { driver: 'node', because: `Node (${noK6}, and the shop does not run in compose)` };
}

/** What is to be run, or a line on what is wrong with the arguments. */
function readArguments(args: string[], env: NodeJS.ProcessEnv): Run | string {
  try {
    const options = { target: { type: 'string' }, duration: { type: 'string', default: '' } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [shape = 'steady', surplus] = positionals;
    const { target = addresses(settings(env)).storefront, duration } = values;
    if (!isShape(shape)) return `There is no shape "${shape}".`;
    if (surplus !== undefined) return `One shape at a time: "${surplus}" is one too many.`;
    if (!URL.canParse(target) || !/^https?:$/.test(new URL(target).protocol)) return `--target "${target}" is no http address.`;
    if (duration && !parseDuration(duration)) return `--duration "${duration}" is no length of time; write it as 90s, 5m or 2h.`;
    return { shape, duration, target: target.replace(/\/+$/, ''), named: values.target !== undefined };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function byNode({ shape: name, duration, target }: Run): Promise<number> {
  const seconds = parseDuration(duration);
  const shape = seconds ? stretch(SHAPES[name], seconds) : SHAPES[name];
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const tally = await drive({ target, shape, signal: stop.signal, onProgress: (now) => say(progressLine(now)) });
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  say(summaryLines(tally, shape.limits).join('\n'));
  return brokenLimits(tally, shape.limits).length > 0 ? 1 : 0;
}

/** Runs k6 on this terminal. Ctrl-C reaches it too: it ends with its summary, and this process waits for that. */
function byK6(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit' });
  const wait = () => {};
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', pass);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(say(`${command} did not start: ${error.message}`, 1)));
    child.once('exit', (code) => {
      process.off('SIGINT', wait).off('SIGTERM', pass);
      if (code === 0 || code === K6_STOPPED) return resolve(0);
      resolve(code === K6_THRESHOLDS ? say('limits broken: see the thresholds above', 1) : say(`k6 failed with code ${code}`, 1));
    });
  });
}

/** Why nothing answers there, or `undefined` if something does, whatever it says. */
async function refusalOf(target: string): Promise<string | undefined> {
  try {
    await fetch(`${target}/health/live`, { signal: AbortSignal.timeout(5_000) });
    return undefined;
  } catch (error) {
    const { cause, message } = error as Error;
    return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message;
  }
}

/** What a command prints, `''` if it is not there or fails. */
async function output(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { cwd: ROOT, env, timeout: 10_000 })).stdout;
  } catch {
    return '';
  }
}

function say(text: string, code = 0): number {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return code;
}
