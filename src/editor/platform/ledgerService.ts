import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import { describeBudget, warningName, type BudgetLimit, type BudgetState } from '../../core/money/budgets.ts';
import { Meter, type ComparedPrice, type MeterFigures } from '../../core/insights/figures.ts';
import { lineLog } from '../../core/common/logger.ts';
import type { Plan } from '../../core/money/plans.ts';
import { formatUsd } from '../../core/money/pricing.ts';
import type { Log } from './log.ts';
import { showWarningMessage } from './messages.ts';

/** How often this window says that it is alive, in ms. */
const HEARTBEAT_MS = 10_000;
/** When rows and sums of the ledger are compared, in ms: long after the start, which needs the processor itself. */
const VERIFY_AFTER_MS = 120_000;
/** How often this window looks whether the copy of the day is still to be made, in ms. */
const COPY_EVERY_MS = 3_600_000;

export interface LedgerServiceParts {
  readonly dir: string;
  readonly log: Log;
  /** The budgets that apply in this window. */
  readonly budgets: () => readonly BudgetLimit[];
  readonly frontierPrice: () => Promise<ComparedPrice | undefined>;
  /** The flat plans that the user has with providers. */
  readonly plans: () => readonly Plan[];
  /** Nano-USD an hour of the machine that runs local models; absent: not counted. */
  readonly machineHourly?: (() => number) | undefined;
}

/**
 * The ledger of this window: opened after activation, so that starting VS Code does not wait for the disk. Everybody
 * a caller that writes waits for it; the meter follows it.
 */
export class LedgerService implements vscode.Disposable {
  readonly ready: Promise<LedgerStore>;
  readonly windowId = crypto.randomUUID();
  readonly #parts: LedgerServiceParts;
  readonly #log: Log;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onChange = this.#changed.event;
  #meter: Meter | undefined;
  #beat: NodeJS.Timeout | undefined;
  #check: NodeJS.Timeout | undefined;
  #copy: NodeJS.Timeout | undefined;
  #figures: MeterFigures | undefined;
  #notices: readonly string[] = [];
  #store: LedgerStore | undefined;
  #disposed = false;
  #last: (() => Promise<void>)[] = [];
  readonly #warned = new Set<string>();

  constructor(parts: LedgerServiceParts) {
    const { dir, log } = parts;
    this.#parts = parts;
    this.#log = log;
    // A turn later: activation returns first.
    this.ready = new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => this.#open(dir));
    this.ready.catch((error: unknown) => log.error('ledger', error));
  }

  get figures(): MeterFigures | undefined {
    return this.#figures;
  }
  /** Words on what is wrong with the ledger; empty when nothing is. */
  get notices(): readonly string[] {
    return this.#store?.problem ? [...this.#notices, this.#store.problem] : this.#notices;
  }

  dispose(): void {
    this.#disposed = true;
    this.#meter?.dispose();
    clearInterval(this.#beat);
    clearTimeout(this.#check);
    clearInterval(this.#copy);
    this.#changed.dispose();
    void Promise.allSettled(this.#last.map((write) => write())).then(() => this.#store?.close());
  }

  /** The writes that must end before the ledger is closed. */
  beforeClosing(write: () => Promise<void>): void {
    this.#last.push(write);
  }

  async #open(dir: string): Promise<LedgerStore> {
    const tell = (message: string): void => {
      this.#log.warn(`ledger: ${message}`);
      void showWarningMessage(t('Gearshift ledger: {0}', message));
      this.#changed.fire();
    };
    const { openLedger } = await import('../../storage/ledger/openLedger.ts');
    const { store, notices, verify, copyDaily } = await openLedger({
      dir,
      windowId: this.windowId,
      clock: Date.now,
      log: lineLog(this.#log, 'ledger: '),
      onProblem: tell,
    });
    this.#store = store;
    this.#notices = notices;
    if (this.#disposed) {
      await store.close();
      return store;
    }
    const beat = (): void => {
      store.heartbeat(Date.now()).catch((error: unknown) => this.#log.error('ledger heartbeat', error));
    };
    this.#beat = setInterval(beat, HEARTBEAT_MS);
    beat();
    this.#check = setTimeout(() => void verify().then(copyDaily), VERIFY_AFTER_MS);
    this.#copy = setInterval(() => void copyDaily(), COPY_EVERY_MS);
    const warn = (error: unknown): void => this.#log.error('meter', error);
    this.#meter = new Meter({
      store,
      now: Date.now,
      budgets: this.#parts.budgets,
      frontierPrice: this.#parts.frontierPrice,
      plans: this.#parts.plans,
      machineHourly: this.#parts.machineHourly,
      onFigures: (figures) => {
        this.#figures = figures;
        this.#changed.fire();
        for (const budget of figures.budgets) if (isUsedUp(budget)) warnOnce(store, budget, this.#warned).catch(warn);
      },
      onError: warn,
    });
    return store;
  }

  /** Settings changed: other budgets, other prices. */
  refresh(): void {
    this.#meter?.refresh();
  }
}

/** Whether what is spent, without what is held back for calls under way, is worth a warning. */
const isUsedUp = ({ level, spending, limit, budget }: BudgetState): boolean =>
  level === 'over' || spending.spent >= limit.nanoUsd * budget.warnAt;

/**
 * Says once per period, in one window, that a budget is nearly or wholly used up.
 *
 * @param warned told already by this window; the ledger knows about the others
 */
async function warnOnce(store: LedgerStore, state: BudgetState, warned: Set<string>): Promise<void> {
  const name = `${warningName(state)} ${state.level}`;
  if (warned.has(name)) return;
  warned.add(name);
  const isFirst = await store.claim(name).catch((error: unknown) => {
    // Else this window would never say it.
    warned.delete(name);
    throw error;
  });
  if (!isFirst) return;
  const budget = describeBudget(state.budget);
  const spent = formatUsd(state.spending.spent);
  const open = t('Open Insights');
  const choice = await showWarningMessage(
    state.level === 'over'
      ? t('The budget {0} is used up ({1} spent).', budget, spent)
      : t('The budget {0} is nearly used up ({1} spent).', budget, spent),
    open,
  );
  if (choice === open) await vscode.commands.executeCommand('gearshift.meter.open');
}
