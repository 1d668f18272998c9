import assert from 'node:assert/strict';
import { appendFile, chmod, mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { replay } from '../../src/core/chat/conversation.ts';
import type { Answer, AnswerFacts, Question, Thread, ThreadEvent } from '../../src/core/chat/conversation.ts';
import { openChatStore } from '../../src/storage/chatStore.ts';
import { spyOnFiles, errorOf } from '../faults/faultyDisk.ts';
import { runFile } from '../faults/processes.ts';
import { makeDir } from './ledger/rows.ts';

const question = (id: string, text: string, at = 1_000): Question => ({ role: 'user', id, at, text, attachments: [] });
const answer = (id: string, text: string, at = 1_001): Answer => ({
  role: 'assistant',
  id,
  at,
  questionId: `q${id}`,
  tier: 'frontier',
  escalated: false,
  provider: 'cloud',
  model: 'm',
  state: 'done',
  text,
  reasoning: '',
  failure: null,
  place: null,
  facts: null,
});

const FACTS: AnswerFacts = {
  usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  usageEstimated: false,
  nanoUsd: 0,
  costSource: 'computed',
  ttftMs: 1,
  durationMs: 2,
  finish: 'stop',
};

/** The events of a thread with one question, and one answer that comes in the given pieces. */
const talk = (id: string, ask: string, pieces: readonly string[], at = 1_000): ThreadEvent[] => [
  { e: 'thread', at, id, title: ask.slice(0, 20), tier: 'mid' },
  { e: 'question', at, turn: question(`q${id}`, ask, at) },
  { e: 'answer', at, turn: { ...answer(id, '', at), state: 'waiting' } },
  ...pieces.map((text): ThreadEvent => ({ e: 'delta', at: at + 1, id, text, reasoning: '' })),
  { e: 'update', at: at + 2, id, change: { state: 'done' } },
];

async function start(t: TestContext) {
  const dir = join(await makeDir(t), 'chats');
  const logs: string[] = [];
  const window = () => openChatStore(dir, (line) => logs.push(line));
  const store = window();
  const read = async (id: string, from = store): Promise<Thread | undefined> => replay(id, await from.load(id));
  return { dir, logs, store, window, read, file: (id: string) => join(dir, `${id}.jsonl`) };
}

const textOf = (thread: Thread | undefined): string | undefined => thread?.turns.at(-1)?.text;

test('a thread comes back as it was written, and only its owner can read it', async (t) => {
  const { store, window, read, dir, file } = await start(t);
  await store.append('a', talk('a', 'why?', ['be', 'cause']));
  const thread = await read('a', window());
  assert.equal(textOf(thread), 'because');
  assert.deepEqual([thread?.title, thread?.turns.length, thread?.pinned], ['why?', 2, false]);
  assert.deepEqual(await store.load('none'), []);
  if (process.platform === 'win32') return;
  assert.equal((await stat(dir)).mode & 0o777, 0o700);
  assert.equal((await stat(file('a'))).mode & 0o777, 0o600);
});

test('threads are renamed and pinned by events; pinned ones come first, then those last spoken in', async (t) => {
  const { store, window, read } = await start(t);
  await store.append('a', talk('a', 'first', ['x'], 1_000));
  await store.append('b', talk('b', 'second', ['x'], 2_000));
  await store.append('c', talk('c', 'third', ['x'], 3_000));
  await store.append('a', [{ e: 'renamed', at: 9_000, title: 'the first' }]);
  await store.append('b', [{ e: 'pinned', at: 9_001, pinned: true }]);
  const expected = [
    { id: 'b', title: 'second', pinned: true, updatedAt: 2_002, nanoUsd: 0 },
    { id: 'c', title: 'third', pinned: false, updatedAt: 3_002, nanoUsd: 0 },
    { id: 'a', title: 'the first', pinned: false, updatedAt: 1_002, nanoUsd: 0 },
  ];
  assert.deepEqual(await store.list(), expected);
  assert.deepEqual(await window().list(), expected);
  assert.deepEqual([(await read('a'))?.title, (await read('b'))?.pinned], ['the first', true]);
  await window().append('b', [{ e: 'pinned', at: 9_002, pinned: false }]);
  assert.deepEqual(
    (await store.list()).map(({ id }) => id),
    ['c', 'b', 'a'],
  );
});

test('a thread costs what its answers and summaries cost, also in a window that reads only what is new', async (t) => {
  const { store, window } = await start(t);
  const other = window();
  const ended = (id: string, nanoUsd: number | null): ThreadEvent => ({
    ...{ e: 'update', at: 5_000, id },
    change: { state: 'done', facts: { ...FACTS, nanoUsd } },
  });
  await store.append('a', [...talk('a', 'first', ['x']), ended('a1', 2_000), ended('a2', null)]);
  assert.equal((await other.list())[0]?.nanoUsd, 2_000);
  // Going on with an answer adds up in its own facts.
  await store.append('a', [ended('a1', 3_000), ended('a3', 40)]);
  assert.equal((await other.list())[0]?.nanoUsd, 3_040);
});

test('a removed thread can be restored for a day', async (t) => {
  const { store, window, read, dir } = await start(t);
  await store.append('a', talk('a', 'keep me', ['x']));
  await store.append('b', talk('b', 'old', ['x']));
  await store.remove('a');
  await store.remove('b');
  assert.deepEqual(await store.list(), []);
  assert.deepEqual(await store.load('a'), []);
  assert.equal(await store.restore('a'), true);
  assert.equal(await store.restore('a'), false);
  assert.equal(textOf(await read('a')), 'x');
  const yesterday = Date.now() / 1_000 - 25 * 3_600;
  await utimes(join(dir, 'b.removed'), yesterday, yesterday);
  await window().list();
  assert.equal(await store.restore('b'), false);
  assert.deepEqual(await readdir(dir), ['a.jsonl']);
});

test('ids that are no names of threads reach no file', async (t) => {
  const { store } = await start(t);
  for (const id of ['../a', 'a/b', '', 'a.b', 'x'.repeat(81)]) {
    await assert.rejects(store.load(id), /not a thread id/);
    await assert.rejects(store.append(id, []), /not a thread id/);
    await assert.rejects(store.remove(id), /not a thread id/);
  }
});

test('a last line torn at any byte costs its event only, and what another window says next is whole', async (t) => {
  const { store, window, read, file } = await start(t);
  await store.append('a', talk('a', 'why?', ['one ', 'two ']));
  const whole = await readFile(file('a'));
  const last = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let cut = last; cut < whole.length; cut += 1) {
    await writeFile(file('a'), whole.subarray(0, cut));
    await window().append('a', [{ e: 'delta', at: 5, id: 'a', text: 'three', reasoning: '' }]);
    assert.equal(textOf(await read('a')), 'one two three', `cut at ${cut}`);
  }
});

