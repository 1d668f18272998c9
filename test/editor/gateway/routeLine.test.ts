import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as vscode from 'vscode';
import type { Tier } from '../../../src/core/common/types.ts';
import { RouteLine } from '../../../src/editor/gateway/routeLine.ts';
import { openWindow } from '../../support/window.ts';

/** The line in the status bar that says which tier answers outside of the chat, and sends the question elsewhere. */

test('a click on the line lists the other tiers, and asks the one that is chosen; an older line does nothing', async (t) => {
  const { host, log } = openWindow(t);
  const line = new RouteLine(log);
  host.ends.push(() => Promise.resolve(line.dispose()));
  const asked: Tier[] = [];
  const again = (tier: Tier): Promise<void> => Promise.resolve(void asked.push(tier));
  line.show({
    words: 'local · qwen: it is small',
    others: ['mid'],
    again: () => Promise.reject(new Error('not this one')),
  });
  const [item] = host.statusBarItems;
  const run = async (command: unknown): Promise<void> => {
    const { command: name, arguments: given = [] } = command as vscode.Command;
    await vscode.commands.executeCommand(name, ...given);
  };
  const first = item?.command;
  line.show({ words: 'mid · small: a bug to fix', others: ['local', 'frontier'], again });
  assert.match(item?.text ?? '', /mid · small: a bug to fix/);
  await run(first);
  assert.deepEqual(asked, []);
  host.willPick(/mid · small/, 'Ask frontier');
  await run(item?.command);
  assert.deepEqual(asked, ['frontier']);
});
