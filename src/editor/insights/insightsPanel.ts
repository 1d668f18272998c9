import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import { formatCount, formatSeconds } from '../../core/common/format.ts';
import type { LedgerRow, LedgerStore } from '../../core/ledger/ledger.ts';
import { periodStarts, type MeterFigures } from '../../core/insights/figures.ts';
import {
  formatPart,
  formatStillThere,
  sumUpOutcomes,
  type OutcomeFigures,
} from '../../core/insights/outcomeFigures.ts';
import { formatCost, formatMoney, withShadow, type FormatMoney } from '../../core/money/displayMoney.ts';
import { describeBudget, describeSpending, type BudgetState } from '../../core/money/budgets.ts';
import { describeRowNote } from '../../core/ledger/rowNotes.ts';
import { shortWords, type TierState } from '../../core/gateway/tierStatus.ts';
import type { FailureKind } from '../../core/common/failures.ts';
import {
  MeterFromPage,
  type MeterBudget,
  type MeterOutcomes,
  type MeterRow,
  type MeterToPage,
} from '../../protocol/insights.ts';
import { Insights, type InsightsMessage, type InsightsParts } from './insights.ts';
import { PagePanel } from '../platform/webviewHost.ts';

/** Latest rows of the ledger that the page lists. */
const LATEST_ROWS = 50;

export interface MeterPanelParts {
  readonly extensionUri: vscode.Uri;
  readonly store: () => Promise<LedgerStore>;
  readonly figures: () => MeterFigures | undefined;
  readonly tiers: () => Promise<readonly TierState[]>;
  readonly notices: () => readonly string[];
  readonly now: () => number;
  readonly log: Logger;
  /** What Insights needs beyond the meter; absent in tests of the meter alone. */
  readonly insights?: InsightsParts | undefined;
}

/** The meter's page: Insights, the tiers and the latest rows. */
export class MeterPanel implements vscode.Disposable {
  readonly #parts: MeterPanelParts;
  readonly #panel: PagePanel<MeterToPage, MeterFromPage>;
  readonly #insights: Insights | undefined;
  #reading = false;
  #again = false;

  constructor(parts: MeterPanelParts) {
    this.#parts = parts;
    this.#insights = parts.insights && new Insights(parts.insights);
    this.#panel = new PagePanel(parts.extensionUri, { name: 'insights', title: t('Gearshift Insights') });
    this.#panel.connect({
      schema: MeterFromPage,
      onMessage: (message) => {
        switch (message.kind) {
          case 'ready':
            return this.refresh();
          case 'export':
            return void vscode.commands.executeCommand('gearshift.ledger.export');
          case 'openSettings':
            return void vscode.commands.executeCommand('gearshift.settings.open');
          default:
            return void this.#act(message).catch((error: unknown) => this.#parts.log.error('insights', error));
        }
      },
    });
  }

  show(): void {
    this.#panel.show();
  }

  /** Sends the present figures, if the page can be seen. */
  refresh(): void {
    if (this.#panel.visible) void this.#send().catch((error: unknown) => this.#parts.log.error('meter', error));
  }

  dispose(): void {
    this.#panel.dispose();
  }

  async #act(message: InsightsMessage): Promise<void> {
    await this.#insights?.act(message);
    await this.#sendInsights();
  }

  /** One reading at a time: a change of the ledger meanwhile is read after it. */
  async #sendInsights(): Promise<void> {
    if (!this.#insights) return;
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      do {
        this.#again = false;
        this.#panel.post({ kind: 'insights', insights: await this.#insights.read() });
      } while (this.#again);
    } finally {
      this.#reading = false;
    }
  }

  async #send(): Promise<void> {
    const parts = this.#parts;
    const store = await parts.store();
    const since = periodStarts(parts.now()).month;
    const insights = this.#sendInsights();
    const rows = await store.rows({ since, limit: LATEST_ROWS });
    const outcomes = outcomesView(sumUpOutcomes(await store.outcomeTotals(since)));
    const figures = parts.figures();
    const currency = parts.insights?.config.settings.insights.currency;
    const money: FormatMoney = (nanoUsd) => formatMoney(nanoUsd, currency);
    this.#panel.post({
      kind: 'state',
      state: {
        tiers: (await parts.tiers()).map(({ tier, model, words, ready, untried }) => ({
          tier,
          model: model ? `${model.model} · ${model.provider}` : '',
          state: words,
          ready,
          untried,
        })),
        budgets: (figures?.budgets ?? []).map(budgetView),
        outcomes,
        rows: rows.map((row) => rowView(row, money)),
        location: store.location,
        notice: parts.notices().join(' '),
      },
    });
    await insights;
  }
}

/** Models of a kind that the page lists. */
const MOST_MODELS = 12;

function outcomesView({ offers, edits }: OutcomeFigures): MeterOutcomes {
  return {
    offers: offers.slice(0, MOST_MODELS).map((each) => ({
      tier: each.tier,
      model: each.model,
      offered: String(each.offered),
      accepted: formatPart(each.accepted, each.offered),
      typedThrough: formatPart(each.typedThrough, each.offered),
      stillThere: formatStillThere(each),
    })),
    edits: edits.slice(0, MOST_MODELS).map(({ tier, model, kept, edited, undone }) => {
      const all = kept + edited + undone;
      return {
        tier,
        model,
        kept: formatPart(kept, all),
        edited: formatPart(edited, all),
        undone: formatPart(undone, all),
      };
    }),
  };
}

function budgetView({ budget, limit, spending, level }: BudgetState): MeterBudget {
  const { spent, reserved } = spending;
  return {
    name: describeBudget(budget),
    spent: describeSpending(spending),
    share: limit.nanoUsd > 0 ? Math.min(1, (spent + reserved) / limit.nanoUsd) : 1,
    level,
  };
}

type SettledFacts = NonNullable<LedgerRow['settled']>;

/** Why it failed, and what else a reader of the row should know. */
function rowNotes({ origin, modelAsked }: LedgerRow, { failure, note, modelReturned }: SettledFacts): string {
  const host = origin.replace(/^https?:\/\//, '');
  return [
    failure ? shortWords({ kind: failure as FailureKind }, host) : '',
    describeRowNote(note, modelAsked, modelReturned),
  ]
    .filter(Boolean)
    .join('. ');
}

function rowView(row: LedgerRow, money: FormatMoney): MeterRow {
  const { settled } = row;
  const tokens = settled
    ? settled.usage.input + settled.usage.cacheRead + settled.usage.cacheWrite + settled.usage.output
    : 0;
  return {
    attemptId: row.attemptId,
    time: new Date(row.openedAt).toLocaleString(vscode.env.language, { dateStyle: 'short', timeStyle: 'medium' }),
    tier: row.tier,
    task: row.task,
    model: settled?.modelReturned ?? row.modelAsked,
    provider: row.provider,
    tokens: settled ? `${settled.usageEstimated ? '~' : ''}${formatCount(tokens)}` : '',
    cost: settled
      ? withShadow(
          formatCost(settled.cost, money),
          {
            nanoUsd: settled.cost.nanoUsd ?? 0,
            shadowNanoUsd: settled.shadowNanoUsd ?? 0,
          },
          money,
        )
      : '',
    costSource: settled?.cost.source ?? 'unknown',
    duration: settled ? t('{0} s', formatSeconds(settled.durationMs)) : '',
    outcome: settled?.outcome ?? 'open',
    note: settled ? rowNotes(row, settled) : '',
  };
}
