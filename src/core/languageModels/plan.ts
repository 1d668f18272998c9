import { t } from '@vscode/l10n';
import type { Failure } from '../common/failures.ts';
import { familyOf } from '../common/modelFamily.ts';
import { estimateRequestTokens } from '../common/tokens.ts';
import type { ChatRequest, ModelRef, Task, Tier } from '../common/types.ts';
import { familyFirst, reviewersFor, sameModels, type Conversations } from './conversations.ts';
import { errandOf, stageOf, type Errand, type HostRequest } from './hostRequest.ts';

/** Which models answer a request of VS Code's chat. */

/** The agent that judges what another model built, by the name in its file. */
export const REVIEW_STAGE = 'Gearshift Review';
export const PLAN_STAGE = 'Gearshift Plan';
export const BUILD_STAGE = 'Gearshift Build';

/** Upper bound of an answer by tier, in tokens: files are written as arguments of tools. */
export const ANSWER_TOKENS: Readonly<Record<Tier, number>> = { local: 4_096, mid: 16_384, frontier: 16_384 };

/** Less room than this for an answer, in tokens, is none. */
const LEAST_ANSWER = 1_024;

/** What is known of the tiers. */
export interface TierFacts {
  /** The models of each tier that can answer a question, first choice first. */
  readonly chains: Readonly<Record<Tier, readonly ModelRef[]>>;
  /** Tiers that can answer now, as far as is known. */
  readonly ready: ReadonlySet<Tier>;
  /** Tokens of a model's window; undefined when its server did not say. */
  readonly windowOf: (model: ModelRef) => number | undefined;
}

/** A request with the models that may answer it. */
export interface Plan {
  readonly tier: Tier;
  readonly chain: readonly ModelRef[];
  readonly task: Task;
  readonly stage: string | undefined;
  /** The rule that chose the tier, for the ledger; undefined where the user chose it. */
  readonly rule: string | undefined;
  readonly errand: Errand | undefined;
  readonly maxTokens: number;
}

/** Why no model may answer, as a sentence or as a failure at a model. */
export type Refusal = { readonly why: string } | { readonly failure: Failure; readonly model: ModelRef };

/**
 * Chooses the models for a request.
 *
 * @param asked the tier that the user chose in VS Code, or that *Auto* chose
 * @param callIds the calls whose results the request brings; empty at a question of the user
 * @param builders families that changed files in this conversation, besides those of this window
 */
export function planRequest(
  asked: Tier,
  request: HostRequest,
  { chains, ready, windowOf }: TierFacts,
  conversations: Conversations,
  { callIds, builders = new Set() }: { readonly callIds: readonly string[]; readonly builders?: ReadonlySet<string> },
): Plan | Refusal {
  const errand = errandOf(request);
  const stage = stageOf(request);
  const size = estimateRequestTokens(toRequest(request, 0));
  const plan = (tier: Tier, chain: readonly ModelRef[], rule?: string): Plan | Refusal => {
    const [first] = chain;
    if (!first) return { why: t('No model that can answer questions is set for the {0} tier.', tier) };
    const isTooLarge = (model: ModelRef): boolean => size + LEAST_ANSWER > (windowOf(model) ?? Infinity);
    const fitting = chain.filter((model) => !isTooLarge(model));
    if (fitting.length === 0) {
      const sizes = { tokens: size, window: windowOf(first) ?? 0 };
      return { failure: { kind: 'context-length', sizes }, model: first };
    }
    const window = Math.min(...fitting.map((model) => windowOf(model) ?? Infinity));
    const maxTokens = Math.min(ANSWER_TOKENS[tier], window - size);
    return { tier, chain: fitting, task: errand ? 'overhead' : 'agent', stage, rule, errand, maxTokens };
  };
  if (errand) return planErrand(asked, { chains, ready, windowOf }, size, plan);
  const loop = callIds.length > 0 ? conversations.modelOfLoop(callIds, request.conversation) : undefined;
  if (loop) return plan(loop.tier, sameModels(chains[loop.tier], loop.model), 'tool-loop');
  if (stage !== REVIEW_STAGE) return plan(asked, familyFirst(chains[asked]));
  const built = new Set([...builders, ...conversations.builders(request.conversation)]);
  const reviewer = reviewersFor(asked, chains, built);
  if (!reviewer)
    return {
      why: t(
        'Every model that you set is of the family that built ({0}). Set a model of another family for a tier, so that it can review.',
        [...built].join(', '),
      ),
    };
  return plan(reviewer.tier, familyFirst(reviewer.chain), built.size > 0 ? 'other-than-builder' : undefined);
}

/** An errand goes to the local tier where that can take it, else to mid; to no other. */
function planErrand(
  asked: Tier,
  { chains, ready, windowOf }: TierFacts,
  size: number,
  plan: (tier: Tier, chain: readonly ModelRef[], rule?: string) => Plan | Refusal,
): Plan | Refusal {
  const fits = chains.local.filter((model) => {
    const window = windowOf(model);
    // A window of unknown size may be as small as 4,096 tokens, Ollama's default.
    return size + LEAST_ANSWER <= (window ?? 4_096);
  });
  const isChosen = asked === 'local';
  if (fits.length > 0 && (ready.has('local') || isChosen || chains.mid.length === 0))
    return plan('local', fits, isChosen ? undefined : 'overhead');
  if (chains.mid.length > 0) return plan('mid', familyFirst(chains.mid), asked === 'mid' ? undefined : 'overhead');
  return { why: t("Titles and summaries of VS Code's chat go to the local or mid tier, and neither has a model.") };
}

/** The request for the gateway. */
export const toRequest = ({ messages, tools }: HostRequest, maxTokens: number, required = false): ChatRequest => ({
  kind: 'chat',
  messages,
  maxTokens,
  ...(tools.length > 0 ? { tools, ...(required ? { toolChoice: 'required' as const } : {}) } : {}),
});

/** The family that VS Code makes its instructions for: that of the tier's first model. */
export const familyOfTier = (chain: readonly ModelRef[]): string => familyOf(chain[0]?.model ?? 'gearshift');
