import { t } from '@vscode/l10n';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { endpointOf } from '../../core/common/endpoints.ts';
import { COPILOT_SETTINGS, planCopilotSettings } from '../../core/setup/importCopilot.ts';
import { keyVariablesIn, planEnvironment } from '../../core/setup/importEnvironment.ts';
import { isEmpty, type ImportContext, type ImportPlan } from '../../core/setup/importPlan.ts';
import { planFile } from '../../core/setup/importSettings.ts';
import { TIERS } from '../../core/common/types.ts';
import type { SettingsState } from '../../protocol/settings.ts';
import type { Config } from '../platform/config.ts';
import type { Keys } from '../platform/apiKeys.ts';
import { editProviders } from './providers.ts';
import { showInformationMessage } from '../platform/messages.ts';

export interface ImportParts {
  readonly context: Pick<vscode.ExtensionContext, 'globalStorageUri'>;
  readonly config: Config;
  readonly keys: Keys;
}

/** Larger files are no configuration. */
const MOST_BYTES = 1024 * 1024;
/** Lines of each list in the question; the settings page shows all of them afterward. */
const MOST_LINES = 20;
/** Lines about addresses, keys and headers are all shown. A file with more of them is not imported. */
const MOST_PLACES = 40;

interface Found {
  /** Where it comes from, for people. */
  readonly from: string;
  /** The file is in a folder of the workspace, so others may have written it. */
  readonly isOfWorkspace?: boolean;
  readonly plan: ImportPlan;
}

interface Source extends vscode.QuickPickItem {
  readonly read?: () => Promise<Found | undefined>;
}

/** Lets the user choose where from, shows what would be taken, and takes it. Undefined when nothing was. */
export async function importSettings(parts: ImportParts): Promise<SettingsState['imported'] | undefined> {
  const { sources, places } = await findSources(parts);
  const source = await vscode.window.showQuickPick<Source>([...sources, ...filesOf(places, parts)], {
    title: t('Import settings'),
    placeHolder: sources.length > 0 ? t('Import from') : t('Nothing was found in the places below. Choose a file'),
    matchOnDescription: true,
  });
  const found = await source?.read?.();
  if (!found) return undefined;
  const { from, plan, isOfWorkspace } = found;
  const report = { source: from, took: plan.took, left: plan.left };
  if (isEmpty(plan)) {
    void showInformationMessage(
      plan.left.length > 0
        ? t('Nothing was imported from {0}: {1}', from, plan.left.join(' · '))
        : t('Everything found there is already set.'),
    );
    return report;
  }
  if (plan.places.length > MOST_PLACES)
    throw new Error(
      t(
        '{0} names too many addresses and keys to show all of them, so nothing was imported. Set them under Providers.',
        from,
      ),
    );
  const others = plan.took.filter((line) => !plan.places.includes(line));
  const owned = await providersWithKeys(plan, parts);
  const take = t('Import');
  const replace = t('Import and Replace Keys');
  const choice = await showInformationMessage(
    t('Import from {0}?', from),
    {
      modal: true,
      detail: [
        isOfWorkspace
          ? t('The file is part of this workspace, so others may have written it. Look at each address and key.')
          : '',
        listOf(t('Imported:'), [...plan.places, ...others], Math.max(MOST_LINES, plan.places.length)),
        listOf(t('Not imported:'), plan.left),
        owned.length > 0 ? t('These providers already have a key, which is kept: {0}', owned.join(', ')) : '',
      ]
        .filter(Boolean)
        .join('\n\n'),
    },
    take,
    ...(owned.length > 0 ? [replace] : []),
  );
  if (choice !== take && choice !== replace) return undefined;
  await apply(plan, parts, new Set(choice === replace ? [] : owned));
  return report;
}

function listOf(title: string, lines: readonly string[], most = MOST_LINES): string {
  if (lines.length === 0) return '';
  const more = lines.length - most;
  return [
    title,
    ...lines.slice(0, most).map((line) => `• ${line}`),
    ...(more > 0 ? [t('and more: the settings page lists all of them after the import')] : []),
  ].join('\n');
}

/** Providers of a plan's keys that have a key of the user's already. */
async function providersWithKeys(plan: ImportPlan, { config, keys }: ImportParts): Promise<string[]> {
  const owned: string[] = [];
  for (const name of plan.keys.keys()) {
    const provider = config.settings.providers.get(name);
    if (provider && ['stored', 'environment'].includes(await keys.origin(provider))) owned.push(name);
  }
  return owned;
}

/** A file that another tool keeps. */
interface Place {
  /** Names of tools are not translated. */
  readonly tool: string;
  readonly file: vscode.Uri;
}

/** Where the other tools keep their configuration on this computer, and in the folders of a trusted workspace. */
function placesToLook({ context }: ImportParts): Place[] {
  const home = os.homedir();
  const inFolder = (folder: string, ...path: string[]): vscode.Uri =>
    vscode.Uri.joinPath(vscode.Uri.file(folder), ...path);
  const continueFolder = process.env['CONTINUE_GLOBAL_DIR'] ?? path.join(home, '.continue');
  // `User/globalStorage/<extension>`, below a profile too.
  const userFolder = vscode.Uri.joinPath(context.globalStorageUri, '..', '..');
  const folders = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
  return [
    { tool: 'Continue', file: inFolder(continueFolder, 'config.yaml') },
    { tool: 'Continue', file: inFolder(continueFolder, 'config.json') },
    { tool: 'Continue', file: inFolder(continueFolder, '.env') },
    {
      tool: 'Cline',
      file: inFolder(process.env['CLINE_DIR'] ?? path.join(home, '.cline'), 'data', 'globalState.json'),
    },
    { tool: 'Copilot', file: vscode.Uri.joinPath(userFolder, 'chatLanguageModels.json') },
    { tool: 'Aider', file: inFolder(home, '.aider.conf.yml') },
    ...folders.flatMap(({ uri }) => [
      { tool: 'Aider', file: vscode.Uri.joinPath(uri, '.aider.conf.yml') },
      { tool: 'LiteLLM', file: vscode.Uri.joinPath(uri, 'litellm_config.yaml') },
      { tool: 'LiteLLM', file: vscode.Uri.joinPath(uri, 'litellm-config.yaml') },
      { tool: '.env', file: vscode.Uri.joinPath(uri, '.env') },
    ]),
  ];
}

