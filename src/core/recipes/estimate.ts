import { CHAT_LIMITS, LIKELY_OUTPUT } from '../gateway/call.ts';
import type { Attachment } from '../chat/conversation.ts';
import type { RunForecast, StageForecast } from '../chat/recipeRun.ts';
import { inPlan } from '../money/likelyCost.ts';
import { mostOf, priceTokens, type Price } from '../money/pricing.ts';
import { estimateRequestTokens, mostRequestTokens } from '../common/tokens.ts';
import { NO_USAGE, type ChatRequest, type ModelRef, type Tier, type Usage } from '../common/types.ts';
import { needsOf, stageMessages, VERDICT, type StageInput } from './messages.ts';
import { asksModel, type Recipe, type Stage, type StageKind } from './recipe.ts';
import { ANSWER_TOKENS } from './stageCall.ts';

/** What a run would cost, before it begins. Amounts in nano-USD; null: a price is unknown. */

export interface EstimateParts {
  readonly chain: (tier: Tier) => readonly ModelRef[];
  readonly price: (model: ModelRef) => Promise<Price | undefined>;
  /** VS Code's agent does the work, with many requests that each send the conversation so far. */
  readonly byAgent?: boolean;
}

/** Tokens of a usual answer, by the kind of the stage. */
const LIKELY: Readonly<Record<StageKind, number>> = {
  ask: LIKELY_OUTPUT,
  extract: 500,
  score: 120,
  approve: 0,
  work: 1_500,
  check: 0,
  review: 400,
};

/**
 * A usual turn of *Gearshift Build*: tokens of its instructions and tools, as `npm run bench:agent` measures them, its
 * requests, and the tokens by which the conversation grows with each. What was sent before is read from the provider's
 * cache where that has a price of its own.
 */
const AGENT = { instructions: 6_700, requests: 8, growth: 700 } as const;

/** What a usual turn of the agent reads and writes. @param prompt in tokens */
function agentUsage(prompt: number): Usage {
  const first = AGENT.instructions + prompt;
  const again = AGENT.requests - 1;
  return {
    ...NO_USAGE,
    input: first + again * AGENT.growth,
    cacheRead: again * first + (AGENT.growth * again * (again - 1)) / 2,
    output: LIKELY.work,
  };
}

/** How often a stage may ask: extract and score repair once, work is sent back three times, and so is what follows it. */
const ROUNDS: Readonly<Record<StageKind, number>> = {
  ask: 1,
  extract: 2,
  score: 2,
  approve: 0,
  work: 4,
  check: 0,
  review: 2,
};

/** Bytes of the output of a check, and of other texts that come with a repetition. */
const TROUBLE_BYTES = 12_000;
/** Bytes for a token: how long an output may become for its reader, who counts each byte as a token at most. */
const BYTES_PER_TOKEN = 5;

const NO_INPUT = { changes: '', outputs: new Map<string, string>(), found: new Map<string, string>() };

/** What a run of a recipe would cost for a task and its context. */
export async function estimateRun(
  recipe: Recipe,
  given: { readonly task: string; readonly context: readonly Attachment[] },
  { chain, price, byAgent = false }: EstimateParts,
): Promise<RunForecast> {
  const unpriced: ModelRef[] = [];
  const stages: StageForecast[] = [];
  for (const stage of recipe.stages) {
    const { name, kind, tier } = stage;
    const models = tier ? chain(tier) : [];
    const [model] = models;
    if (!asksModel(stage) || !model) {
      stages.push({
        name,
        kind,
        tier,
        model,
        likely: asksModel(stage) ? null : 0,
        atMost: asksModel(stage) ? null : 0,
      });
      continue;
    }
    const prices = await Promise.all(models.map(price));
    for (const [i, each] of models.entries()) if (!prices[i]) unpriced.push(each);
    const { likely, most, longest } = tokensOf(recipe, stage, { ...NO_INPUT, ...given });
    const isAgent = byAgent && kind === 'work';
    const usage = isAgent ? agentUsage(likely) : { ...NO_USAGE, input: likely, output: LIKELY[kind] };
    const each = prices.map((known) => mostOf(most, longest, known));
    const known = each.filter((one) => one !== null);
    const times = isAgent ? Infinity : ROUNDS[kind] * CHAT_LIMITS.attempts;
    stages.push({
      name,
      kind,
      tier,
      model,
      likely: stage.onlyBelow === undefined ? priceTokens(usage, false, prices[0]).nanoUsd : 0,
      monthlyPlan: inPlan(usage, prices[0]),
      atMost: known.length < each.length ? null : atMostOf(Math.max(...known), times, recipe.limits.nanoUsd),
    });
  }
  const sum = (amounts: readonly (number | null)[]): number | null =>
    amounts.reduce((all, one) => (all === null || one === null ? null : all + one), 0);
  const atMost = sum(stages.map((stage) => stage.atMost));
  return {
    recipe: recipe.name,
    limits: recipe.limits,
    remarks: [],
    stages,
    likely: sum(stages.map((stage) => stage.likely)),
    atMost: atMost === null ? null : Math.min(atMost, recipe.limits.nanoUsd),
    unpriced,
  };
}

/** What so many requests cost at most, within the money of the run. Free ones stay free. */
const atMostOf = (each: number, times: number, limit: number): number =>
  each === 0 ? 0 : Math.min(limit, times * each);

/** Tokens that a stage reads, likely and at most, and of its longest answer. Outputs of stages before it count as usual ones. */
function tokensOf(
  recipe: Recipe,
  stage: Stage,
  input: StageInput,
): { readonly likely: number; readonly most: number; readonly longest: number } {
  const longest = ANSWER_TOKENS[stage.kind] ?? 0;
  const schema = stage.kind === 'score' ? VERDICT : stage.schema;
  const messages = stageMessages(stage, input, { schema });
  const request: ChatRequest = { kind: 'chat', messages, maxTokens: longest };
  const { outputs, searches } = needsOf(stage);
  const read = recipe.stages.filter(({ name }) => outputs.has(name));
  const found = searches.size * FOUND_TOKENS;
  const hasDiff = outputs.has('changes') || stage.kind === 'review';
  const likely = read.reduce((sum, { kind }) => sum + LIKELY[kind], found + (hasDiff ? LIKELY.work : 0));
  const most = read.reduce((sum, { kind }) => sum + (ANSWER_TOKENS[kind] ?? TROUBLE_BYTES), hasDiff ? FOUND_TOKENS : 0);
  return {
    likely: estimateRequestTokens(request) + likely,
    most: mostRequestTokens(request) + BYTES_PER_TOKEN * (most + found + longest) + TROUBLE_BYTES,
    longest,
  };
}

/** Tokens of what a search of the workspace brings, at most; see the editor's gatherer. */
export const FOUND_TOKENS = 12_000;

/** What a question costs at one model with the whole context. Nano-USD; null: its price is unknown. */
export function aloneCost(
  given: { readonly task: string; readonly context: readonly Attachment[] },
  price: Price | undefined,
): number | null {
  const stage: Stage = { name: 'answer', kind: 'ask', tier: 'frontier', body: '{{task}}\n\n{{context}}' };
  const messages = stageMessages(stage, { ...NO_INPUT, ...given }, {});
  const input = estimateRequestTokens({ kind: 'chat', messages, maxTokens: 1 });
  return priceTokens({ ...NO_USAGE, input, output: LIKELY_OUTPUT }, false, price).nanoUsd;
}
