import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { TierChoice, Usage } from '../../core/common/types.ts';
import type { AgentCost, StartedAgent, StartedAgents } from '../../core/languageModels/startedAgents.ts';
import { canUseChat, type VsCodeChatFacts } from '../../core/setup/vsCodeChat.ts';
import { builtInExtension, OPEN_CHAT, VENDOR } from './vsCodeChat.ts';

/** Runs an agent of VS Code's chat for another feature, and waits for its end. */

const CANCEL = 'workbench.action.chat.cancel';
const NEW_CHAT = 'workbench.action.chat.newChat';

export interface AgentRun {
  /** Name of the agent, such as `Gearshift Build`. */
  readonly agent: string;
  readonly model: TierChoice;
  /** Sent as it is: the caller has asked the user. */
  readonly prompt: string;
  readonly files?: readonly vscode.Uri[];
}

/** `waiting`: the agent asks the user something in the chat, such as whether a command may run. */
type AgentRunState = 'done' | 'waiting' | 'failed' | 'cancelled';

export type AgentRunEnd =
  /** Nothing was sent. `why` is a sentence for the user, with the next step. */
  | { readonly available: false; readonly why: string }
  | {
      readonly available: true;
      readonly state: AgentRunState;
      /** What VS Code says of a failure; empty without one. */
      readonly error: string;
      /** Id of the conversation on the ledger; undefined where no request of it has ended. */
      readonly conversation: string | undefined;
      /** All requests of the agent so far, without titles. */
      readonly cost: AgentCost;
      readonly usage: Usage;
      /** The agent's last words. */
      readonly text: string;
      /** The models that answered, each once. */
      readonly models: readonly string[];
    };

export interface AgentRunParts {
  readonly state: () => Promise<VsCodeChatFacts>;
  /** Private mode is on. */
  readonly private: () => boolean;
  readonly started: StartedAgents;
}

/** Why no agent can run now, as a sentence with the next step; empty where one can. */
async function agentObstacle({ state, private: isPrivate }: AgentRunParts): Promise<string> {
  if (isPrivate()) return t("Private mode is on, so VS Code's agents do not run. Turn private mode off first.");
  const facts = await state();
  if (!canUseChat(facts))
    return t('VS Code {0} does not let extensions provide models for its chat. Update it.', facts.version);
  if (facts.aiOff) return t('AI features are turned off in VS Code (chat.disableAIFeatures).');
  return facts.group === false || facts.builtIn === 'off'
    ? t('VS Code\'s chat does not use your tiers. Run "Gearshift: Use Gearshift in VS Code\'s Chat" first.')
    : '';
}

/**
 * Runs one turn of an agent in a new conversation of VS Code's chat, where the user sees it and answers its questions.
 * Does not throw.
 *
 * @param signal stops the agent
 */
export async function runAgent(
  { agent, model, prompt, files = [] }: AgentRun,
  parts: AgentRunParts,
  signal: AbortSignal = new AbortController().signal,
): Promise<AgentRunEnd> {
  const stop = (): void => void vscode.commands.executeCommand(CANCEL);
  let started: StartedAgent | undefined;
  const ended = (state: AgentRunState, error: string): AgentRunEnd => {
    if (!started) return { available: false, why: error };
    const { conversation, cost, usage, text, models } = started;
    return {
      available: true,
      state: signal.aborted ? 'cancelled' : state,
      error,
      conversation,
      cost,
      usage,
      text,
      models,
    };
  };
  try {
    const why = await agentObstacle(parts);
    if (why) return { available: false, why };
    await builtInExtension()?.activate();
    // Its own conversation, so that the rows of the ledger with its id are those of this run.
    await vscode.commands.executeCommand(NEW_CHAT);
    signal.throwIfAborted();
    signal.addEventListener('abort', stop);
    started = parts.started.expect(agent, () => undefined);
    const end: unknown = await vscode.commands.executeCommand(OPEN_CHAT, {
      ...{ mode: agent, query: prompt, blockOnResponse: true },
      modelSelector: { vendor: VENDOR, id: model },
      ...(files.length > 0 ? { attachFiles: files } : {}),
    });
    if (end === undefined && started.cost.requests === 0)
      return { available: false, why: t("VS Code's chat did not start the agent {0}.", agent) };
    const { type, errorDetails } = Object(end) as { type?: unknown; errorDetails?: { message?: unknown } };
    if (errorDetails) return ended('failed', String(errorDetails.message ?? ''));
    return ended(type === 'confirmation' ? 'waiting' : 'done', '');
  } catch (error) {
    // VS Code refuses before anything is sent, unless requests have ended by then.
    if (started?.cost.requests === 0) started = undefined;
    return ended('failed', error instanceof Error ? error.message : String(error));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
