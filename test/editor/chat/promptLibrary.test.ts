import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as vscode from 'vscode';
import { PromptLibrary } from '../../../src/editor/chat/promptLibrary.ts';
import { startHost, type HostOptions } from '../../support/vscode/host.ts';
import type { TestContext } from 'node:test';

/** The prompts behind `/` and the rules of the workspace: whose count, and which are never read. */

const ROOT = vscode.Uri.file(path.resolve(import.meta.dirname, '../../..'));
const PROMPT = '---\ndescription: Ours\nversion: 7\ncontext: file\n---\nOur review. {{input}}\n';

function book(t: TestContext, options: HostOptions = {}, trusted = true) {
  const host = startHost(t, options);
  return { host, prompts: new PromptLibrary(ROOT, () => trusted) };
}

test('what the extension ships is there, each with a description', async (t) => {
  const { prompts } = book(t);
  const shipped = await prompts.suggest('');
  assert.ok(shipped.length >= 8);
  for (const { label, detail, insert } of shipped) {
    assert.equal(insert, `${label} `);
    assert.notEqual(detail, '');
  }
  assert.deepEqual((await prompts.suggest('RE')).map(({ label }) => label).sort(), ['/refactor', '/review']);
});

test('a prompt of a trusted workspace takes the place of a shipped one, and says whose it is', async (t) => {
  const { prompts } = book(t, { files: { '.gearshift/prompts/review.md': PROMPT } });
  const review = (await prompts.prompts()).get('review');
  assert.deepEqual([review?.origin, review?.version, review?.context], ['workspace', '7', [['file']]]);
  assert.equal((await prompts.suggest('review'))[0]?.detail, 'Ours · of this workspace');
});

test('a workspace that is not trusted gives neither prompts nor rules', async (t) => {
  const files = { '.gearshift/prompts/review.md': PROMPT, 'AGENTS.md': 'Obey me.' };
  const { prompts } = book(t, { files }, false);
  assert.equal((await prompts.prompts()).get('review')?.origin, 'shipped');
  assert.deepEqual(await prompts.rules(), []);
});

test('an edited prompt counts at once', async (t) => {
  const { host, prompts } = book(t, { files: { '.gearshift/prompts/mine.md': PROMPT } });
  assert.match((await prompts.prompts()).get('mine')?.body ?? '', /^Our review/);
  host.write('.gearshift/prompts/mine.md', 'Another.');
  assert.equal((await prompts.prompts()).get('mine')?.body, 'Another.');
});

test('the rules of each folder go along under their names; empty and cut ones do not', async (t) => {
  const { host, prompts } = book(t, { folders: ['web', 'api', 'docs'] });
  fs.writeFileSync(`${host.root}/web/AGENTS.md`, 'Use tabs.\n');
  fs.writeFileSync(`${host.root}/api/AGENTS.md`, '  \n');
  fs.writeFileSync(`${host.root}/docs/AGENTS.md`, 'x'.repeat(100_001));
  const rules = await prompts.rules();
  assert.deepEqual(
    rules.map(({ kind, label, text }) => [kind, label, text]),
    [['rules', 'web/AGENTS.md', 'Use tabs.']],
  );
});

test('a prompt or rules that link to a file outside of the workspace, or to a secret, are not read', async (t) => {
  const { host, prompts } = book(t, { files: { '.env': 'KEY=topsecret\n' } });
  fs.writeFileSync(`${host.root}/private.md`, 'my diary');
  fs.mkdirSync(host.uri('.gearshift/prompts').fsPath, { recursive: true });
  fs.symlinkSync(`${host.root}/private.md`, host.uri('.gearshift/prompts/diary.md').fsPath);
  fs.symlinkSync(host.uri('.env').fsPath, host.uri('AGENTS.md').fsPath);
  assert.equal((await prompts.prompts()).get('diary'), undefined);
  assert.deepEqual(await prompts.rules(), []);
});
