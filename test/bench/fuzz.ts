/**
 * `npm run bench:fuzz [seconds] [seed]`: every reader of foreign input with the whole volume of its target, or as many
 * inputs as the seconds allow, with the seed printed; then the corpus of secrets with 1,000 random values of each form.
 * Exits with 1 when anything fails.
 */
import fc from 'fast-check';
import { FUZZ_TARGETS } from '../support/fuzzTargets.ts';

const seconds = Number(process.argv[2] ?? Infinity);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_007);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say(
  `seed ${seed}, ${seconds === Infinity ? 'whole volumes' : `${seconds} s for each`} of ${FUZZ_TARGETS.length} targets`,
);
let failed = 0;
for (const { name, property, volume } of FUZZ_TARGETS) {
  const begun = performance.now();
  const details = await fc.check(property, {
    seed,
    numRuns: volume,
    ...(seconds === Infinity ? {} : { interruptAfterTimeLimit: seconds * 1_000, markInterruptAsFailure: false }),
  });
  const took = ((performance.now() - begun) / 1_000).toFixed(1);
  if (details.failed) failed++;
  say(`${details.failed ? 'FAILED ' : ''}${name}: ${details.numRuns.toLocaleString('en-US')} inputs in ${took} s`);
  if (details.failed) say(`${JSON.stringify(details.counterexample)}\n${String(details.errorInstance)}`);
}
process.exitCode = failed > 0 ? 1 : 0;
