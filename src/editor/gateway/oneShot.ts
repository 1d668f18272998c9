import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import {
  CHAT_LIMITS,
  FRONTIER_LIMITS,
  type CallResult,
  type Estimator,
  type Gateway,
  type ModelCall,
} from '../../core/gateway/call.ts';
import { Approval, describeKeyVariable, missingConsent, type Needed } from '../../core/chat/approval.ts';
import type { Attachment, Question } from '../../core/chat/conversation.ts';
import { describeFailure } from '../../core/gateway/describeFailure.ts';
import { factsOf } from '../../core/chat/routingReplay.ts';
import { callFacts } from '../../core/routing/callFacts.ts';
import { describeReasons } from '../../core/routing/describeReasons.ts';
import type { Reason } from '../../core/routing/routingTypes.ts';
import type { Chosen } from '../../core/chat/answerRun.ts';
import { familyOf } from '../../core/common/modelFamily.ts';
import { familiesOf, noReviewer } from '../../core/recipes/minds.ts';
import { hostOf } from '../../core/common/places.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { describeRange } from '../../core/money/likelyCost.ts';
import { namesOf, unmaskSecrets } from '../../core/privacy/maskSecrets.ts';
import { TIERS, type Message, type ModelRef, type Task, type Tier } from '../../core/common/types.ts';
import { nameSecret } from '../platform/installKey.ts';
import type { RouteLine } from './routeLine.ts';
import { tellGaps } from './setupMessage.ts';
import { Router, type RouterParts } from '../routing/autoRouter.ts';
import { showErrorMessage, showInformationMessage, showWarningMessage } from '../platform/messages.ts';

export interface OneShotParts extends RouterParts {
  readonly gateway: Gateway & Estimator;
  readonly trusted: () => boolean;
  /** Shows which tier answers and why, and lets the user ask another; without it, nothing is shown. */
  readonly line?: Pick<RouteLine, 'show'> | undefined;
}

export interface OneShotRequest {
  readonly task: Task;
  /** A named action, for routing rules that know it. */
  readonly action: string;
  /** The user's intent in words, which the routing judges. */
  readonly intent: string;
  readonly messages: readonly Message[];
  readonly language?: string | undefined;
  readonly maxTokens: number;
  /**
   * Judges the whole answer: null when it can be used, else why not, as the end of a sentence. The next model of the
   * chain is asked then, and the user is told when no model gave a usable answer.
   */
  readonly accept?: ((text: string) => string | null) | undefined;
  /** The tier to ask, where the user chose one; by default the rules choose. */
  readonly tier?: Tier | undefined;
  /**
   * Told in words, for the progress line: which tier and model is asked and why, before anything is sent, and that a
   * local model is being loaded.
   */
  readonly onChosen?: ((words: string) => void) | undefined;
  /**
   * Asks the same at another tier, in the place of this: offered to the user in the status bar, when no model of the
   * chain gave a usable answer, and when a budget refused it.
   */
  readonly again?: ((tier: Tier) => Promise<void>) | undefined;
  /** Names of models, as providers name them: no model of their families is asked. */
  readonly avoid?: readonly string[] | undefined;
  /**
   * The user typed or chose something for this very question. Without, another extension may have run the command, so a
   * model that is not free is asked only after the user has agreed to the price.
   */
  readonly gesture: boolean;
}

export interface OneShotReply {
  readonly text: string;
  readonly tier: Tier;
  readonly result: CallResult;
}

/** How an answer is received. */
interface Streaming {
  readonly secrets: ReturnType<typeof namesOf>;
  readonly signal: AbortSignal;
  readonly onText: ((text: string) => void) | undefined;
}

/** One question outside of the chat: routed, agreed to, masked and counted like any other. */
export class OneShot {
  readonly #parts: OneShotParts;
  readonly #router: Router;
  readonly #approval: Approval;

