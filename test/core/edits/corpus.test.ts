import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { applyTo } from './apply.ts';

/**
 * The corpus: what a model answered, the file before, and the file afterwards to the last byte, or why nothing may
 * happen. Cases are in test/core/edits/corpus, in a form that shows white space as it is.
 */

interface Case {
  readonly name: string;
  readonly options: readonly string[];
  readonly parts: ReadonlyMap<string, string>;
}

/** `§ case: name`, then parts: `§ options`, `§ before`, `§ answer`, and one that says what is expected. */
function readCases(file: string): Case[] {
  const cases: { name: string; options: string[]; parts: Map<string, string> }[] = [];
  let part = '';
  for (const line of fs.readFileSync(file, 'utf8').replace(/\n$/, '').split('\n')) {
    const [, word = '', rest = ''] = /^§ ([\w-]+):?(?: (.*))?$/.exec(line) ?? [];
    const last = cases.at(-1);
    if (word === 'case') cases.push({ name: rest, options: [], parts: new Map() });
    else if (word === 'options') last?.options.push(...rest.split(' '));
    else if (word) last?.parts.set((part = word), rest);
    else last?.parts.set(part, `${last.parts.get(part) ?? ''}${line}\n`);
  }
  // One empty line parts the cases.
  for (const { parts } of cases.slice(0, -1)) {
    const [name, text] = [...parts].at(-1) ?? ['', ''];
    parts.set(name, text.replace(/\n$/, ''));
  }
  return cases;
}

const folder = path.join(import.meta.dirname, 'corpus');
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
  for (const { name, options, parts } of readCases(path.join(folder, file))) {
    const has = (option: string): boolean => options.includes(option);
    const asFile = (text: string, finalNewline = !has('no-final-newline')): string => {
      const plain = text === '(nothing)\n' ? '' : finalNewline ? text : text.replace(/\n$/, '');
      return (has('bom') ? '\uFEFF' : '') + (has('crlf') ? plain.replaceAll('\n', '\r\n') : plain);
    };
    test(`${file}: ${name}`, () => {
      const before = has('missing') ? null : asFile(parts.get('before') ?? '');
      const answer = (parts.get('answer') ?? '').replaceAll('\n', has('answer-crlf') ? '\r\n' : '\n');
      const { text, refused } = applyTo(answer, before);
      const wanted = [...parts.keys()].at(-1);
      switch (wanted) {
        case 'after':
          assert.deepEqual({ refused, text }, { refused: null, text: asFile(parts.get('after') ?? '') });
          break;
        case 'after-with-newline':
        case 'after-without-newline': {
          const expected = asFile(parts.get(wanted) ?? '', wanted === 'after-with-newline');
          assert.deepEqual({ refused, text }, { refused: null, text: expected });
          break;
        }
        case 'deleted':
          assert.deepEqual({ refused, text }, { refused: null, text: null });
          break;
        case 'refused':
          assert.equal(text, before);
          assert.equal(refused, (parts.get('refused') ?? '').trim());
          break;
        default:
          assert.fail('a case without an expectation');
      }
    });
  }
}
