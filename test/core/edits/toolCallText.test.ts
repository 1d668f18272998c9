import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAnswer } from '../../../src/core/edits/parseAnswer.ts';
import { planFile, resultOf } from '../../../src/core/edits/planFile.ts';
import type { ProposedEdit } from '../../../src/core/edits/proposal.ts';
import { fenced } from './apply.ts';

/** Calls of editing tools that models write as text, in the forms in which they are published. */

const FILE = 'def add(a, b):\n    total = a - b\n    return total\n';
const AFTER = 'def add(a, b):\n    total = a + b\n    return total\n';
const OLD = '    total = a - b';
const NEW = '    total = a + b';
const json = (value: unknown): string => JSON.stringify(value);
const call = (name: string, args: object): object => ({ name, arguments: args });
const whole = { path: 'src/add.py', content: AFTER };

const FORMS: Readonly<Record<string, string>> = {
  'OpenAI, arguments as text': json({
    role: 'assistant',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'write_file', arguments: json(whole) } }],
  }),
  'OpenAI, the list alone': json([
    { id: 'c1', type: 'function', function: { name: 'write_file', arguments: json(whole) } },
  ]),
  'Anthropic, a block': json({
    type: 'tool_use',
    id: 't1',
    name: 'str_replace_based_edit_tool',
    input: { command: 'str_replace', path: 'src/add.py', old_str: OLD, new_str: NEW },
  }),
  'Anthropic, create': json({
    name: 'str_replace_editor',
    input: { command: 'create', path: 'src/add.py', file_text: AFTER },
  }),
  'Claude Code, Edit': json({
    name: 'Edit',
    parameters: { file_path: 'src/add.py', old_string: OLD, new_string: NEW, replace_all: false },
  }),
  'Claude Code, MultiEdit': json({
    name: 'MultiEdit',
    input: { file_path: 'src/add.py', edits: [{ old_string: OLD, new_string: NEW }] },
  }),
  'Qwen, in a tag': `<tool_call>\n${json(call('write_file', whole))}\n</tool_call>`,
  'Qwen, in a tag on one line': `<tool_call>${json(call('write_file', whole))}</tool_call>`,
  'Qwen3-Coder': `<tool_call>\n<function=write_file>\n<parameter=path>\nsrc/add.py\n</parameter>\n<parameter=content>\n${AFTER}</parameter>\n</function>\n</tool_call>`,
  GLM: `<tool_call>write_file\n<arg_key>path</arg_key>\n<arg_value>src/add.py</arg_value>\n<arg_key>content</arg_key>\n<arg_value>${AFTER}</arg_value>\n</tool_call>`,
  Mistral: `[TOOL_CALLS][${json(call('write_file', whole))}]`,
  'Mistral, newer': `[TOOL_CALLS]write_file[ARGS]${json(whole)}`,
  'Llama 3': `<|python_tag|>${json({ name: 'write_file', parameters: whole })}`,
  Kimi: `<|tool_calls_section_begin|><|tool_call_begin|>functions.write_file:0<|tool_call_argument_begin|>${json(whole)}<|tool_call_end|><|tool_calls_section_end|>`,
  ReAct: `Action: write_file\nAction Input: ${json(whole)}`,
  'LangChain, one action': json({ action: 'write_file', action_input: whole }),
  'parallel uses': json({ tool_uses: [{ recipient_name: 'functions.write_file', parameters: whole }] }),
  'a list of files': json({ files: [whole] }),
  'edits with a path': json({ file: 'src/add.py', edits: [{ search: OLD, replace: NEW }] }),
  'edits, each with its path': json({ edits: [{ filePath: 'src/add.py', oldText: OLD, newText: NEW }] }),
  'a patch as an argument': json(
    call('apply_patch', {
      input: `*** Begin Patch\n*** Update File: src/add.py\n@@\n-${OLD}\n+${NEW}\n*** End Patch`,
    }),
  ),
  'a diff as an argument': json(
    call('apply_diff', {
      path: 'src/add.py',
      diff: `@@ -1,3 +1,3 @@\n def add(a, b):\n-${OLD}\n+${NEW}\n     return total`,
    }),
  ),
  'line breaks within the JSON': `{"name": "write_file", "arguments": {"path": "src/add.py", "content": "${AFTER}"}}`,
  'pretty JSON': JSON.stringify(call('create_file', whole), null, 2),
  'Cline, the whole file': `<write_to_file>\n<path>src/add.py</path>\n<content>\n${AFTER}</content>\n</write_to_file>`,
  'Cline, replace': `<replace_in_file>\n<path>src/add.py</path>\n<diff>\n------- SEARCH\n${OLD}\n=======\n${NEW}\n+++++++ REPLACE\n</diff>\n</replace_in_file>`,
  'Roo Code': `<apply_diff>\n<path>src/add.py</path>\n<diff>\n<<<<<<< SEARCH\n:start_line:2\n-------\n${OLD}\n=======\n${NEW}\n>>>>>>> REPLACE\n</diff>\n</apply_diff>`,
  'Anthropic XML': `<function_calls>\n<invoke name="write_file">\n<parameter name="path">src/add.py</parameter>\n<parameter name="content">${AFTER}</parameter>\n</invoke>\n</function_calls>`,
  'XML of an edit': `<edit>\n<file_path>src/add.py</file_path>\n<old_string>${OLD}</old_string>\n<new_string>${NEW}</new_string>\n</edit>`,
  'a file element': `<file path="src/add.py">\n${AFTER}</file>`,
  'an action of a builder': `<boltAction type="file" filePath="src/add.py">\n${AFTER}</boltAction>`,
};

