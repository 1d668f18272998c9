import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConfig, parseDotEnv } from '../../../src/core/setup/importText.ts';
import { readKey } from '../../../src/core/setup/importKeys.ts';
import { planAider } from '../../../src/core/setup/importAider.ts';
import { leastCpuMs } from '../../support/cpuTime.ts';

/** The text of configuration files: what is read is what was meant, and hostile text takes no longer than other text. */

const fill = (unit: string): string => unit.repeat(Math.ceil(100_000 / unit.length));

/** The beginnings of everything that the patterns look for, and what can stand between them. */
const PIECES = [
  '"',
  '\\"',
  '\\',
  '"\\',
  '/*',
  '*',
  '//',
  '/',
  ',',
  ' ',
  '\n',
  ', ',
  ',\n',
  '{',
  'a',
  "'",
  '#',
  '=',
  'A=',
];
const UNITS = [...PIECES, ...PIECES.flatMap((one) => PIECES.map((other) => one + other))];

/** What happens to the file is no matter here: it may be refused. */
function anyEnd(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof Error);
  }
}

test('T23 JSON with comments: 100 kB of each beginning of its patterns is read in less than 100 ms', () => {
  for (const unit of UNITS)
    for (const text of [fill(unit), `"${fill(unit)}`]) {
      // Behind a colon and a brace that no parser accepts, so that the time is that of the comments alone.
      const ms = leastCpuMs(() => anyEnd(() => parseConfig(`}:${text}`, true)), 100);
      assert.ok(ms < 100, `${ms} ms for ${JSON.stringify(unit)}`);
    }
});

test('T23 .env files and the keys in settings: 100 kB of each beginning is read in less than 100 ms', () => {
  for (const unit of [...UNITS, ...['export ', 'x ', '${', '${{', '%A', 'your-', 'xxx', '  #', "'"]]) {
    const text = fill(unit);
    const ms = leastCpuMs(() => {
      parseDotEnv(`A=a${text}b`);
      parseDotEnv(text);
      readKey(text, false);
      readKey(`\${${text}`, true);
      planAider({ 'api-key': [`openai=a${text}b`, text] }, { known: new Map(), env: {} });
    }, 100);
    assert.ok(ms < 100, `${ms} ms for ${JSON.stringify(unit)}`);
  }
});

test('comments and last commas anywhere outside of texts change nothing of what is read', () => {
  const between = fc.constantFrom('', ' ', '\n', '/* "a" */', '// "b" { ,\n', '/**/ ', '\t/* // */');
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ maxLength: 6 }),
        fc.oneof(fc.string(), fc.constantFrom('// a', '/* b */', ',}', '\\"')),
      ),
      fc.infiniteStream(between),
      (given, stream) => {
        const next = (): string => stream.next().value ?? '';
        const members = Object.entries(given).map(
          ([name, value]) => `${next()}${JSON.stringify(name)}${next()}:${next()} ${JSON.stringify(value)}${next()}`,
        );
        const text = `{${members.join(',')}${members.length > 0 ? ',' : ''}${next()}}${next()}`;
        assert.deepEqual({ ...(parseConfig(text, true) as object) }, { ...given }, text);
      },
    ),
  );
});

test('a .env value keeps the spaces inside it and loses those around it', () => {
  assert.deepEqual(parseDotEnv('A = a  b \r\nexport B="c  "\nC=\n =x\nD=e # note'), {
    A: 'a  b',
    B: 'c  ',
    C: '',
    D: 'e',
  });
});
