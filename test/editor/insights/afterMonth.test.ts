import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { monthSteps, openAfterMonth } from '../../../src/editor/insights/afterMonth.ts';
import { REPORTED, WATCHED } from '../../../src/editor/insights/memory.ts';
import { openSqliteLedger } from '../../../src/storage/ledger/sqlite.ts';
import { makeLedger } from '../../support/yearLedger.ts';
import { Memory, openWindow } from '../../support/window.ts';

const NOW = new Date(2026, 10, 27, 17).getTime();
const DAY = 86_400_000;

test('the steps of the second walkthrough are read from the ledger and the settings', async (t) => {
  const { host, config } = openWindow(t);
  const store = await openSqliteLedger({ file: path.join(host.root, 'ledger.db'), windowId: 'w1' });
  t.after(() => store.close());
  const memento = new Memory();
  const done = async () => {
    const steps = await monthSteps({ store, settings: config.settings, memento, now: NOW });
    return Object.keys(steps).filter((name) => steps[name]);
  };
  assert.deepEqual(await done(), []);
  const { opened, settled } = makeLedger(31, NOW);
  store.include([
    ...opened.map((row) => ({ kind: 'opened', row }) as const),
    ...settled.map((row) => ({ kind: 'settled', row }) as const),
  ]);
  assert.deepEqual(await done(), ['advised']);
  await memento.update(WATCHED, NOW - 6 * DAY);
  assert.deepEqual(await done(), ['advised'], 'the week is not over');
  await memento.update(WATCHED, NOW - 8 * DAY);
  const [question] = await store.questions({ since: 0, limit: 1 });
  await store.correctCategory(question?.callId ?? '', 'docs');
  await memento.update(REPORTED, true);
  assert.deepEqual(await done(), ['watched', 'advised', 'corrected', 'reported']);
  host.commands.set('workbench.action.openWalkthrough', () => undefined);
  host.commands.set('setContext', () => undefined);
  await openAfterMonth({ store, settings: config.settings, memento, now: NOW });
  assert.ok(
    host.executed.some(
      ([name, id]) => name === 'workbench.action.openWalkthrough' && id === 'gearshift.gearshift#month',
    ),
  );
  const last = host.executed.filter(([name]) => name === 'setContext').slice(-5);
  assert.deepEqual(
    last.map(([, name, value]) => [name, value]),
    [
      ['gearshift.month.watched', true],
      ['gearshift.month.advised', true],
      ['gearshift.month.corrected', true],
      ['gearshift.month.budgeted', false],
      ['gearshift.month.reported', true],
    ],
  );
});
