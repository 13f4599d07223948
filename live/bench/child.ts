/** Processes of the bench's own that are asked over IPC: what is measured and what loads it do not share a thread. */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How long a child may take to answer. */
const ANSWER_MS = 30_000;

export interface Child {
  readonly pid: number | undefined;
  /** Sends a question and waits for its answer. @throws Error where the child failed, ended, or does not answer */
  ask(question: string): Promise<unknown>;
  stop(): Promise<void>;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** Starts live/bench/<name> with `options` as its argument. */
export function startChild(name: string, options: object): Child {
  const file = fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
  const child = fork(file, [JSON.stringify(options)], { execArgv: ['--expose-gc'], serialization: 'advanced' });
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  child.on('exit', (code, signal) => {
    for (const [id, tell] of waiting) tell({ id, error: `it ended with ${code ?? signal}` });
  });
  return {
    pid: child.pid,
    ask(question) {
      const id = ++last;
      return new Promise((resolve, reject) => {
        const tell = ({ value, error }: Answer): void => {
          clearTimeout(timer);
          waiting.delete(id);
          if (error === undefined) resolve(value);
          else reject(new Error(`${name}, ${question}: ${error}`));
        };
        const timer = setTimeout(() => tell({ id, error: `no answer within ${ANSWER_MS / 1000} s` }), ANSWER_MS);
        waiting.set(id, tell);
        if (child.connected) child.send({ id, question });
        else tell({ id, error: 'it has ended' });
      });
    },
    stop: () => ended(child),
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** In the child: answers questions by name, and ends with its parent. */
export function answer(questions: Record<string, () => unknown>): void {
  process.once('disconnect', () => process.exit());
  process.on('message', async ({ id, question }: { id: number; question: string }) => {
    try {
      process.send?.({ id, value: await questions[question]?.() });
    } catch (error) {
      process.send?.({ id, error: (error as Error).message });
    }
  });
}
