import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as vscode from 'vscode';
import { buildClassifierRequest } from '../../../src/core/routing/classifier.ts';
import { createRecipe } from '../../../src/editor/recipes/create.ts';
import { errorsNow, runCheck } from '../../../src/editor/recipes/check.ts';
import { RecipeLibrary } from '../../../src/editor/recipes/library.ts';
import { searchWorkspace } from '../../../src/editor/recipes/search.ts';
import { WorkspacePorts } from '../../../src/editor/recipes/workspacePorts.ts';
import { headAndTail, runCommand } from '../../../src/storage/runCommand.ts';
import { startHost } from '../../support/vscode/host.ts';
import { Diagnostic, Range } from '../../support/vscode/values.ts';

/** What a hostile repository, a secret file and a cut in the wrong place can do to a recipe. */

const EXTENSION = vscode.Uri.file(path.resolve(import.meta.dirname, '../../..'));
const recipeWith = (prompt: string): string => `---\ndescription: x\n---\n## answer (mid)\n${prompt}\n`;
const never = new AbortController().signal;

/** Nothing is attached, and there is no index. */
const NO_INDEX = { codebase: () => Promise.reject(new Error('none')), attachments: [] };

/** The lines of a private key, without anything that says so. */
const KEY_LINES = Array.from({ length: 24 }, (_, i) => createHash('sha384').update(`line ${i}`).digest('base64'));
const PEM = ['-----BEGIN RSA PRIVATE KEY-----', ...KEY_LINES, '-----END RSA PRIVATE KEY-----'];
const TOKEN = ['ghp', 'a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6'].join('_');

test('T26 recipes of a workspace are read only where it is trusted, and never through a link that leads out of it', async (t) => {
  const host = startHost(t, {
    files: { '.gearshift/recipes/mine.md': recipeWith('Mine.'), '.env': recipeWith('PASSWORD=canary') },
  });
  fs.writeFileSync(path.join(host.root, 'diary.md'), recipeWith('canary of the diary'));
  fs.symlinkSync(path.join(host.root, 'diary.md'), host.uri('.gearshift/recipes/diary.md').fsPath);
  fs.symlinkSync(host.uri('.env').fsPath, host.uri('.gearshift/recipes/plain.md').fsPath);
  const inWorkspace = async (trusted: boolean): Promise<string[]> =>
    (await new RecipeLibrary(EXTENSION, () => trusted).entries())
      .filter(({ origin }) => origin === 'workspace')
      .map(({ recipe }) => recipe?.text ?? '');
  assert.deepEqual(await inWorkspace(true), [recipeWith('Mine.')]);
  assert.deepEqual(await inWorkspace(false), []);
});

test('T13 a new recipe of the workspace is not written through a link', async (t) => {
  const host = startHost(t, { files: { 'a.ts': '' } });
  const outside = path.join(host.root, 'outside');
  fs.mkdirSync(outside);
  fs.mkdirSync(host.uri('.gearshift').fsPath);
  fs.symlinkSync(outside, host.uri('.gearshift/recipes').fsPath);
  host.willPick(/start from/, 'draft');
  host.willPick(/Where should it be/, 'This Workspace');
  host.willType(/Name of the recipe/, 'my-draft');
  await assert.rejects(createRecipe(new RecipeLibrary(EXTENSION, () => true)), /leads to another place/);
  assert.deepEqual(fs.readdirSync(outside), []);
});

test('T18 what a search of the workspace cuts out of a file holds no part of a secret', async (t) => {
  startHost(t, {
    files: {
      'inside.txt': `${PEM.join('\n')}\nNEEDLE after the key\n`,
      'long.ts': `${'x'.repeat(270)} NEEDLE ${TOKEN} more`,
      'notes.md': 'NEEDLE in a note\n',
      '.env': 'NEEDLE=canary\n',
    },
  });
  const found = await searchWorkspace(['needle'], NO_INDEX, never);
  assert.match(found, /notes\.md:\n…\n1: NEEDLE in a note/);
  assert.doesNotMatch(found, /canary/);
  for (const line of KEY_LINES) assert.ok(!found.includes(line), line);
  assert.ok(!found.includes(TOKEN.slice(0, 12)), 'half a token');
});

test('T18 the output of a check, and a long question to the judge, are cut beside secrets', async () => {
  for (let shift = 0; shift <= 40; shift += 8) {
    const text = `${'x'.repeat(5_000 - shift)} ${TOKEN} ${'y'.repeat(20_000)} ${TOKEN} ${'z'.repeat(5_000 - shift)}`;
    assert.ok(!headAndTail(text).replaceAll(TOKEN, '').includes('a1B2c3D4'), `cut ${shift} characters into it`);
    const program = `process.stdout.write('x'.repeat(${5_000 - shift}) + ' ' + ['ghp','${TOKEN.slice(4)}'].join('_') + ' ' + 'y'.repeat(90000))`;
    const { output } = await runCommand(`"${process.execPath}" -e "${program}"`, process.cwd(), never);
    assert.ok(!output.replaceAll(TOKEN, '').includes('a1B2c3D4'), `cut ${shift} characters into it`);
    const question = `${'x '.repeat(1_000 - shift / 2)}${TOKEN} ${'y '.repeat(2_000)}`;
    const { messages } = buildClassifierRequest({
      ...{ text: question, contextTokens: 0, files: 0, language: '', action: undefined, threadTurns: 0 },
    });
    assert.ok(!JSON.stringify(messages).replaceAll(TOKEN, '').includes('a1B2c3D4'), `cut ${shift} characters into it`);
  }
  assert.equal(headAndTail('short'), 'short');
  assert.match(headAndTail('a'.repeat(30_000)), /^a{5000}\n\[… 20000 characters …\]\na{5000}$/);
});

test('T17 a check does not quote problems of secret files, and a diff does not hold their changes', async (t) => {
  const host = startHost(t, { files: { 'a.ts': 'a\n', '.env': 'PASSWORD=canary\n' } });
  const before = errorsNow();
  const range = new Range(0, 0, 0, 1);
  const error = (words: string) => new Diagnostic(range, words, 0);
  host.diagnostics.set(host.uri('.env').toString(), [error("'PASSWORD=canary' is no name")]);
  host.diagnostics.set(host.uri('a.ts').toString(), [error('a is not defined')]);
  const { output } = await runCheck(undefined, { before, changed: [], settled: async () => {} }, never);
  assert.match(output, /a\.ts:1: a is not defined/);
  assert.doesNotMatch(output, /canary/);
  const changes = ['.env', 'a.ts'].map((name) => ({
    uri: host.uri(name),
    before: 'old canary?\n',
    now: `new ${name}\n`,
  }));
  const { ports } = new WorkspacePorts({ checkpoints: () => Promise.resolve({ changesOf: () => changes }) } as never);
  const diff = await ports.changes();
  assert.match(diff, /\+new a\.ts/);
  assert.doesNotMatch(diff, /\.env/);
});
