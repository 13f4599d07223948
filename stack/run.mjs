/**
 * What every npm script goes through: it needs Node alone, installs what is missing, builds what is out of date, then hands over to the command.
 * Plain JavaScript, because it runs before there is a compiler.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old: install 20.19 or newer`);

const modified = (path) => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0);
const stamp = 'dist/.built';
const isInstalled = () => modified('node_modules/.package-lock.json') >= modified('package-lock.json');
const isBuilt = () =>
  ['app', 'database', 'live', 'monitoring', 'stack', 'telemetry', 'traffic-generator']
    .flatMap(filesBelow)
    .concat('package-lock.json', 'tsconfig.build.json')
    .every((path) => modified(path) <= modified(stamp));

if (!isInstalled() || !isBuilt()) {
  const unlock = lock();
  if (!isInstalled()) {
    say('installing packages (npm ci), once');
    // With NODE_ENV=production npm would leave the compiler out.
    await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  if (!isBuilt()) {
    say('building');
    await run(bin('tsc'), ['-p', 'tsconfig.build.json']);
    // As they are meant to be served, whatever the environment says: in a test runner React would be its development build.
    for (const page of ['live/web', 'app/web'])
      await run(bin('vite'), ['build', page, '--logLevel', 'warn'], 2, { ...process.env, NODE_ENV: 'production' });
    writeFileSync(join(root, stamp), '');
  }
  unlock();
}

const [command, ...args] = process.argv.slice(2);
const vitest = {
  test: ['run'],
  'test:stack': ['run', '--config', 'vitest.stack.config.ts'],
  'test:scale': ['run', '--config', 'vitest.scale.config.ts'],
  'test:drill': ['run', '--config', 'vitest.drill.config.ts'],
}[command];
if (vitest) await run(bin('vitest'), [...vitest, ...args], 'inherit');
else if (command === 'fuzz') await run(process.execPath, ['dist/live/server/fuzz.js', ...args], 'inherit');
else {
  const { main } = await import('../dist/stack/cli.js');
  process.exitCode = await main(command, args);
}

function bin(name) {
  return join(root, 'node_modules', '.bin', name);
}

function filesBelow(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|css|html|svg)$/.test(entry.name) && !entry.parentPath.includes('/web/dist'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

/**
 * One process at a time installs and builds, or a second start in a fresh clone would pull the packages from under the first.
 * The lock names its owner; one that was killed does not count. Returns what gives it back.
 */
function lock() {
  mkdirSync(join(root, '.sightline'), { recursive: true });
  const file = join(root, '.sightline', 'preparing');
  for (let told = false; ; ) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      const unlock = () => {
        process.off('exit', unlock);
        rmSync(file, { force: true });
      };
      process.on('exit', unlock);
      return unlock;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    // 0 where it has just been given back: the next attempt takes it.
    const owner = Number(existsSync(file) && readFileSync(file, 'utf8'));
    if (!runs(owner)) rmSync(file, { force: true });
    else if (owner > 0 && !told) {
      say(`process ${owner} installs or builds here: waiting for it`);
      told = true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch ({ code }) {
    return code === 'EPERM';
  }
}

/**
 * Runs to the end, or ends this process with its exit code. What an install or a build says goes to standard error: the output is the command's.
 * Who stops this process ends the work at once: npm would go on installing. A test runner (`stdout` is `inherit`) sees to its own Ctrl-C.
 */
async function run(program, args, stdout = 2, env = process.env) {
  const child = spawn(program, args, { cwd: root, env, stdio: ['inherit', stdout, 'inherit'] });
  let stopped;
  const stop = (signal) => {
    if (stdout !== 'inherit') child.kill('SIGKILL');
    else if (signal !== 'SIGINT') child.kill(signal);
    stopped = signal;
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const [code, error] = await new Promise((resolve) => {
    child.once('error', (error) => resolve([1, error]));
    child.once('exit', (code) => resolve([code]));
  });
  for (const signal of SIGNALS) process.off(signal, stop);
  if (error) fail(`${program} could not be run: ${error.message}`);
  if (stopped && code === null) process.exit(128 + constants.signals[stopped]);
  if (code !== 0) process.exit(code ?? 1);
}

function say(line) {
  process.stderr.write(`sightline: ${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(2);
}
