import { test } from 'node:test';
import fc from 'fast-check';
import { FUZZ_TARGETS } from '../support/fuzzTargets.ts';

/** The short form of `npm run bench:fuzz`: fast-check prints the seed of what fails. */

for (const { name, property } of FUZZ_TARGETS)
  test(`any input: ${name}`, () => {
    fc.assert(property, { numRuns: 1_000, interruptAfterTimeLimit: 2_000, markInterruptAsFailure: false });
  });
