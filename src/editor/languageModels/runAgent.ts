import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { PROCESS_CLOCK, type Clock } from '../../core/common/clock.ts';
import type { Failure } from '../../core/common/failures.ts';
import type { FailurePlace } from '../../core/gateway/describeFailure.ts';
import type { ModelRef, TierChoice, Usage } from '../../core/common/types.ts';
import type { AgentCost, AgentLimits, StartedAgent, StartedAgents } from '../../core/languageModels/startedAgents.ts';
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
  /** Held by the provider for each request, until the run has ended. */
  readonly limits?: AgentLimits;
  /** Told after each request what the agent has used so far. */
  readonly progress?: (so: AgentUse) => void;
  /**
   * Told when the agent waits for the user, who answers it in VS Code's chat. With it, the run waits for the end of the turn;
   * without it, the run ends as `waiting`.
   */
  readonly asksUser?: () => void;
}

/** What an agent has used so far. */
export type AgentUse = Pick<StartedAgent, 'cost' | 'usage' | 'models' | 'model' | 'attempts'>;

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
      /** What all requests of the agent cost so far, with what VS Code asked about its conversation. */
      readonly cost: AgentCost;
      readonly usage: Usage;
      /** The agent's last words. */
      readonly text: string;
      /** The models that answered, each once. */
      readonly models: readonly string[];
      /** The model that was asked and stayed. */
      readonly model: ModelRef | undefined;
      /** Attempts at models. */
      readonly attempts: number;
      /** Why the last request failed; null when it did not. */
      readonly failure: Failure | null;
      readonly place: FailurePlace | null;
      /** The limit that ended the agent, in words; empty for none. */
      readonly limitWords: string;
    };

export interface AgentRunParts {
  readonly state: () => Promise<VsCodeChatFacts>;
  /** Private mode is on. */
  readonly private: () => boolean;
  readonly started: StartedAgents;
  readonly clock?: Clock;
}

/** Why no agent can run now, as a sentence with the next step; empty where one can. */
export async function agentObstacle({
  state,
  private: isPrivate,
}: Pick<AgentRunParts, 'state' | 'private'>): Promise<string> {
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
 * VS Code tells no extension that the user stopped an agent while it asked about a command: no request is under way then.
 * So an agent that asked something has ended when it makes no request for this long, in ms. Commands that agents run are
 * usually shorter.
 */
export const QUIET_MS = 15 * 60_000;

/** A request that is under way when the agent is stopped has this long to settle, in ms. */
const SETTLE_MS = 5_000;

/**
 * Runs one turn of an agent in a new conversation of VS Code's chat, where the user sees it and answers its questions.
 * Does not throw.
 *
 * @param signal stops the agent
 */
export async function runAgent(
  { agent, model, prompt, files = [], limits, progress, asksUser }: AgentRun,
  parts: AgentRunParts,
  signal: AbortSignal = new AbortController().signal,
): Promise<AgentRunEnd> {
  let started: StartedAgent | undefined;
  const turn = Promise.withResolvers<void>();
  const stop = (): void => {
    turn.resolve();
    void vscode.commands.executeCommand(CANCEL);
  };
  const clock = parts.clock ?? PROCESS_CLOCK;
  let isQuiet = false;
  let cancelQuiet: (() => void) | undefined;
  const waitForQuiet = (): void => {
    cancelQuiet?.();
    cancelQuiet = clock.after(QUIET_MS, () => {
      isQuiet = true;
      // What the user answers there later would run without the limits of this run.
      stop();
    });
  };
  const told = (): void => {
    if (started) progress?.(started);
    if (started?.isIdle) turn.resolve();
    else if (cancelQuiet) waitForQuiet();
  };
  const ended = async (state: AgentRunState, error: string): Promise<AgentRunEnd> => {
    if (!started) return { available: false, why: error };
    await settled(started);
    const { conversation, cost, usage, text, models, attempts, failure, place, limitWords } = started;
    return {
      ...{ available: true, error, conversation, cost, usage, text, models, attempts, failure, place, limitWords },
      model: started.model,
      state: signal.aborted ? 'cancelled' : state,
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
    started = parts.started.expect(agent, told, limits, prompt);
    const end: unknown = await vscode.commands.executeCommand(OPEN_CHAT, {
      ...{ mode: agent, query: prompt, blockOnResponse: true },
      modelSelector: { vendor: VENDOR, id: model },
      ...(files.length > 0 ? { attachFiles: files } : {}),
    });
    if (end === undefined && started.cost.requests === 0)
      return { available: false, why: t("VS Code's chat did not start the agent {0}.", agent) };
    const { type, errorDetails } = Object(end) as { type?: unknown; errorDetails?: { message?: unknown } };
    if (errorDetails) return await ended('failed', String(errorDetails.message ?? ''));
    if (type === 'confirmation' && !asksUser) return await ended('waiting', '');
    if (type === 'confirmation') {
      waitForQuiet();
      asksUser?.();
      await turn.promise;
      if (isQuiet) return await ended('cancelled', quietWords());
    }
    return await ended(...endOf(started));
  } catch (error) {
    // VS Code refuses before anything is sent, unless requests have ended by then.
    if (started?.cost.requests === 0 && !started.limitWords) started = undefined;
    return ended('failed', error instanceof Error ? error.message : String(error));
  } finally {
    cancelQuiet?.();
    if (started) started.limits = undefined;
    signal.removeEventListener('abort', stop);
  }
}

const quietWords = (): string =>
  t(
    "VS Code's agent asked you something and has sent nothing for {0} min, so the stage has ended. If you stopped the agent in VS Code's chat, that is the reason. Continue to run the stage again.",
    QUIET_MS / 60_000,
  );

/** How a turn ended that VS Code reports no error of. After calls of tools a model goes on, unless the user stops it. */
function endOf({ cost, failure, limitWords, isIdle, isStopped }: StartedAgent): [AgentRunState, string] {
  if (failure || limitWords) return ['failed', ''];
  return isStopped || (cost.requests > 0 && !isIdle)
    ? ['cancelled', t("The agent was stopped in VS Code's chat before it was done.")]
    : ['done', ''];
}

/** Waits until no request of an agent is under way, so that what it cost is known. */
async function settled({ turn }: StartedAgent): Promise<void> {
  try {
    await turn.acquire(AbortSignal.timeout(SETTLE_MS));
    turn.release();
  } catch {
    // Its row of the ledger follows.
  }
}