function outcome(edits: readonly ProposedEdit[], text: string): string {
  const plan = planFile(edits, { text, path: 'src/add.py' });
  assert.deepEqual(plan.failures, []);
  return resultOf(text, plan);
}

for (const [name, text] of Object.entries(FORMS)) {
  const info = text.startsWith('<') ? 'xml' : 'json';
  const answers = [
    text,
    `I will write it.\n\n${text}\n\nThat is all.`,
    fenced(text, info),
    `Here:\n\n${fenced(text, '')}\n`,
  ];
  for (const [at, answer] of answers.entries()) {
    if (name === 'ReAct' && at > 1) continue;
    test(`${name}, form ${at}: the edit is the one of the call`, () => {
      const { edits, problems } = parseAnswer(answer, { origin: 'src/other.py' });
      assert.deepEqual(problems, []);
      assert.deepEqual([...new Set(edits.map(({ path }) => path))], ['src/add.py'], answer);
      assert.equal(outcome(edits, FILE), AFTER);
    });
  }
}

test('several calls in one answer are several edits, in their order', () => {
  const invoke = (path: string) =>
    `<invoke name="write_file"><parameter name="path">${path}</parameter><parameter name="content">x = "${path}"</parameter></invoke>`;
  for (const answer of [
    `<function_calls>\n${invoke('a.py')}\n${invoke('b.py')}\n</function_calls>`,
    `<function_calls>${invoke('a.py')}${invoke('b.py')}</function_calls>`,
    `${json(call('w', { path: 'a.py', content: 'x = "a.py"' }))}\n${json(call('w', { path: 'b.py', content: 'x = "b.py"' }))}`,
    json({ files: ['a.py', 'b.py'].map((path) => ({ path, content: `x = "${path}"` })) }),
  ])
    assert.deepEqual(
      parseAnswer(answer).edits.map((edit) => [edit.path, edit.kind === 'whole' ? edit.lines : edit.kind]),
      ['a.py', 'b.py'].map((path) => [path, [`x = "${path}"`]]),
      answer,
    );
});

test('a call that deletes is a deletion, one that reads or runs is nothing, one that is cut is a problem', () => {
  const of = (value: unknown) => parseAnswer(json(value), { origin: 'src/other.py' });
  assert.deepEqual(
    of(call('delete_file', { path: 'a.py' })).edits.map(({ kind, path }) => [kind, path]),
    [['delete', 'a.py']],
  );
  for (const value of [call('read_file', { path: 'a.py' }), call('execute_command', { command: 'rm -r x' })]) {
    assert.deepEqual(of(value), { edits: [], problems: [] });
    assert.deepEqual(parseAnswer(fenced(json(value), 'json'), { origin: 'src/other.py' }).edits, []);
  }
  for (const text of [FORMS['pretty JSON'], FORMS['Cline, the whole file'], FORMS['Qwen3-Coder']]) {
    const { edits, problems } = parseAnswer((text ?? '').slice(0, -40));
    assert.deepEqual([edits.length, problems.map(({ problem }) => problem)], [0, ['truncated']], text);
  }
});

test('JSON and XML that are the text of a file are written as that', () => {
  const content = json({ name: 'x', path: 'a', content: 'b' });
  const named = parseAnswer(`\`data/tool.json\`:\n\n${fenced(content, 'json')}`).edits[0];
  assert.deepEqual([named?.path, named?.kind === 'whole' && named.lines], ['data/tool.json', [content]]);
  const own = parseAnswer(fenced(content, 'json'), { origin: 'data/tool.json' }).edits[0];
  assert.deepEqual([own?.path, own?.kind === 'whole' && own.lines], [null, [content]]);
  for (const text of [
    '{\n  "name": "app",\n  "version": "1.0.0",\n  "scripts": {"test": "x"}\n}',
    '<project>\n  <name>a</name>\n</project>',
  ]) {
    const [edit] = parseAnswer(fenced(text, text.startsWith('<') ? 'xml' : 'json'), { origin: 'a.py' }).edits;
    assert.deepEqual(edit?.kind === 'whole' && edit.lines, text.split('\n'));
  }
});

test('what a call gives is what it holds, whatever the text of the file is', () => {
  const line = fc.string({ unit: fc.constantFrom(...'ab {}[]<>/"\\\':,=`#'), maxLength: 20 });
  const lines = fc
    .array(line, { minLength: 1, maxLength: 12 })
    .filter((all) => all.some((each) => each.trim() !== '') && all.at(-1) !== '');
  fc.assert(
    fc.property(lines, fc.boolean(), fc.boolean(), (all, isPretty, isFenced) => {
      const text = JSON.stringify(
        call('write_file', { path: 'a.py', content: all.join('\n') }),
        null,
        isPretty ? 2 : 0,
      );
      const { edits } = parseAnswer(isFenced ? fenced(text, 'json') : text);
      assert.deepEqual(
        edits.map((edit) => (edit.kind === 'whole' ? edit.lines : null)),
        [all],
      );
    }),
  );
});

test('text that only looks like calls costs no time', () => {
  for (const line of [
    '{"name": "x", "path": ',
    '<a path="x">',
    '<parameter name="a"',
    '<invoke name="a">',
    '{"path":"a","content":"',
  ]) {
    const answer = `${line}\n`.repeat(Math.ceil(300_000 / (line.length + 1)));
    const started = performance.now();
    parseAnswer(answer);
    assert.ok(performance.now() - started < 3_000, line);
  }
});
