import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { TierChoice } from '../../core/common/types.ts';
import type { AgentCost, StartedAgents } from '../../core/languageModels/startedAgents.ts';
import { canUseChat, type VsCodeChatFacts } from '../../core/setup/vsCodeChat.ts';
import { builtInExtension, OPEN_CHAT, VENDOR } from './vsCodeChat.ts';

/** Runs an agent of VS Code's chat for another feature, and waits for its end. */

const NEW_CHAT = 'workbench.action.chat.newChat';

export interface AgentRun {
  /** Name of the agent, such as `Gearshift Build`. */
  readonly agent: string;
  readonly model: TierChoice;
  /** Sent as it is: the caller has asked the user. */
  readonly prompt: string;
  readonly files?: readonly vscode.Uri[];
}

export type AgentRunEnd =
  /** Nothing was sent. `why` is a sentence for the user, with the next step. */
  | { readonly available: false; readonly why: string }
  | {
      readonly available: true;
      /** `waiting`: the agent asks the user something in the chat, such as whether a command may run. */
      readonly state: 'done' | 'waiting' | 'failed';
      /** What VS Code says of a failure; empty without one. */
      readonly error: string;
      /** Id of the conversation on the ledger; undefined where no request of it has ended. */
      readonly conversation: string | undefined;
      /** All requests of the agent so far, without titles. */
      readonly cost: AgentCost;
    };

export interface AgentRunParts {
  readonly state: () => Promise<VsCodeChatFacts>;
  /** Private mode is on. */
  readonly private: () => boolean;
  readonly started: StartedAgents;
}

/** Why no agent can run now, as a sentence with the next step; empty where one can. */
export async function agentObstacle({ state, private: isPrivate }: AgentRunParts): Promise<string> {
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
 */
export async function runAgent(
  { agent, model, prompt, files = [] }: AgentRun,
  parts: AgentRunParts,
): Promise<AgentRunEnd> {
  try {
    const why = await agentObstacle(parts);
    if (why) return { available: false, why };
    await builtInExtension()?.activate();
    // Its own conversation, so that the rows of the ledger with its id are those of this run.
    await vscode.commands.executeCommand(NEW_CHAT);
    const started = parts.started.expect(agent, () => undefined);
    const end: unknown = await vscode.commands.executeCommand(OPEN_CHAT, {
      ...{ mode: agent, query: prompt, blockOnResponse: true },
      modelSelector: { vendor: VENDOR, id: model },
      ...(files.length > 0 ? { attachFiles: files } : {}),
    });
    if (end === undefined && started.cost.requests === 0)
      return { available: false, why: t("VS Code's chat did not start the agent {0}.", agent) };
    const { type, errorDetails } = Object(end) as { type?: unknown; errorDetails?: { message?: unknown } };
    const error = errorDetails ? String(errorDetails.message ?? '') : '';
    const state = errorDetails ? 'failed' : type === 'confirmation' ? 'waiting' : 'done';
    return { available: true, state, error, conversation: started.conversation, cost: started.cost };
  } catch (error) {
    return { available: false, why: error instanceof Error ? error.message : String(error) };
  }
}
