import type { TestContext } from 'node:test';
import type { Attachment } from '../../../src/core/chat/conversation.ts';
import { changeRun, spentBy, type RecipeRun, type RunChange } from '../../../src/core/chat/recipeRun.ts';
import { PROCESS_CLOCK } from '../../../src/core/common/clock.ts';
import type { ModelRef, Tier } from '../../../src/core/common/types.ts';
import type { RunPorts } from '../../../src/core/recipes/ports.ts';
import { parseRecipe, type Recipe } from '../../../src/core/recipes/recipe.ts';
import { advance, newRun } from '../../../src/core/recipes/run.ts';
import { unifiedDiff } from '../../../src/core/edits/unifiedDiff.ts';
import { startOpenAi, type OpenAiServer } from '../../servers/openai.ts';
import { openAiAt, testGateway } from '../../support/gateway.ts';

/** Runs of recipes on the real gateway, against a loopback server that counts; files and checks are scripted. */

export const MID = { input: 0.3, output: 1.2 } as const;
export const TOP = { input: 5, output: 25 } as const;
const PRICES = { 'qwen-mid': MID, 'mistral-mid': MID, 'claude-top': TOP, 'gpt-top': TOP } as const;

export const BEFORE = 'export const add = (a, b) => a - b;\n';
export const AFTER = 'export const add = (a, b) => a + b;\n';
/** An answer that changes the file of the rig. */
export const EDIT = [
  'src/add.js',
  '```js',
  '<<<<<<< SEARCH',
  BEFORE.trim(),
  '=======',
  AFTER.trim(),
  '>>>>>>> REPLACE',
  '```',
].join('\n');
const NO_FINDINGS = '{"findings":[]}';
export const ERROR_FOUND = JSON.stringify({
  findings: [
    {
      path: 'src/add.js',
      line: 1,
      severity: 'error',
      kind: 'bug',
      title: 'It is wrong',
      detail: 'x',
      quote: AFTER.trim(),
    },
  ],
});

export const attachment = (text: string, over: Partial<Attachment> = {}): Attachment => ({
  id: 'a1',
  kind: 'file',
  label: 'src/add.js',
  path: 'src/add.js',
  language: 'javascript',
  text,
  notes: '',
  tokens: 10,
  ...over,
});

/** A recipe of all kinds that ask a model, but scoring. */
export const ALL = [
  '---',
  'description: All kinds',
  'money: 5',
  '---',
  '## facts (extract, mid)',
  'STAGE-FACTS {{task}} {{context}}',
  '```json',
  '{"type":"object","required":["facts"],"properties":{"facts":{"type":"array","items":{"type":"string"}}}}',
  '```',
  '## plan (frontier)',
  'STAGE-PLAN {{facts}}',
  '## approve',
  '## work (mid)',
  'STAGE-WORK {{plan}} {{context}}',
  '## check',
  '## review (frontier)',
  'STAGE-REVIEW {{plan}} {{check}}',
].join('\n');

export const DRAFT = [
  '---',
  'description: Draft',
  '---',
  '## draft (mid)',
  'STAGE-DRAFT {{task}}',
  '## verdict (score, frontier)',
  '- threshold: 7',
  'STAGE-VERDICT {{draft}}',
  '## final (frontier)',
  '- only below: verdict',
  'STAGE-FINAL {{draft}} {{verdict}}',
].join('\n');

export function recipeFrom(text: string): Recipe {
  const { recipe, problems } = parseRecipe('test.md', text, 'user');
  if (!recipe) throw new Error(JSON.stringify(problems));
  return recipe;
}

/** The stage that a prompt belongs to. */
const stageOf = (prompt: string): string =>
  /STAGE-([A-Z]+)/.exec(prompt)?.[1]?.toLowerCase() ?? (prompt.includes('findings') ? 'review' : '?');

/** Answers that let every stage succeed. */
export const GOOD: Readonly<Record<string, string>> = {
  facts: '{"facts":["add subtracts"]}',
  plan: 'The plan: make add add.',
  work: EDIT,
  review: NO_FINDINGS,
  draft: 'A draft.',
  verdict: '{"score": 9, "reason": "fine"}',
  final: 'The final text.',
};

