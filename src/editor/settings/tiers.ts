import { t } from '@vscode/l10n';
import { CHAT_LIMITS, COLD_INLINE_LIMITS, type CallResult, type Gateway } from '../../core/gateway/call.ts';
import { describeFailure } from '../../core/gateway/describeFailure.ts';
import { formatSeconds } from '../../core/common/format.ts';
import { canChat } from '../../core/chat/modelCapabilities.ts';
import type { ModelInfo } from '../../core/providers/provider.ts';
import { formatBytes } from '../../core/setup/ollamaPulls.ts';
import { isOllamaCloudName } from '../../core/common/providerRules.ts';
import {
  describePlacement,
  fitsForAnswers,
  judgeForCompletions,
  recommendForAnswers,
} from '../../core/setup/ollamaRecommend.ts';
import { formatPer100 } from '../../core/money/completionPrice.ts';
import { formatCost } from '../../core/money/displayMoney.ts';
import { describePriceSource, formatPrice, type PriceBook } from '../../core/money/pricing.ts';
import { loadModel } from '../../core/providers/ollama.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import type { TierState } from '../../core/gateway/tierStatus.ts';
import { formatModelRef, TIERS, type ModelRef, type ModelRequest, type Tier } from '../../core/common/types.ts';
import type { AnswersView, ChainLink, TestView, TierSettingsView } from '../../protocol/settings.ts';
import { askProvider, type AskParts } from '../platform/askProvider.ts';
import type { Config } from '../platform/config.ts';
import { agreeTo } from '../platform/consent.ts';
import type { OllamaManager } from './ollamaManager.ts';
import type { Handlers } from './section.ts';

export interface TiersParts extends AskParts {
  readonly config: Config;
  readonly prices: PriceBook;
  readonly gateway: Gateway;
  readonly ollamas: OllamaManager;
  readonly tierState: (tier: Tier) => Promise<TierState>;
  /** The request that tests the local tier with the FIM format of its model. */
  readonly infillTest: () => Promise<ModelRequest>;
  /** Where another model answers a tier now than before. */
  readonly modelChange: {
    canGoBack(tier: Tier): boolean;
    act(tier: Tier, use: 'keep' | 'back' | 'compare'): Promise<void>;
  };
  readonly refresh: () => void;
}

/** Loading a large model from a slow disk takes minutes. */
const LOAD_MS = 300_000;

/** The chains of the tiers and their test. */
export class TiersSection {
  readonly #parts: TiersParts;
  readonly #tests = new Map<Tier, TestView>();

  constructor(parts: TiersParts) {
    this.#parts = parts;
  }

  readonly handlers: Handlers<'setTier' | 'setLocalAnswers' | 'testTier' | 'modelChange'> = {
    modelChange: ({ tier, use }) => this.#parts.modelChange.act(tier, use),
    setLocalAnswers: ({ chain }) => this.#parts.config.write('tiers.localAnswers', chain),
    setTier: ({ tier, chain }) => {
      this.#tests.delete(tier);
      return this.#parts.config.write(`tiers.${tier}`, chain);
    },
    testTier: ({ tier }) => this.test(tier),
  };

  /** Lets a model answer questions in the local tier before all others. */
  answerWith(provider: string, model: string): Promise<void> {
    const ref = formatModelRef({ provider, model });
    const others = this.#parts.config.settings.localAnswers.map(formatModelRef).filter((other) => other !== ref);
    return this.#parts.config.write('tiers.localAnswers', [ref, ...others]);
  }

