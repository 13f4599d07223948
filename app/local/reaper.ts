import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Undoes what this process has set up, should it end without doing so itself: killed, or crashed. */
export interface Reaper {
  /** A child that must not outlive this process: gets SIGINT, and SIGKILL where it is still there three seconds later. */
  ends(child: ChildProcess): void;
  /** A file or folder that goes once the children have. */
  removes(path: string): void;
}

/** Reads what there is to undo until its input ends, which happens when this process does, however that comes. */
const SCRIPT = `
pids=' '
while IFS= read -r line; do
  what=\${line#* }
  case $line in
    'started '*) pids="$pids$what " ;;
    'ended '*) pids="\${pids%% $what *} \${pids#* $what }" ;;
    'path '*) set -- "$@" "$what" ;;
  esac
done
for pid in $pids; do kill -INT "$pid"; done
tenths=30
for pid in $pids; do
  while [ $tenths -gt 0 ] && kill -0 "$pid"; do sleep 0.1; tenths=$((tenths - 1)); done
  kill -KILL "$pid"
done
for path; do rm -rf -- "$path"; done
`;

/** A shell, because that costs 1 MB and no time; in a session of its own, where neither Ctrl-C nor the closing of the terminal reaches it. */
export function startReaper(): Reaper {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  for (const source of [shell, shell.stdin]) source.on('error', () => {});
  // It waits for this process to end, not this process for it.
  shell.unref();
  (shell.stdin as Socket).unref();
  const say = (line: string) => shell.stdin.write(`${line}\n`);
  return {
    ends(child) {
      if (child.pid === undefined) return;
      say(`started ${child.pid}`);
      child.once('exit', () => say(`ended ${child.pid}`));
    },
    removes: (path) => void say(`path ${path}`),
  };
}
