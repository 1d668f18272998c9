import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { budgetReport, describeConversation, describeLeft, describeToday } from '../../core/languageModels/report.ts';
import { describeReasons } from '../../core/routing/describeReasons.ts';
import { displayMoney } from '../../core/money/displayMoney.ts';
import { tierName, type MeterFigures } from '../../core/insights/figures.ts';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import { TIERS } from '../../core/common/types.ts';
import type { Router } from '../routing/autoRouter.ts';
import { EXTENSION_ID } from '../platform/contributions.ts';
import { VENDOR } from './vsCodeChat.ts';

/** `@gearshift` in VS Code's chat, and the tool that tells agents what is left. */

export interface ParticipantParts {
  readonly figures: () => MeterFigures | undefined;
  readonly ledger: () => Promise<LedgerStore>;
  readonly router: () => Promise<Router>;
}

/** How far back the last conversation is looked for, in ms. */
const RECENT_MS = 24 * 3_600_000;
const MOST_ROWS = 2_000;

/** Answers one question to `@gearshift`. */
export async function answer(
  { prompt, command }: Pick<vscode.ChatRequest, 'prompt' | 'command'>,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
  parts: ParticipantParts,
): Promise<void> {
  switch (command) {
    case 'why':
      return tellWhy(prompt, stream, parts);
    case 'compare':
      return compare(prompt, stream, token, parts);
    case 'left':
      stream.markdown(left(parts));
      break;
    case 'cost':
      stream.markdown(await cost(parts));
      break;
    default:
      stream.markdown(`${await cost(parts)}\n\n${left(parts)}`);
  }
  stream.button({ command: 'gearshift.meter.open', title: t('Open Insights') });
}

async function cost({ figures, ledger }: ParticipantParts): Promise<string> {
  const known = figures();
  const rows = await (await ledger()).rows({ since: Date.now() - RECENT_MS, limit: MOST_ROWS });
  const today = known ? describeToday(known) : t('The ledger is being read. Ask again in a moment.');
  return [today, describeConversation(rows)].filter(Boolean).join('\n\n');
}

const left = ({ figures }: ParticipantParts): string => {
  const known = figures();
  return known ? describeLeft(known) : '';
};

async function tellWhy(prompt: string, stream: vscode.ChatResponseStream, parts: ParticipantParts): Promise<void> {
  if (!prompt.trim()) return void stream.markdown(t('Write the question after the command: `@gearshift /why …`.'));
  const question = { role: 'user' as const, id: 'why', at: 0, text: prompt, attachments: [] };
  const messages = [{ role: 'user' as const, content: prompt }];
  const router = await parts.router();
  const { tier, chain, reasons } = await router.route(
    { question, messages, threadTurns: 0 },
    new AbortController().signal,
  );
  stream.markdown(
    `${t('*Auto* would ask **{0}** ({1}).', tierName(tier), chain[0]?.model ?? '')}\n\n${describeReasons(reasons)}`,
  );
}

/** Asks every tier the same. Each answer passes through the provider: consent, budgets and the ledger as always. */
async function compare(
  prompt: string,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
  { ledger }: ParticipantParts,
): Promise<void> {
  if (!prompt.trim()) return void stream.markdown(t('Write the question after the command: `@gearshift /compare …`.'));
  const models = await vscode.lm.selectChatModels({ vendor: VENDOR });
  for (const tier of TIERS) {
    const model = models.find(({ id }) => id === tier);
    if (!model || token.isCancellationRequested) continue;
    stream.progress(t('Asking {0}', tierName(tier)));
    const since = Date.now();
    stream.markdown(`### ${tierName(tier)}\n\n`);
    try {
      const reply = await model.sendRequest([vscode.LanguageModelChatMessage.User(prompt)], {}, token);
      for await (const text of reply.text) stream.markdown(text);
    } catch (error) {
      stream.markdown(error instanceof Error ? error.message : String(error));
    }
    const rows = await (await ledger()).rows({ since, limit: 20 });
    const own = rows.filter(({ initiator }) => initiator?.toLowerCase() === EXTENSION_ID);
    const nanoUsd = own.reduce((sum, { settled }) => sum + (settled?.cost.nanoUsd ?? 0), 0);
    stream.markdown(`\n\n*${t('{0}, {1} ms', displayMoney(nanoUsd), Date.now() - since)}*\n\n`);
  }
}

/** The tool for agents: it reads the ledger and sends nothing. */
export const budgetTool = (figures: () => MeterFigures | undefined): vscode.LanguageModelTool<object> => ({
  invoke() {
    const known = figures();
    const text = known ? JSON.stringify(budgetReport(known)) : 'The ledger is not read yet.';
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
  },
});
