import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { BlindAnswer } from '../../core/chat/blind.ts';
import type { ChooseRival } from '../../core/chat/blindRival.ts';
import { answerChain } from '../../core/chat/modelCapabilities.ts';
import { formatModelRef, parseModelRef, TIERS } from '../../core/common/types.ts';
import { isAboutPaths, isOn, rivalOf, voteRule, type BlindSettings } from '../../core/evaluation/blindChoice.ts';
import { losesClearly, voteRows } from '../../core/insights/votes.ts';
import { categoryName } from '../../core/ledger/categoryNames.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import type { OutcomeKind, OutcomeRow } from '../../core/ledger/outcomes.ts';
import { formatPrice } from '../../core/money/pricing.ts';
import { showInformationMessage } from '../platform/messages.ts';
import type { Services } from '../platform/services.ts';

/** How many questions could have been compared, over all windows of this user. */
const COUNT_KEY = 'gearshift.blindComparison.count';
/** Whether the user was told what blind comparisons cost, since they were switched on. */
const TOLD_KEY = 'gearshift.blindComparison.told';
/** Votes of so many days count for a rule. */
const COUNTS_MS = 90 * 86_400_000;

interface BlindParts extends Pick<Services, 'config' | 'prices' | 'trusted'> {
  readonly state: vscode.Memento;
  readonly store: () => Promise<Pick<LedgerStore, 'recordOutcomes' | 'answerOutcomes'>>;
  readonly now?: () => number;
}

/** Blind comparisons: which questions, against whom, what a vote is kept as, and the switch. */
export class BlindComparison {
  readonly #parts: BlindParts;

  constructor(parts: BlindParts) {
    this.#parts = parts;
  }

  /** Chooses the second model for one question in so many. A question that could not be compared does not count. */
  readonly rival: ChooseRival = async (question, usual) => {
    const { config, trusted, state } = this.#parts;
    const { settings } = config;
    const { blind } = settings;
    if (!isOn(blind) || settings.private || !trusted() || !isAboutPaths(question.attachments, blind.paths))
      return undefined;
    // Switched on where no window saw it: nothing costs twice before the user knows.
    if (!state.get<boolean>(TOLD_KEY)) {
      void this.settingChanged();
      return undefined;
    }
    const rival = rivalOf(blind, usual, (tier) => answerChain(settings, tier));
    if (!rival || !settings.providers.has(rival.model.provider)) return undefined;
    const count = state.get<number>(COUNT_KEY) ?? 0;
    await state.update(COUNT_KEY, count + 1);
    return count % blind.oneIn === 0 ? rival : undefined;
  };

  /** Writes a vote on two answers to the ledger, as an outcome of each, and offers a rule after clear losses. */
  async voted([a, b]: readonly [BlindAnswer, BlindAnswer]): Promise<void> {
    if (a.vote === undefined || a.vote === 'none') return;
    const now = (this.#parts.now ?? Date.now)();
    const store = await this.#parts.store();
    await store.recordOutcomes([a, b].map((answer) => outcomeOf(answer, now)));
    const [usual, rival] = a.blind.rival ? [b, a] : [a, b];
    if (usual.vote === rival.blind.place) await this.#offerRule(store, usual, rival, now);
  }

  async #offerRule(
    store: Pick<LedgerStore, 'answerOutcomes'>,
    usual: BlindAnswer,
    rival: BlindAnswer,
    now: number,
  ): Promise<void> {
    const { config } = this.#parts;
    const outcomes = await store.answerOutcomes({ since: now - COUNTS_MS, until: now + 1 });
    const category = outcomes.find(({ callId }) => callId === usual.callId)?.category ?? null;
    const row = voteRows(outcomes).find((each) => each.category === category && each.model === usual.model);
    const { entries } = config.settings.routing;
    const isRuled = entries.some(
      ({ model, when }) => model === rival.blind.asked && category !== null && when?.categories?.includes(category),
    );
    if (!row || category === null || !losesClearly(row) || isRuled) return;
    const because = t('it won {0} of {1} blind comparisons', row.worse, row.worse + row.better);
    const taken = config.settings.routing.rules.map(({ name }) => name);
    const rule = voteRule(category, { tier: rival.tier, model: rival.blind.asked, because }, taken, now);
    const add = t('Add Rule');
    const words = t(
      'In blind votes ({3}), {0} lost {1} to {2}. Should Auto send them to {4} from now on?',
      usual.model,
      row.worse,
      row.better,
      categoryName(category),
      rival.blind.asked,
    );
    const chosen = await showInformationMessage(words, add);
    if (chosen === add) await config.write('routing.rules', [rule, ...config.settings.routing.entries]);
  }

