/**
 * What VS Code's agents send to a provider, in real VS Code, signed out: five scripted tasks with our agents and with VS
 * Code's default agent, on the same loopback model, which takes the same steps in both. Run with `npm run bench:agent`.
 *
 *   --bodies <folder>  keeps what was sent, for counting with another tokenizer
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { estimateTokens } from '../../src/core/common/tokens.ts';
import { openVSCode } from '../e2e/harness.ts';
import { CHAT_KEYS, VsCodeChat } from '../e2e/vsCodeChat.ts';
import { startOpenAi } from '../servers/openai.ts';
import type { Answer, Ask } from '../servers/text.ts';

const { values: options } = parseArgs({ options: { bodies: { type: 'string' } } });

/** Tokens of the first request for an empty question, at most. */
const MOST_FIRST = { Plan: 6_000, Build: 8_000, Review: 6_000, Agent: Infinity } as const;
type Agent = keyof typeof MOST_FIRST;

const PRICES = { mid: { input: 0.3, output: 1 }, frontier: { input: 4, output: 20 } };
const cloud = await startOpenAi({ models: Object.entries(PRICES).map(([name, price]) => ({ name, price })) });
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-home-'));
const BROKEN = 'export function add(a, b) {\n  return a;\n}\n';
const code = await openVSCode({
  consents: [cloud.url],
  settings: {
    'gearshift.providers': { lab: { kind: 'openai', baseUrl: cloud.baseUrl, prices: PRICES } },
    'gearshift.tiers.local': [],
    'gearshift.tiers.mid': ['lab/mid'],
    'gearshift.tiers.frontier': ['lab/frontier'],
    'gearshift.confirmAbove': 100,
  },
  env: { OLLAMA_HOST: undefined, HOME: home },
  files: {
    'src/add.js': BROKEN,
    'src/total.js': "import { add } from './add.js';\n\nexport const total = (list) => list.reduce(add, 0);\n",
    'README.md': '# Sums\n',
  },
  keys: CHAT_KEYS,
});

const at = (name: string): string => path.join(code.workspace, name);
type Step = NonNullable<Answer['toolCalls']>[number];
const read = (name: string): Step => ({
  name: 'read_file',
  arguments: { filePath: at(name), startLine: 1, endLine: 60 },
});
const search = (query: string): Step => ({ name: 'grep_search', arguments: { query, isRegexp: false } });
const replace = (name: string, oldString: string, newString: string): Step => ({
  name: 'replace_string_in_file',
  arguments: { filePath: at(name), oldString, newString },
});
const runs = (command: string): Step => ({
  name: 'run_in_terminal',
  arguments: {
    ...{ command, explanation: 'Runs the tests', goal: 'Test', mode: 'sync', isBackground: false, timeout: 10_000 },
  },
});

interface TaskOfBench {
  readonly name: string;
  readonly agent: Exclude<Agent, 'Agent'>;
  readonly question: string;
  readonly steps: readonly Step[];
}
const TASKS: readonly TaskOfBench[] = [
  { name: 'explain', agent: 'Plan', question: 'What does add do?', steps: [read('src/add.js')] },
  {
    name: 'plan a change',
    agent: 'Plan',
    question: 'Plan: add takes any count of numbers.',
    steps: [search('add('), read('src/add.js'), read('src/total.js')],
  },
  {
    name: 'fix',
    agent: 'Build',
    question: 'Fix add.',
    steps: [read('src/add.js'), replace('src/add.js', 'return a;', 'return a + b;'), runs('node src/add.js')],
  },
  {
    name: 'add a file',
    agent: 'Build',
    question: 'Add a function sub with a test.',
    steps: [
      read('src/total.js'),
      {
        name: 'create_file',
        arguments: { filePath: at('src/sub.js'), content: 'export const sub = (a, b) => a - b;\n' },
      },
      replace('src/total.js', 'reduce(add, 0)', 'reduce(add, 0);\nexport { sub } from "./sub.js"'),
      runs('node src/sub.js'),
    ],
  },
  {
    name: 'review',
    agent: 'Review',
    question: 'Review src.',
    steps: [search('export'), read('src/add.js'), read('src/total.js')],
  },
];

