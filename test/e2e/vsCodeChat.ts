import path from 'node:path';
import type { Locator } from 'playwright-core';
import type { LedgerRow } from '../../src/core/ledger/ledger.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import type { VSCode, Window } from './harness.ts';

/** VS Code's own chat, with the gestures of its user. */

const CHAT = '.interactive-session';
const OPEN = 'workbench.action.chat.open';

/** Keys for `openVSCode`: a new chat, the chat with one of our agents, and with VS Code's default agent on mid. */
export const CHAT_KEYS = {
  'ctrl+alt+shift+n': 'workbench.action.chat.newChat',
  'ctrl+alt+shift+1': { command: OPEN, args: { mode: 'Gearshift Plan' } },
  'ctrl+alt+shift+2': { command: OPEN, args: { mode: 'Gearshift Build' } },
  'ctrl+alt+shift+3': { command: OPEN, args: { mode: 'Gearshift Review' } },
  'ctrl+alt+shift+4': {
    command: OPEN,
    args: { mode: 'agent', modelSelector: { vendor: 'gearshift', id: 'mid' } },
  },
};

const AGENT_KEYS = { Plan: '1', Build: '2', Review: '3', Agent: '4' } as const;

export class VsCodeChat {
  readonly #window: Window;

  constructor(window: Window) {
    this.#window = window;
  }

  get element(): Locator {
    return this.#window.page.locator(CHAT);
  }

  get input(): Locator {
    return this.#window.page.locator(`${CHAT} .chat-input-container .monaco-editor`).last();
  }

  /** Runs our command and agrees to it; the chat is then open on mid. */
  async use(): Promise<void> {
    await this.#window.command("Gearshift: Use Gearshift in VS Code's Chat");
    const dialog = this.#window.dialog("Use Gearshift in VS Code's chat?");
    await dialog.getByRole('button', { name: 'Use Gearshift' }).click();
    await this.runsOn('Agent', 'Mid');
  }

  /** Waits until the chat shows this agent and this tier. */
  async runsOn(agent: string, tier: string): Promise<void> {
    await this.#window.page.locator(`${CHAT} .chat-mode-picker-item`, { hasText: agent }).waitFor();
    await this.#window.page.locator(`${CHAT} .model-picker-name`, { hasText: tier }).waitFor();
  }

  /** Starts a new conversation with an agent. */
  async start(agent: keyof typeof AGENT_KEYS, tier: string): Promise<void> {
    await this.#window.press('Control+Alt+Shift+N');
    await this.#window.page.locator(`${CHAT} .interactive-item-container`).first().waitFor({ state: 'detached' });
    await this.#window.press(`Control+Alt+Shift+${AGENT_KEYS[agent]}`);
    await this.runsOn(agent, tier);
  }

  async ask(text: string): Promise<void> {
    await this.input.click();
    await this.#window.type(text);
    await this.#window.press('Enter');
  }

  /** The answer with this text, when it is complete. */
  answered(text: string | RegExp): Locator {
    const { page } = this.#window;
    return page.locator(`${CHAT} .interactive-response:not(.chat-response-loading)`, { hasText: text }).last();
  }

  /** Allows the command that the agent wants to run. */
  async allow(timeout = 60_000): Promise<void> {
    // The chat moves while it streams, so that a click meant for a button may have opened a menu over it.
    const menu = this.#window.page.locator('.action-widget');
    if (await menu.isVisible()) await this.#window.press('Escape');
    await this.element
      .getByRole('button', { name: /^Allow/ })
      .last()
      .click({ timeout });
  }

  /** Chooses what the agent suggests as the next step: it fills the input and sends nothing. */
  async handOff(label: string): Promise<void> {
    await this.#window.page.locator('.auxiliarybar').getByText(label, { exact: true }).last().click();
  }
}

/** All rows of the ledger, as another process reads them. */
export async function ledgerRows(code: VSCode): Promise<readonly LedgerRow[]> {
  const dir = path.join(code.globalStorageDir, 'ledger');
  const { store } = await openLedger({ dir, windowId: 'spec', clock: Date.now, log: () => undefined });
  const all = await store.rows({ since: 0 });
  await store.close();
  return all;
}

/** What rows cost together, in nano-USD; NaN where one is not settled. */
export const costOf = (rows: readonly LedgerRow[]): number =>
  rows.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? NaN), 0);
