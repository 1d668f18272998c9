import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { EXTENSION_ID } from '../platform/contributions.ts';

/** Which extensions may use our models through VS Code's API: each is asked about once. */

const KEY = 'gearshift.languageModelAccess';

/** VS Code's own extensions: choosing one of our models in its chat is the user's agreement. */
const OF_VSCODE = /^(vscode\.|github\.copilot(-chat)?$)/i;

export class Access {
  readonly #memory: vscode.Memento;
  /** Questions that are open: many requests of one extension ask once. */
  readonly #open = new Map<string, Promise<boolean>>();

  /** @param memory the extension's own, on this computer */
  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /**
   * Whether an extension may ask our models.
   *
   * @param initiator its id; undefined where VS Code does not say
   */
  async isAllowed(initiator: string | undefined): Promise<boolean> {
    if (initiator !== undefined && (OF_VSCODE.test(initiator) || initiator.toLowerCase() === EXTENSION_ID)) return true;
    const id = initiator ?? 'unknown';
    const known = this.#all()[id];
    if (known !== undefined) return known;
    const open = this.#open.get(id) ?? this.#ask(id, initiator);
    this.#open.set(id, open);
    try {
      return await open;
    } finally {
      this.#open.delete(id);
    }
  }

  /** Asks about every extension again. */
  async forget(): Promise<void> {
    await this.#memory.update(KEY, undefined);
  }

  async #ask(id: string, initiator: string | undefined): Promise<boolean> {
    const allow = t('Allow');
    const deny = t("Don't Allow");
    const name =
      initiator === undefined
        ? t('An extension that VS Code does not name')
        : ((vscode.extensions.getExtension(initiator)?.packageJSON as { displayName?: string } | undefined)
            ?.displayName ?? initiator);
    const choice = await vscode.window.showInformationMessage(
      t('Allow "{0}" to use the models that you set in Gearshift?', name),
      {
        modal: true,
        detail: t(
          'Its requests count toward your budgets and are on your ledger under its name ({0}). What it sends goes to the providers of your tiers. You are asked once.',
          id,
        ),
      },
      allow,
      deny,
    );
    // Closing the question decides nothing.
    if (choice !== undefined) await this.#memory.update(KEY, { ...this.#all(), [id]: choice === allow });
    return choice === allow;
  }

  #all(): Readonly<Record<string, boolean>> {
    return this.#memory.get<Record<string, boolean>>(KEY, {});
  }
}
