import * as vscode from 'vscode';
import { quickTokens } from '../../core/languageModels/quickTokens.ts';
import type { VsCodeChatFacts } from '../../core/setup/vsCodeChat.ts';
import type { AgentRun, AgentRunEnd } from './runAgent.ts';
import type { CommandsOf } from '../platform/commands.ts';
import { lazy } from '../platform/lazy.ts';
import type { Services } from '../platform/services.ts';

/** What VS Code may ask again within this time gets the same list of models, in ms: it asks several times a second. */
const FRESH_MS = 2_000;

/**
 * The tiers as models of VS Code's chat. Registering only says that they exist: the code is loaded when VS Code asks for
 * them, which it does not before its chat is used.
 */
export function registerLanguageModels(services: Services): CommandsOf<'languageModels'> {
  const { context, config, shared, track } = services;
  const provider = lazy(async () => {
    const [{ TierProvider }, { Access }, { LocalWindows }] = await Promise.all([
      import('./provider.ts'),
      import('./access.ts'),
      import('../routing/localWindows.ts'),
    ]);
    return new TierProvider({
      ...services,
      ledger: () => services.ledger.ready,
      windows: new LocalWindows(services),
      access: new Access(context.globalState),
      budgetStates: () => services.ledger.figures?.budgets ?? [],
      onEnded: (request) => agents.made?.started.ended(request),
      agentOf: (request) => agents.made?.started.agentOf(request),
      about: {
        aboutAgent: (text) => agents.made?.started.aboutAgent(text),
        endedAbout: (...ended) => agents.made?.started.endedAbout(...ended),
      },
    });
  });
  const changed = track(new vscode.EventEmitter<void>());
  let listed: { readonly at: number; readonly list: Promise<vscode.LanguageModelChatInformation[]> } | undefined;
  track(
    config.onChange(() => {
      listed = undefined;
      changed.fire();
    }),
  );
  // Older versions of VS Code do not have it; the doctor says so.
  if (typeof vscode.lm?.registerLanguageModelChatProvider === 'function')
    track(
      vscode.lm.registerLanguageModelChatProvider('gearshift', {
        onDidChangeLanguageModelChatInformation: changed.event,
        provideLanguageModelChatInformation() {
          if (!listed || Date.now() - listed.at > FRESH_MS)
            listed = { at: Date.now(), list: provider().then((made) => made.information()) };
          return listed.list;
        },
        async provideLanguageModelChatResponse({ id }, messages, options, progress, token) {
          await (await provider()).respond(id, messages, options, progress, token);
        },
        provideTokenCount: (_, text) => Promise.resolve(quickTokens(typeof text === 'string' ? text : textOf(text))),
      }),
    );
  registerParticipant(services);
  const use = async (): Promise<void> => (await import('./useInChat.ts')).useInChat(services);
  const state = async (): Promise<VsCodeChatFacts> =>
    (await import('./vsCodeChat.ts')).readState(context.globalStorageUri);
  const agents = lazy(async () => {
    const [{ AgentStart }, { StartedAgents }, { CostAtLine }] = await Promise.all([
      import('./fromEditor.ts'),
      import('../../core/languageModels/startedAgents.ts'),
      import('./costAtLine.ts'),
    ]);
    const started = new StartedAgents();
    return { started, start: new AgentStart({ use, state, started, costs: track(new CostAtLine()) }) };
  });
  const isPrivate = (): boolean => config.settings.private;
  shared.provide('vsCodeChat', async () => {
    const { builtInExtension, openChat } = await import('./vsCodeChat.ts');
    return {
      state,
      isActive: () => builtInExtension()?.isActive ?? false,
      open: () => openChat({ model: 'mid' }),
      fixProblems: async (...problem) => (await agents()).start.fromProblem('build', ...problem),
      continueAnswer: async (...answer) => (await agents()).start.fromAnswer(...answer),
      obstacle: async () => (await import('./runAgent.ts')).agentObstacle({ state, private: isPrivate }),
      run: async (run, signal) => {
        const { started } = await agents();
        const { runAgent } = await import('./runAgent.ts');
        return runAgent(run, { state, private: isPrivate, started }, signal);
      },
    };
  });
  return {
    'gearshift.vscodeChat.use': use,
    'gearshift.vscodeChat.remove': async () => (await import('./useInChat.ts')).removeFromChat(services),
    'gearshift.vscodeChat.escalate': async () => (await agents()).start.fromEditor('escalate'),
    'gearshift.vscodeChat.inline': async () => (await agents()).start.inline(),
    'gearshift.vscodeChat.build': async () => (await agents()).start.fromEditor('build'),
  };
}

/** The text of a message, to count it: VS Code counts some thousand texts before each request. */
const textOf = ({ content }: vscode.LanguageModelChatRequestMessage): string =>
  content
    .map((part) => {
      const { value, input } = Object(part) as { value?: unknown; input?: unknown };
      return typeof value === 'string' ? value : input === undefined ? '' : JSON.stringify(input);
    })
    .join('');

/** `@gearshift` and the tool for agents; their code is loaded with the first question. */
function registerParticipant(services: Services): void {
  const { ledger, track } = services;
  const figures = () => ledger.figures;
  const router = lazy(async () => {
    const { Router } = await import('../routing/autoRouter.ts');
    return new Router({ ...services, ledger: () => ledger.ready });
  });
  const parts = { figures, ledger: () => ledger.ready, router };
  if (typeof vscode.chat?.createChatParticipant === 'function')
    track(
      vscode.chat.createChatParticipant('gearshift.gearshift', async (request, _, stream, token) => {
        await (await import('./participant.ts')).answer(request, stream, token, parts);
      }),
    );
  if (typeof vscode.lm?.registerTool === 'function')
    track(
      vscode.lm.registerTool<object>('gearshift_budget', {
        invoke: async (options, token) => (await import('./participant.ts')).budgetTool(figures).invoke(options, token),
      }),
    );
}

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    /** VS Code's own chat on our tiers. */
    readonly vsCodeChat: {
      /** Its state in this window. */
      state(): Promise<VsCodeChatFacts>;
      /** Microsoft's chat extension, which has the agents, is running. */
      isActive(): boolean;
      /** Opens it on mid. */
      open(): Promise<void>;
      /** Opens the agent that builds with problems of a document. The user sends it. */
      fixProblems(document: vscode.TextDocument, at: vscode.Position, problems: string): Promise<void>;
      /** Opens an agent with an answer. The user sends it; `tell` gets the cost in words after each request. */
      continueAnswer(
        use: 'escalate' | 'build',
        turn: { readonly question: string; readonly answer: string },
        tell: (words: string) => void,
      ): Promise<void>;
      /** Why no agent can run now, as a sentence with the next step; empty where one can. */
      obstacle(): Promise<string>;
      /** Runs one turn of an agent, and waits for its end. */
      run(run: AgentRun, signal?: AbortSignal): Promise<AgentRunEnd>;
    };
  }
}
