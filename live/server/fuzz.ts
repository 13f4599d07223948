/** `npm run fuzz [inputs] [seed]`: a million mutated requests, half protobuf, half JSON. Exit 1 and the input where one breaks something. */
import { fuzz } from './testing/fuzzing.ts';

const MILLION = 1_000_000;

const [inputs = MILLION, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
if (!Number.isSafeInteger(inputs) || inputs < 2 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz [inputs, at least 2] [seed]');
  process.exit(2);
}
console.log(`fuzz: ${inputs} inputs from seed ${seed}`);
try {
  for (const kind of ['protobuf', 'json'] as const) {
    const { accepted, refused } = fuzz(Math.floor(inputs / 2), seed, kind, (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${kind}: ${done}`);
    });
    console.log(`${kind}: ${accepted} accepted, ${refused} refused, ledger exact`);
  }
} catch (error) {
  const { message, cause } = error as Error;
  console.error(message, cause ?? '');
  process.exit(1);
}