export interface RecipeRig {
  readonly server: OpenAiServer;
  readonly ports: RunPorts;
  readonly changes: RunChange[];
  readonly calls: () => string[];
  /** Names of stages whose models fail, and how: the name of a scenario of the server. */
  readonly failing: Map<string, string>;
  readonly checks: { ok: boolean; output: string }[];
  readonly ledgerNano: () => number;
  readonly costUnknown: () => boolean;
  files: Map<string, string>;
  /** Runs a recipe to its end or to its first pause. */
  start(recipe: Recipe, task?: string, signal?: AbortSignal): Promise<RecipeRun>;
  goOn(run: RecipeRun, signal?: AbortSignal): Promise<RecipeRun>;
  answer(stage: string, text: string | ((prompt: string, model: string) => string)): void;
}

/** @param scenarios names of server scenarios that `failing` may use */
export async function makeRecipeRig(
  t: Pick<TestContext, 'after'>,
  {
    scenarios = [],
    over = {},
    chains = {},
  }: {
    readonly scenarios?: readonly string[];
    readonly over?: Partial<RunPorts>;
    readonly chains?: Partial<Record<Tier, readonly string[]>>;
  } = {},
): Promise<RecipeRig> {
  const names = Object.keys(PRICES) as (keyof typeof PRICES)[];
  const server = await startOpenAi({ models: names.map((name) => ({ name, price: PRICES[name] })) });
  t.after(() => server.stop());
  const prices = Object.fromEntries(
    names.flatMap((name) => ['', ...scenarios.map((each) => `!${each}`)].map((end) => [`${name}${end}`, PRICES[name]])),
  );
  const { gateway, ledger } = testGateway(openAiAt(server.url, { prices }));
  const tiers: Record<Tier, readonly string[]> = {
    local: [],
    mid: ['qwen-mid', 'mistral-mid'],
    frontier: ['claude-top', 'gpt-top'],
    ...chains,
  };
  const answers = new Map<string, string | ((prompt: string, model: string) => string)>(Object.entries(GOOD));
  server.script(({ prompt, model }) => {
    const answer = answers.get(stageOf(prompt)) ?? 'ok';
    return typeof answer === 'string' ? answer : answer(prompt, model);
  });
  const changes: RunChange[] = [];
  const failing = new Map<string, string>();
  const checks: RecipeRig['checks'] = [];
  let running = '';
  const rig = { files: new Map([['src/add.js', BEFORE]]) };
  const before = new Map(rig.files);
  const ports: RunPorts = {
    gateway,
    context: { run: 'run-1' },
    chain: (tier) => {
      const how = failing.get(running);
      return tiers[tier].map((model): ModelRef => ({ provider: 'cloud', model: how ? `${model}!${how}` : model }));
    },
    attached: () => Promise.resolve([attachment(rig.files.get('src/add.js') ?? '')]),
    search: (texts) => Promise.resolve(`found ${texts.join(', ')}`),
    exists: (path, line) => Promise.resolve(rig.files.has(path) && line === 1),
    changes: () =>
      Promise.resolve(
        [...rig.files]
          .map(([path, after]) =>
            unifiedDiff({ nameBefore: path, nameAfter: path, before: before.get(path) ?? '', after }),
          )
          .join(''),
      ),
    around: () => Promise.resolve(''),
    check: () => Promise.resolve(checks.shift() ?? { ok: true, output: 'all tests passed' }),
    apply: () => {
      rig.files.set('src/add.js', AFTER);
      return Promise.resolve('applied');
    },
    changed: (change) => {
      changes.push(change);
      if (change.stage?.status === 'running') running = change.stage.name;
    },
    clock: PROCESS_CLOCK,
    ...over,
  };
  const never = new AbortController().signal;
  return Object.assign(rig, {
    server,
    ports,
    changes,
    failing,
    checks,
    calls: () => server.book.calls.map(({ body }) => stageOf(JSON.stringify(body))),
    ledgerNano: () => ledger.settled.reduce((sum, { cost }) => sum + (cost.nanoUsd ?? 0), 0),
    costUnknown: () => ledger.settled.some(({ cost }) => cost.nanoUsd === null),
    start: (recipe: Recipe, task = 'Fix add', signal = never) => advance(newRun(recipe, task), ports, signal),
    goOn: (run: RecipeRun, signal = never) => advance(run, ports, signal),
    answer: (stage: string, text: string | ((prompt: string, model: string) => string)) =>
      void answers.set(stage, text),
  });
}

/** What is stored of a run: the changes that were handed out, applied to how it began. */
export const replayed = (begun: RecipeRun, changes: readonly RunChange[]): RecipeRun =>
  changes.reduce(changeRun, begun);

export { spentBy };