test('whatever is damaged, every event with a whole line can be read, and the list and the search still work', async (t) => {
  const { store, window, file } = await start(t);
  await store.append('a', talk('a', 'why?', ['one ', 'two ', 'three ']));
  const whole = await readFile(file('a'));
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1 });
  const property = fc.asyncProperty(damage, async (flips) => {
    const bytes = Buffer.from(whole);
    for (const [place, mask] of flips) bytes[place] = (bytes[place] ?? 0) ^ mask;
    await writeFile(file('a'), bytes);
    const other = window();
    const sound = new Set(whole.toString('latin1').split('\n').filter(Boolean));
    const kept = bytes
      .toString('latin1')
      .split('\n')
      .filter((line) => sound.has(line))
      .map((line) => JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as ThreadEvent);
    const found = (await other.load('a')).map((event) => JSON.stringify(event));
    for (const event of kept) assert.ok(found.includes(JSON.stringify(event)), JSON.stringify(event));
    // Whatever came through can be shown.
    const events = await other.load('a');
    assert.equal(replay('a', events) === undefined, events.length === 0);
    assert.equal((await other.list()).length, 1);
    await other.search('one');
  });
  await fc.assert(property, { numRuns: 300 });
});

test('a thread whose first line is lost is shown under the title of its first question', async (t) => {
  const { store, window, read, file } = await start(t);
  await store.append('a', talk('a', 'What is a mutex?\nIn detail', ['x']));
  const lines = (await readFile(file('a'), 'utf8')).split('\n').filter(Boolean);
  await writeFile(file('a'), ['{"e":"thr', ...lines.slice(1)].map((line) => `${line}\n`).join(''));
  assert.equal((await window().list())[0]?.title, 'What is a mutex?');
  const thread = await read('a');
  assert.deepEqual([thread?.title, thread?.turns.length, thread?.tier], ['What is a mutex?', 2, 'frontier']);
});

test('lines with the wrong shape and of kinds that only a newer version knows change nothing', async (t) => {
  const { store, read, file, logs } = await start(t);
  await store.append('a', talk('a', 'why?', ['x']));
  const before = await read('a');
  const junk = [
    'null',
    '[]',
    '{"e":"question","at":1}',
    '{"e":"question","at":1,"turn":{"id":"q9"}}',
    '{"e":"answer","at":1,"turn":{"role":"assistant","id":"z","text":5}}',
    '{"e":"update","at":1,"id":"a","change":{"state":"weird"}}',
    '{"e":"update","at":1,"id":"a","change":null}',
    '{"e":"delta","at":1,"id":"a"}',
    '{"e":"renamed","at":1,"title":{}}',
    '{"e":"from the future","at":1}',
    '{"e":"__proto__","at":1}',
    '\u0000'.repeat(4_096),
  ];
  await appendFile(file('a'), junk.map((line) => `${line}\n`).join(''));
  assert.deepEqual(await read('a'), before);
  assert.match(logs.join(), /12 damaged lines/);
});