  constructor(parts: OneShotParts) {
    this.#parts = parts;
    const { config, gateway, trusted } = parts;
    this.#approval = new Approval({
      gateway,
      missingConsent: (chain, tier) => missingConsent(chain, config.settings, trusted(), tier),
      grantConsent: (origins, tier) => config.agree(origins, tier),
      confirmAbove: () => config.settings.confirmAbove * 1e9,
    });
    this.#router = new Router(parts);
  }

  /**
   * Asks the tier that the rules choose. The user sees any failure.
   *
   * @param onText told of the answer so far, each time that it grows
   *   and of an empty text where what was told before does not count, because another model is asked
   * @returns undefined if there is no whole answer that can be used
   */
  async ask(
    asked: OneShotRequest,
    signal: AbortSignal,
    onText?: (text: string) => void,
  ): Promise<OneShotReply | undefined> {
    const question: Question = {
      role: 'user',
      id: 'ask',
      at: 0,
      text: asked.intent,
      attachments: attachmentsOf(asked),
    };
    const { messages, task, action } = asked;
    const routed: WithoutAuthors = asked.tier
      ? { tier: asked.tier, chain: this.#router.chain(asked.tier), rule: 'chosen-by-user', reasons: [] }
      : await this.#router.route(
          { question, messages, threadTurns: 0, task, action, maxTokens: asked.maxTokens },
          signal,
        );
    const chosen = await this.#without(asked.avoid ?? [], routed);
    if (!chosen) {
      tellNoReviewer(asked.avoid ?? []);
      return undefined;
    }
    const { tier, chain, rule, reasons } = chosen;
    const gaps = await this.#router.gaps(tier, asked.tier === undefined);
    if (gaps.length > 0) {
      tellGaps(gaps);
      return undefined;
    }
    // Masked text is restored in the reply.
    const secrets = namesOf(
      messages.map(({ content }) => content),
      nameSecret,
    );
    const { accept } = asked;
    const call: ModelCall = {
      tier,
      task,
      chain,
      rule,
      reason: describeReasons(reasons) || undefined,
      ...callFacts({ ...factsOf(question), task, action }, asked.tier ? undefined : { reasons }),
      request: { kind: 'chat', messages, maxTokens: asked.maxTokens },
      language: asked.language,
      limits: tier === 'frontier' ? FRONTIER_LIMITS : CHAT_LIMITS,
      accept: accept && ((answer) => accept(unmaskSecrets(answer, secrets))),
      onDraft: onText && ((answer) => onText(unmaskSecrets(answer, secrets))),
    };
    if (!(await this.#agree(call, asked))) return undefined;
    const stop = new AbortController();
    const line = this.#show(asked, call, stop);
    try {
      return await this.#stream(asked, call, { secrets, signal: AbortSignal.any([signal, stop.signal]), onText });
    } finally {
      line?.ended();
    }
  }

  /** Says which tier is asked and why, where the user looks while it is under way; a click there asks another. */
  #show(
    asked: OneShotRequest,
    { tier, chain, reason }: ModelCall,
    stop: AbortController,
  ): { ended(): void } | undefined {
    const { again } = asked;
    const why = asked.tier ? t('you chose it') : (reason ?? '');
    const words = t('{0}: {1}', [tier, chain[0]?.model ?? ''].filter(Boolean).join(' · '), why);
    asked.onChosen?.(words);
    const others = again ? TIERS.filter((each) => each !== tier && this.#router.chain(each).length > 0) : [];
    return this.#parts.line?.show({
      words,
      others,
      again: async (other) => {
        stop.abort();
        await again?.(other);
      },
    });
  }

  async #stream(
    asked: OneShotRequest,
    call: ModelCall,
    { secrets, signal, onText }: Streaming,
  ): Promise<OneShotReply | undefined> {
    const { tier, chain } = call;
    let text = '';
    for await (const event of this.#parts.gateway.stream(call, signal)) {
      if (event.kind === 'text') {
        text += event.text;
        onText?.(unmaskSecrets(text, secrets));
      }
      if (event.kind === 'loading')
        asked.onChosen?.(t('Loading {0} into memory ({1} s).', event.model.model, Math.round(event.ms / 1000)));
      // What was told so far was a thought; the answer's own text tells the rest.
      if (event.kind === 'rethought') text = '';
      if (event.kind !== 'end') continue;
      const { result } = event;
      if (result.outcome === 'done' && result.finish !== 'length')
        return { text: unmaskSecrets(text, secrets), tier, result };
      if (result.rejectedText !== undefined && result.failure?.kind === 'unusable')
        await this.#tellUnusable(asked, tier, result, unmaskSecrets(result.rejectedText, secrets));
      else if (result.outcome !== 'cancelled') this.#tellFailure(asked, tier, result, chain[0]?.model ?? tier);
    }
    return undefined;
  }

  /** The call failed: the user hears why, and can ask the next cheaper tier where a budget refused it. */
  #tellFailure({ again }: OneShotRequest, tier: Tier, result: CallResult, model: string): void {
    const isBudget = result.failure?.kind === 'budget' || result.failure?.kind === 'no-price';
    const cheaper = TIERS.slice(0, TIERS.indexOf(tier)).findLast((each) => this.#router.chain(each).length > 0);
    const use = isBudget && again && cheaper ? t('Use {0}', cheaper) : undefined;
    void showErrorMessage(failureWords(result, model), ...(use ? [use] : [])).then((choice) =>
      use && choice === use && cheaper ? again?.(cheaper) : undefined,
    );
  }

  /**
   * No model gave an answer that can be used: the user hears which ones were asked and why, can look at the last
   * answer, and can ask the next tier. Does not wait for the user.
   */
  async #tellUnusable(asked: OneShotRequest, tier: Tier, result: CallResult, answer: string): Promise<void> {
    const { attempts, failure, knownNanoUsd } = result;
    const models = attempts.filter((tried) => tried.failure?.kind === 'unusable').map(({ model }) => model.model);
    const words = [
      t("{0} didn't answer in the requested format.", [...new Set(models)].join(', ')),
      failure?.detail ? t('The last answer: {0}.', failure.detail) : '',
      knownNanoUsd > 0 ? t('Cost: {0}.', displayMoney(knownNanoUsd)) : '',
    ];
    const show = t('Show Answer');
    const next = asked.again ? await this.#tierAbove(tier, models) : undefined;
    const ask = next && t('Ask {0}', next.model);
    const message = t('Gearshift: {0}', words.filter(Boolean).join(' '));
    void showWarningMessage(message, show, ...(ask ? [ask] : [])).then((choice) => {
      if (choice === show) return showAnswer(answer);
      return next && choice === ask ? asked.again?.(next.tier) : undefined;
    });
  }

  /** The next tier above that is ready, and its first model, where that was not asked already. */
  async #tierAbove(tier: Tier, asked: readonly string[]): Promise<{ tier: Tier; model: string } | undefined> {
    for (const above of TIERS.slice(TIERS.indexOf(tier) + 1)) {
      const [first] = this.#router.chain(above);
      if (first && !asked.includes(first.model) && (await this.#parts.tierState(above, first)).ready)
        return { tier: above, model: first.model };
    }
    return undefined;
  }

  /**
   * The chain without models of the families to avoid; where it has no other, that of another tier that is ready. In
   * private mode the tier stays, since others may leave this computer.
   *
   * @param avoid names of models
   * @returns undefined where every model that is ready is of these families: then none is asked
   */
  async #without(avoid: readonly string[], chosen: WithoutAuthors): Promise<WithoutAuthors | undefined> {
    const families = familiesOf(avoid);
    const isAllowed = ({ model }: ModelRef): boolean => !families.has(familyOf(model));
    if (chosen.chain.every(isAllowed)) return chosen;
    const others = this.#parts.config.settings.private ? [] : TIERS.filter((tier) => tier !== chosen.tier);
    for (const tier of [chosen.tier, ...others.toSorted((a) => (a === 'mid' ? -1 : 1))]) {
      const chain = (tier === chosen.tier ? chosen.chain : this.#router.chain(tier)).filter(isAllowed);
      const [first] = chain;
      if (!first) continue;
      if (tier === chosen.tier || (await this.#parts.tierState(tier, first)).ready)
        return { tier, chain, rule: 'other-than-author', reasons: [OTHER_MODEL] };
    }
    return undefined;
  }

  /** Asks for the consent that is missing, and about what is expensive or unasked, before anything is sent. */
  async #agree(call: ModelCall, { gesture, intent }: OneShotRequest): Promise<boolean> {
    const needed = (await this.#approval.needed(undefined, call)) ?? (gesture ? undefined : await this.#price(call));
    if (!needed) return true;
    const { places, estimate } = needed;
    const hosts = places.map(({ origin }) => hostOf(origin)).join(', ');
    const cost = (estimate && describeRange(estimate)) ?? t("Its price is unknown, so the cost can't be estimated.");
    const send = places.length > 0 ? t('Allow') : t('Send');
    const choice = await showInformationMessage(
      t('Send to {0}?', hosts || (call.chain[0]?.model ?? '')),
      {
        modal: true,
        detail: [
          ...(gesture ? [] : [t('A command asked for this: {0}.', intent)]),
          `${call.chain[0]?.model ?? ''}: ${cost}`,
          ...places.map(describeKeyVariable),
        ]
          .filter(Boolean)
          .join(' '),
      },
      send,
    );
    if (choice !== send) return false;
    await this.#approval.grant(undefined, needed);
    return true;
  }

  /** What has to be agreed to before a call that no gesture of the user asked for; undefined where it is free. */
  async #price(call: ModelCall): Promise<Needed | undefined> {
    const estimate = await this.#parts.gateway.estimate(call);
    if (call.chain.length === 0 || estimate?.atMost === 0) return undefined;
    return { tier: call.tier, places: [], estimate, cost: true };
  }
}

type WithoutAuthors = Pick<Chosen, 'tier' | 'chain' | 'rule' | 'reasons'>;

/** Says that no model is left to judge what others wrote, and leads to where one is added. */
function tellNoReviewer(avoid: readonly string[]): void {
  const add = t('Add a Model');
  void showWarningMessage(noReviewer(familiesOf(avoid)), add).then(
    (choice) => choice === add && vscode.commands.executeCommand('gearshift.settings.open', 'tiers'),
  );
}

/** A model that wrote the lines is not to review them. */
const OTHER_MODEL: Reason = { facts: [{ kind: 'author', values: [] }] };

/** The input of the routing: the size and language of the code that is sent. */
const attachmentsOf = ({ messages, language = '' }: OneShotRequest): Attachment[] => [
  {
    id: 'context',
    kind: 'selection',
    label: '',
    path: '',
    language,
    text: messages.map(({ content }) => content).join('\n'),
    notes: '',
    tokens: 0,
  },
];

function failureWords({ failure, place, outcome, finish }: CallResult, model: string): string {
  const where = place ?? { provider: model, host: model, model, kind: 'openai' as const };
  const words = failure
    ? describeFailure(failure, where).text
    : finish === 'length'
      ? t('The answer was cut at the length limit.')
      : outcome;
  return t('Gearshift: {0}', words);
}

/** Opens an answer as text that the user can read and copy from. Nothing in it is run or followed. */
async function showAnswer(content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ content, language: 'markdown' });
  await vscode.window.showTextDocument(document, { preview: true });
}