let steps: readonly Step[] = [];
cloud.script(({ body }: Ask): Answer => {
  const { messages = [], tools = [] } = body as { messages?: { role: string }[]; tools?: unknown[] };
  if (tools.length === 0) return { text: 'A title' };
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const step = steps[messages.slice(last).filter(({ role }) => role === 'tool').length];
  return step ? { toolCalls: [step] } : { text: 'All is done.' };
});

interface Sent {
  readonly requests: number;
  readonly tokens: number;
  /** Tokens of the first request, and those of its tools. */
  readonly first: number;
  readonly tools: number;
}

/** Tokens of what was sent to agents: messages and tools as they were on the wire. Titles are left out. */
function sent(name: string): Sent {
  const bodies = cloud.book.calls
    .map(({ body }) => body as { messages: unknown[]; tools?: unknown[] })
    .filter(({ tools = [] }) => tools.length > 0);
  if (options.bodies) {
    fs.mkdirSync(options.bodies, { recursive: true });
    fs.writeFileSync(path.join(options.bodies, `${name}.json`), JSON.stringify(bodies));
  }
  const tokensOf = (value: unknown): number => estimateTokens(JSON.stringify(value ?? []));
  const sizes = bodies.map(({ messages, tools }) => ({ messages: tokensOf(messages), tools: tokensOf(tools) }));
  const all = sizes.reduce((sum, size) => sum + size.messages + size.tools, 0);
  const [first = { messages: 0, tools: 0 }] = sizes;
  return { requests: bodies.length, tokens: all, first: first.messages + first.tools, tools: first.tools };
}

const tierOf = (agent: Agent): string => (agent === 'Build' || agent === 'Agent' ? 'Mid' : 'Frontier');

let over = 0;
try {
  const window = await code.newWindow();
  const chat = new VsCodeChat(window);
  await chat.use();

  const turn = async (agent: Agent, question: string, then: readonly Step[], name: string): Promise<Sent> => {
    code.resetWorkspace();
    await chat.start(agent, tierOf(agent));
    cloud.book.reset();
    steps = then;
    await chat.ask(question);
    const answered = chat.answered('All is done.').waitFor({ timeout: 120_000 });
    const commands = then.filter((step) => step.name === 'run_in_terminal').length;
    for (let n = 0; n < commands; n++) await chat.allow();
    await answered;
    await cloud.book.quiet(500);
    return sent(`${name}-${agent}`);
  };

  console.log('The first request for the question "Hi" in a small workspace, in tokens');
  for (const agent of ['Plan', 'Build', 'Review', 'Agent'] as const) {
    const { first, tools } = await turn(agent, 'Hi', [], 'empty');
    const isOver = first > MOST_FIRST[agent];
    if (isOver) over++;
    const bound = Number.isFinite(MOST_FIRST[agent]) ? ` (bound ${MOST_FIRST[agent]})` : '';
    const who = agent === 'Agent' ? "VS Code's default agent" : `Gearshift ${agent}`;
    console.log(`${isOver ? 'OVER ' : 'ok   '} ${who.padEnd(24)} ${first}, of these ${tools} for tools${bound}`);
  }

  console.log("\nFive tasks: requests, and tokens of all of them, with our agent and with VS Code's default agent");
  const totals = { ours: 0, others: 0 };
  for (const { name, agent, question, steps: then } of TASKS) {
    const ours = await turn(agent, question, then, name);
    const others = await turn('Agent', question, then, name);
    totals.ours += ours.tokens;
    totals.others += others.tokens;
    const share = Math.round((100 * ours.tokens) / others.tokens);
    console.log(
      `      ${name.padEnd(16)} ${agent.padEnd(7)} ${ours.requests} requests, ${ours.tokens} tokens; default agent ${others.requests} requests, ${others.tokens} tokens (${share}%)`,
    );
  }
  console.log(
    `      together ${totals.ours} of ${totals.others} (${Math.round((100 * totals.ours) / totals.others)}%)`,
  );
} finally {
  await code.close();
  await cloud.stop();
  fs.rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
if (over > 0) process.exitCode = 1;
