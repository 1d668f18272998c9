import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { main } from '../../bench/routing/cli.ts';

const SCRIPT = path.resolve(import.meta.dirname, '../../tools/route.mjs');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-route-'));
after(() => fs.rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
};
const run = async (args: readonly string[], input = '') => {
  let stdout = '';
  let stderr = '';
  const status = await main(args, {
    input: Readable.from([input]),
    out: (text) => (stdout += text),
    err: (text) => (stderr += text),
  });
  return { lines: stdout.split('\n').filter(Boolean), stderr, status };
};
type Line = { id: string; tier: string; score: number; rule: string; reason: string };
const parse = (lines: readonly string[]): Line[] => lines.map((line) => JSON.parse(line) as Line);

const REQUESTS = write(
  'requests.jsonl',
  '\ufeff' +
    [
      { id: 'a', text: 'rename this variable' },
      { id: 'b', text: 'write unit tests for this class', selection_lang: 'go', context_tokens: 900, files: 1 },
      {
        id: 3,
        text: 'audit the authentication of all our services for security holes',
        context_tokens: 9000,
        files: 12,
      },
      { id: 'd', text: 'anything', action: 'commit-message', selection_lang: null, files: null },
      { id: 'e', text: 'anything', private: true, action: 'escalate' },
    ]
      .map((request) => JSON.stringify(request))
      .join('\r\n'),
);

test('one line of JSON for each request, and nothing else', async () => {
  const { lines, stderr, status } = await run([REQUESTS]);
  assert.equal(status, 0, stderr);
  const answers = parse(lines);
  assert.deepEqual(
    answers.map(({ id, tier }) => [id, tier]),
    [
      ['a', 'local'],
      ['b', 'mid'],
      [3, 'frontier'],
      ['d', 'local'],
      ['e', 'local'],
    ],
  );
  for (const answer of answers) {
    assert.deepEqual(Object.keys(answer), ['id', 'tier', 'score', 'rule', 'reason']);
    assert.ok(answer.score >= 1 && answer.score <= 5 && answer.reason && answer.rule);
  }
  assert.ok((answers[0]?.score ?? 5) < (answers[1]?.score ?? 0) && (answers[1]?.score ?? 5) < (answers[2]?.score ?? 0));
});

test('a bad line is named, the others are answered', async () => {
  const input = [
    '{"id":"a","text":"x"}',
    '',
    'no json',
    '{"id":"b"}',
    '{"text":"x"}',
    '[]',
    '{"id":"c","text":"x","context_tokens":-1}',
    '{"id":"d","text":"x","files":"two"}',
    '{"id":"z","text":"x"}',
  ].join('\n');
  const { lines, stderr, status } = await run(['-'], input);
  assert.equal(status, 1);
  assert.deepEqual(
    parse(lines).map(({ id }) => id),
    ['a', 'z'],
  );
  for (const line of [3, 4, 5, 6, 7, 8]) assert.match(stderr, new RegExp(`^line ${line}: .+`, 'm'));
  assert.match(stderr, /line 4: text: /);
  assert.match(stderr, /line 7: context_tokens: /);
});

test('only a line break ends a request: the separators of Unicode belong to its text', async () => {
  const texts = ['one\u2028two', 'three\u2029four', 'five\u0085six'];
  const file = write('separators.jsonl', texts.map((text, id) => JSON.stringify({ id, text })).join('\r\n'));
  const { lines, status } = await run([file]);
  assert.equal(status, 0);
  assert.deepEqual(
    parse(lines).map(({ id }) => id),
    [0, 1, 2],
  );
});

test('own rules come before the shipped ones, or alone; --explain tells of each', async () => {
  const rules = write(
    'rules.json',
    JSON.stringify([
      { name: 'go', when: { languages: ['go'] }, tier: 'frontier' },
      { name: 'simple', enabled: false },
    ]),
  );
  const tiers = async (args: readonly string[]) =>
    parse((await run(args)).lines).map(({ tier, rule }) => `${tier} ${rule}`);
  assert.deepEqual((await tiers([REQUESTS, '--rules', rules])).slice(0, 3), [
    'mid default',
    'frontier go',
    'frontier complex',
  ]);
  assert.deepEqual((await tiers([`--rules=${rules}`, '--only', REQUESTS])).slice(0, 3), [
    'mid none',
    'frontier go',
    'mid none',
  ]);
  const hard = write('hard.jsonl', JSON.stringify({ id: 1, text: 'prove that this lock-free queue is linearizable' }));
  assert.deepEqual(await tiers([hard]), ['frontier complex']);
  assert.deepEqual(await tiers([hard, '--threshold', '5']), ['mid default']);
  const explained = JSON.parse((await run([REQUESTS, '--rules', rules, '--explain'])).lines[0] ?? '') as {
    rules: { rule: string; result: string; why: string }[];
  };
  assert.deepEqual(explained.rules.find(({ rule }) => rule === 'simple')?.result, 'skipped');
});

test('an invalid command line is reported, and nothing is answered', async () => {
  const bad = write('bad.json', '[{ "name": "x", "tier": "best" }]');
  for (const args of [
    [],
    [path.join(folder, 'missing.jsonl')],
    [REQUESTS, '--rules', bad],
    [REQUESTS, '--rules', path.join(folder, 'missing.json')],
    [REQUESTS, '--threshold', '9'],
    [REQUESTS, '--nonsense'],
    [REQUESTS, REQUESTS],
  ]) {
    const { lines, stderr, status } = await run(args);
    assert.deepEqual([lines, status], [[], 2], args.join(' '));
    assert.ok(stderr);
  }
  assert.match((await run([REQUESTS, '--rules', bad])).stderr, /rule 1: tier/);
});

test('the shipped rules can be printed and given back', async () => {
  const printed = write('printed.json', (await run(['--print'])).lines.join('\n'));
  assert.deepEqual((await run([REQUESTS, '--rules', printed, '--only'])).lines, (await run([REQUESTS])).lines);
});

test('as a script it writes only the answers to standard output', () => {
  const { stdout, status } = spawnSync(process.execPath, [SCRIPT, REQUESTS], { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.deepEqual(
    parse(stdout.trim().split('\n')).map(({ id }) => id),
    ['a', 'b', 3, 'd', 'e'],
  );
});
