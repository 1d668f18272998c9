import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeError,
  describeErrorBriefly,
  LineRing,
  maskLine,
  maskPaths,
  type MaskParts,
} from '../../../src/core/privacy/logLines.ts';
import { nameOf, secrets } from './secretForms.ts';
import { cpuMs } from '../../support/cpuTime.ts';

const mask: MaskParts = {
  extension: '/home/ada/.vscode/extensions/gearshift.gearshift-1.2.3',
  home: '/home/ada',
  nameSecret: nameOf,
  keys: new Set(['hunter2-of-litellm']),
};
const masked = (line: string): string => maskLine(line, mask);

test(`${secrets.length} forms of secrets are in no line of the log`, () => {
  for (const [before, secret, after = ''] of secrets) {
    const line = masked(`chat: Error: ${before}${secret}${after}`);
    assert.ok(!line.includes(secret), line);
  }
});

test('T20 a key in use is in no line, whatever form it has', () => {
  assert.equal(masked('401: no such key hunter2-of-litellm.'), '401: no such key «key».');
});

test('no line shows a home directory, however a system writes it', () => {
  const lines = [
    ['open /home/ada/projects/a.ts', 'open ~/projects/a.ts'],
    ['open /home/grace/projects/a.ts', 'open ~/projects/a.ts'],
    ['open /Users/grace/projects/a.ts', 'open ~/projects/a.ts'],
    ['open C:\\Users\\Grace\\work\\a.ts', 'open ~\\work\\a.ts'],
    ['open file:///c%3A/Users/grace/a.ts', 'open file://~/a.ts'],
    ['open "/home/ada"', 'open "~"'],
  ] as const;
  for (const [line, expected] of lines) assert.equal(masked(line), expected);
  const windows: MaskParts = { ...mask, home: 'D:\\Profiles\\ada', extension: 'D:\\Profiles\\ada\\ext' };
  assert.equal(maskLine('at D:\\Profiles\\ada\\a.ts and d:/profiles/ada/b.ts', windows), 'at ~\\a.ts and ~/b.ts');
});

test('a home directory is not looked for inside of other names, and one that is the root is none', () => {
  assert.equal(maskLine('/srv/adamant/x', { ...mask, home: '/srv/ada' }), '/srv/adamant/x');
  assert.equal(maskLine('/etc/hosts', { ...mask, home: '/' }), '/etc/hosts');
});

test("frames of the extension's own code are named from its folder", () => {
  const { extension } = mask;
  assert.equal(masked(`at ask (${extension}/dist/main.mjs:12:34)`), 'at ask (dist/main.mjs:12:34)');
  assert.equal(masked(`at ask (file://${extension}/dist/main.mjs:12:34)`), 'at ask (dist/main.mjs:12:34)');
});

test('a line is one line, and not longer than 2,000 characters', () => {
  assert.equal(masked('a\r\nb\u001b[31mc'), 'a b [31mc');
  assert.equal(masked('x'.repeat(9_999)).length, 2_000);
});

test('a long line is masked in time', () => {
  const started = cpuMs();
  for (const piece of ['/', '/a', 'a b/', '\\', '/a.b ', 'eyJ', '"/', "'~"])
    maskPaths(masked(piece.repeat(20_000 / piece.length)));
  assert.ok(cpuMs() - started < 2_000);
});

test('T20 an error is logged with its stack and what is behind it, without frames of the runtime', () => {
  const cause = new TypeError('no such host');
  const lines = describeError(new Error('cannot ask', { cause }));
  assert.equal(lines[0], 'Error: cannot ask');
  assert.ok(lines.some((line) => /^ {2}at .*logLines\.test\.ts:\d+/.test(line)));
  assert.ok(lines.includes('  caused by TypeError: no such host'));
  assert.ok(!lines.some((line) => line.includes('node:internal')));
  assert.equal(describeErrorBriefly(new RangeError('too far')), 'RangeError: too far');
});

test('a chain of causes ends, even where an error is its own cause', () => {
  const error = new Error('round');
  error.cause = error;
  assert.equal(describeError(error).filter((line) => line.includes('round')).length, 4);
  const many = new AggregateError(Array.from({ length: 50 }, (_, i) => new Error(`no. ${i}`)));
  assert.ok(describeError(many).length < 100);
});

test('a thrown value that is not an error is logged by its message only', () => {
  assert.deepEqual(describeError('stop'), ['stop']);
  assert.deepEqual(describeError(undefined), ['undefined']);
  assert.deepEqual(describeError(null), ['null']);
  assert.deepEqual(describeError({ message: 'gone', prompt: 'my code' }), ['gone']);
  assert.deepEqual(describeError({ prompt: 'my code' }), ['an object that is no error']);
});

test('an answer that is not JSON is not quoted', () => {
  for (const answer of ['my private answer', '{"a": my private answer}', `{"a": 1} ${'my private answer'.repeat(9)}`]) {
    const error = ((): unknown => {
      try {
        return JSON.parse(answer) as unknown;
      } catch (error) {
        return error;
      }
    })();
    assert.ok(error instanceof SyntaxError);
    assert.ok(!describeErrorBriefly(error).includes('privat'), describeErrorBriefly(error));
  }
});

test('a report names no file and no folder', () => {
  for (const path of [
    '~/projects/merger/plan.ts',
    '/srv/merger/plan.ts',
    '/srv/the merger/plan of merger.ts',
    'C:\\work\\the merger\\plan.ts',
    '\\\\server\\share\\merger\\plan.ts',
    'file:///srv/merger/plan.ts',
    'vscode-remote://ssh-remote%2Bmerger/srv/merger/plan.ts',
  ]) {
    for (const line of [
      `ENOENT: no such file or directory, open '${path}'`,
      `cannot read "${path}"`,
      `${path} is damaged`,
      `at ask (${path}:12:3)`,
    ]) {
      const told = maskPaths(line);
      assert.ok(!/merger|plan|srv|work/.test(told), `${line} -> ${told}`);
      assert.match(told, /<path>/);
    }
  }
});

test('a report keeps what a reader needs: own frames, addresses, fractions', () => {
  for (const line of [
    '  at ask (dist/main.mjs:12:34)',
    'asked https://api.openai.com/v1/chat/completions: 401',
    'http://localhost:11434/api/generate timed out',
    '3/4 of the budget and/or more',
    'anthropic/claude-opus-5.5 of openrouter',
    'chat/completions',
  ])
    assert.equal(maskPaths(line), line);
});

test('the ring keeps the last lines in their order', () => {
  const ring = new LineRing(200);
  assert.deepEqual(ring.lines, []);
  for (let i = 0; i < 1_234; i++) ring.add(`line ${i}`);
  assert.equal(ring.lines.length, 200);
  assert.equal(ring.lines[0], 'line 1034');
  assert.equal(ring.lines.at(-1), 'line 1233');
});
