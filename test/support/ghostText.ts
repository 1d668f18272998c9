import type { TestContext } from 'node:test';
import { CancellationTokenSource, InlineCompletionTriggerKind, Position } from 'vscode';
import type * as vscode from 'vscode';
import { createGateway } from '../../src/core/gateway/gateway.ts';
import type { SuggestionTracker } from '../../src/core/insights/suggestionTracker.ts';
import { ADAPTERS } from '../../src/core/providers/adapters.ts';
import { createLocalTier } from '../../src/editor/completion/localTier.ts';
import { MemoryLedger } from './memoryLedger.ts';
import { openWindow, until, type WindowOptions } from './window.ts';

interface GhostTextOptions extends WindowOptions {
  /** Text of a file that is in the editor before the extension starts. */
  readonly shown?: string;
  readonly offers?: () => SuggestionTracker | undefined;
}

/** Ghost text as the user has it: the real local tier and gateway, and VS Code asking for suggestions. */
export function openGhostText(t: TestContext, options: GhostTextOptions = {}) {
  const window = openWindow(t, options);
  const { host, config, keys, prices, fetch, trusted, log, memory } = window;
  const ledger = new MemoryLedger();
  const gateway = createGateway({
    settings: () => config.settings,
    key: (provider, endpoint) => keys.get(provider, endpoint),
    secretHeaders: (provider, endpoint) => keys.headers(provider, endpoint),
    trusted,
    adapters: ADAPTERS,
    prices,
    ledger,
    budgets: () => [],
    fetch,
    now: Date.now,
    random: () => 0,
    windowId: 'window-1',
    workspace: () => null,
    nameSecret: (secret) => `n${secret.length}`,
    report: () => undefined,
    log: () => undefined,
  });
  if (options.shown !== undefined) host.showDocument(host.add(host.uri('shown.ts'), options.shown));
  let changes = 0;
  const local = createLocalTier({
    ...{ config, keys, gateway, fetch, trusted, log, memory },
    offers: options.offers ?? (() => undefined),
    onChange: () => void changes++,
  });
  t.after(() => local.dispose());
  /** VS Code asks for suggestions, after a key or because the user asked. */
  async function ask(name: string, line: number, character: number, how: 'typing' | 'invoke' = 'invoke') {
    const provider = await registered();
    const document = (await host.open(host.uri(name))) as unknown as vscode.TextDocument;
    const source = new CancellationTokenSource();
    const triggerKind = how === 'invoke' ? InlineCompletionTriggerKind.Invoke : InlineCompletionTriggerKind.Automatic;
    const context = { triggerKind, selectedCompletionInfo: undefined } as vscode.InlineCompletionContext;
    const found = await provider.provideInlineCompletionItems(
      document,
      new Position(line, character),
      context,
      source.token,
    );
    return found as vscode.InlineCompletionItem[];
  }
  async function registered(): Promise<vscode.InlineCompletionItemProvider> {
    await local.completions;
    await until(() => host.inlineCompletionProviders.length > 0, 'no provider of ghost text');
    return host.inlineCompletionProviders[0]!.value;
  }
  return {
    ...window,
    ...{ local, ledger, ask },
    get changes() {
      return changes;
    },
    /** Waits until the model's state is of this kind. */
    reaches: (kind: typeof local.model.state.kind) =>
      until(() => local.model.state.kind === kind, `the model never was ${kind}`),
  };
}
