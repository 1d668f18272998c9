import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { mergePrompts, parsePromptFile, splitCommand, usePrompt } from '../../../src/core/chat/promptFiles.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../media/prompts');

test('the shipped prompts are those that the chat promises, each with description, version and context', () => {
  const files = fs.readdirSync(FOLDER).sort();
  assert.deepEqual(
    files.map((file) => file.replace('.md', '')),
    ['commit', 'docs', 'explain', 'fix', 'optimise', 'refactor', 'review', 'tests'],
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

test('what is no prompt is none', () => {
  for (const name of ['readme.txt', '.md', '../x.md', 'a b.md', '1.md', `${'x'.repeat(60)}.md`])
    assert.equal(parsePromptFile(name, 'Go', 'user'), undefined, name);
  assert.equal(parsePromptFile('x.md', '---\nversion: 1\n---\n', 'user'), undefined);
  assert.equal(parsePromptFile('x.md', 'x'.repeat(70_000), 'user'), undefined);
});

test('what stands nearer to the work wins', () => {
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

test('a command is a name at the start; a path is none', () => {
  assert.deepEqual(splitCommand('/Fix it\nhangs '), { name: 'fix', input: 'it\nhangs' });
  assert.deepEqual(splitCommand('/fix'), { name: 'fix', input: '' });
  assert.equal(splitCommand('/usr/bin is full'), undefined);
  assert.equal(splitCommand('what is /fix'), undefined);
});
