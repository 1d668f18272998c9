import { t } from '@vscode/l10n';
import { load } from 'js-yaml';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { endpointOf } from '../../core/common/endpoints.ts';
import {
  isEmpty,
  keyVariablesIn,
  planContinue,
  planEnvironment,
  type ImportPlan,
} from '../../core/setup/importSettings.ts';
import { TIERS } from '../../core/common/types.ts';
import type { SettingsState } from '../../protocol/settings.ts';
import type { Config } from '../platform/config.ts';
import type { Keys } from '../platform/apiKeys.ts';
import { editProviders } from './providers.ts';

export interface ImportParts {
  readonly config: Config;
  readonly keys: Keys;
}

/** Larger files are no configuration. */
const MOST_BYTES = 1024 * 1024;

interface Found {
  /** Where it comes from, for people. */
  readonly from: string;
  readonly plan: ImportPlan;
}

interface Source extends vscode.QuickPickItem {
  readonly read: () => Promise<Found | undefined>;
}

/** Lets the user choose where from, shows what would be taken, and takes it. Undefined when nothing was. */
export async function importSettings(parts: ImportParts): Promise<SettingsState['imported'] | undefined> {
  const sources = await findSources(parts);
  const source = await vscode.window.showQuickPick(sources, {
    title: t('Import settings'),
    placeHolder: t('Import from'),
    matchOnDescription: true,
  });
  const found = await source?.read();
  if (!found) return undefined;
  const { from, plan } = found;
  const report = { source: from, took: plan.took, left: plan.left };
  if (isEmpty(plan)) {
    void vscode.window.showInformationMessage(t('Everything found there is already set.'));
    return report;
  }
  const take = t('Import');
  const list = (title: string, lines: readonly string[]): string =>
    lines.length ? `${title}\n${lines.map((line) => `• ${line}`).join('\n')}` : '';
  const choice = await vscode.window.showInformationMessage(
    t('Import from {0}?', from),
    {
      modal: true,
      detail: [list(t('Imported:'), plan.took), list(t('Left:'), plan.left)].filter(Boolean).join('\n\n'),
    },
    take,
  );
  if (choice !== take) return undefined;
  await apply(plan, parts);
  return report;
}

async function findSources({ config }: ImportParts): Promise<Source[]> {
  const folder = process.env['CONTINUE_GLOBAL_DIR'] ?? path.join(os.homedir(), '.continue');
  const files = await Promise.all(
    ['config.yaml', 'config.json'].map(async (name): Promise<Source[]> => {
      const uri = vscode.Uri.file(path.join(folder, name));
      const found = await vscode.workspace.fs.stat(uri).then(
        () => true,
        () => false,
      );
      return found
        ? [{ label: `Continue ${name}`, description: uri.fsPath, read: () => readContinue(uri, config) }]
        : [];
    }),
  );
  const variables = keyVariablesIn(process.env);
  return [
    ...files.flat(),
    ...(variables.length
      ? [
          {
            label: t('Environment variables'),
            description: variables.join(', '),
            read: () =>
              Promise.resolve({
                from: t('Environment variables'),
                plan: planEnvironment(process.env, config.settings.providers),
              }),
          },
        ]
      : []),
    {
      label: t('Choose a Continue config file…'),
      read: async () => {
        const [file] =
          (await vscode.window.showOpenDialog({
            title: t('config.yaml or config.json of Continue'),
            filters: { Continue: ['yaml', 'yml', 'json'] },
          })) ?? [];
        return file && readContinue(file, config);
      },
    },
  ];
}

async function readContinue(file: vscode.Uri, config: Config): Promise<Found> {
  const bytes = await vscode.workspace.fs.readFile(file);
  if (bytes.length > MOST_BYTES) throw new Error(t('{0} is too large to be a configuration.', file.path));
  let parsed: unknown;
  try {
    // JSON is YAML; both may hold comments where the other does not allow them.
    parsed = load(stripComments(new TextDecoder().decode(bytes), file.path));
  } catch (error) {
    // The parser quotes the line, which may hold a key.
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new Error(t('{0} cannot be read: {1}', path.basename(file.path), reason.slice(0, 120)), { cause: error });
  }
  const plan = planContinue(parsed, config.settings.providers, process.env);
  return { from: `Continue ${path.basename(file.path)}`, plan };
}

/** Continue's JSON may have line comments; YAML reads everything else of it. */
const stripComments = (text: string, file: string): string =>
  file.endsWith('.json') ? text.replace(/^\s*\/\/.*$/gm, '') : text;

async function apply(plan: ImportPlan, { config, keys }: ImportParts): Promise<void> {
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
    if (provider && endpointOf(provider).ok) await keys.store(provider, key);
  }
}
