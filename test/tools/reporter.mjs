/**
 * Reporter of the unit tests and the end-to-end specs: one line per file (or per test with REPORT_TESTS=1, for slow
 * ones), failures in full, and the counts with the names of the failed files and tests as JSON in the file TEST_COUNTS.
 */
import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';

/** @typedef {{ passed: number, failed: number, ms: number }} Tally */

/**
 * @param {AsyncIterable<any>} events of node:test
 * @returns {AsyncGenerator<string>}
 */
export default async function* report(events) {
  /** @type {Map<string, Tally>} */
  const files = new Map();
  const perTest = Boolean(process.env.REPORT_TESTS);
  /** @type {string[]} */
  const failedTests = [];
  let current = '';
  /** The line of a file; said when the next file begins, so that a run that hangs shows where. */
  const sum = () => {
    const tally = files.get(current);
    if (!tally || perTest) return '';
    const { passed, failed, ms } = tally;
    return `  ${current}: ${passed} passed${failed ? `, ${failed} FAILED` : ''} (${ms.toFixed(0)} ms)\n`;
  };
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (perTest && typeof data.skip === 'string') yield `  skipped ${data.name} (${data.skip})\n`;
    if (!counts(data)) continue;
    const file = path.relative(process.cwd(), data.file ?? data.name);
    if (file !== current) yield sum();
    current = file;
    const tally = files.get(file) ?? { passed: 0, failed: 0, ms: 0 };
    files.set(file, tally);
    const ms = data.details.duration_ms;
    tally.ms += ms;
    if (type === 'test:pass') {
      tally.passed++;
      if (perTest) yield `  ok      ${data.name} (${(ms / 1000).toFixed(1)} s)\n`;
    } else {
      tally.failed++;
      failedTests.push(`${file}: ${data.name}`);
      yield `  FAILED  ${file}: ${data.name}\n${indent(describe(data.details.error))}\n`;
    }
  }
  let passed = 0;
  let failed = 0;
  yield sum();
  for (const tally of files.values()) {
    passed += tally.passed;
    failed += tally.failed;
  }
  const failedFiles = [...files].filter(([, tally]) => tally.failed > 0).map(([file]) => file);
  if (process.env.TEST_COUNTS)
    fs.writeFileSync(process.env.TEST_COUNTS, JSON.stringify({ passed, failed, failedFiles, failedTests }));
}

/**
 * Whether an event is a test to count: not a suite, not skipped, and not a parent that failed only by its children.
 * @param {any} data
 */
function counts(data) {
  if (data.skip !== undefined || data.todo !== undefined) return false;
  return data.details.type !== 'suite' && data.details.error?.failureType !== 'subtestsFailed';
}

/** @param {any} error node:test's wrapper, with what the test threw as its cause */
function describe(error) {
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}

/** @param {string} text */
const indent = (text) => text.replace(/^/gm, '          ');
