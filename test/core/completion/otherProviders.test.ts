import assert from 'node:assert/strict';
import test from 'node:test';
import { othersToAskAbout, suppressAlso } from '../../../src/core/completion/otherProviders.ts';

const extension = (id: string, isActive = true) => ({ id, name: id, isActive });

test('I54 active extensions that write ghost text are asked about, each of them once', () => {
  const installed = [
    extension('GitHub.copilot'),
    extension('Continue.continue', false),
    extension('esbenp.prettier-vscode'),
  ];
  assert.deepEqual(
    othersToAskAbout(installed, []).map(({ id }) => id),
    ['GitHub.copilot'],
  );
  assert.deepEqual(othersToAskAbout(installed, ['github.copilot']), []);
});

test('the setting that keeps their ghost text away keeps what it says already', () => {
  assert.equal(suppressAlso(undefined, ['a.b']), 'a.b');
  assert.equal(suppressAlso('x.y, a.b', ['a.b', 'c.d']), 'x.y,a.b,c.d');
});
