import * as vscode from 'vscode';
import { endpointOf } from '../../core/common/endpoints.ts';
import { examine, fixLabel, type DoctorFacts } from '../../core/setup/doctor.ts';
import type { Finding, Fix } from '../../core/setup/findings.ts';
import type { VsCodeChatFacts } from '../../core/setup/vsCodeChat.ts';
import type { PriceBook } from '../../core/money/pricing.ts';
import type { LocalModelState } from '../../core/completion/localModel.ts';
import { ADAPTERS } from '../../core/providers/adapters.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { formatModelRef, TIERS } from '../../core/common/types.ts';
import type { SettingsState } from '../../protocol/settings.ts';
import { askProvider, type AskParts } from '../platform/askProvider.ts';
import type { Keys } from '../platform/apiKeys.ts';
import { openSettingsJson, type Config } from '../platform/config.ts';
import type { OllamaManager } from './ollamaManager.ts';
import type { Handlers } from './section.ts';

export interface DoctorParts extends AskParts {
  readonly keys: Keys;
  readonly config: Config;
  readonly prices: PriceBook;
  readonly ollamas: OllamaManager;
  readonly ledgerNotices: () => readonly string[];
  /** The state of VS Code's own chat; undefined where nothing is known of it. */
  readonly vsCodeChat?: (() => Promise<VsCodeChatFacts | undefined>) | undefined;
  /** What is known of the local tier's model, after its server was asked. Rejects when the signal is aborted before. */
  readonly localModel: (signal: AbortSignal) => Promise<LocalModelState>;
  /** Tests the local tier's model with a small gap. */
  readonly tryInfill: () => Promise<unknown>;
  readonly refresh: () => void;
  /** Shows a section of the page. */
  readonly reveal: (section: string) => void;
  readonly pull: (provider: ProviderConfig, model: string) => Promise<unknown>;
}

/** A provider that has not listed its models by then counts as not answering, in ms. */
const ASK_MS = 10_000;

/** Looks the configuration over, live. */
export class DoctorSection {
  readonly #parts: DoctorParts;
  #state: SettingsState['doctor']['state'] = 'idle';
  #findings: readonly Finding[] = [];

  constructor(parts: DoctorParts) {
    this.#parts = parts;
  }

  readonly handlers: Handlers<'runDoctor' | 'fix'> = {
    runDoctor: () => this.run(),
    fix: async ({ finding }) => {
      const fix = this.#findings[finding]?.fix;
      if (fix && (await this.fix(fix))) await this.run();
    },
  };

  view(): SettingsState['doctor'] {
    return {
      state: this.#state,
      findings: this.#findings.map(({ level, text, fix }) => ({ level, text, fix: fix ? fixLabel(fix) : '' })),
    };
  }

