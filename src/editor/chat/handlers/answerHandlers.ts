import * as vscode from 'vscode';
import type { Answer } from '../../../core/chat/conversation.ts';
import { handoff } from '../../../core/chat/handoff.ts';
import type { ChatSession } from '../../../core/chat/session.ts';
import type { NextStep } from '../../../core/gateway/describeFailure.ts';
import { maskSecrets } from '../../../core/privacy/maskSecrets.ts';
import { nameSecret } from '../../platform/installKey.ts';
import type { NamedFiles } from '../fileLinks.ts';
import { answerOf, type ChatViewParts, type Handlers, type Page } from './chatPage.ts';

/** The actions on an answer that is there, or that failed. */
export function answerHandlers(
  parts: ChatViewParts,
  named: NamedFiles,
  /** What agents cost that were started from an answer, by its id. */
  agentCosts: Map<string, string>,
  refresh: () => void,
): Handlers<
  | 'retry'
  | 'reroute'
  | 'handoff'
  | 'rememberRoute'
  | 'escalateTurn'
  | 'vote'
  | 'keepTask'
  | 'toAgent'
  | 'continueAnswer'
  | 'useTurn'
  | 'openFile'
  | 'copyAnswer'
  | 'nextStep'
  | 'openLink'
  | 'run'
> {
  const { session } = parts;
  return {
    retry: ({ turnId, tier }) => session.retry(turnId, tier ? { tier } : {}),
    reroute: ({ turnId, tier }) => {
      const route = answerOf(session, turnId)?.route;
      if (route) parts.overrode?.(route, tier);
      return session.reroute(turnId, tier);
    },
    handoff: ({ turnId, to }) => passOn(session, turnId, to),
    rememberRoute: async ({ turnId }) => {
      const answer = answerOf(session, turnId);
      if (answer?.route && answer.route.tier !== answer.tier) await parts.remember(answer.route, answer.tier);
      refresh();
    },
    escalateTurn: ({ turnId }) => session.retry(turnId, { tier: 'frontier', escalated: true }),
    vote: async ({ turnId, vote }) => {
      const pair = session.vote(turnId, vote);
      if (pair) await parts.voted(pair);
    },
    keepTask: async ({ turnId }) => {
      const answer = answerOf(session, turnId);
      if (answer) await parts.keepTask(session.thread, answer);
    },
    toAgent: async ({ turnId, use }) => {
      const answer = answerOf(session, turnId);
      if (!answer?.text) return;
      const question = session.thread.turns.find(({ id }) => id === answer.questionId);
      // Masked secrets stay masked: VS Code keeps what is in its chat, and the user may choose any model there.
      await parts.toAgent(use, { question: question?.text ?? '', answer: answer.text }, (words) => {
        agentCosts.set(turnId, words);
        refresh();
      });
    },
    continueAnswer: ({ turnId }) => session.continueAnswer(turnId),
    useTurn: ({ turnId }) => session.choose(turnId),
    openFile: ({ turnId, path, line }) => openFile(named, answerOf(session, turnId), path, line),
    copyAnswer: async ({ turnId }) => {
      const answer = answerOf(session, turnId);
      if (answer) await vscode.env.clipboard.writeText(answer.text);
    },
    nextStep: ({ turnId, next, provider }, page) =>
      provider === undefined
        ? takeStep(parts, page, turnId === undefined ? undefined : answerOf(session, turnId), next)
        : parts.takeStep(next, provider),
    run: async (message) => (await parts.recipes()).act(session, message),
    openLink: async ({ href }) => {
      if (/^https?:\/\//i.test(href)) await vscode.env.openExternal(vscode.Uri.parse(href, true));
    },
  };
}

/** Does what a button beside a failed answer promises. */
async function takeStep(
  { session, takeStep: takeOther }: ChatViewParts,
  page: Page,
  answer: Answer | undefined,
  next: NextStep,
): Promise<void> {
  if (!answer) return takeOther(next, undefined);
  switch (next) {
    case 'retry':
    case 'start-ollama':
    case 'consent':
      await session.retry(answer.id);
      return;
    case 'change-question': {
      const text = session.restoreToComposer(answer.id);
      if (text !== undefined) page.post({ kind: 'compose', text });
      return;
    }
    case 'larger-limit':
      await session.retry(answer.id, { largerLimit: true });
      return;
    case 'send-anyway':
      await session.retry(answer.id, { overBudget: true });
      return;
    case 'pull-model':
      await vscode.env.clipboard.writeText(`ollama pull ${answer.model}`);
      return;
    default:
      return takeOther(next, answer.provider);
  }
}

/** The conversation as a text for another person or program. */
async function passOn(session: ChatSession, turnId: string, to: 'clipboard' | 'file'): Promise<void> {
  const answer = answerOf(session, turnId);
  if (!answer) return;
  // It is made to be passed on.
  const { text } = maskSecrets(handoff(session.thread, answer), nameSecret);
  if (to === 'clipboard') return vscode.env.clipboard.writeText(text).then(() => undefined);
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: text });
  await vscode.window.showTextDocument(document);
}

/** Opens a file that an answer names, at its line. */
async function openFile(
  named: NamedFiles,
  answer: Answer | undefined,
  name: string,
  line: number | undefined,
): Promise<void> {
  const uri = answer && named.uriOf(answer, name);
  if (!uri) return;
  const at = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0);
  await vscode.window.showTextDocument(uri, { preview: true, ...(at ? { selection: at } : {}) });
}
