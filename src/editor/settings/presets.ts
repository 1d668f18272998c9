import { t } from '@vscode/l10n';
import type { Logger } from '../../core/common/logger.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { needsKey } from '../../core/gateway/resolveModel.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import { judgeForCompletions, recommendModel } from '../../core/setup/ollamaRecommend.ts';
import { tierName } from '../../core/insights/figures.ts';
import {
  describeMonth,
  describeUse,
  isActive,
  monthCost,
  monthUse,
  presetsFor,
  type Chains,
  type Preset,
  type PresetFacts,
} from '../../core/setup/presets.ts';
import { isOllamaCloudName } from '../../core/common/providerRules.ts';
import type { Price, PriceBook } from '../../core/money/pricing.ts';
import { formatModelRef, parseModelRef, TIERS, type Tier } from '../../core/common/types.ts';
import type { PresetView, SettingsState } from '../../protocol/settings.ts';
import type { Config } from '../platform/config.ts';
import type { OllamaManager } from './ollamaManager.ts';
import type { Keys } from '../platform/apiKeys.ts';
import type { Handlers } from './section.ts';

export interface PresetsParts {
  readonly config: Config;
  readonly keys: Keys;
  readonly prices: PriceBook;
  readonly ollamas: OllamaManager;
  readonly store: () => Promise<LedgerStore>;
  readonly log: Logger;
}

const MONTH_MS = 30 * 86_400_000;
/** For chat on this computer, where nothing suitable is installed: small enough for most, tuned for conversation. */
const LOCAL_CHAT = 'ollama/qwen2.5-coder:7b';

/** The settings before a preset, and after it. */
interface Undo {
  readonly title: string;
  readonly before: ReadonlyMap<Tier, unknown>;
  readonly set: Chains;
}

/** Ready-made choices for all tiers, with their price and a way back. */
export class PresetsSection {
  readonly #parts: PresetsParts;
  #undo: Undo | undefined;

  constructor(parts: PresetsParts) {
    this.#parts = parts;
  }

  readonly handlers: Handlers<'applyPreset' | 'undoPreset'> = {
    applyPreset: ({ preset }) => this.#apply(preset),
    undoPreset: () => this.#undoPreset(),
  };

  async view(): Promise<SettingsState['presets']> {
    const store = await this.#parts.store().catch((error: unknown) => {
      this.#parts.log.debug('no ledger', error);
      return undefined;
    });
    const use = monthUse((await store?.totals(Date.now() - MONTH_MS)) ?? []);
    const current = this.#current();
    const list = await Promise.all(
      presetsFor(this.#facts()).map(async (preset): Promise<PresetView> => ({
        id: preset.id,
        title: preset.title,
        description: preset.description,
        sets: TIERS.map((tier) => `${tierName(tier)}: ${preset.chains[tier].join(' → ')}`),
        cost: describeMonth(monthCost(use, await this.#pricesOf(preset))),
        needs: await this.#needsOf(preset),
        active: isActive(preset, current),
      })),
    );
    // Edited since: taking the preset back would take the edit back too.
    const { settings } = this.#parts.config;
    const untouched =
      this.#undo &&
      TIERS.every((tier) => this.#undo?.set[tier].join() === settings.tiers[tier].map(formatModelRef).join());
    return { list, basis: describeUse(use), undo: untouched ? (this.#undo?.title ?? '') : '' };
  }

  #current(): Chains {
    const { tiers } = this.#parts.config.settings;
    return Object.fromEntries(TIERS.map((tier) => [tier, tiers[tier].map(formatModelRef)])) as unknown as Chains;
  }

  #facts(): PresetFacts {
    const { config, ollamas } = this.#parts;
    const { providers, tiers } = config.settings;
    const shipped = (config.defaultValue('providers') ?? {}) as Record<string, unknown>;
    const [first] = tiers.local;
    const usesOllama = first && providers.get(first.provider)?.kind === 'ollama';
    const installed = ollamas.models('ollama');
    const suitable = installed.find((model) => judgeForCompletions(model.id, model).verdict === 'good');
    const chats = installed
      .filter(({ id, capabilities, passedOnTo }) => {
        const isHere = passedOnTo === undefined && !isOllamaCloudName(id);
        return isHere && capabilities?.includes('completion') && !/-base\b|embed/.test(id);
      })
      .sort((a, b) => (b.sizeBytes ?? 0) - (a.sizeBytes ?? 0));
    const own = [...tiers.mid, ...tiers.frontier].find(({ provider }) => {
      const found = providers.get(provider);
      const check = found && endpointOf(found);
      return found?.kind === 'openai' && !(provider in shipped) && check?.ok && !needsKey(check.endpoint);
    });
    return {
      local: first && usesOllama ? formatModelRef(first) : `ollama/${suitable?.id ?? this.#recommended()}`,
      localChat: chats[0] ? `ollama/${chats[0].id}` : LOCAL_CHAT,
      ownServer: own && formatModelRef(own),
    };
  }

  /** Before the memory is known, the smallest. */
  #recommended(): string {
    return recommendModel(this.#parts.ollamas.knownMemory ?? { ram: 0, unified: false }).model.model;
  }

  async #pricesOf({ chains }: Preset): Promise<Record<Tier, Price | undefined>> {
    const { config, prices } = this.#parts;
    const found = await Promise.all(
      TIERS.map(async (tier) => {
        const ref = parseModelRef(chains[tier][0] ?? '');
        const provider = ref && config.settings.providers.get(ref.provider);
        return [tier, ref && provider && (await prices.find(provider, ref.model))?.price] as const;
      }),
    );
    return Object.fromEntries(found) as Record<Tier, Price | undefined>;
  }

  /** Keys and models that are not there yet, each once. */
  async #needsOf({ chains }: Preset): Promise<string[]> {
    const { config, keys, ollamas } = this.#parts;
    const needs = new Set<string>();
    for (const ref of TIERS.flatMap((tier) => chains[tier].map(parseModelRef))) {
      const provider = ref && config.settings.providers.get(ref.provider);
      if (!ref || !provider) needs.add(t('a provider named {0}', ref?.provider ?? ''));
      else if ((await keys.origin(provider)) === 'missing') needs.add(t('a key for {0}', provider.name));
      else if (provider.kind === 'ollama' && !ollamas.models(provider.name).some(({ id }) => id === ref.model))
        needs.add(t('the model {0} on {1}', ref.model, provider.name));
    }
    return [...needs];
  }

  async #apply(id: string): Promise<void> {
    const preset = presetsFor(this.#facts()).find((each) => each.id === id);
    if (!preset) return;
    const { config } = this.#parts;
    const before = new Map(TIERS.map((tier) => [tier, config.userValue(`tiers.${tier}`)] as const));
    this.#undo = { title: preset.title, before, set: preset.chains };
    for (const tier of TIERS) await config.write(`tiers.${tier}`, preset.chains[tier]);
  }

  async #undoPreset(): Promise<void> {
    const undo = this.#undo;
    this.#undo = undefined;
    for (const [tier, value] of undo?.before ?? []) await this.#parts.config.write(`tiers.${tier}`, value);
  }
}
