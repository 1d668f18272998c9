import { t } from '@vscode/l10n';
import type { Finding, Fix } from './findings.ts';

/** VS Code's own chat on our tiers: the pieces that it needs, as they are in a window. */
export interface VsCodeChatFacts {
  /** The version of VS Code. */
  readonly version: string;
  /** VS Code lets extensions provide models. */
  readonly hasApi: boolean;
  /** VS Code has the commands that make a group of models and open its chat; older versions do not. */
  readonly hasGroupCommand: boolean;
  readonly hasChatCommand: boolean;
  /** Our models are in a group; undefined where the file with the groups is on another computer. */
  readonly group: boolean | undefined;
  /** VS Code's built-in chat extension. */
  readonly builtIn: 'active' | 'inactive' | 'off';
  /** A setting that switches all AI features off, and whose it is. */
  readonly aiOff: 'user' | 'workspace' | undefined;
  /** Settings of VS Code that name the models of its errands, with their values. */
  readonly utility: Readonly<Record<string, string>>;
  /** VS Code runs its agents in another program, which provided models reach only with a setting of its own. */
  readonly agentHost: boolean;
}

const USE: Fix = { kind: 'use-in-chat' };

/** A piece that VS Code's chat on our tiers needs, and how it is in this window. */
export interface ChatPiece {
  /** Stable, for the page: `version`, or the name of a setting. */
  readonly id: string;
  readonly name: string;
  readonly level: 'ok' | Finding['level'];
  readonly text: string;
  readonly fix?: Fix;
}

type Judged = Omit<ChatPiece, 'id' | 'name'>;
const fine = (text: string): Judged => ({ level: 'ok', text });
const judged = (level: Finding['level'], text: string, fix?: Fix): Judged => ({ level, text, ...(fix && { fix }) });

/** Whether this VS Code has all that Gearshift's models need of it. */
export const canUseChat = ({ hasApi, hasGroupCommand, hasChatCommand }: VsCodeChatFacts): boolean =>
  hasApi && hasGroupCommand && hasChatCommand;

/** All pieces, those in order too. */
export function chatPieces(facts: VsCodeChatFacts): ChatPiece[] {
  return [
    { id: 'version', name: t('Version of VS Code'), ...ofVersion(facts) },
    {
      id: 'registered',
      name: t('Models'),
      ...(facts.hasApi
        ? fine(t('Gearshift Auto, Local, Mid and Frontier are registered.'))
        : judged('warning', t('This version of VS Code does not accept models from extensions.'), {
            kind: 'update-editor',
          })),
    },
    { id: 'group', name: t('Group of models'), ...ofGroup(facts) },
    { id: 'aiFeatures', name: t("VS Code's AI features"), ...ofAiFeatures(facts) },
    { id: 'builtIn', name: t('Built-in chat extension'), ...ofBuiltIn(facts) },
    ...Object.entries(facts.utility).map(([id, value]) => ({
      id,
      name: t('Model for titles and summaries ({0})', id),
      ...ofUtility(id, value),
    })),
    {
      id: 'harness',
      name: t('Where agents run'),
      ...(facts.agentHost
        ? judged(
            'warning',
            t('VS Code runs agents in its agent host here. Gearshift supports agents that run in the window.'),
            { kind: 'json', setting: 'chat.agentHost.enabled' },
          )
        : fine(t('Agents run in this window.'))),
    },
  ];
}

const ofVersion = (facts: VsCodeChatFacts): Judged =>
  canUseChat(facts)
    ? fine(t('VS Code {0} lets extensions provide models for its chat.', facts.version))
    : judged(
        'warning',
        t('VS Code {0} does not let extensions provide models for its chat. Update it.', facts.version),
        {
          kind: 'update-editor',
        },
      );

function ofGroup({ group }: VsCodeChatFacts): Judged {
  if (group) return fine(t("Your tiers are in VS Code's model picker."));
  return group === false
    ? judged('info', t("VS Code's own chat and agents do not use your tiers."), USE)
    : judged(
        'info',
        t('VS Code keeps its groups of models on another computer, so Gearshift cannot tell whether yours is there.'),
        USE,
      );
}

function ofAiFeatures({ aiOff }: VsCodeChatFacts): Judged {
  if (aiOff === 'workspace')
    return judged('info', t("This workspace turns AI features off, so VS Code's chat does not run in it."), {
      kind: 'workspace-settings',
    });
  return aiOff === 'user'
    ? judged('warning', t('AI features are turned off in VS Code (chat.disableAIFeatures).'), USE)
    : fine(t('AI features are on.'));
}

function ofBuiltIn({ builtIn }: VsCodeChatFacts): Judged {
  if (builtIn === 'off')
    return judged(
      'error',
      t("VS Code's built-in chat extension is off, so its agents and their tools are missing."),
      USE,
    );
  return fine(builtIn === 'active' ? t('It is running.') : t('It is on, and starts when the chat opens.'));
}

function ofUtility(name: string, value: string): Judged {
  if (value === '')
    return judged('warning', t('VS Code has no model for the titles and summaries of its chat ({0}).', name), USE);
  return /gearshift\/(frontier|auto)$/.test(value)
    ? judged('warning', t('{0} is {1}: titles and summaries need no costly model.', name, value), {
        kind: 'json',
        setting: name,
      })
    : fine(value);
}

/** What is missing for VS Code's chat to run on our tiers. Where it does not use them, only that is said. */
export function checkVsCodeChat(facts: VsCodeChatFacts | undefined): Finding[] {
  if (!facts || facts.group === undefined) return [];
  const pieces = chatPieces(facts).filter(({ level }) => level !== 'ok');
  const of = (id: string): ChatPiece[] => pieces.filter((piece) => piece.id === id);
  if (!facts.group) return canUseChat(facts) && facts.aiOff !== 'workspace' ? findings(of('group')) : [];
  if (!canUseChat(facts)) return findings(of('version'));
  return findings(facts.aiOff ? of('aiFeatures') : pieces);
}

const findings = (pieces: readonly ChatPiece[]): Finding[] =>
  pieces.flatMap(({ level, text, fix }) => (level === 'ok' ? [] : [{ level, text, ...(fix && { fix }) }]));
