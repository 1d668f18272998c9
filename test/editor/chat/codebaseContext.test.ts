import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attachment } from '../../../src/core/chat/conversation.ts';
import type { ChatToPage, UserTurnView } from '../../../src/protocol/chat.ts';
import { chatIn } from './rig.ts';
import { until } from '../../support/settle.ts';

/** `@codebase` in a question: what is sent, what the page is told of it, and when nothing is sent. */

const FILES = {
  'src/net/retry.ts': 'export async function retryWithBackoff() {\n  for (;;) await attempt();\n}\n',
  'src/pool.ts': 'export class Pool {\n  take() {}\n}\n',
};

test('@codebase sends the pieces that match; the page shows each with its tokens and opens it', async (t) => {
  const { host, ready, ask, say, turns, calls } = await chatIn(t, { files: FILES });
  await ready();
  await ask('@codebase where is the retry logic?');
  const [question] = turns() as [UserTurnView];
  const [chip] = question.chips;
  assert.deepEqual([chip?.kind, chip?.label], ['codebase', 'codebase: 1 piece']);
  assert.deepEqual(
    chip?.pieces?.map(({ label, symbol }) => [label, symbol]),
    [['src/net/retry.ts:1-4', 'retryWithBackoff']],
  );
  assert.ok((chip?.pieces?.[0]?.tokens ?? 0) > 5 && (chip?.tokens ?? 0) >= (chip?.pieces?.[0]?.tokens ?? 0));
  const sent = calls[0]?.request;
  assert.match(JSON.stringify(sent), /--- src\/net\/retry\.ts:1-4 \(retryWithBackoff\) ---/);
  assert.doesNotMatch(JSON.stringify(sent), /class Pool/);
  say({ kind: 'openPiece', turnId: question.id, chipId: chip?.id ?? '', piece: 0 });
  await until(
    () => host.activeEditor?.document.uri.path.endsWith('src/net/retry.ts') === true,
    'the file of the piece',
  );
  say({ kind: 'openPiece', turnId: question.id, chipId: chip?.id ?? '', piece: 9 });
});

test('nothing is sent where nothing matches, nothing is asked, or no folder is open', async (t) => {
  const { host, ready, say, last, calls, posted } = await chatIn(t, { files: FILES });
  await ready();
  const refused = async (text: string): Promise<string> => {
    const before = posted.length;
    say({ kind: 'ask', text, tier: 'mid' });
    await until(() => posted.slice(before).some(({ kind }: ChatToPage) => kind === 'refused'), text);
    return last('refused')?.words ?? '';
  };
  assert.match(await refused('@codebase xylophone'), /Nothing in 2 files matches/);
  assert.match(await refused('@codebase'), /Write what @codebase should look for/);
  host.folders.length = 0;
  assert.match(await refused('@codebase retry'), /no folder is open/);
  assert.equal(calls.length, 0);
});

test('an edited question is searched for again', async (t) => {
  const { ready, ask, say, turns, calls } = await chatIn(t, { files: FILES });
  await ready();
  await ask('@codebase where is the retry logic?');
  const [question] = turns() as [UserTurnView];
  say({ kind: 'edit', turnId: question.id, text: '@codebase which pool takes?', tier: 'mid' });
  await until(() => calls.length === 2, 'the edited question');
  const sent = JSON.stringify(calls[1]?.request);
  assert.match(sent, /class Pool/);
  assert.doesNotMatch(sent, /retryWithBackoff/);
});

test('a recipe gets the pieces too, and its task without the mention', async (t) => {
  const started: { readonly task: string; readonly attachments: readonly Attachment[] }[] = [];
  const library = { recipes: () => Promise.resolve(new Map([['build', { name: 'build' }]])) };
  const recipes = {
    library,
    start: (_: unknown, __: unknown, asked: (typeof started)[number]) => {
      started.push(asked);
      return Promise.resolve('asked');
    },
  };
  const { ready, say, last } = await chatIn(t, { files: FILES, recipes: () => Promise.resolve(recipes as never) });
  await ready();
  say({ kind: 'ask', text: '/build fix the retry logic @codebase', tier: 'mid' });
  await until(() => started.length === 1, 'the recipe');
  assert.equal(started[0]?.task, 'fix the retry logic');
  assert.match(JSON.stringify(started[0]?.attachments), /codebase: 1 piece.*retryWithBackoff/);
  say({ kind: 'ask', text: '/build xylophone @codebase', tier: 'mid' });
  await until(() => last('refused') !== undefined, 'the refusal');
  assert.equal(started.length, 1);
});
