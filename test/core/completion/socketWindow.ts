import type { TestContext } from 'node:test';
import { DocumentContextReader } from '../../../src/core/completion/documentContext.ts';
import { SuggestionCache } from '../../../src/core/completion/cache.ts';
import { complete, KeystrokeMemo, type CompletionParts } from '../../../src/core/completion/complete.ts';
import { InFlightRequests } from '../../../src/core/completion/inFlight.ts';
import { LocalModel } from '../../../src/core/completion/localModel.ts';
import { AdaptiveDebounce } from '../../../src/core/completion/adaptiveDebounce.ts';
import { createGateway } from '../../../src/core/gateway/gateway.ts';
import { openFetch } from '../../support/fetch.ts';
import { ADAPTERS } from '../../../src/core/providers/adapters.ts';
import { delay } from '../../../src/core/gateway/retry.ts';
import { startOllama } from '../../servers/ollama.ts';
import { at, QWEN, settingsWith } from './support.ts';

/** The whole way to a server on the loopback, whose book says when its sockets were closed. */
export async function startWindow(context: TestContext) {
  const server = await startOllama({ models: ['qwen2.5-coder:1.5b-base'], decodeTokensPerSecond: 40 });
  context.after(() => server.stop());
  const defaults = settingsWith();
  const providers = new Map([...defaults.providers].map(([name, p]) => [name, { ...p, baseUrl: server.url }]));
  const settings = { ...defaults, providers };
  const model = new LocalModel({
    client: { show: () => Promise.resolve(QWEN), load: () => Promise.resolve() },
    now: Date.now,
  });
  model.configure(settings);
  const parts: CompletionParts = {
    gateway: createGateway({
      settings: () => settings,
      key: () => Promise.resolve(null),
      trusted: () => true,
      adapters: ADAPTERS,
      prices: { find: () => Promise.resolve(undefined) },
      ledger: { open: () => Promise.resolve(), settle: () => Promise.resolve() },
      budgets: () => [],
      fetch: openFetch,
      now: Date.now,
      random: Math.random,
      nameSecret: (secret) => `n${secret.length}`,
      windowId: 'window',
      workspace: () => null,
      report: () => undefined,
      log: () => undefined,
    }),
    settings: () => settings,
    model,
    cache: new SuggestionCache(() => performance.now()),
    inFlight: new InFlightRequests(),
    debounce: new AdaptiveDebounce(() => performance.now()),
    reader: new DocumentContextReader(),
    keystrokeMemo: new KeystrokeMemo(),
    context: null,
    snoozedUntil: () => 0,
    paused: () => null,
    now: () => performance.now(),
    wait: delay,
  };
  const place = { severalCursors: false, writable: true, repo: 'work', sinceEditMs: 50 };
  const ask = (marked: string, signal: AbortSignal) =>
    complete({ ...at(marked), trigger: 'invoke', ...place }, parts, { signal });
  return { server, parts, ask };
}
