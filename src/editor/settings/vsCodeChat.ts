import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { fixLabel } from '../../core/setup/doctor.ts';
import type { Fix } from '../../core/setup/findings.ts';
import { canUseChat, chatPieces, type VsCodeChatFacts } from '../../core/setup/vsCodeChat.ts';
import type { VsCodeChatView } from '../../protocol/settings.ts';
import type { Command } from '../platform/contributions.ts';
import type { Handlers } from './section.ts';

interface VsCodeChatParts {
  readonly vsCodeChat?: (() => Promise<VsCodeChatFacts | undefined>) | undefined;
  readonly openVsCodeChat?: (() => Promise<void>) | undefined;
  /** Private mode is on. */
  readonly private: () => boolean;
  readonly fix: (fix: Fix) => Promise<unknown>;
  readonly refresh: () => void;
}

const COMMANDS = {
  use: 'gearshift.vscodeChat.use',
  remove: 'gearshift.vscodeChat.remove',
} as const satisfies Readonly<Record<string, Command>>;

/** The section about VS Code's own chat: each piece as it is in this window, with what helps. */
export class VsCodeChatSection implements vscode.Disposable {
  readonly #parts: VsCodeChatParts;
  readonly #listeners: readonly vscode.Disposable[];

  constructor(parts: VsCodeChatParts) {
    this.#parts = parts;
    this.#listeners = [
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('chat')) parts.refresh();
      }),
      // VS Code turns its chat extension on and off without a reload.
      vscode.extensions.onDidChange(parts.refresh),
    ];
  }

  readonly handlers: Handlers<'vsCodeChat' | 'fixVsCodeChat'> = {
    vsCodeChat: ({ action }) =>
      action === 'open' ? this.#parts.openVsCodeChat?.() : vscode.commands.executeCommand(COMMANDS[action]),
    // What helps may have changed since the page was drawn.
    fixVsCodeChat: async ({ piece: id }) => {
      const facts = await this.#parts.vsCodeChat?.();
      const fix = facts && chatPieces(facts).find((piece) => piece.id === id)?.fix;
      if (fix) await this.#parts.fix(fix);
    },
  };

  async view(): Promise<VsCodeChatView | null> {
    const facts = await this.#parts.vsCodeChat?.();
    if (!facts) return null;
    const used = facts.group === true;
    return {
      used,
      obstacle: this.#obstacle(facts),
      pieces: chatPieces(facts).map(({ id, name, level, text, fix }) => ({
        ...{ id, name, text },
        // What is missing for something that the user does not want is no fault.
        level: used || level === 'ok' ? level : 'info',
        fix: fix ? fixLabel(fix) : '',
      })),
    };
  }

  #obstacle(facts: VsCodeChatFacts): string {
    if (this.#parts.private())
      return t('Private mode is on. The chat runs in an extension of Microsoft that may use the network.');
    if (!canUseChat(facts)) return t('This version of VS Code has no chat for models of extensions.');
    return facts.aiOff === 'workspace' ? t('This workspace turns AI features off.') : '';
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
  }
}