  async run(): Promise<void> {
    if (this.#state === 'running') return;
    this.#state = 'running';
    this.#parts.refresh();
    try {
      this.#findings = examine(await this.#facts());
      this.#state = 'done';
    } catch (error) {
      this.#state = 'idle';
      throw error;
    }
  }

  async #facts(): Promise<DoctorFacts> {
    const { config, keys, prices, ollamas, trusted, ledgerNotices } = this.#parts;
    const { settings } = config;
    const refs = TIERS.flatMap((tier) => settings.tiers[tier]);
    const providers = [...settings.providers.values()].filter(({ name }) => refs.some((ref) => ref.provider === name));
    const checkedModel = this.#parts
      .localModel(AbortSignal.timeout(ASK_MS))
      .catch((): LocalModelState => ({ kind: 'none' }));
    await ollamas.look(true);
    const answers = await Promise.all(
      providers.map(async (provider) => {
        const answer = await askProvider(provider, this.#parts, { ms: ASK_MS }, (wire, signal) =>
          ADAPTERS[provider.kind].models(wire, signal),
        );
        return [provider.name, answer.ok ? { models: answer.value } : { failure: answer.failure }] as const;
      }),
    );
    const withKey = new Set<string>();
    for (const provider of providers) {
      const check = endpointOf(provider);
      // When the keyring cannot be read, the provider's own answer tells whether the key works.
      const hasKey =
        check.ok &&
        (await keys.get(provider, check.endpoint).then(
          (key) => key !== null,
          () => true,
        ));
      if (hasKey) withKey.add(provider.name);
    }
    const known = new Map<string, 'known' | 'unknown' | 'doubtful'>();
    for (const ref of refs) {
      const provider = settings.providers.get(ref.provider);
      const entry = provider && (await prices.find(provider, ref.model));
      known.set(formatModelRef(ref), entry?.doubtful ? 'doubtful' : entry ? 'known' : 'unknown');
    }
    return {
      settings,
      problems: config.problems,
      trusted: trusted(),
      inlineSuggest: vscode.workspace.getConfiguration('editor').get('inlineSuggest.enabled', true),
      workspaceSettings: workspaceSettings(),
      localModel: await checkedModel,
      answers: new Map(answers),
      hasKey: ({ name }) => withKey.has(name),
      price: (ref) => known.get(formatModelRef(ref)) ?? 'unknown',
      crowding: providers
        .filter(({ kind }) => kind === 'ollama')
        .map((provider) => ollamas.view(provider, '').crowding)
        .filter(Boolean),
      ledger: ledgerNotices(),
      vsCodeChat: await this.#parts.vsCodeChat?.(),
    };
  }

  /** Does what a button promises. Answers false where the user has to do the rest. */
  async fix(fix: Fix): Promise<boolean> {
    const { config, keys, ollamas, reveal, pull } = this.#parts;
    const provider = 'provider' in fix ? config.settings.providers.get(fix.provider) : undefined;
    switch (fix.kind) {
      case 'set-key':
        if (provider) await keys.ask(provider);
        break;
      case 'pull':
        reveal('ollama');
        if (provider) await pull(provider, fix.model);
        break;
      case 'look':
        reveal('ollama');
        if (provider) await ollamas.lookAt(provider, true);
        break;
      case 'json':
        await openSettingsJson(fix.setting);
        return false;
      case 'section':
        reveal(fix.section);
        return false;
      case 'trust':
        await vscode.commands.executeCommand('workbench.trust.manage');
        return false;
      case 'use-in-chat':
        await vscode.commands.executeCommand('gearshift.vscodeChat.use');
        break;
      case 'update-editor':
        await updateEditor();
        return false;
      case 'workspace-settings':
        await vscode.commands.executeCommand('workbench.action.openWorkspaceSettings');
        return false;
      case 'try-infill':
        reveal('tiers');
        await this.#parts.tryInfill();
        break;
      case 'inline-suggest':
        await vscode.workspace
          .getConfiguration('editor')
          .update('inlineSuggest.enabled', true, vscode.ConfigurationTarget.Global);
        break;
      case 'completions-on':
        await config.write('completions.enabled', true);
        break;
    }
    return true;
  }
}

/** VS Code that a package manager updates has no such command. */
async function updateEditor(): Promise<void> {
  const update = 'update.checkForUpdate';
  if ((await vscode.commands.getCommands(true)).includes(update)) await vscode.commands.executeCommand(update);
  else await vscode.env.openExternal(vscode.Uri.parse('https://code.visualstudio.com/updates'));
}

/** Gearshift settings that the workspace or one of its folders sets, and which are ignored. */
function workspaceSettings(): string[] {
  const found = vscode.workspace.getConfiguration().inspect('gearshift');
  const names = (tree: unknown, path: string): string[] =>
    typeof tree === 'object' && tree !== null && !Array.isArray(tree) && path.split('.').length < 3
      ? Object.entries(tree).flatMap(([key, value]) => names(value, `${path}.${key}`))
      : [path];
  const trees = [found?.workspaceValue, found?.workspaceFolderValue].filter((tree) => tree !== undefined);
  return [...new Set(trees.flatMap((tree) => names(tree, 'gearshift')))].slice(0, 20);
}
