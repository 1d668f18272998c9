import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { createGateway } from '../../src/core/gateway/gateway.ts';
import { Health, tierState } from '../../src/core/gateway/tierStatus.ts';
import { StartedAgents } from '../../src/core/languageModels/startedAgents.ts';
import { budgetsFor } from '../../src/core/money/budgets.ts';
import { ADAPTERS } from '../../src/core/providers/adapters.ts';
import { Access } from '../../src/editor/languageModels/access.ts';
import { TierProvider } from '../../src/editor/languageModels/provider.ts';
import { nameSecret } from '../../src/editor/platform/installKey.ts';
import { openLedger } from '../../src/storage/ledger/openLedger.ts';
import { startOpenAi } from '../servers/openai.ts';
import { openFetch } from './fetch.ts';
import { openWindow } from './window.ts';

/** The tiers as models of VS Code's chat, on a loopback server with a book. */

const AGENT_PRICES = {
  'qwen3-coder': { input: 0.3, output: 1, cacheRead: 0.05 },
  'claude-haiku-5': { input: 1, output: 5, cacheRead: 0.1 },
  'claude-opus-5.5': { input: 4, output: 20, cacheRead: 0.2 },
  'gpt-6': { input: 2, output: 10, cacheRead: 0.2 },
} as const;

/** The provider with a real gateway, real adapters and a ledger, and the server that it asks. */
export async function agentRig(t: TestContext, settings: Record<string, unknown> = {}) {
  const server = await startOpenAi({
    promptCache: 'read',
    models: Object.entries(AGENT_PRICES).map(([name, price]) => ({ name, price })),
  });
  t.after(() => server.stop());
  const window = openWindow(t, {
    consents: [server.url],
    settings: {
      providers: { lab: { kind: 'openai', baseUrl: server.baseUrl, prices: AGENT_PRICES } },
      'tiers.local': [],
      'tiers.mid': ['lab/qwen3-coder', 'lab/claude-haiku-5'],
      'tiers.frontier': ['lab/claude-opus-5.5', 'lab/gpt-6'],
      confirmAbove: 100,
      ...settings,
    },
  });
  const { config, prices, trusted, log, memory } = window;
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gearshift-agent-'));
  const { store: ledger } = await openLedger({ dir, windowId: 'w', clock: Date.now, log: () => undefined });
  t.after(async () => {
    await ledger.close();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const health = new Health(() => undefined);
  const budgets = (tier: 'local' | 'mid' | 'frontier') => budgetsFor(config.settings.budgets, tier, null, Date.now());
  const gateway = createGateway({
    ...{ prices, trusted, ledger, budgets, nameSecret },
    settings: () => config.settings,
    key: () => Promise.resolve(null),
    adapters: ADAPTERS,
    fetch: openFetch,
    now: Date.now,
    random: () => 0,
    windowId: 'w',
    workspace: () => null,
    report: () => undefined,
    log: () => undefined,
    askStepUp: () => Promise.resolve(true),
  });
  const started = new StartedAgents();
  const provider = new TierProvider({
    onEnded: (request) => started.ended(request),
    agentOf: (request) => started.agentOf(request),
    about: started,
    ...{ config, prices, trusted, health, log, gateway, budgets },
    access: new Access(memory),
    budgetStates: () => [],
    ledger: () => Promise.resolve(ledger),
    tierState: (tier) =>
      tierState(tier, { settings: config.settings, health, trusted: trusted(), hasKey: () => Promise.resolve(true) }),
  });
  return { server, ledger, provider, window, started };
}

export type AgentRig = Awaited<ReturnType<typeof agentRig>>;
