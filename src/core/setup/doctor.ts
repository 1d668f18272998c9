import { t } from '@vscode/l10n';
import { needsKey } from '../gateway/resolveModel.ts';
import { endpointOf, type EndpointCheck } from '../common/endpoints.ts';
import type { Failure } from '../common/failures.ts';
import { describeFailure } from '../gateway/describeFailure.ts';
import { tierName } from '../insights/figures.ts';
import { judgeForCompletions } from './ollamaRecommend.ts';
import { isFree, leavesMachine } from '../common/places.ts';
import type { LocalModelState } from '../completion/localModel.ts';
import type { ModelInfo } from '../providers/provider.ts';
import { checkVsCodeChat, type VsCodeChatFacts } from './vsCodeChat.ts';
import type { Finding, Fix } from './findings.ts';
import type { Settings, SettingsProblem } from '../settings/settings.ts';
import type { ProviderConfig } from '../common/providerConfig.ts';
import { formatModelRef, TIERS, type ModelRef, type Tier } from '../common/types.ts';

/** Looks everything over that can be set wrong, and says what helps. Plain data in, findings out. */

export interface DoctorFacts {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  readonly trusted: boolean;
  /** The editor shows ghost text at all. */
  readonly inlineSuggest: boolean;
  /** What the local tier knows of its model. */
  readonly localModel: LocalModelState;
  /** Gearshift settings that the workspace tries to set. */
  readonly workspaceSettings: readonly string[];
  /** By provider, for those that the tiers use: its models, or why they could not be had. */
  readonly answers: ReadonlyMap<string, { readonly models: readonly ModelInfo[] } | { readonly failure: Failure }>;
  readonly hasKey: (provider: ProviderConfig) => boolean;
  /** The known price of a model. */
  readonly price: (ref: ModelRef) => 'known' | 'unknown' | 'doubtful';
  /** Words on tiers that push each other out of the GPU; empty when they do not. */
  readonly crowding: readonly string[];
  /** The ledger's problems. */
  readonly ledger: readonly string[];
  /** VS Code's own chat; undefined where nothing is known of it. */
  readonly vsCodeChat?: VsCodeChatFacts | undefined;
}

type Check = (facts: DoctorFacts) => readonly Finding[];

/** In the order in which they are shown: what stops everything first. */
const CHECKS: readonly Check[] = [
  checkSettings,
  checkEditor,
  checkTiers,
  checkProviders,
  checkModels,
  checkMoney,
  checkPrivacy,
  ({ vsCodeChat }) => checkVsCodeChat(vsCodeChat),
  ({ ledger }) => ledger.map((text) => ({ level: 'error', text })),
];

export const examine = (facts: DoctorFacts): readonly Finding[] => {
  const order = { error: 0, warning: 1, info: 2 };
  return CHECKS.flatMap((check) => check(facts)).sort((a, b) => order[a.level] - order[b.level]);
};

function checkSettings({ problems, workspaceSettings }: DoctorFacts): Finding[] {
  return [
    ...problems.map(({ setting, message }): Finding => ({
      level: 'error',
      text: `${setting}: ${message}`,
      fix: { kind: 'json', setting },
    })),
    ...workspaceSettings.map((setting): Finding => ({
      level: 'warning',
      text: t('This workspace sets {0}. Gearshift never takes its settings from a workspace.', setting),
    })),
  ];
}

function checkEditor({ settings, trusted, inlineSuggest }: DoctorFacts): Finding[] {
  const found: Finding[] = [];
  if (!inlineSuggest)
    found.push({
      level: 'error',
      text: t('VS Code shows no ghost text: editor.inlineSuggest.enabled is off.'),
      fix: { kind: 'inline-suggest' },
    });
  if (!settings.completions.enabled)
    found.push({ level: 'info', text: t('Completions are turned off.'), fix: { kind: 'completions-on' } });
  if (!trusted)
    found.push({
      level: 'warning',
      text: t('This workspace is not trusted: only models on this computer are asked.'),
      fix: { kind: 'trust' },
    });
  return found;
}

