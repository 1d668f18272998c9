import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { EXTENSION_ID } from '../platform/contributions.ts';
import { showInformationMessage } from '../platform/messages.ts';

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
   * Whether an extension may ask our models. An answer is kept for an extension that VS Code names; the consent for one
   * that it does not name cannot be used by another.
   *
   * @param initiator its id; undefined where VS Code does not say
   */
  async isAllowed(initiator: string | undefined): Promise<boolean> {
    if (initiator !== undefined && (OF_VSCODE.test(initiator) || initiator.toLowerCase() === EXTENSION_ID)) return true;
    if (initiator === undefined) return (await this.#ask(undefined)) ?? false;
    const known = this.#all()[initiator];
    if (known !== undefined) return known;
    const open = this.#open.get(initiator) ?? this.#askOnce(initiator);
    this.#open.set(initiator, open);
    try {
      return await open;
    } finally {
      this.#open.delete(initiator);
    }
  }

  /** Asks about every extension again. */
  async forget(): Promise<void> {
    await this.#memory.update(KEY, undefined);
  }

  async #askOnce(initiator: string): Promise<boolean> {
    const answer = await this.#ask(initiator);
    // Closing the question decides nothing.
    if (answer !== undefined) await this.#memory.update(KEY, { ...this.#all(), [initiator]: answer });
    return answer ?? false;
  }

  /** The answer of the user; undefined: the question was closed. */
  async #ask(initiator: string | undefined): Promise<boolean | undefined> {
    const allow = t('Allow');
    const manifest = initiator === undefined ? undefined : vscode.extensions.getExtension(initiator)?.packageJSON;
    const name =
      initiator === undefined
        ? t('An extension that VS Code does not name')
        : ((manifest as { displayName?: string } | undefined)?.displayName ?? initiator);
    const detail =
      initiator === undefined
        ? t(
            'Its request counts toward your budgets and is on your ledger without a name. What it sends goes to the providers of your tiers. You are asked for each request.',
          )
        : t(
            'Its requests count toward your budgets and are on your ledger under its name ({0}). What it sends goes to the providers of your tiers. You are asked once.',
            initiator,
          );
    const words = t('Allow "{0}" to use the models that you set in Gearshift?', name);
    const options = { modal: true, detail };
    const choice = await showInformationMessage(words, options, allow, t("Don't Allow"));
    return choice === undefined ? undefined : choice === allow;
  }

  #all(): Readonly<Record<string, boolean>> {
    return this.#memory.get<Record<string, boolean>>(KEY, {});
  }
}