  /** Asks for the files, the rate and the second model, says what it costs, and switches blind comparisons on or off. */
  async set(): Promise<void> {
    const { config } = this.#parts;
    const { blind } = config.settings;
    if (isOn(blind)) {
      const off = t('Turn off');
      const change = t('Change');
      const chosen = await vscode.window.showQuickPick([off, change], {
        title: t('Blind comparisons are on for {0}', blind.paths.join(', ')),
      });
      if (chosen === off) await config.write('blindComparison', undefined);
      if (chosen !== change) return;
    }
    const wanted = await askSettings(blind, this.#models());
    if (!wanted) return;
    const on = t('Turn On');
    const chosen = await showInformationMessage(
      t('Compare models blind?'),
      { modal: true, detail: await this.describeCost(wanted) },
      on,
    );
    if (chosen !== on) return;
    await this.#parts.state.update(TOLD_KEY, true);
    await config.write('blindComparison', wanted);
  }

  /** What is compared, and that two answers are paid for, with the prices of both models. */
  async describeCost(blind: BlindSettings): Promise<string> {
    const { settings } = this.#parts.config;
    const usual = { tier: 'mid', chain: answerChain(settings, 'mid') } as const;
    const rival = rivalOf(blind, usual, (tier) => answerChain(settings, tier));
    const models = [usual.chain[0], rival?.model].filter((model) => model !== undefined);
    const prices = await Promise.all(
      models.map(async (model) => {
        const provider = settings.providers.get(model.provider);
        const price = provider && (await this.#parts.prices.find(provider, model.model))?.price;
        return `${formatModelRef(model)}: ${formatPrice(price)}`;
      }),
    );
    return [
      t(
        'One question in {0} that is only about files of {1} goes to two models at once.',
        blind.oneIn,
        blind.paths.join(', '),
      ),
      t(
        'You pay for both answers: such a question costs about twice as much, or more where the second model costs more.',
      ),
      t(
        'Both are reserved in your budgets before anything is sent; where a budget does not allow it, one model answers.',
      ),
      ...(rival ? [] : [t('No second model is known for mid. Name one, or nothing is compared there.')]),
      ...prices,
    ].join('\n');
  }

  /** Says what blind comparisons cost when they were switched on by hand. */
  async settingChanged(): Promise<void> {
    const { config, state } = this.#parts;
    const { blind } = config.settings;
    if (isOn(blind) === (state.get<boolean>(TOLD_KEY) ?? false)) return;
    await state.update(TOLD_KEY, isOn(blind));
    if (!isOn(blind)) return;
    const off = t('Turn Off');
    const words = (await this.describeCost(blind)).replaceAll('\n', ' ');
    const chosen = await showInformationMessage(words, off);
    if (chosen === off) await config.write('blindComparison', undefined);
  }

  #models(): readonly string[] {
    const { settings } = this.#parts.config;
    return [...new Set(TIERS.flatMap((tier) => answerChain(settings, tier).map(formatModelRef)))];
  }
}

const ASK = { ignoreFocusOut: true } as const;

async function askSettings(before: BlindSettings, models: readonly string[]): Promise<BlindSettings | undefined> {
  const paths = await vscode.window.showInputBox({
    ...ASK,
    title: t('Blind comparison'),
    prompt: t('Files that are not critical, as globs with commas between them, such as test/**, docs/**'),
    value: before.paths.join(', '),
    validateInput: (value) => (globsOf(value).length > 0 ? undefined : t('Type at least one glob.')),
  });
  if (paths === undefined) return undefined;
  const oneIn = await vscode.window.showInputBox({
    ...ASK,
    title: t('Blind comparison'),
    prompt: t('Compare one in how many questions?'),
    value: String(before.oneIn),
    validateInput: (value) => (/^[1-9]\d{0,2}$/.test(value.trim()) ? undefined : t('Type a number from 1 to 999.')),
  });
  if (oneIn === undefined) return undefined;
  const next: vscode.QuickPickItem = {
    label: t('The next model of the same tier'),
    detail: t('or of the next cheaper tier, where there is no other'),
  };
  const chosen = await vscode.window.showQuickPick([next, ...models.map((label) => ({ label }))], {
    ...ASK,
    title: t('Compare with which model?'),
  });
  if (!chosen) return undefined;
  return { paths: globsOf(paths), oneIn: Number(oneIn), against: parseModelRef(chosen.label) ? chosen.label : '' };
}

const globsOf = (text: string): string[] =>
  text
    .split(',')
    .map((glob) => glob.trim())
    .filter(Boolean);

/** A vote as the outcome of one of the two answers. */
function outcomeOf(answer: BlindAnswer, at: number): OutcomeRow {
  const { id, callId, tier, model, text, vote, blind } = answer;
  const kind: OutcomeKind =
    vote === 'same' ? 'equal' : vote === 'neither' ? 'neither' : vote === blind.place ? 'preferred' : 'not-preferred';
  return {
    outcomeId: `vote/${id}`,
    callId: callId ?? id,
    at,
    tier,
    task: 'chat',
    model,
    language: null,
    kind,
    characters: text.length,
    kept: null,
    ms: null,
  };
}
