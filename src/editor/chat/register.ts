import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { PromptFile } from '../../core/chat/promptFiles.ts';
import type { Escalation } from '../../core/chat/escalation.ts';
import type { CommandHandler, CommandsOf } from '../platform/commands.ts';
import { CHAT_PANEL, CHAT_VIEW } from '../platform/contributions.ts';
import type { Services } from '../platform/services.ts';
import type { ChatController } from './chatController.ts';
import { createNextSteps } from './failureActions.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    readonly chat: ChatController;
    /** The prompts behind `/` as they are now, by name. */
    readonly prompts: () => Promise<ReadonlyMap<string, PromptFile>>;
  }
}

/** The chat in the side bar or an editor tab, and what is escalated to the frontier tier. */
export function registerChat(services: Services): CommandsOf<'chat'> {
  const { shared, track } = services;
  const chat = (): Promise<ChatController> => shared.get('chat');
  shared.provide('chat', async () => {
    const { ChatController } = await import('./chatController.ts');
    const { config, keys } = services;
    return track(
      new ChatController({
        ...services,
        tierState: services.answerState,
        ledger: () => services.ledger.ready,
        recipes: () => shared.get('recipes'),
        followCode: (by, code) =>
          void shared
            .get('outcomes')
            .then((outcomes) => outcomes.followCode(by, code))
            .catch((error: unknown) => services.log.error('outcomes', error)),
        edits: () => shared.get('edits'),
        checkpoints: () => shared.get('checkpoints'),
        codebase: () => shared.get('codebase'),
        codebaseStatus: () => shared.made('codebase')?.status ?? t('The code that your question is about'),
        // Nothing is loaded for it while it is off.
        rival: async (...asked) =>
          config.settings.blind.paths.length > 0 ? (await shared.get('evaluation')).rival(...asked) : undefined,
        voted: async (pair) => (await shared.get('evaluation')).voted(pair),
        keepTask: async (...turn) => (await shared.get('evaluation')).keep(...turn),
        compareTier: async (tier) => (await shared.get('evaluation')).compareChange(tier),
        toAgent: async (...turn) => (await shared.get('vsCodeChat')).continueAnswer(...turn),
        takeStep: createNextSteps({
          config,
          keys,
          settings: async (section) => (await shared.get('openSettings'))(section),
        }),
      }),
    );
  });
  shared.provide('prompts', async () => {
    const { PromptLibrary } = await import('./promptLibrary.ts');
    const library = new PromptLibrary(services.context.extensionUri, services.trusted);
    return () => library.prompts();
  });
  shared.provide('chatQuestions', chat);
  track(
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, {
      resolveWebviewView: async (view) => (await chat()).resolve(view),
    }),
  );
  track(
    vscode.window.registerWebviewPanelSerializer(CHAT_PANEL, {
      deserializeWebviewPanel: async (panel) => (await chat()).adopt(panel),
    }),
  );
  track(services.onRefresh(() => shared.made('chat')?.refresh()));
  const escalate =
    (action?: Escalation): CommandHandler =>
    async (uri) =>
      (await chat()).escalate(action, uri);
  return {
    // VS Code's own command for the view
    'gearshift.chat.focus': () => undefined,
    'gearshift.chat.new': async () => (await chat()).startThread(),
    'gearshift.chat.history': async () => (await chat()).showHistory(),
    'gearshift.chat.askFrontier': async () => (await chat()).askFrontier(),
    'gearshift.chat.openInEditor': async () => (await chat()).openPanel(),
    'gearshift.chat.ask': async (uri) => (await chat()).gestures.ask(uri),
    'gearshift.chat.addSelection': async (uri) => (await chat()).gestures.addSelection(uri),
    'gearshift.chat.addFile': async (uri, _, others = []) =>
      (await chat()).gestures.addFiles(others.length > 0 ? others : uri ? [uri] : []),
    'gearshift.chat.explain': async (uri) => (await chat()).gestures.askPrompt('explain', uri),
    'gearshift.chat.fix': async (uri) => (await chat()).gestures.askPrompt('fix', uri),
    'gearshift.chat.tests': async (uri) => (await chat()).gestures.askPrompt('tests', uri),
    'gearshift.terminal.suggest': async () =>
      (await import('./terminal.ts')).suggestCommand(() => shared.get('oneShot')),
    'gearshift.escalate': escalate(),
    'gearshift.escalate.ask': escalate('ask'),
    'gearshift.escalate.explain': escalate('explain'),
    'gearshift.escalate.debug': escalate('debug'),
    'gearshift.escalate.review': escalate('review'),
    'gearshift.escalate.security': escalate('security'),
    'gearshift.escalate.refactor': escalate('refactor'),
    'gearshift.escalate.tests': escalate('tests'),
    'gearshift.escalate.modernize': escalate('modernize'),
    'gearshift.escalate.terminal': async () => (await chat()).escalateTerminal(),
    'gearshift.escalate.testFailure': async (_, argument) => (await chat()).escalateTestFailure(argument),
  };
}
