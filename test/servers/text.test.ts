import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFim } from './fim.ts';
import { TextModel, countTokens, findGap, tokenize } from './text.ts';
import type { Ask } from './text.ts';

const P = 'function add(a, b) {\n  return ';
const S = ';\n}\n';

function completion(prompt: string, suffix = ''): Ask {
  return { kind: 'completion', model: 'm', prompt, prefix: prompt, suffix, thinks: false, body: {} };
}

test('tokens joined together are the text again, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => assert.equal(tokenize(text).join(''), text)),
  );
  assert.equal(tokenize('\ud800 lone').join(''), '\ud800 lone');
});

test('a token has two to five characters on average, and FIM tokens are single', () => {
  const code = 'export async function readAll(response: Response) {\n    const text = await response.text();\n}\n';
  const ratio = code.length / countTokens(code);
  assert.ok(ratio > 2 && ratio < 5, `ratio ${ratio}`);
  for (const token of ['<|fim_prefix|>', '<｜fim▁hole｜>', '<[fim-suffix]>', '<fim_middle>']) {
    assert.deepEqual(tokenize(token), [token]);
  }
});

const PROMPTS: Readonly<Record<string, string>> = {
  qwen: `<|fim_prefix|>${P}<|fim_suffix|>${S}<|fim_middle|>`,
  'qwen with repository': `<|repo_name|>r\n<|file_sep|>a.ts\nx\n<|file_sep|>b.ts\n<|fim_prefix|>${P}<|fim_suffix|>${S}<|fim_middle|>`,
  starcoder: `<fim_prefix>${P}<fim_suffix>${S}<fim_middle>`,
  mellum: `<filename>a.ts\n<fim_suffix>${S}<fim_prefix>${P}<fim_middle>`,
  codellama: `<PRE> ${P} <SUF>${S} <MID>`,
  deepseek: `<｜fim▁begin｜>${P}<｜fim▁hole｜>${S}<｜fim▁end｜>`,
  codestral: `[SUFFIX]${S}[PREFIX]${P}`,
  'seed-coder': `<[fim-suffix]>${S}<[fim-prefix]>${P}<[fim-middle]>`,
  codegeex: `<|user|>\n<|code_suffix|>${S}<|code_prefix|>${P}<|code_middle|><|assistant|>\n`,
};

for (const [format, prompt] of Object.entries(PROMPTS)) {
  test(`the ${format} prompt is taken apart into prefix and suffix`, () => {
    const { prefix, suffix } = parseFim(prompt)!;
    assert.deepEqual({ prefix, suffix }, { prefix: P, suffix: S });
  });
}

test('text without FIM tokens is a prefix without a suffix', () => {
  assert.deepEqual(findGap('just text'), { prefix: 'just text', suffix: '' });
});

const DOCUMENT = 'const one = 1;\nconst two = one + one;\nconst three = two + one;\nexport { three };\n';

test('a known document is continued exactly, past the gap unless asked otherwise', () => {
  const at = DOCUMENT.indexOf('two + one');
  const end = at + 'two + one'.length;
  const gap = completion(DOCUMENT.slice(0, at), DOCUMENT.slice(end));
  const base = new TextModel();
  base.know(DOCUMENT);
  assert.equal(base.answer(gap).text, DOCUMENT.slice(at));
  const trained = new TextModel();
  trained.know(DOCUMENT, { runOn: false });
  assert.equal(trained.answer(gap).text, 'two + one');
});

test('a known document is found by the tail of a prefix that has other text in front', () => {
  const model = new TextModel();
  model.know(DOCUMENT);
  const prefix = `// other file\n${DOCUMENT.slice(20, 45)}`;
  assert.equal(model.answer(completion(prefix, ';\n')).text, DOCUMENT.slice(45));
});

test('of several places with the same text before, the one that rejoins the suffix is continued', () => {
  const model = new TextModel();
  model.know('call(first);\ncall(second);\n');
  assert.equal(String(model.answer(completion('call(', 'second);\n')).text), 'second);\n');
});

test('the default completion never comes back empty and repeats for the same prompt', () => {
  for (const prefix of ['', 'const a = ', 'if (x) {', 'def f(a):', 'foo(', '// note', 'return ', 'x.', 'con']) {
    const first = new TextModel(7).answer(completion(prefix, '\n'));
    assert.ok(String(first.text).length > 0, prefix);
    assert.deepEqual(new TextModel(7).answer(completion(prefix, '\n')), first);
  }
});

test('the default chat answer says that it is a demo and takes up the attached code', () => {
  const content = 'Explain\n```python\nprint("hello")\n```';
  const ask: Ask = {
    kind: 'chat',
    model: 'm1',
    prompt: content,
    messages: [{ role: 'user', content }],
    thinks: true,
    body: {},
  };
  const { text, reasoning } = new TextModel().answer(ask);
  assert.match(String(text), /^Demo answer from the loopback server \(model `m1`\)/);
  assert.match(String(text), /```python\nprint\("hello"\)\n```/);
  assert.ok(reasoning);
  assert.equal(new TextModel().answer({ ...ask, thinks: false }).reasoning, undefined);
});

test('a script is one text, a list, a record by key in the prompt, or a function', () => {
  const ask = (prompt: string): Ask => ({ kind: 'chat', model: 'm', prompt, messages: [], thinks: false, body: {} });
  const model = new TextModel();
  model.script('same');
  assert.equal(model.answer(ask('a')).text, 'same');
  model.script(['one', { text: 'two', finish: 'length' }]);
  assert.deepEqual(
    [1, 2, 3].map(() => model.answer(ask('a')).text),
    ['one', 'two', 'two'],
  );
  model.script({ red: 'r', blue: 'b' });
  assert.equal(model.answer(ask('a blue one')).text, 'b');
  assert.match(String(model.answer(ask('green')).text), /^Demo answer/);
  model.script(({ prompt }) => prompt.toUpperCase());
  assert.equal(model.answer(ask('x')).text, 'X');
});