async function findSources(parts: ImportParts): Promise<{ sources: Source[]; places: Place[] }> {
  const sources: Source[] = [];
  const places: Place[] = [];
  const looked = await Promise.all(
    placesToLook(parts).map(async (place) => ({
      place,
      exists: await vscode.workspace.fs.stat(place.file).then(
        () => true,
        () => false,
      ),
    })),
  );
  for (const { place, exists } of looked) {
    if (!exists) places.push(place);
    else
      sources.push({
        label: nameOf(place.tool, path.basename(place.file.path)),
        description: place.file.fsPath,
        read: () => readFile(place.file, parts),
      });
  }
  const models = copilotSettings();
  if (models)
    sources.push({
      label: t('Copilot settings'),
      description: Object.keys(models).join(', '),
      read: () => Promise.resolve({ from: t('Copilot settings'), plan: planCopilotSettings(models, contextOf(parts)) }),
    });
  const variables = keyVariablesIn(process.env);
  if (variables.length > 0)
    sources.push({
      label: t('Environment variables'),
      description: variables.join(', '),
      read: () => Promise.resolve({ from: t('Environment variables'), plan: planEnvironment(contextOf(parts)) }),
    });
  return { sources, places };
}

/** The user's own values of the settings that Copilot had before `chatLanguageModels.json`. */
function copilotSettings(): Record<string, unknown> | undefined {
  const values = COPILOT_SETTINGS.map((name) => [name, vscode.workspace.getConfiguration().inspect(name)?.globalValue]);
  const found = values.filter(([, value]) => typeof value === 'object' && value !== null);
  return found.length > 0 ? (Object.fromEntries(found) as Record<string, unknown>) : undefined;
}

/** *Choose a file…*, and below it the places where nothing was found: each opens the file dialog too. */
function filesOf(places: readonly Place[], parts: ImportParts): Source[] {
  const read = async (): Promise<Found | undefined> => {
    const [file] =
      (await vscode.window.showOpenDialog({
        title: t('A configuration of Continue, Cline, Aider, Copilot or LiteLLM, or a .env file'),
      })) ?? [];
    return file && readFile(file, parts);
  };
  return [
    { label: t('Choose a file…'), read },
    ...(places.length > 0 ? [{ label: t('Nothing found here'), kind: vscode.QuickPickItemKind.Separator }] : []),
    ...places.map(({ tool, file }) => ({ label: tool, description: file.fsPath, read })),
  ];
}

const contextOf = ({ config }: ImportParts): ImportContext => ({ known: config.settings.providers, env: process.env });

async function readFile(file: vscode.Uri, parts: ImportParts): Promise<Found> {
  const name = path.basename(file.path);
  const readText = async (uri: vscode.Uri): Promise<string> => {
    const bytes = await vscode.workspace.fs.readFile(uri);
    if (bytes.length > MOST_BYTES) throw new Error(t('{0} is too large to be a configuration.', uri.path));
    return new TextDecoder().decode(bytes);
  };
  const text = await readText(file);
  const beside = async (other: string): Promise<string | undefined> =>
    readText(vscode.Uri.joinPath(file, '..', other)).catch(() => undefined);
  const read = planFile(name, text, contextOf(parts), beside);
  const { tool, plan } = await read.catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(t('{0} cannot be read: {1}', name, reason), { cause: error });
  });
  const isOfWorkspace = vscode.workspace.getWorkspaceFolder(file) !== undefined;
  return { from: nameOf(tool, name), plan, isOfWorkspace };
}

/** `Continue config.yaml`; a file of no tool is called by its own name. */
const nameOf = (tool: string | undefined, file: string): string =>
  tool === undefined || tool === '.env' ? file : `${tool} ${file}`;

/** @param kept providers whose own keys stay */
async function apply(plan: ImportPlan, { config, keys }: ImportParts, kept: ReadonlySet<string>): Promise<void> {
  await editProviders(config, (users) => {
    for (const [name, fields] of plan.providers) {
      const before = (users[name] ?? {}) as { headers?: Record<string, string> };
      const headers = fields.headers ? { headers: { ...before.headers, ...fields.headers } } : {};
      users[name] = { ...before, ...fields, ...headers };
    }
  });
  for (const tier of TIERS) {
    const chain = plan.tiers[tier];
    if (chain?.length) await config.write(`tiers.${tier}`, chain);
  }
  // The user has just seen what of it goes where.
  for (const name of plan.providers.keys()) {
    const provider = config.settings.providers.get(name);
    if (provider?.apiKeyEnv) await keys.agree(provider);
  }
  for (const [name, headers] of plan.secretHeaders) {
    const provider = config.settings.providers.get(name);
    if (provider) await keys.storeHeaders(provider, headers);
  }
  for (const [name, key] of plan.keys) {
    const provider = config.settings.providers.get(name);
    if (provider && !kept.has(name) && endpointOf(provider).ok) await keys.store(provider, key);
  }
}
