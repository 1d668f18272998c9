import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseSettings, type RawSettings } from '../../../src/core/settings/settings.ts';
import { Codebase } from '../../../src/editor/codebase/codebase.ts';
import { createSimilar } from '../../../src/editor/codebase/similarity.ts';
import { startOllama, type OllamaServer } from '../../servers/ollama.ts';
import type { OllamaOptions } from '../../servers/ollamaHost.ts';
import { bookLog } from '../../support/bookLog.ts';
import { DEFAULTS } from '../../support/manifest.ts';
import { startHost } from '../../support/vscode/host.ts';

/** `@codebase` with an embedding model on this computer: what it changes, and that nothing waits for it or leaves. */

const KEY = `sk-ant-api03-${'a1B2'.repeat(23)}AA`;
const FILES = {
  'a.ts': 'export function connection() {\n  return connection.open;\n}\n',
  'b.ts': `export function again() {\n  // connection\n  return '${KEY}';\n}\n`,
  'c.ts': 'export function connectionPool() {\n  return connection.pool;\n}\n',
};
/** Only `again` means what the question means. */
const meaning = (text: string): number[] => (/again|lost/.test(text) ? [1, 0] : [0, 1]);

async function started(
  t: TestContext,
  options: OllamaOptions = {},
  over: { baseUrl?: string; compareMs?: number; hangs?: boolean } = {},
) {
  const server = await startOllama({ embed: meaning, ...options });
  t.after(() => server.stop());
  const { settings } = parseSettings(
    {
      ...DEFAULTS,
      providers: { mine: { kind: 'ollama', baseUrl: over.baseUrl ?? server.url } },
      'tiers.local': [],
      'tiers.mid': [],
      'tiers.frontier': [],
    } as RawSettings,
    undefined,
  );
  const asked: string[] = [];
  const similar = createSimilar({
    config: { settings },
    trusted: () => true,
    keys: {
      get: () => Promise.resolve(null),
      headers: () => Promise.resolve({}),
      origin: () => Promise.resolve('missing'),
    },
    fetch: (input, init) => {
      asked.push(String(input));
      // Not even giving up ends it.
      if (over.hangs && String(input).endsWith('/api/embed')) return new Promise(() => undefined);
      return fetch(input, init);
    },
  });
  const host = startHost(t, { files: FILES });
  const file = path.join(host.root, 'storage', 'test.index');
  const codebase = new Codebase({ file, log: bookLog(), similar, compareMs: over.compareMs });
  host.ends.unshift(() => codebase.dispose());
  const find = async (question = 'connection lost') => {
    const found = await codebase.findPieces(question, { waitMs: 20_000 });
    assert.ok(found.kind === 'found');
    return { paths: found.pieces.map((piece) => piece.path), orderedBy: found.orderedBy };
  };
  return { server, asked, find };
}

const embedded = ({ book }: OllamaServer) =>
  book.entries
    .filter((entry) => entry.path === '/api/embed')
    .flatMap((entry) => (entry.body as { input: string[] }).input);

/** The order by words alone. */
async function byWords(t: TestContext): Promise<readonly string[]> {
  const { find } = await started(t, { models: ['qwen2.5-coder:7b'] });
  return (await find()).paths;
}

test('the piece that means what the question means moves up; pieces are embedded once, with their secrets masked', async (t) => {
  const { server, find } = await started(t);
  const words = await byWords(t);
  const { paths, orderedBy } = await find();
  assert.equal(orderedBy, 'nomic-embed-text:latest');
  assert.deepEqual([...paths].sort(), [...words].sort());
  assert.ok(paths.indexOf('b.ts') < words.indexOf('b.ts'), `${words.join()} became ${paths.join()}`);
  assert.equal(embedded(server).length, 4);
  assert.ok(!embedded(server).join('').includes(KEY));
  await find();
  assert.equal(embedded(server).length, 4, 'all of it is known');
  await find('connection again');
  assert.equal(embedded(server).length, 5, 'only the question is new');
});

test('without an embedding model on the server nothing is embedded, and the words decide', async (t) => {
  const { server, find } = await started(t, { models: ['qwen2.5-coder:7b'] });
  assert.equal((await find()).orderedBy, undefined);
  assert.deepEqual(
    server.book.entries.map((entry) => entry.path),
    ['/api/tags'],
  );
});

test('a server that takes too long, fails, or answers nonsense costs no more than its time, and the words decide', async (t) => {
  const words = await byWords(t);
  for (const [what, options, scenario] of [
    ['hangs', {}, 'hang'],
    ['fails', {}, 'status:500'],
    ['has no such path', { embed: undefined }, undefined],
    ['sends no numbers', { embed: () => ['x'] as unknown as number[] }, undefined],
    ['sends other dimensions', { embed: (text: string) => new Array<number>(text.length).fill(1) }, undefined],
  ] as const) {
    await t.test(what, async (t) => {
      const { server, find } = await started(t, options, { compareMs: 300, hangs: scenario === 'hang' });
      if (scenario && scenario !== 'hang') server.next(scenario, '/api/embed');
      const start = performance.now();
      assert.deepEqual(await find(), { paths: words, orderedBy: undefined });
      assert.ok(performance.now() - start < 5_000);
    });
  }
});

test('a server elsewhere is not asked, nor a model that its server passes on', async (t) => {
  const elsewhere = await started(t, {}, { baseUrl: 'http://192.168.7.7:11434' });
  assert.equal((await elsewhere.find()).orderedBy, undefined);
  assert.deepEqual(elsewhere.asked, []);
  const cloud = await started(t, { models: [{ name: 'big-embed:cloud', remoteHost: 'https://ollama.com:443' }] });
  assert.equal((await cloud.find()).orderedBy, undefined);
  assert.deepEqual(embedded(cloud.server), []);
});