test('a question with megabytes of attachments is one line like others', async (t) => {
  const { store, read } = await start(t);
  const text = 'ß'.repeat(1_500_000);
  const attachment = {
    id: 'x',
    kind: 'file',
    label: 'big.ts',
    path: 'big.ts',
    language: '',
    text,
    notes: '',
    tokens: 9,
  };
  const [head, asked, ...rest] = talk('a', 'why?', ['because']);
  assert.ok(head && asked?.e === 'question');
  const turn = { ...asked.turn, attachments: [attachment] } as Question;
  await store.append('a', [head, { ...asked, turn }, ...rest]);
  const found = (await read('a'))?.turns[0];
  assert.equal(found?.role === 'user' && found.attachments[0]?.text, text);
});

test('what the disk refused is written first once the disk works again, and nothing is there twice', async (t) => {
  const { store, window, read } = await start(t);
  await store.append('a', talk('a', 'why?', ['one ']));
  const say = (text: string) => store.append('a', [{ e: 'delta', at: 5, id: 'a', text, reasoning: '' }]);
  for (const shortBy of [1, 10, 40]) {
    let writes = 0;
    const release = spyOnFiles({
      before(operation, args) {
        if (operation !== 'write') return;
        writes += 1;
        // A part of the line is written, then the disk is full.
        if (writes === 1) return { shortBy: Math.min(shortBy, (args[0] as Buffer).length - 1) };
        throw errorOf('ENOSPC');
      },
    });
    try {
      await assert.rejects(say('two '), /ENOSPC/);
      assert.match(store.problem ?? '', /cannot be saved/);
      assert.equal(textOf(await read('a'))?.endsWith('two '), true, 'what waits is part of what is read');
    } finally {
      release();
    }
    await say('three ');
    assert.equal(store.problem, null);
  }
  assert.equal(textOf(await read('a', window())), 'one two three two three two three ');
});

test('when the folder cannot be made, the history is lost but the chat works', async (t) => {
  const { dir, store, read } = await start(t);
  await writeFile(dir, 'a file');
  await assert.rejects(store.append('a', talk('a', 'why?', ['x'])));
  assert.deepEqual(await store.list(), []);
  assert.equal(textOf(await read('a')), 'x');
  await rm(dir);
  await mkdir(dir);
  await chmod(dir, 0o700);
  await store.append('a', [{ e: 'renamed', at: 1, title: 'back' }]);
  assert.deepEqual(
    (await store.list()).map(({ title }) => title),
    ['back'],
  );
});

test('search finds the words in any order and case, in titles, questions, names of attachments and answers', async (t) => {
  const { store } = await start(t);
  await store.append('a', talk('a', 'Mutex or channel?', ['A chan', 'nel is safer (', '100%).\nUse it.'], 1_000));
  await store.append('b', talk('b', 'unrelated', ['Straße: ÄRGER with a MUTEX'], 2_000));
  const find = async (query: string) => (await store.search(query)).map(({ threadId, turnId }) => [threadId, turnId]);
  // Across two pieces of a stream, and with other case.
  assert.deepEqual(await find('SAFER channel'), [['a', 'a']]);
  assert.deepEqual(await find('mutex'), [
    ['b', 'b'],
    ['a', null],
    ['a', 'qa'],
  ]);
  assert.deepEqual(await find('ärger'), [['b', 'b']]);
  assert.deepEqual(await find('(100%).'), [['a', 'a']]);
  for (const nothing of ['', '  ', 'channel unrelated', '.*', '[']) assert.deepEqual(await find(nothing), [], nothing);
  const [hit] = await store.search('use', { limit: 1 });
  assert.deepEqual([hit?.before, hit?.match, hit?.after], ['A channel is safer (100%). ', 'Use', ' it.']);
  assert.equal((await store.search('e', { limit: 2 })).length, 2);
  assert.deepEqual(await store.search('mutex', { signal: AbortSignal.abort() }), []);
});

test('a killed window loses at most the last 250 ms of an answer', async (t) => {
  const dir = await makeDir(t);
  const runs = await Promise.all(
    [310, 450, 620, 900].map(async (killAfter) => {
      const { said, errors, signal } = await runFile('../storage/chatWriter.ts', [dir], { killAfter });
      assert.deepEqual([errors, signal], ['', 'SIGKILL']);
      const id = said.find((line) => line.startsWith('thread'))?.split(' ')[1] ?? '';
      const shown = said.filter((line) => /^\d/.test(line)).map((line) => line.split(' ').map(Number));
      const last = replay(id, await openChatStore(dir, () => undefined).load(id))?.turns.at(-1);
      // On a busy machine the window may be killed before the answer begins.
      const stored = last?.role === 'assistant' ? last.text : '';
      const kept = stored.trim() === '' ? 0 : stored.trim().split(' ').length;
      assert.equal(stored, Array.from({ length: kept }, (_, n) => `${n + 1} `).join(''));
      const [, end = 0] = shown.at(-1) ?? [];
      const [, lostFrom = end] = shown[kept] ?? [];
      return end - lostFrom;
    }),
  );
  // Four windows on two cores: their timers may be late.
  assert.ok(Math.max(...runs) <= 250 + 50, runs.join());
});
