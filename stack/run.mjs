/**
 * What every npm script goes through: it needs Node alone, installs what is missing, builds what is out of date, then hands over to the command.
 * Plain JavaScript, because it runs before there is a compiler.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old: install 20.19 or newer`);

const modified = (path) => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0);

if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  say('installing packages (npm ci), once');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

const stamp = 'dist/.built';
const sources = ['app', 'live', 'monitoring', 'stack', 'telemetry', 'traffic-generator']
  .flatMap(filesBelow)
  .concat('package-lock.json', 'tsconfig.build.json');
if (sources.some((path) => modified(path) > modified(stamp))) {
  say('building');
  run(bin('tsc'), ['-p', 'tsconfig.build.json']);
  run(bin('vite'), ['build', 'live/web', '--logLevel', 'warn']);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, stamp), '');
}

const [command, ...args] = process.argv.slice(2);
const vitest = { test: ['run'], 'test:stack': ['run', '--config', 'vitest.stack.config.ts'] }[command];
if (vitest) run(bin('vitest'), [...vitest, ...args], 'inherit');
else if (command === 'fuzz') run(process.execPath, ['dist/live/server/fuzz.js', ...args], 'inherit');
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
    .filter((entry) => entry.isFile() && /\.(tsx?|css|html)$/.test(entry.name) && !entry.parentPath.includes('/web/dist'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

/** Runs to the end, or ends this process with its exit code. What an install or a build says goes to standard error: the output is the command's. */
function run(program, args, stdout = 2) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['inherit', stdout, 'inherit'] });
  if (error) fail(`${program} could not be run: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function say(line) {
  process.stderr.write(`sightline: ${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(2);
}
