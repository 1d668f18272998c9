import * as vscode from 'vscode';
import type { VsCodeChatFacts } from '../../core/setup/vsCodeChat.ts';
import { giveUp } from '../../core/common/debugLog.ts';

/** VS Code's chat as it is in this window: what of it is there, and what Gearshift has in it. */

export const VENDOR = 'gearshift';
/** The built-in extension that has VS Code's agents and their tools. */
const BUILT_IN = 'GitHub.copilot-chat';
const ADD_GROUP = 'lm.addLanguageModelsProviderGroup';
export const OPEN_CHAT = 'workbench.action.chat.open';
export const MANAGE_MODELS = 'workbench.action.chat.manage';

/** Settings of VS Code that name the models of its own errands, and what Gearshift sets them to. */
export const UTILITY_SETTINGS = ['chat.utilityModel', 'chat.utilitySmallModel'] as const;
export type UtilitySetting = (typeof UTILITY_SETTINGS)[number];
export const AI_OFF = 'chat.disableAIFeatures';

/** @param storage folder of the extension in the user's data, which tells where the groups are */
export async function readState(storage: vscode.Uri): Promise<VsCodeChatFacts> {
  const commands = new Set(await vscode.commands.getCommands(false));
  const config = vscode.workspace.getConfiguration();
  const off = config.inspect<boolean>(AI_OFF);
  const builtIn = builtInExtension();
  const groups = await readGroups(storage);
  return {
    version: vscode.version,
    hasApi: typeof vscode.lm?.registerLanguageModelChatProvider === 'function',
    hasGroupCommand: commands.has(ADD_GROUP),
    hasChatCommand: commands.has(OPEN_CHAT),
    group: groups?.some(({ vendor }) => vendor === VENDOR),
    builtIn: builtIn === undefined ? 'off' : builtIn.isActive ? 'active' : 'inactive',
    aiOff:
      off?.workspaceValue === true || off?.workspaceFolderValue === true
        ? 'workspace'
        : off?.globalValue === true
          ? 'user'
          : undefined,
    utility: {
      'chat.utilityModel': config.get<string>('chat.utilityModel', ''),
      'chat.utilitySmallModel': config.get<string>('chat.utilitySmallModel', ''),
    },
    agentHost:
      config.get<boolean>('chat.agentHost.enabled', false) && config.get<string>('chat.defaultHarness', '') !== 'local',
  };
}

export const builtInExtension = (): vscode.Extension<unknown> | undefined => vscode.extensions.getExtension(BUILT_IN);

/** Makes the group of our models, without which VS Code's chat asks for a sign-in. One that is there already is fine. */
export async function addGroup(): Promise<void> {
  try {
    await vscode.commands.executeCommand(ADD_GROUP, { name: 'Gearshift', vendor: VENDOR });
  } catch (error) {
    if (!/already exists/i.test(String(error))) throw error;
  }
}

/** The groups of models are in a file of the user's profile (VS Code 1.139); no command removes one. */
const groupsFile = (storage: vscode.Uri): vscode.Uri =>
  vscode.Uri.joinPath(storage, '..', '..', 'chatLanguageModels.json');

interface Group {
  readonly vendor?: unknown;
}

async function readGroups(storage: vscode.Uri): Promise<readonly Group[] | undefined> {
  const bytes = await Promise.resolve(vscode.workspace.fs.readFile(groupsFile(storage))).catch(
    giveUp('groups of models'),
  );
  if (!bytes) return undefined;
  try {
    const groups: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return Array.isArray(groups)
      ? groups.filter((each): each is Group => typeof each === 'object' && each !== null)
      : [];
  } catch {
    return undefined;
  }
}

/** Takes our groups out; those of others stay as they are. Answers false where the file cannot be read. */
export async function removeGroups(storage: vscode.Uri): Promise<boolean> {
  const groups = await readGroups(storage);
  if (!groups) return false;
  const others = groups.filter(({ vendor }) => vendor !== VENDOR);
  if (others.length < groups.length)
    await vscode.workspace.fs.writeFile(groupsFile(storage), Buffer.from(`${JSON.stringify(others, null, '\t')}\n`));
  return true;
}

/** A question for VS Code's chat. */
export interface OpenedChat {
  /** The name of an agent; by default VS Code's own. */
  readonly mode?: string;
  readonly model: 'mid' | 'frontier' | 'local' | 'auto';
  /** Put into the input, for the user to send. */
  readonly query?: string;
  readonly files?: readonly vscode.Uri[];
}

/** Opens VS Code's chat with an agent and a model. Nothing is sent: what the user asked for is in the input. */
export async function openChat({ mode = 'agent', model, query, files = [] }: OpenedChat): Promise<void> {
  await vscode.commands.executeCommand(OPEN_CHAT, {
    mode,
    modelSelector: { vendor: VENDOR, id: model },
    ...(query === undefined ? {} : { query, isPartialQuery: true }),
    ...(files.length > 0 ? { attachFiles: files } : {}),
  });
}
