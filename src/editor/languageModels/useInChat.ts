import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { giveUp } from '../../core/common/debugLog.ts';
import { canChat } from '../../core/chat/modelCapabilities.ts';
import type { Services } from '../platform/services.ts';
import {
  addGroup,
  AI_OFF,
  builtInExtension,
  MANAGE_MODELS,
  openChat,
  readState,
  removeGroups,
  UTILITY_SETTINGS,
  type UtilitySetting,
} from './vsCodeChat.ts';
import { showErrorMessage, showInformationMessage, showWarningMessage } from '../platform/messages.ts';

/** *Use Gearshift in VS Code's Chat*, and the way back. */

/** VS Code needs up to ten seconds on a busy computer to switch its chat extension on, in ms. */
const SWITCH_ON_MS = 30_000;
const LOOK_EVERY_MS = 100;

type Parts = Pick<Services, 'config' | 'context' | 'log'>;

/** Sets VS Code's chat up to run on our tiers, after the user agreed to what that means, and opens it on mid. */
export async function useInChat({ config, context, log }: Parts): Promise<void> {
  if (config.settings.private)
    return void showWarningMessage(
      t(
        "Private mode is on. VS Code's chat runs in an extension of Microsoft that may use the network, so Gearshift does not turn it on. Turn private mode off first.",
      ),
    );
  const state = await readState(context.globalStorageUri);
  if (!state.hasApi || !state.hasGroupCommand || !state.hasChatCommand)
    return void showWarningMessage(
      t(
        'This version of VS Code ({0}) does not let extensions provide models for its chat. Update it.',
        vscode.version,
      ),
    );
  if (!(await agreed(state))) return;
  await addGroup();
  if (!(await switchOn(state.aiOff === 'user'))) {
    return void showErrorMessage(
      t(
        'VS Code did not turn its chat extension on. Enable "GitHub Copilot Chat" in the Extensions view, then run this command again.',
      ),
    );
  }
  await setUtilityModels(config.settings.tiers.local.some(canChat));
  log.info("Gearshift is used in VS Code's chat");
  await openChat({ model: 'mid' });
}

async function agreed({ aiOff, builtIn }: Awaited<ReturnType<typeof readState>>): Promise<boolean> {
  if (aiOff === 'workspace') {
    void showWarningMessage(
      t("This workspace turns AI features off ({0}), so VS Code's chat is not used in it.", AI_OFF),
    );
    return false;
  }
  const use = t('Use Gearshift');
  const detail = [
    t(
      "VS Code's chat and agents then run on your tiers: with your keys, your budgets and your ledger, without a sign-in.",
    ),
    aiOff === 'user' ? t('You turned AI features off in VS Code ({0}). This turns them on again.', AI_OFF) : '',
    builtIn === 'off'
      ? t(
          "This turns on Microsoft's built-in chat extension (GitHub Copilot Chat). It takes about 300 MB of memory, writes into the folder .copilot of your home, and may try to reach Microsoft's servers. Gearshift does not control what it sends there.",
        )
      : '',
    t(
      'An agent sends many requests for one question: titles and summaries go to your local or mid tier, everything else to the tier that you choose.',
    ),
    t('"Gearshift: Remove from VS Code\'s Chat" undoes it.'),
  ];
  const choice = await showInformationMessage(
    t("Use Gearshift in VS Code's chat?"),
    { modal: true, detail: detail.filter(Boolean).join('\n\n') },
    use,
  );
  return choice === use;
}

/**
 * Switches the built-in chat extension on, which VS Code does where the setting changes or where its list of models is
 * opened; see VS Code 1.139.
 *
 * @param wasOff the user had switched AI features off
 * @returns whether it is there and active
 */
async function switchOn(wasOff: boolean): Promise<boolean> {
  const config = vscode.workspace.getConfiguration();
  if (!builtInExtension() || wasOff) {
    if (config.inspect(AI_OFF)?.globalValue !== false)
      await config.update(AI_OFF, false, vscode.ConfigurationTarget.Global);
    else await vscode.commands.executeCommand(MANAGE_MODELS);
  }
  for (const end = Date.now() + SWITCH_ON_MS; !builtInExtension() && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  const extension = builtInExtension();
  if (!extension) return false;
  await extension.activate();
  return true;
}

/** The models of VS Code's errands, where the user has not chosen any. */
async function setUtilityModels(hasLocal: boolean): Promise<void> {
  const wanted: Readonly<Record<UtilitySetting, string>> = {
    'chat.utilityModel': 'gearshift/mid',
    'chat.utilitySmallModel': hasLocal ? 'gearshift/local' : 'gearshift/mid',
  };
  const config = vscode.workspace.getConfiguration();
  for (const name of UTILITY_SETTINGS) {
    if (config.inspect(name)?.globalValue !== undefined) continue;
    // VS Code before these settings has no such errands.
    await Promise.resolve(config.update(name, wanted[name], vscode.ConfigurationTarget.Global)).catch(giveUp(name));
  }
}

/** Takes Gearshift out of VS Code's chat. The extension of Microsoft stays on unless the user wants it off. */
export async function removeFromChat({ context, log }: Pick<Parts, 'context' | 'log'>): Promise<void> {
  const remove = t('Remove');
  const off = t('Remove, and Turn AI Features Off');
  const choice = await showInformationMessage(
    t("Remove Gearshift from VS Code's chat?"),
    {
      modal: true,
      detail: t(
        "Your tiers leave VS Code's model picker. Microsoft's chat extension stays on; the second choice turns all of VS Code's AI features off, as they were before.",
      ),
    },
    remove,
    off,
  );
  if (choice !== remove && choice !== off) return;
  const removed = await removeGroups(context.globalStorageUri);
  const config = vscode.workspace.getConfiguration();
  for (const name of UTILITY_SETTINGS)
    if (String(config.inspect(name)?.globalValue ?? '').startsWith('gearshift/'))
      await config.update(name, undefined, vscode.ConfigurationTarget.Global);
  if (choice === off) await config.update(AI_OFF, true, vscode.ConfigurationTarget.Global);
  log.info("Gearshift is no longer used in VS Code's chat");
  if (!removed)
    void showWarningMessage(
      t(
        'The list of model groups is on another computer. Open "Manage Language Models" and remove the group Gearshift there.',
      ),
    );
}
