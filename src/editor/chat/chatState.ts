import { t } from '@vscode/l10n';
import { describeKeyVariable, type ConsentRequest } from '../../core/chat/approval.ts';
import { answerChain } from '../../core/chat/modelCapabilities.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { hostOf } from '../../core/common/places.ts';
import { formatCount } from '../../core/common/format.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { formatModelRef, type ModelRef, type Tier } from '../../core/common/types.ts';
import type { Estimate } from '../../core/gateway/call.ts';
import { describeCostlierModel } from '../../core/money/costlierModel.ts';
import { describeRange } from '../../core/money/likelyCost.ts';
import { formatPrice } from '../../core/money/pricing.ts';
import type { ConsentView, TierView, TurnView } from '../../protocol/chat.ts';
import { runConsent } from './runView.ts';
import type { ChatViewParts } from './handlers/chatPage.ts';

/** The state that pages show beside the turns: the tiers, and the missing consent. */

type Parts = Pick<ChatViewParts, 'session' | 'settings' | 'prices' | 'tierState'>;

/** A tier in the picker. */
export async function tierView(parts: Parts, tier: Tier): Promise<TierView> {
  const state = await parts.tierState(tier);
  const chain = answerChain(parts.settings(), tier);
  return {
    tier,
    answers: chain.length > 0,
    model: state.model
      ? `${shortModel(state.model)} · ${state.model.provider}`
      : tier === 'local'
        ? t('no model that answers questions')
        : t('no model set'),
    price: state.model ? await priceOf(parts, state.model) : '',
    ready: state.ready,
    untried: state.untried,
    state: state.words,
    ...(state.changed ? { changed: state.changed } : {}),
    models: await Promise.all(
      chain.map(async (model) => ({ name: formatModelRef(model), price: await priceOf(parts, model) })),
    ),
  };
}

async function priceOf({ settings, prices }: Parts, model: ModelRef): Promise<string> {
  const provider = settings().providers.get(model.provider);
  return formatPrice(provider && (await prices.find(provider, model.model))?.price);
}

/** The consent that the user must give before a question is sent; null when none is needed. */
export async function consentView(parts: Parts): Promise<ConsentView | null> {
  const { consent } = parts.session;
  if (!consent) return null;
  const { stepUp } = consent;
  const places = await Promise.all(
    consent.places.map(async (place) => {
      const { model } = place;
      const provider = parts.settings().providers.get(model.provider);
      return {
        host: hostOf(place.origin),
        model: model.model,
        price: await priceOf(parts, model),
        note: [placeNote(provider), describeKeyVariable(place)].filter(Boolean).join(' '),
      };
    }),
  );
  return {
    id: consent.id,
    tier: consent.tier,
    places,
    brief: briefOf(consent),
    cost: stepUp ? [] : costLines(consent.estimate),
    sends: [
      t('your question and this conversation'),
      ...consent.attachments.map(({ label, tokens }) => t('{0} (about {1} tokens)', label, tokens)),
      ...(places.length > 0 ? [t('later: the questions you ask and the context you attach')] : []),
    ],
    ...(stepUp
      ? { stepUp: { model: shortModel(stepUp.to.model), words: describeCostlierModel(stepUp.from, stepUp.to) } }
      : {}),
    ...(consent.run ? { run: runConsent(consent.run), cost: [] } : {}),
  };
}

/** *Auto* among the tiers of the picker. */
export function autoView(tiers: readonly TierView[]): TierView {
  const ready = tiers.some((tier) => tier.ready);
  return {
    tier: 'auto',
    model: t('Rules choose the tier for each question and say why'),
    price: '',
    ready,
    state: ready ? t('ready') : t('no tier is ready'),
    models: [],
  };
}

/** The turns as they are sent: those that the page has are named only. `has` is brought up to date. */
export function changedTurns(has: Map<string, TurnView>, turns: readonly TurnView[]): (TurnView | string)[] {
  const sent = turns.map((turn) => {
    const old = has.get(turn.id);
    return old && isSame(old, turn) ? turn.id : turn;
  });
  has.clear();
  for (const turn of turns) has.set(turn.id, turn);
  return sent;
}

const isSame = (a: TurnView, b: TurnView): boolean =>
  a.text === b.text &&
  (a.role !== 'assistant' || b.role !== 'assistant' || a.reasoning === b.reasoning) &&
  JSON.stringify({ ...a, text: '', reasoning: '' }) === JSON.stringify({ ...b, text: '', reasoning: '' });

/** Names of attachments that the one line of the card has room for. */
const MOST_NAMED = 3;

/** What goes where at what cost, in one line. */
function briefOf({ places, estimate, attachments }: ConsentRequest): string {
  const model = places[0]?.model ?? estimate?.model;
  const named = attachments.slice(0, MOST_NAMED).map(({ label }) => label);
  const more = attachments.length - named.length;
  const tokens = attachments.reduce((sum, attachment) => sum + attachment.tokens, 0);
  return [
    model ? shortModel(model) : '',
    (estimate && describeRange(estimate)) ?? t('price unknown'),
    t('with your question and this conversation'),
    ...named,
    ...(more > 0 ? [t('{0} more', more)] : []),
    ...(tokens > 0 ? [t('about {0} tokens attached', formatCount(tokens))] : []),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The possible cost of a question, for the card before it is sent. */
function costLines(estimate: Estimate | undefined): string[] {
  if (!estimate) return [t("Its price is unknown, so the cost can't be estimated.")];
  const { model, inputTokens } = estimate;
  const input = t('{0}, about {1} tokens in', model.model, formatCount(inputTokens));
  return [input, describeRange(estimate) ?? t("Its price is unknown, so the cost can't be estimated.")];
}

/** The last part of a model's name: `anthropic/claude-opus-5.5` reads as `claude-opus-5.5`. */
export const shortModel = ({ model }: ModelRef): string => model.slice(model.lastIndexOf('/') + 1);

function placeNote(provider: ProviderConfig | undefined): string {
  const check = provider && endpointOf(provider);
  if (!check?.ok) return '';
  if (check.endpoint.loopback)
    return t('A server on this computer. If it is a gateway, it may forward what it receives.');
  return check.endpoint.baseUrl.startsWith('http:') ? t('The connection is not encrypted.') : '';
}
