import { t } from '@vscode/l10n';
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { Tier } from '../../core/common/types.ts';
import type { Logger } from '../../core/common/logger.ts';
import { showErrorMessage } from '../platform/messages.ts';

/** Run by a click on the line. Not in the palette: its argument is the id of the line that is shown. */
const CHOOSE = 'gearshift.route.choose';

/** How long the line stays after the answer, in ms. */
const STAYS_MS = 60_000;

/** What the line tells of one question outside of the chat. */
export interface ShownRoute {
  /** For example `mid · deepseek-v4-flash: it asks for a review`. */
  readonly words: string;
  /** The tiers that can be asked instead. */
  readonly others: readonly Tier[];
  /** Asks another tier, in the place of the answer or of the call under way. */
  readonly again: (tier: Tier) => Promise<void>;
}

/**
 * A line in the status bar for inline edits, reviews, commit messages and names: which tier answers and why, as long as
 * the question is under way and for a while after it. A click sends it to another tier.
 */
export class RouteLine implements vscode.Disposable {
  readonly #log: Logger;
  readonly #item = vscode.window.createStatusBarItem('gearshift.route', vscode.StatusBarAlignment.Right, 99);
  readonly #command: vscode.Disposable;
  #shown: (ShownRoute & { readonly id: string }) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
    this.#item.name = t('Gearshift: tier of the last question');
    this.#command = vscode.commands.registerCommand(CHOOSE, (id: unknown) => this.#choose(id));
  }

  /** Shows a route until `ended` of it is called and a while longer, or another one is shown. */
  show(route: ShownRoute): { ended(): void } {
    const id = randomUUID();
    clearTimeout(this.#timer);
    this.#shown = { ...route, id };
    this.#item.text = `$(arrow-swap) ${route.words}`;
    this.#item.tooltip = route.others.length > 0 ? t('{0}. Click to ask another tier.', route.words) : route.words;
    this.#item.command =
      route.others.length > 0 ? { command: CHOOSE, title: t('Ask another tier'), arguments: [id] } : undefined;
    this.#item.show();
    return {
      ended: () => {
        if (this.#shown?.id !== id) return;
        this.#timer = setTimeout(() => this.#item.hide(), STAYS_MS);
        this.#timer.unref();
      },
    };
  }

  async #choose(id: unknown): Promise<void> {
    const shown = this.#shown;
    if (!shown || shown.id !== id) return;
    const choices = shown.others.map((tier) => ({ label: t('Ask {0}', tier), tier }));
    const chosen = await vscode.window.showQuickPick(choices, { title: shown.words });
    if (!chosen) return;
    try {
      await shown.again(chosen.tier);
    } catch (error) {
      this.#log.error('another tier', error);
      void showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#command.dispose();
    this.#item.dispose();
  }
}
