import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findHidden, hasHidden, showsAll } from '../../../src/core/common/hiddenCharacters.ts';

const marked = (text: string, place: 'prose' | 'code' = 'code'): string[] =>
  findHidden(text, place).map(({ start, end }) => text.slice(start, end));

test('T16 characters that look like ASCII are marked in code', () => {
  for (const [text, ...posing] of [
    ['if (a \u01C3= b) return;', '\u01C3'],
    ['const a = 1\u037E', '\u037E'],
    ['ｐassword = 1', 'ｐ'],
    ['return ａｄｍｉｎ;', 'ａｄｍｉｎ'],
    ['if (a ＝＝ b)', '＝＝'],
    ['𝐩𝐚𝐬𝐬word', '𝐩𝐚𝐬𝐬'],
    ['x𝟏 = 2', '𝟏'],
    ['\u13AAdmin', '\u13AA'],
    ['us\u0435r', '\u0435'],
    ['adm\u0131n', '\u0131'],
    ['p\uA4E2ssword', '\uA4E2'],
  ] as const)
    assert.deepEqual(marked(text), posing, text);
});

test('T14 an Arabic letter mark in Latin text is hidden, in Arabic text it is not', () => {
  assert.deepEqual(marked('const a\u061C = 1;'), ['\u061C']);
  assert.ok(!hasHidden('// \u0645\u0631\u062D\u0628\u0627\u061C 1', 'code'));
  assert.deepEqual(marked('a\u200Fb'), ['\u200F']);
});

test('T14 a form feed between pages of C or Python is honest, inside a line it is not', () => {
  for (const text of ['a();\n\f\nb();', '\f\nimport os\n', 'x = 1\n\fdef f():\n', 'a\n\f\r\nb'])
    assert.ok(!hasHidden(text, 'code'), text);
  assert.deepEqual(marked('a\fb'), ['\f']);
});

test('T16 letters of phonetics and old scripts, ligatures and numerals are marked within a word of code, and nowhere else', () => {
  for (const word of ['ɑdmin', 'ɡit', 'ſum', 'ﬁle', 'xⅠ', 'ⲟpen', '𐐬pen', 'ᴀdmin', 'toKen', 'a￼b'])
    assert.equal(findHidden(`const ${word} = 1;`, 'code').length, 1, word);
  for (const text of ['Kapitel Ⅰ', 'die ﬁnale Fassung', '/ɡɪt/ is how it is said', 'Wachſtube', 'ⲟⲩⲱⲛ'])
    assert.deepEqual(findHidden(text, 'prose'), [], text);
});

test('T16 honest text in its own script is not marked', () => {
  for (const text of [
    '// 全角の値：（１０）です。',
    '// 使用 ＡＢＣ 协议，见下文；',
    'const s = "Τι είναι αυτό\u037E";',
    'yıl = gün // yılın ilk günü',
    'ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ',
    'f(x) = x² + α',
    '日本語のコメント！',
    'ǃXóõ and ǃKung are languages',
    'größe = naïve + café',
    'Привет, мир',
  ])
    assert.deepEqual(marked(text, 'code'), [], text);
  for (const text of ['the speed 𝑣 of light', 'Isparta ve kadın, ışık', 'yıl'])
    assert.deepEqual(marked(text, 'prose'), [], text);
});

test('T26 a command that a user allows shows all that it is: one short line without unseen characters or gaps', () => {
  for (const plain of ['npm test', 'npx tsc --noEmit', 'node -e "process.exit(1)"', 'make größe', 'a   b'])
    assert.ok(showsAll(plain), plain);
  const visible = fc.string({ maxLength: 60 }).map((text) => text.replace(/[^ -~]| {2,}/g, 'x'));
  const unseen = fc.constantFrom(
    '\n',
    '\u2028',
    '\u202e',
    '\u200b',
    '\u0000',
    '\u001b[8m',
    ' '.repeat(4),
    'a'.repeat(301),
  );
  fc.assert(
    fc.property(visible, unseen, visible, (before, hidden, after) => {
      assert.ok(showsAll(before + after));
      assert.ok(!showsAll(before + hidden + after));
    }),
  );
});
