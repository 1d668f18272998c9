/**
 * What the chat sends: tokens per question for 20 fixed questions on the demo workspace, and the share of a thread of ten
 * turns that a prefix cache can reuse, as the loopback server counts it. No network, no clock: the same figures each time.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Attachment } from '../../src/core/chat/conversation.ts';
import { parsePromptFile, usePrompt, type UsedPrompt } from '../../src/core/chat/promptFiles.ts';
import { ChatSession } from '../../src/core/chat/session.ts';
import { estimateTokens } from '../../src/core/common/tokens.ts';
import { openChatStore } from '../../src/storage/chatStore.ts';
import { startOpenAi } from '../servers/openai.ts';
import { openAiAt, testGateway } from '../support/gateway.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const WORKSPACE = path.join(ROOT, 'test/fixtures/demo-workspace');
/** From the third turn on, at least this much of what is sent was sent before. */
const REUSE = 0.85;

type File = 'leaves.py' | 'stock.go' | 'src/brewing.ts' | 'src/kettles.ts';

/** The demo workspace's files are short; this one has the length of a usual source file, 240 lines. */
const KETTLES = Array.from({ length: 40 }, (_, n) =>
  [
    `/** Heats kettle ${n} and waits until it boils, or until the time is up. */`,
    `export async function heat${n}(kettle: Kettle, seconds: number): Promise<boolean> {`,
    `  if (kettle.litres > ${n + 1}) throw new RangeError('kettle ${n} would overflow');`,
    `  const boiled = await kettle.heatTo(100 - ${n} * 0.1, seconds * 1000);`,
    `  return boiled && kettle.lid === 'closed';`,
    '}',
  ].join('\n'),
).join('\n');

/** A question, or a prompt by name, and the file that is sent with it. */
const QUESTIONS: readonly (readonly [text: string, file?: File])[] = [
  ['/explain', 'leaves.py'],
  ['/explain', 'stock.go'],
  ['/explain', 'src/brewing.ts'],
  ['/tests', 'leaves.py'],
  ['/tests', 'src/brewing.ts'],
  ['/docs', 'stock.go'],
  ['/docs', 'src/brewing.ts'],
  ['/review', 'leaves.py'],
  ['/review', 'stock.go'],
  ['/refactor', 'src/brewing.ts'],
  ['/fix it returns the wrong amount', 'leaves.py'],
  ['Which cases does this not handle?', 'leaves.py'],
  ['Is this safe when two goroutines use it?', 'stock.go'],
  ['How would I cancel this half way?', 'src/brewing.ts'],
  ['/review', 'src/kettles.ts'],
  ['What is a mutex?'],
  ['How do I write a table test in Go?'],
  ['What does "yield from" do in Python?'],
  ['When is a Map better than an object?'],
  ['Name three ways to debounce a function.'],
];

/** Turns of the thread after its first question about a file. */
const FOLLOW_UPS = [
  'What happens with an empty list?',
  'Show only the changed function.',
  'And if the amount is negative?',
  'Why not a loop?',
  'Write a test for that.',
  'Which name would you give it?',
  'Is it slow for a million items?',
  'What would you document?',
  'Sum up what is left to do.',
];

const ANSWER = 'It does this by going through the parts one after the other. '.repeat(18);

const PRICE = { input: 0.27, output: 1.1, cacheRead: 0.07 };
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-economy-'));

/** A server whose prompt cache is empty, and sessions that ask it. */
async function startRig(model = 'mid', promptCache: 'read' | 'marked' = 'read') {
  const server = await startOpenAi({ models: [{ name: model, price: PRICE }], promptCache });
  server.script(ANSWER);
  const { gateway } = testGateway(openAiAt(server.url, { prices: { [model]: PRICE } }));
  const newSession = (): ChatSession =>
    new ChatSession({
      gateway,
      store: openChatStore(dir, () => undefined),
      chain: () => [{ provider: 'cloud', model }],
      route: () => Promise.reject(new Error('not routed')),
      missingConsent: () => [],
      grantConsent: () => Promise.resolve(),
      price: () => Promise.resolve(undefined),
      confirmAbove: () => Infinity,
      now: () => 0,
      defaultTier: () => 'mid',
      log: () => undefined,
    });
  return { server, newSession };
}
type Rig = Awaited<ReturnType<typeof startRig>>;

