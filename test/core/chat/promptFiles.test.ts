import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  inputsOf,
  mergePrompts,
  parsePromptFile,
  splitCommand,
  usePrompt,
} from '../../../src/core/chat/promptFiles.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../media/prompts');

test('the shipped prompts are those that the chat promises, each with description, version and context', () => {
  const files = fs.readdirSync(FOLDER).sort();
  assert.deepEqual(
    files.map((file) => file.replace('.md', '')),
    ['commit', 'docs', 'explain', 'fix', 'optimize', 'refactor', 'review', 'tests'],
  );
  for (const file of files) {
    const prompt = parsePromptFile(file, fs.readFileSync(path.join(FOLDER, file), 'utf8'), 'shipped');
    assert.ok(prompt, file);
    assert.ok(prompt.description.length > 10, file);
    assert.match(prompt.version, /^\d+$/, file);
    assert.ok(prompt.context.length > 0, file);
    assert.match(prompt.body, /\{\{input\}\}/, file);
  }
});

test('a prompt file needs no head, and what is unknown in a head is passed over', () => {
  assert.deepEqual(parsePromptFile('Plain-One.md', '\uFEFFDo it.\r\n', 'user'), {
    name: 'plain-one',
    origin: 'user',
    description: '',
    version: '1',
    context: [],
    body: 'Do it.',
    hint: '',
  });
  const prompt = parsePromptFile(
    'x.md',
    '---\ndescription: "Quoted: yes"\nversion: 2.1\ncontext: selection|nothing | file, problems, moon\nmodel: gpt\n???\n---\nGo',
    'workspace',
  );
  assert.deepEqual(
    [prompt?.description, prompt?.version, prompt?.context, prompt?.body],
    ['Quoted: yes', '2.1', [['selection', 'file'], ['problems']], 'Go'],
  );
});

test('a file that is not a prompt is not read as one', () => {
  for (const name of ['readme.txt', '.md', '../x.md', 'a b.md', '1.md', 'a..b.md', `${'x'.repeat(61)}.md`])
    assert.equal(parsePromptFile(name, 'Go', 'user'), undefined, name);
  assert.equal(parsePromptFile('x.md', '---\nversion: 1\n---\n', 'user'), undefined);
  assert.equal(parsePromptFile('x.md', 'x'.repeat(70_000), 'user'), undefined);
});

test('what is nearer to the work wins', () => {
  const of = (origin: 'shipped' | 'user' | 'workspace') => parsePromptFile('fix.md', origin, origin)!;
  assert.equal(mergePrompts([of('workspace'), of('shipped'), of('user')]).get('fix')?.body, 'workspace');
  assert.equal(mergePrompts([of('user'), of('shipped')]).get('fix')?.body, 'user');
});

test("the user's words go where the prompt wants them, as they are", () => {
  const prompt = parsePromptFile('x.md', 'A {{input}} B {{input}}', 'user')!;
  assert.equal(usePrompt(prompt, '$& {{input}}').text, 'A $& {{input}} B $& {{input}}');
  assert.equal(usePrompt(parsePromptFile('x.md', 'A', 'user')!, 'words').text, 'A\n\nwords');
  assert.equal(usePrompt(parsePromptFile('x.md', 'A {{input}}', 'user')!, '').text, 'A');
});

test('a command is a name at the start; a path is not', () => {
  assert.deepEqual(splitCommand('/Fix it\nhangs '), { name: 'fix', input: 'it\nhangs' });
  assert.deepEqual(splitCommand('/fix'), { name: 'fix', input: '' });
  assert.equal(splitCommand('/usr/bin is full'), undefined);
  assert.equal(splitCommand('what is /fix'), undefined);
});

test('published prompt files parse: names with dots, block texts, lists, heads that are no YAML, a fence around it all', () => {
  const head = [
    'name :  ',
    'description: >-',
    '  Plans a feature',
    '  in steps',
    'agent: agent',
    'tools: [\'search/codebase\', "edit"]',
    'model:',
    '  - gpt-5',
    '  - claude',
    'handoffs:',
    '  - label: Next',
    '    agent: speckit.tasks',
    'argument-hint: "What to plan: one sentence"',
    'globs: **/*.*',
  ].join('\r\n');
  const prompt = parsePromptFile(
    'speckit.plan.prompt.md',
    `---\r\n${head}\r\n---\r\nPlan $ARGUMENTS.\r\n`,
    'workspace',
  );
  assert.deepEqual(
    [prompt?.name, prompt?.description, prompt?.hint, prompt?.body],
    ['speckit.plan', 'Plans a feature in steps', 'What to plan: one sentence', 'Plan $ARGUMENTS.'],
  );
  const fenced = parsePromptFile(
    'x.prompt.md',
    '````prompt\n---\nmode: agent\n---\nDo\n```ts\nx\n```\n````\n',
    'workspace',
  );
  assert.equal(fenced?.body, 'Do\n```ts\nx\n```');
  assert.equal(parsePromptFile('überblick.prompt.md', 'Los', 'user')?.name, 'überblick');
  assert.equal(parsePromptFile('only-agent.prompt.md', '---\nagent: speckit.plan\n---\n', 'workspace'), undefined);
});

test('what a prompt of another tool asks for is filled in; commands in it stay text', () => {
  const prompt = parsePromptFile(
    'x.prompt.md',
    'Port ${selection} of ${fileBasenameNoExtension} in ${fileDirname} to ${input:language:e.g. Go} and ${input:style}. !`rm -rf x` ${unknown}',
    'workspace',
  )!;
  assert.deepEqual(prompt.context, [['selection']]);
  assert.deepEqual(inputsOf(prompt), [
    { name: 'language', hint: 'e.g. Go' },
    { name: 'style', hint: '' },
  ]);
  const inputs = new Map([
    ['language', 'Rust ${input:style}'],
    ['style', '$&'],
  ]);
  assert.equal(
    usePrompt(prompt, '', { inputs, file: 'src/pool.ts' }).text,
    'Port the attached selection of pool in src to Rust ${input:style} and $&. !`rm -rf x` ${unknown}',
  );
  const one = parsePromptFile('y.prompt.md', 'To ${input:language}.', 'workspace')!;
  assert.equal(usePrompt(one, 'Go').text, 'To Go.');
  assert.equal(usePrompt(parsePromptFile('z.md', 'Fix $ARGUMENTS', 'user')!, 'it').text, 'Fix it');
});

test('a name with dots is a command, after mentions too', () => {
  assert.deepEqual(splitCommand('/speckit.plan a shop'), { name: 'speckit.plan', input: 'a shop' });
  assert.deepEqual(splitCommand('@leaves.py @search:"a b" /expl why'), {
    name: 'expl',
    input: '@leaves.py @search:"a b" why',
  });
  assert.equal(splitCommand('/usr/bin'), undefined);
});