function checkTiers({ settings }: DoctorFacts): Finding[] {
  return TIERS.flatMap((tier): Finding[] => {
    const chain = settings.tiers[tier];
    const name = tierName(tier);
    if (chain.length === 0)
      return [
        {
          level: tier === 'mid' ? 'error' : 'warning',
          text: t('The tier {0} has no model.', name),
          fix: { kind: 'section', section: 'tiers' },
        },
      ];
    const providers = new Set(chain.map(({ provider }) => provider));
    return tier !== 'local' && chain.length > 1 && providers.size === 1
      ? [
          {
            level: 'info',
            text: t(
              'All models in the {0} tier are hosted by {1}. If it has an outage, none can answer.',
              name,
              [...providers].join(),
            ),
            fix: { kind: 'section', section: 'tiers' },
          },
        ]
      : [];
  });
}

/** The providers that the tiers use, each with its tiers. */
function used({ settings }: DoctorFacts): { provider: ProviderConfig; check: EndpointCheck; tiers: Tier[] }[] {
  return [...settings.providers.values()].flatMap((provider) => {
    const tiers = TIERS.filter((tier) => settings.tiers[tier].some((ref) => ref.provider === provider.name));
    return tiers.length ? [{ provider, check: endpointOf(provider), tiers }] : [];
  });
}

function checkProviders(facts: DoctorFacts): Finding[] {
  return used(facts).flatMap(({ provider, check }): Finding[] => {
    if (!check.ok) return [];
    const { host } = check.endpoint;
    if (needsKey(check.endpoint) && !facts.hasKey(provider))
      return [
        {
          level: 'error',
          text: t('{0} needs an API key, and none is set for {1}.', provider.name, host),
          fix: { kind: 'set-key', provider: provider.name },
        },
      ];
    const answer = facts.answers.get(provider.name);
    if (!answer || !('failure' in answer)) return [];
    const { text, next } = describeFailure(answer.failure, {
      provider: provider.name,
      host,
      model: '',
      kind: provider.kind,
    });
    if (answer.failure.kind === 'untrusted' || answer.failure.kind === 'no-consent') return [];
    const fix: Fix =
      next === 'set-key'
        ? { kind: 'set-key', provider: provider.name }
        : next === 'start-ollama'
          ? { kind: 'look', provider: provider.name }
          : { kind: 'section', section: 'providers' };
    return [{ level: 'error', text, fix }];
  });
}

function checkModels(facts: DoctorFacts): Finding[] {
  const { settings, answers, crowding } = facts;
  const found: Finding[] = [];
  for (const tier of TIERS) {
    for (const [place, ref] of settings.tiers[tier].entries()) {
      const provider = settings.providers.get(ref.provider);
      const answer = answers.get(ref.provider);
      const models = answer && 'models' in answer ? answer.models : undefined;
      const model = models?.find(({ id }) => id === ref.model || id === `${ref.model}:latest`);
      if (models?.length && !model)
        found.push(
          provider?.kind === 'ollama'
            ? {
                level: place === 0 ? 'error' : 'warning',
                text: t('{0} is not on the server of {1}.', ref.model, ref.provider),
                fix: { kind: 'pull', provider: ref.provider, model: ref.model },
              }
            : {
                level: place === 0 ? 'error' : 'warning',
                text: t('{0} does not list the model {1} ({2}).', ref.provider, ref.model, tierName(tier)),
                fix: { kind: 'section', section: 'tiers' },
              },
        );
      if (tier === 'local' && place === 0 && provider)
        found.push(...checkLocal(provider, ref, model, models !== undefined, facts.localModel));
    }
  }
  return [
    ...found,
    ...crowding.map((text): Finding => ({ level: 'warning', text, fix: { kind: 'section', section: 'ollama' } })),
  ];
}

