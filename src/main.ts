import { config as configureL10n } from '@vscode/l10n';
import * as vscode from 'vscode';
import { registerChat } from './editor/chat/register.ts';
import { registerCodebase } from './editor/codebase/register.ts';
import { registerCodeTools } from './editor/codeTools/register.ts';
import { registerCompletion } from './editor/completion/register.ts';
import { registerEdits } from './editor/edits/register.ts';
import { registerOneShot } from './editor/gateway/register.ts';
import { registerEvaluation } from './editor/evaluation/register.ts';
import { registerInsights } from './editor/insights/register.ts';
import { registerLanguageModels } from './editor/languageModels/register.ts';
import { registerLedger } from './editor/ledger/register.ts';
import { registerCommands } from './editor/platform/commands.ts';
import { registerFeatures, type Feature } from './editor/platform/features.ts';
import { createServices, type Services } from './editor/platform/services.ts';
import { registerRecipes } from './editor/recipes/register.ts';
import { registerSettings } from './editor/settings/register.ts';
import { setLanguage } from './core/common/language.ts';

/** What Gearshift consists of. Each feature loads its code when it is first used. */
const FEATURES: readonly Feature<Services>[] = [
  { name: 'oneShot', register: registerOneShot },
  { name: 'completion', register: registerCompletion },
  { name: 'edits', register: registerEdits },
  { name: 'codebase', register: registerCodebase },
  { name: 'chat', register: registerChat },
  { name: 'insights', register: registerInsights },
  { name: 'ledger', register: registerLedger },
  { name: 'settings', register: registerSettings },
  { name: 'codeTools', register: registerCodeTools },
  { name: 'evaluation', register: registerEvaluation },
  { name: 'languageModels', register: registerLanguageModels },
  { name: 'recipes', register: registerRecipes },
];

/** Makes the shared services and registers the features. Nothing here waits for the disk or the network. */
export function activate(context: vscode.ExtensionContext): void {
  setLanguage(vscode.env.language);
  if (vscode.l10n.bundle) configureL10n({ contents: vscode.l10n.bundle });
  const services = createServices(context);
  const table = registerFeatures(FEATURES, services, services.log);
  services.track(registerCommands(table, services.log));
}