async function ask(
  { server }: Rig,
  session: ChatSession,
  text: string,
  file?: string,
): Promise<{ total: number; cached: number }> {
  if (file) session.attach(fileOf(file));
  await session.ask(text, 'mid', promptOf(text));
  const { tokens } = server.book.calls.at(-1) ?? { tokens: { inputFresh: 0, inputCached: 0, cacheWrite: 0 } };
  return { total: tokens.inputFresh + tokens.inputCached + tokens.cacheWrite, cached: tokens.inputCached };
}

function fileOf(name: string): Attachment {
  const text = name === 'src/kettles.ts' ? KETTLES : fs.readFileSync(path.join(WORKSPACE, name), 'utf8');
  const language = path.extname(name).slice(1);
  return { id: name, kind: 'file', label: name, path: name, language, text, notes: '', tokens: estimateTokens(text) };
}

function promptOf(text: string): UsedPrompt | undefined {
  const [, name, input = ''] = /^\/(\w+) ?(.*)$/.exec(text) ?? [];
  if (!name) return undefined;
  const file = fs.readFileSync(path.join(ROOT, 'media/prompts', `${name}.md`), 'utf8');
  const prompt = parsePromptFile(`${name}.md`, file, 'shipped');
  return prompt && usePrompt(prompt, input);
}

const questions = await startRig();
const single: number[] = [];
for (const [text, file] of QUESTIONS) {
  const { total } = await ask(questions, questions.newSession(), text, file);
  single.push(total);
  console.log(`${String(total).padStart(6)} tokens  ${[text, file].filter(Boolean).join('  @')}`);
}
const sum = single.reduce((a, b) => a + b, 0);
console.log(
  `${String(sum).padStart(6)} tokens  for ${single.length} questions, ${Math.round(sum / single.length)} on average\n`,
);

await questions.server.stop();

/** Asks the turns of the thread, and says what share of each was read from the cache. */
async function measureThread(
  title: string,
  model: string,
  promptCache: 'read' | 'marked',
  from: number,
): Promise<number> {
  console.log(title);
  const thread = await startRig(model, promptCache);
  const session = thread.newSession();
  const turns = [await ask(thread, session, '/review', 'src/kettles.ts')];
  for (const text of FOLLOW_UPS) turns.push(await ask(thread, session, text));
  await thread.server.stop();
  let poor = 0;
  for (const [i, { total, cached }] of turns.entries()) {
    const share = cached / total;
    const bad = i >= from && share < REUSE;
    if (bad) poor++;
    console.log(
      `turn ${String(i + 1).padStart(2)}  ${String(total).padStart(6)} tokens, ${(share * 100).toFixed(1).padStart(5)}% from the cache${bad ? '  BELOW' : ''}`,
    );
  }
  const all = turns.reduce((a, { total }) => a + total, 0);
  const reused = turns.reduce((a, { cached }) => a + cached, 0);
  console.log(
    `thread   ${String(all).padStart(6)} tokens, ${((reused / all) * 100).toFixed(1)}% of them from the cache\n`,
  );
  return poor;
}

let poor = await measureThread('a cache that finds beginnings by itself', 'mid', 'read', 2);
// The first question is not marked: most stay single. So the second writes, and the third is the first that reads.
poor += await measureThread(
  'a cache that keeps what is marked: Claude behind a gateway',
  'anthropic/claude-sonnet-5',
  'marked',
  2,
);
fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
if (poor > 0) process.exitCode = 1;
