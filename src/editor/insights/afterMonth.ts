import * as vscode from 'vscode';
import type { LedgerStore } from '../../core/ledger/ledger.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { watchDay } from '../../core/insights/watchWeek.ts';
import { MONTH_WALKTHROUGH } from '../platform/contributions.ts';
import { REPORTED, WATCHED } from './memory.ts';

/** The walkthrough for those who have used Gearshift for a month: the ledger and the settings say which steps are done. */

const MONTH_MS = 30 * 86_400_000;
/** The latest questions that are looked at for a corrected category. */
const MOST_QUESTIONS = 2_000;

export interface MonthParts {
  readonly store: LedgerStore;
  readonly settings: Settings;
  readonly memento: Pick<vscode.Memento, 'get'>;
  readonly now: number;
}

/** Which steps are done, by the end of their contexts. */
export async function monthSteps({
  store,
  settings,
  memento,
  now,
}: MonthParts): Promise<Readonly<Record<string, boolean>>> {
  const watched = memento.get<number>(WATCHED);
  const { first } = await store.extent();
  const questions = await store.questions({ since: now - MONTH_MS, limit: MOST_QUESTIONS });
  const isMonth = first !== undefined && now - first >= MONTH_MS;
  return {
    watched: watched !== undefined && watchDay(watched, now) === undefined,
    advised: isMonth || settings.routing.entries.length > 0,
    corrected: questions.some(({ ownCategory }) => ownCategory !== null),
    budgeted: settings.budgets.length > 0,
    reported: memento.get<boolean>(REPORTED) === true,
  };
}

/** Opens the walkthrough. VS Code notices a context only when it becomes true, so all of them are false before. */
export async function openAfterMonth(parts: MonthParts): Promise<void> {
  const steps = await monthSteps(parts);
  const tell = (name: string, value: boolean) =>
    vscode.commands.executeCommand('setContext', `gearshift.month.${name}`, value);
  await Promise.all(Object.keys(steps).map((name) => tell(name, false)));
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', MONTH_WALKTHROUGH);
  await new Promise((resolve) => setTimeout(resolve, READ_MS));
  await Promise.all(Object.entries(steps).map(([name, value]) => tell(name, value)));
}

/** Within this time VS Code has read the steps of a walkthrough that it opened, in ms. */
const READ_MS = 1_000;
