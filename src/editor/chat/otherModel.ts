import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ModelRef } from '../../core/common/types.ts';
import { ADAPTERS } from '../../core/providers/adapters.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { askProvider, type AskParts } from '../platform/askProvider.ts';
import { withProgress } from '../platform/messages.ts';

/** How long a provider may take to list its models, in ms. */
const LIST_MS = 10_000;

interface OtherModelParts extends Omit<AskParts, 'config'> {
  readonly config: { readonly settings: Settings };
}

/** Lets the user choose any model of any provider, for one question; undefined when the user gives up. */
export async function chooseOtherModel(parts: OtherModelParts): Promise<ModelRef | undefined> {
  const { providers } = parts.config.settings;
  const inUse = new Set(
    Object.values(parts.config.settings.tiers).flatMap((chain) => chain.map((ref) => ref.provider)),
  );
  const sorted = [...providers.values()].sort((a, b) => Number(inUse.has(b.name)) - Number(inUse.has(a.name)));
  const chosen = await vscode.window.showQuickPick(
    sorted.map(({ name, baseUrl }) => ({ label: name, description: baseUrl })),
    { title: t('Model for one question'), placeHolder: t('Provider') },
  );
  const provider = chosen && providers.get(chosen.label);
  if (!provider) return undefined;
  const listed = await withProgress(
    { location: vscode.ProgressLocation.Window, title: t('Listing the models of {0}', provider.name) },
    () => askProvider(provider, parts, { ms: LIST_MS }, (wire, signal) => ADAPTERS[provider.kind].models(wire, signal)),
  );
  const names = listed.ok ? listed.value.map(({ id }) => id).sort() : [];
  const model =
    names.length > 0
      ? await vscode.window.showQuickPick(names, { title: provider.name, placeHolder: t('Model') })
      : await vscode.window.showInputBox({
          title: provider.name,
          prompt: t('{0} does not list its models. Enter the name of one.', provider.name),
        });
  const name = model?.trim();
  return name ? { provider: provider.name, model: name } : undefined;
}
