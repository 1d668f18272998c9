import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createFetch, PrivateModeError } from '../../src/core/network.ts';

const asked: string[] = [];
const record: typeof globalThis.fetch = (input) => {
  asked.push(input instanceof Request ? input.url : String(input));
  return Promise.resolve(new Response('{}'));
};

test('in private mode only this machine is reached, whatever form the address has', async () => {
  let isPrivate = true;
  const fetch = createFetch(() => isPrivate, record);
  const outside = [
    'https://openrouter.ai/api/v1/models?x=1',
    new URL('http://192.168.1.7:11434/api/generate'),
    new Request('https://example.com/'),
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1@example.com/',
    'no address',
  ];
  for (const input of outside) await assert.rejects(fetch(input), PrivateModeError);
  assert.deepEqual(asked, []);
  await fetch('http://127.0.0.1:11434/api/tags?a=b');
  await fetch(new URL('http://[::1]:11434/'));
  assert.equal(asked.length, 2);
  isPrivate = false;
  await fetch('https://openrouter.ai/');
  assert.equal(asked.length, 3);
});

test('nothing in the extension has another way to the network', () => {
  const root = path.join(import.meta.dirname, '../../src');
  const files = fs
    .readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(path.join('core', 'network.ts')));
  assert.ok(files.length > 50);
  for (const file of files) {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    // The type is used to hand the one fetch on; the function itself is not taken from elsewhere.
    assert.doesNotMatch(
      text.replaceAll('typeof globalThis.fetch', ''),
      /globalThis\.fetch|node:https?['"]|XMLHttpRequest/,
      file,
    );
  }
});
