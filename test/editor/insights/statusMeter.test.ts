import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { commands, type MarkdownString } from 'vscode';
import type { MeterFigures, Sum } from '../../../src/core/insights/figures.ts';
import type { TierState } from '../../../src/core/gateway/tierStatus.ts';
import type { BudgetState } from '../../../src/core/money/budgets.ts';
import { limitOf } from '../../../src/core/money/budgets.ts';
import { StatusMeter, type MeterView } from '../../../src/editor/insights/statusMeter.ts';
import { registerCommands } from '../../../src/editor/platform/commands.ts';
import { createLog } from '../../../src/editor/platform/log.ts';
import { startHost } from '../../support/vscode/host.ts';
import { setEnv } from '../../support/window.ts';

/** The item in the status bar: what it shows at a glance, to a screen reader, and on hover. */

const sum = (usd: number, over: Partial<Sum> = {}): Sum => ({
  ...{ calls: 3, inputTokens: 1_200, cachedTokens: 0, outputTokens: 300, nanoUsd: usd * 1e9 },
  ...{ estimatedNanoUsd: 0, unknown: 0 },
  ...over,
});
const sums = (usd: number, over: Partial<Sum> = {}) => ({
  all: sum(usd, over),
  byTier: new Map([['mid' as const, sum(usd, over)]]),
  byTask: new Map([['chat' as const, sum(usd, over)]]),
});
const figures = (over: Partial<MeterFigures> = {}): MeterFigures => ({
  ...{ today: sums(0.42), week: sums(2), month: sums(7.5), budgets: [] },
  ...{ forecast: undefined, allFrontier: undefined, plans: [] },
  ...over,
});
const local = (ready: boolean, words: string): TierState => ({
  ...{ tier: 'local', model: { provider: 'ollama', model: 'qwen' }, ready, words, next: 'none' },
});
function budget(level: BudgetState['level'], spent: number, usd = 5): BudgetState {
  const of = { usd, period: 'day', warnAt: 0.8, stop: 'ask' } as const;
  return {
    budget: of,
    limit: limitOf(of, Date.now()),
    spending: { spent: spent * 1e9, reserved: 0, unknown: 0 },
    level,
  } as BudgetState;
}

function meter(t: TestContext) {
  const host = startHost(t);
  const status = new StatusMeter();
  t.after(() => status.dispose());
  const [item] = host.statusBarItems;
  assert.ok(item);
  const show = (view: Partial<MeterView>): void =>
    status.show({ figures: figures(), tiers: [local(true, 'ready')], completionsOn: true, notices: [], ...view });
  return {
    ...{ host, status, item, show },
    hover: () => item.tooltip as MarkdownString,
    label: () => (item.accessibilityInformation as { label: string }).label,
  };
}

test('the hover has the day of a watched week, and nothing of it otherwise', (t) => {
  const { show, hover } = meter(t);
  show({});
  assert.doesNotMatch(hover().value, /Watching/);
  show({ watchDay: 3 });
  assert.match(hover().value, /Watching a week: day 3 of 7\./);
});

test('before the first figures the status bar shows that it is reading, and a click opens the meter', (t) => {
  const { item, show, hover, label } = meter(t);
  assert.deepEqual([item.text, item.command, item.isShown], ['$(pulse) …', 'gearshift.meter.open', true]);
  show({ figures: undefined, tiers: [] });
  assert.match(hover().value, /Reading the ledger…/);
  assert.equal(label(), 'Gearshift: … today.');
});

test('at a glance: today’s cost, and whether ghost text comes', (t) => {
  const { item, show, label } = meter(t);
  show({});
  assert.equal(item.text, '$(pulse) $0.42');
  assert.equal(label(), 'Gearshift: $0.42 today.');
  show({ tiers: [local(false, 'no server at 127.0.0.1:11434')] });
  assert.equal(item.text, '$(pulse) $0.42 $(debug-disconnect)');
  assert.equal(label(), 'Gearshift: $0.42 today. Completions: no server at 127.0.0.1:11434.');
  show({ completionsOn: false });
  assert.equal(item.text, '$(pulse) $0.42 $(circle-slash)');
  assert.equal(
    label(),
    'Gearshift: $0.42 today. Completions are paused.',
    'an icon alone says nothing to a screen reader',
  );
});

test('the demo says so wherever its cost is shown', (t) => {
  setEnv(t, { GEARSHIFT_DEMO: '1' });
  const { item, show, hover } = meter(t);
  show({ notices: ['Demo models: small programs'] });
  assert.equal(item.text, '$(pulse) $0.42 demo');
  assert.match(hover().value, /^<p>\$\(info\) Demo models/);
});

