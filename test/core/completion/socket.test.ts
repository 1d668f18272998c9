import assert from 'node:assert/strict';
import test from 'node:test';
import { delay } from '../../../src/core/gateway/retry.ts';
import { startWindow } from './socketWindow.ts';
import { told } from './support.ts';

test('the machine generates no tokens that the user will not see: a complete suggestion closes the socket', async (context) => {
  const { server, ask } = await startWindow(context);
  server.script(`\n  return a + b;\n}\n${'\nfunction more() {\n  return 1;\n}\n'.repeat(20)}`);
  assert.equal(told(await ask('function add(a, b) {█\n\n', new AbortController().signal)), '\n  return a + b;\n}');
  await delay(300, new AbortController().signal);
  const [call] = server.book.calls;
  assert.ok(call && call.tokens.output < 40, `${call?.tokens.output} tokens`);
});

test('a canceled request closes its socket within a second', async (context) => {
  const { server, ask } = await startWindow(context);
  server.script(Array.from({ length: 200 }, (_, i) => `word${i}`).join(' '));
  const controller = new AbortController();
  const asked = ask('const a = █\n', controller.signal);
  setTimeout(() => controller.abort(), 200);
  assert.equal(told(await asked), 'none: cancelled');
  await delay(500, new AbortController().signal);
  const [call] = server.book.calls;
  assert.ok(call && call.tokens.output < 50, `${call?.tokens.output} tokens`);
});