/** Whether the local tier's model can infill. What its server says of the model itself counts more than its list of models. */
function checkLocal(
  provider: ProviderConfig,
  ref: ModelRef,
  model: ModelInfo | undefined,
  asked: boolean,
  state: LocalModelState,
): Finding[] {
  const isOllama = provider.kind === 'ollama';
  const fix: Fix = { kind: 'section', section: isOllama ? 'ollama' : 'tiers' };
  const { verdict, why } = isOllama ? judgeForCompletions(ref.model, model ?? {}) : { verdict: 'good', why: '' };
  if (verdict === 'refuse') return [{ level: 'error', text: why, fix }];
  const isKnown = 'model' in state && formatModelRef(state.model) === formatModelRef(ref);
  if (isKnown && state.kind === 'cannot-tell')
    return [{ level: 'warning', text: state.why, fix: { kind: 'try-infill' } }];
  if (isKnown && state.kind === 'cannot-infill') return [{ level: 'warning', text: state.why, fix }];
  if (isKnown && (state.kind === 'ready' || state.kind === 'loading')) return [];
  return verdict === 'warn' && asked ? [{ level: 'warning', text: why, fix }] : [];
}

function checkMoney({ settings, price }: DoctorFacts): Finding[] {
  const refs = new Map(TIERS.flatMap((tier) => settings.tiers[tier]).map((ref) => [formatModelRef(ref), ref]));
  const paid = [...refs.values()].filter((ref) => {
    const provider = settings.providers.get(ref.provider);
    return provider && !isFree(provider, ref.model);
  });
  const fix: Fix = { kind: 'section', section: 'prices' };
  const found = paid.flatMap((ref): Finding[] => {
    switch (price(ref)) {
      case 'known':
        return [];
      case 'unknown':
        return [
          {
            level: 'warning',
            text: t('No price is known for {0}: its cost cannot be shown.', formatModelRef(ref)),
            fix,
          },
        ];
      case 'doubtful':
        return [
          {
            level: 'warning',
            text: t('Your price of {0} is a thousand times off its list price, so it is ignored.', formatModelRef(ref)),
            fix,
          },
        ];
    }
  });
  if (paid.length > 0 && settings.budgets.length === 0)
    found.push({
      level: 'info',
      text: t('No budget is set, so nothing limits what a month can cost.'),
      fix: { kind: 'section', section: 'budgets' },
    });
  return found;
}

function checkPrivacy(facts: DoctorFacts): Finding[] {
  return used(facts).flatMap(({ provider, check, tiers }): Finding[] => {
    if (!check.ok) return [];
    const { endpoint } = check;
    const found: Finding[] = [];
    if (!endpoint.loopback && endpoint.baseUrl.startsWith('http:'))
      found.push({
        level: 'warning',
        text: t("The connection to {0} isn't encrypted. Anyone on that network can read what is sent.", endpoint.host),
        fix: { kind: 'section', section: 'providers' },
      });
    if (tiers.includes('local') && leavesMachine(provider, endpoint))
      found.push({
        level: 'warning',
        text: t("The local tier uses {0}, which isn't this computer. What you type is sent there.", endpoint.host),
        fix: { kind: 'section', section: 'tiers' },
      });
    return found;
  });
}

/** Words of a button that does it. */
export function fixLabel(fix: Fix): string {
  switch (fix.kind) {
    case 'set-key':
      return t('Set key');
    case 'pull':
      return t('Pull {0}', fix.model);
    case 'look':
      return t('Look for Ollama');
    case 'json':
      return t('Open settings.json');
    case 'section':
      return t('Show');
    case 'trust':
      return t('Manage trust');
    case 'use-in-chat':
      return t('Set Up');
    case 'update-editor':
      return t('Update VS Code');
    case 'workspace-settings':
      return t('Open Workspace Settings');
    case 'try-infill':
      return t('Try it');
    case 'inline-suggest':
    case 'completions-on':
      return t('Turn On');
  }
}