test('the fullest budget colors the item and is read aloud; without a budget it has no color', (t) => {
  const { item, show, label, hover } = meter(t);
  show({ figures: figures({ budgets: [budget('ok', 1), budget('near', 4.2), budget('over', 9, 9)] }) });
  assert.ok(item.backgroundColor);
  assert.match(label(), /Budget \$9\.00 a day: \$9\.00 spent \(used up\)/);
  assert.match(hover().value, /\$\(pass\) Budget &#36;5\.00 a day: &#36;1\.00 spent/);
  assert.equal(hover().value.match(/\$\(warning\) Budget/g)?.length, 2);
  show({ figures: figures({ budgets: [budget('ok', 1)] }) });
  assert.equal(item.backgroundColor, undefined);
});

test('the hover has the periods in one line, one table of the tiers, the forecast, and what is only estimated', (t) => {
  const { show, hover } = meter(t);
  const estimated = { estimatedNanoUsd: 0.2e9, unknown: 2 };
  const mid: TierState = { ...local(false, 'no key for lab'), tier: 'mid', model: { provider: 'lab', model: 'big' } };
  show({ figures: figures({ today: sums(0.42, estimated), forecast: 12.5e9 }), tiers: [local(true, 'ready'), mid] });
  const { value } = hover();
  for (const text of ['Today', '7 days', 'This month', 'Calls today', 'come to about &#36;12.50'])
    assert.ok(value.includes(text), text);
  assert.equal(value.match(/<table>/g)?.length, 1);
  const cells = [...value.matchAll(/<td[^>]*>(?:&nbsp;&nbsp;)?(.*?)(?:&nbsp;&nbsp;)?<\/td>/g)].map(([, cell]) => cell);
  assert.deepEqual(cells, [
    ...['$(pass)&nbsp;local', 'qwen · ollama', '0', '–', '–'],
    ...['$(warning)&nbsp;mid', 'big · lab', '3', '~&#36;0.42 + ?', '&#36;7.50'],
  ]);
  assert.match(value, /\$\(warning\) mid: no key for lab/);
  show({ figures: figures(), tiers: [{ ...local(true, 'not used yet'), untried: true }] });
  assert.match(hover().value, /\$\(circle-large-outline\)&nbsp;local/, 'no check before it has answered');
  assert.match(value, /<em>[^<]*(estimate|unknown)/);
  show({
    figures: figures({
      month: { ...sums(0, { calls: 0 }), byTier: new Map(), byTask: new Map() },
      week: { ...sums(0), byTier: new Map(), byTask: new Map() },
    }),
  });
  assert.match(hover().value, /No calls this month yet\./);
});

test('a name from outside adds no markup, icon, link or line', (t) => {
  const { show, hover } = meter(t);
  const model = { provider: '$(alert)<img src=x>', model: 'a\n\n[b](command:x) <a href="command:evil">' };
  show({ tiers: [{ ...local(false, '<b>&\r\nbad'), model }], notices: ['<script>'] });
  const { value, isTrusted } = hover();
  assert.doesNotMatch(value, /<img|<script|<b>|<a href="command:evil|\$\(alert\)/);
  assert.doesNotMatch(value, /\n\n/, 'an empty line ends the block of HTML');
  assert.deepEqual(isTrusted, {
    enabledCommands: [
      'gearshift.meter.open',
      'gearshift.settings.open',
      'gearshift.completions.toggle',
      'gearshift.ledger.export',
    ],
  });
  const links = [...value.matchAll(/<a href="command:([\w.]+)"/g)].map(([, command]) => command);
  assert.deepEqual(links, (isTrusted as { enabledCommands: string[] }).enabledCommands);
});

test('a tier whose model changed says so, with the one link that compares both', async (t) => {
  const { show, hover } = meter(t);
  const changed = {
    words: 'local has answered as b since Tuesday (before: a)',
    compare: 'Compare on my 12 tasks (about $0.03)',
  };
  show({ tiers: [{ ...local(true, 'ready'), changed }] });
  const { value, isTrusted } = hover();
  const link =
    /since Tuesday \(before: a\) · <a href="command:gearshift\.evaluation\.run\?([^"]+)">Compare on my 12 tasks \(about &#36;0\.03\)<\/a>/.exec(
      value,
    );
  const args = JSON.parse(decodeURIComponent(link?.[1] ?? '')) as unknown[];
  // As VS Code runs the link: the command's handler gets the tier.
  const asked: unknown[] = [];
  const table = { 'gearshift.evaluation.run': (_uri: unknown, argument: unknown) => void asked.push(argument) };
  const registered = registerCommands(table, createLog('/extension'));
  await commands.executeCommand('gearshift.evaluation.run', ...args);
  registered.dispose();
  assert.deepEqual(asked, [{ tier: 'local' }]);
  assert.ok((isTrusted as { enabledCommands: string[] }).enabledCommands.includes('gearshift.evaluation.run'));
});

test('what has not changed is not set again: VS Code reads through a hover each time', (t) => {
  const { show, hover } = meter(t);
  show({});
  const first = hover();
  show({});
  assert.equal(hover(), first);
  show({ completionsOn: false });
  assert.notEqual(hover(), first);
  assert.match(hover().value, /Resume completions/);
  assert.match(first.value, /Pause completions/);
});

test('the item leaves the status bar when the extension ends', (t) => {
  const { status, item } = meter(t);
  status.dispose();
  assert.equal(item.isDisposed, true);
});

test('amounts are in the currency that the user states, in the bar and in the hover; budgets stay in USD', (t) => {
  const { show, item, hover } = meter(t);
  show({ currency: { code: 'EUR', rate: 0.5 }, figures: figures({ budgets: [budget('ok', 1)] }) });
  assert.match(item.text, /0\.21 EUR/);
  assert.match(hover().value, /3\.75 EUR/);
  assert.match(hover().value.replaceAll('&#36;', '$'), /\$5\.00/);
});

test('a flat plan is a line of the hover', (t) => {
  const { show, hover } = meter(t);
  const plan = { provider: 'zai', nanoUsd: 3e9, calls: 12, shadowNanoUsd: 7_200_000_000 };
  show({ figures: figures({ plans: [plan] }) });
  assert.match(
    hover().value.replaceAll('&#36;', '$'),
    /Plan zai, \$3\.00 a month: by list price, its calls would have cost \$7\.20\./,
  );
});
