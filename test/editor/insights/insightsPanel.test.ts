import assert from 'node:assert/strict';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Uri } from 'vscode';
import type { MeterToPage } from '../../../src/protocol/insights.ts';
import { MeterPanel } from '../../../src/editor/insights/insightsPanel.ts';
import { LedgerService } from '../../../src/editor/platform/ledgerService.ts';
import { openedRow, settledRow } from '../../support/ledgerRows.ts';
import { openWindow, settle, until } from '../../support/window.ts';

/** The page of the meter, on a real ledger. */

async function openMeter(t: TestContext) {
  const window = openWindow(t);
  const { host, log } = window;
  const ledger = new LedgerService({
    dir: path.join(host.root, 'ledger'),
    log,
    budgets: () => [],
    frontierPrice: () => Promise.resolve(undefined),
    plans: () => [],
  });
  const panel = new MeterPanel({
    extensionUri: Uri.file('/extension'),
    store: () => ledger.ready,
    figures: () => ledger.figures,
    tiers: () =>
      Promise.resolve([
        {
          tier: 'mid',
          model: { provider: 'lab', model: 'big' },
          ready: false,
          words: 'no key for lab',
          next: 'set-key',
        },
        { tier: 'frontier', model: null, ready: false, words: 'no model set', next: 'settings' },
      ]),
    notices: () => ['The ledger can only be read.', 'Demo.'],
    now: Date.now,
    log,
  });
  t.after(() => {
    panel.dispose();
    ledger.dispose();
  });
  const store = await ledger.ready;
  panel.show();
  const [shown] = host.panels;
  assert.ok(shown);
  const posted = shown.webview.posted as unknown as readonly MeterToPage[];
  const states = () => posted.flatMap((message) => (message.kind === 'state' ? [message.state] : []));
  shown.webview.say({ kind: 'ready' });
  await until(() => states().length > 0);
  return { ...window, ledger, panel, store, shown, posted, states };
}

test('the page has the figures, the tiers in words, the notices, and the place of the ledger', async (t) => {
  const { store, states, ledger, panel } = await openMeter(t);
  assert.equal(states()[0]?.notice, 'The ledger can only be read. Demo.');
  assert.deepEqual(
    states()[0]?.tiers.map(({ model, state, ready }) => [model, state, ready]),
    [
      ['big · lab', 'no key for lab', false],
      ['', 'no model set', false],
    ],
  );
  assert.equal(states()[0]?.location, store.location);
  await store.open(openedRow('a/1'));
  await store.settle(settledRow('a/1'));
  await until(() => ledger.figures?.today.all.calls === 1);
  panel.refresh();
  await until(() => states().at(-1)?.rows.length === 1);
  const { rows } = states().at(-1)!;
  const [row] = rows;
  assert.deepEqual(
    [row?.model, row?.tokens, row?.cost, row?.duration, row?.outcome],
    ['big-2026', '1.2k', '$1.00', '0.90 s', 'done'],
  );
});

test('a row in progress, one that failed, and one of a newer version each say what they are', async (t) => {
  const { store, states, panel } = await openMeter(t);
  const now = Date.now();
  await store.open(openedRow('open/1', { openedAt: now - 1 }));
  await store.open(openedRow('failed/1', { openedAt: now - 2 }));
  await store.settle(
    settledRow('failed/1', { outcome: 'failed', failure: 'auth', cost: { nanoUsd: null, source: 'unknown' } }),
  );
  await store.open(openedRow('newer/1', { openedAt: now - 3 }));
  await store.settle(
    settledRow('newer/1', { outcome: 'failed', failure: 'a-kind-of-tomorrow', note: 'also-new', usageEstimated: true }),
  );
  panel.refresh();
  await until(() => states().at(-1)?.rows.length === 3);
  const [open, failed, newer] = states().at(-1)!.rows;
  assert.deepEqual([open?.outcome, open?.cost, open?.tokens, open?.note], ['open', '', '', '']);
  assert.deepEqual([failed?.note, failed?.costSource], ['key refused by lab.example', 'unknown']);
  assert.deepEqual([newer?.note, newer?.tokens], ['last call failed (a-kind-of-tomorrow)', '~1.2k']);
});

test('its buttons run the commands of the extension, and nothing else that a page says runs anything', async (t) => {
  const { host, shown } = await openMeter(t);
  const before = host.executed.length;
  for (const id of ['gearshift.ledger.export', 'gearshift.settings.open']) host.commands.set(id, () => undefined);
  for (const message of [{ kind: 'export' }, { kind: 'openSettings' }, { kind: 'run', command: 'evil' }, 7])
    shown.webview.say(message);
  await settle();
  assert.deepEqual(host.executed.slice(before), [['gearshift.ledger.export'], ['gearshift.settings.open']]);
});

test('a hidden page costs no reading of the ledger, and a closed one can be opened again', async (t) => {
  const { panel, shown, posted, host } = await openMeter(t);
  await settle();
  shown.setVisible(false);
  const { length } = posted;
  panel.refresh();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(posted.length, length);
  shown.dispose();
  panel.show();
  assert.equal(host.panels.length, 2);
  panel.show();
  assert.deepEqual([host.panels.length, host.panels[1]?.revealed], [2, 1]);
});

test('the page may load our script and style and nothing else', async (t) => {
  const { shown } = await openMeter(t);
  const { html } = shown.webview;
  const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|data:|connect-src/);
  const [, nonce = ''] = /nonce-([\w-]+)/.exec(policy) ?? [];
  assert.ok(nonce.length >= 20);
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.ok(html.includes(`<script nonce="${nonce}"`));
});