  views(): Promise<TierSettingsView[]> {
    return Promise.all(TIERS.map((tier) => this.#view(tier)));
  }

  async #view(tier: Tier): Promise<TierSettingsView> {
    const { config, tierState, modelChange } = this.#parts;
    const state = await tierState(tier);
    return {
      ...(state.changed ? { changed: { ...state.changed, canGoBack: modelChange.canGoBack(tier) } } : {}),
      tier,
      chain: await Promise.all(config.settings.tiers[tier].map((ref, place) => this.#link(tier, ref, place))),
      state: state.words,
      ready: state.ready,
      untried: state.untried,
      triesInfill: state.next === 'try-infill',
      features: featuresOf(tier, config.settings),
      test: this.#tests.get(tier) ?? { state: 'idle' },
      ...(tier === 'local' ? { answers: this.#answers() } : {}),
    };
  }

  /** The models that answer questions in the local tier, and those that could. */
  #answers(): AnswersView {
    const { config, ollamas } = this.#parts;
    const chain = config.settings.localAnswers.map(formatModelRef);
    const memory = ollamas.knownMemory;
    const offers = [...config.settings.providers.values()]
      .filter(({ kind }) => kind === 'ollama')
      .flatMap(({ name: provider }) => {
        const there = ollamas
          .models(provider)
          .filter((found) => canAnswer(found) && !chain.includes(formatModelRef({ provider, model: found.id })));
        const installed = there.map(({ id: model, sizeBytes }) => ({ provider, model, sizeBytes, installed: true }));
        const best = recommendForAnswers(memory);
        const pulls = there.length + chain.length > 0 || !best ? [] : [best];
        return [
          ...installed,
          ...pulls.map(({ model, downloadBytes }) => ({ provider, model, sizeBytes: downloadBytes, installed: false })),
        ];
      })
      .map(({ sizeBytes, ...offer }) => {
        const fits = fitsForAnswers(sizeBytes, memory);
        return { ...offer, fits: fits === true, words: describeFit(sizeBytes, fits) };
      });
    return { chain, offers: offers.toSorted((a, b) => Number(b.fits) - Number(a.fits)) };
  }

  async #link(tier: Tier, ref: ModelRef, place: number): Promise<ChainLink> {
    const { config, prices, ollamas } = this.#parts;
    const provider = config.settings.providers.get(ref.provider);
    const entry = provider && (await prices.find(provider, ref.model));
    const installed = ollamas.models(ref.provider);
    const missing =
      installed.length > 0 && !installed.some(({ id }) => id === ref.model || id === `${ref.model}:latest`);
    const suits =
      tier === 'local' && place === 0 && provider?.kind === 'ollama'
        ? judgeForCompletions(ref.model, installed.find(({ id }) => id === ref.model) ?? {})
        : undefined;
    const warning = entry?.doubtful
      ? t('Your price is 1,000 times higher or lower than the list price, so the list price is used.')
      : missing
        ? t('{0} is not on this server yet: pull it under "Local models".', ref.model)
        : suits && suits.verdict !== 'good' && installed.length > 0
          ? suits.why
          : '';
    return {
      ref: formatModelRef(ref),
      price: [formatPrice(entry?.price), tier === 'local' ? formatPer100(entry?.price) : ''].filter(Boolean).join('; '),
      priceSource: entry ? describePriceSource(entry.price) : '',
      warning,
    };
  }

  /** One cheap real call; it is on the ledger like any other. */
  async test(tier: Tier): Promise<void> {
    const { config, prices, trusted } = this.#parts;
    const ref = config.settings.tiers[tier][0];
    const provider = ref && config.settings.providers.get(ref.provider);
    if (!ref || !provider || this.#tests.get(tier)?.state === 'running') return;
    if (!(await agreeTo(provider, ref.model, config, prices, trusted(), tier))) return;
    const say = (view: TestView): void => {
      this.#tests.set(tier, view);
      this.#parts.refresh();
    };
    say({ state: 'running' });
    try {
      say(await this.#call(tier, provider, ref));
    } catch (error) {
      // Else the page would say forever that the test is running.
      say({ state: 'failed', words: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  async #call(tier: Tier, provider: ProviderConfig, ref: ModelRef): Promise<TestView> {
    const loadedIn = provider.kind === 'ollama' ? await this.#load(provider, ref.model) : undefined;
    const { text, result } = await this.#ask(tier, ref);
    if (result?.outcome !== 'done') {
      const words = result?.failure && result.place ? describeFailure(result.failure, result.place).text : '';
      return { state: 'failed', words: words || t('It did not answer.') };
    }
    const isUnproven = tier === 'local' && (await this.#parts.tierState(tier)).next === 'try-infill';
    if (isUnproven || (tier === 'local' && !text.trim()))
      return {
        state: 'failed',
        words: t("It responded but couldn't fill a gap in code. Choose another model."),
      };
    const placement = provider.kind === 'ollama' ? await this.#placement(provider, ref.model) : '';
    return { state: 'ok', words: describeTest(tier, result, loadedIn, placement) };
  }

  async #ask(tier: Tier, ref: ModelRef): Promise<{ text: string; result: CallResult | undefined }> {
    const request: ModelRequest =
      tier === 'local'
        ? await this.#parts.infillTest()
        : { kind: 'chat', messages: [{ role: 'user', content: 'Answer with the single word: ready' }], maxTokens: 200 };
    const limits = tier === 'local' ? COLD_INLINE_LIMITS : { ...CHAT_LIMITS, attempts: 1 };
    const call = { tier, task: 'test' as const, chain: [ref], request, limits };
    let text = '';
    for await (const event of this.#parts.gateway.stream(call, new AbortController().signal)) {
      if (event.kind === 'text') text += event.text;
      if (event.kind === 'rethought') text = '';
      if (event.kind === 'end') return { text, result: event.result };
    }
    return { text, result: undefined };
  }

  /** Loads the model in a question of its own, so that the test tells both times; undefined when it was loaded. */
  async #load(provider: ProviderConfig, model: string): Promise<number | undefined> {
    const { ollamas } = this.#parts;
    await ollamas.lookAt(provider, false);
    if (ollamas.running(provider.name).some(({ name }) => name === model)) return undefined;
    const answer = await askProvider(provider, this.#parts, { ms: LOAD_MS, model }, (wire) => loadModel(model, wire));
    return answer.ok ? answer.ms : undefined;
  }

  async #placement(provider: ProviderConfig, model: string): Promise<string> {
    await this.#parts.ollamas.lookAt(provider, false);
    const running = this.#parts.ollamas.running(provider.name).find(({ name }) => name === model);
    return running ? describePlacement(running) : '';
  }
}

/** `Answered in 0.8 s (first token after 0.3 s), 118 tokens/s, free. Infill works. Loaded in 2.1 s; 1.2 GB on the GPU.` */
function describeTest(tier: Tier, result: CallResult, loadedIn: number | undefined, placement: string): string {
  const { ttftMs, durationMs, cost, usage } = result;
  const writing = durationMs - (ttftMs ?? durationMs);
  const speed = usage.output > 1 && writing > 20 ? Math.round(((usage.output - 1) * 1000) / writing) : undefined;
  const figures = [
    t('Answered in {0} s (first token after {1} s)', formatSeconds(durationMs), formatSeconds(ttftMs ?? durationMs)),
    speed ? t('{0} tokens/s', speed) : '',
    formatCost(cost),
  ];
  const machine = [loadedIn === undefined ? '' : t('loaded in {0} s', formatSeconds(loadedIn)), placement];
  return [
    `${figures.filter(Boolean).join(', ')}.`,
    tier === 'local' ? t('Fill-in-the-middle works.') : '',
    machine.some(Boolean) ? `${t('Memory: {0}', machine.filter(Boolean).join(', '))}.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** Whether a model of an Ollama can answer questions on this computer, by its name and by what its server says of it. */
const canAnswer = ({ id, capabilities, passedOnTo }: ModelInfo): boolean =>
  canChat({ provider: '', model: id }) &&
  capabilities?.includes('completion') !== false &&
  passedOnTo === undefined &&
  !isOllamaCloudName(id);

function describeFit(sizeBytes: number | undefined, fits: boolean | undefined): string {
  const size = sizeBytes ? formatBytes(sizeBytes) : '';
  const words = fits === undefined ? '' : fits ? t('fits this computer') : t('larger than the memory of this computer');
  return [size, words].filter(Boolean).join(' · ');
}

function featuresOf(tier: Tier, { completions }: Settings): TierSettingsView['features'] {
  switch (tier) {
    case 'local':
      return [{ name: t('Ghost text while you type'), on: completions.enabled }];
    case 'mid':
      return [{ name: t('Chat in the sidebar'), on: true }];
    case 'frontier':
      return [{ name: t('Escalations, for hard problems'), on: true }];
  }
}
