import { t } from '@vscode/l10n';
import type { Finding, Fix } from './findings.ts';

/** VS Code's own chat on our tiers: the pieces that it needs, as they stand in a window. */
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

/** What is missing for VS Code's chat to run on our tiers. Where it does not use them, only that is said. */
export function checkVsCodeChat(facts: VsCodeChatFacts | undefined): Finding[] {
  if (!facts || facts.group === undefined) return [];
  const { version, hasApi, hasGroupCommand, hasChatCommand, group, builtIn, aiOff, utility, agentHost } = facts;
  const found = (level: Finding['level'], text: string, fix?: Fix): Finding => ({ level, text, ...(fix && { fix }) });
  if (!group) {
    const canUse = hasApi && hasGroupCommand && hasChatCommand && aiOff !== 'workspace';
    return canUse ? [found('info', t("VS Code's own chat and agents do not use your tiers."), USE)] : [];
  }
  if (!hasApi || !hasGroupCommand || !hasChatCommand)
    return [
      found('warning', t('VS Code {0} does not let extensions provide models for its chat. Update it.', version)),
    ];
  if (aiOff === 'workspace')
    return [found('info', t("This workspace turns AI features off, so VS Code's chat does not run in it."))];
  if (aiOff === 'user')
    return [found('warning', t('AI features are turned off in VS Code (chat.disableAIFeatures).'), USE)];
  return [
    ...(builtIn === 'off'
      ? [found('error', t("VS Code's built-in chat extension is off, so its agents and their tools are missing."), USE)]
      : []),
    ...Object.entries(utility)
      .filter(([, value]) => value === '')
      .map(([name]) =>
        found('warning', t('VS Code has no model for the titles and summaries of its chat ({0}).', name), USE),
      ),
    ...Object.entries(utility)
      .filter(([, value]) => /gearshift\/(frontier|auto)$/.test(value))
      .map(([name, value]) =>
        found('warning', t('{0} is {1}: titles and summaries need no costly model.', name, value), {
          kind: 'json',
          setting: name,
        }),
      ),
    ...(agentHost
      ? [
          found(
            'warning',
            t('VS Code runs agents in its agent host here. Gearshift supports agents that run in the window.'),
            { kind: 'json', setting: 'chat.agentHost.enabled' },
          ),
        ]
      : []),
  ];
}
