import assert from 'node:assert/strict';
import fc from 'fast-check';
import type * as v from 'valibot';
import { findLines, formatFound, textOfHtml, titleOfHtml } from '../../src/core/chat/context.ts';
import { filesNamed } from '../../src/core/chat/fileLinks.ts';
import { placesInOutput } from '../../src/core/chat/outputPlaces.ts';
import { parsePromptFile, splitCommand } from '../../src/core/chat/promptFiles.ts';
import { parseEvent } from '../../src/core/chat/storedEvent.ts';
import { readReview } from '../../src/core/codeTools/reviewFindings.ts';
import { checkEndpoint } from '../../src/core/common/endpoints.ts';
import { findHidden } from '../../src/core/common/hiddenCharacters.ts';
import { parseAnswer } from '../../src/core/edits/parseAnswer.ts';
import { planFile, resultOf } from '../../src/core/edits/planFile.ts';
import { checkTarget, dangerOf } from '../../src/core/edits/target.ts';
import { trimDiff } from '../../src/core/privacy/gitDiff.ts';
import { maskSecrets, unmaskSecrets } from '../../src/core/privacy/maskSecrets.ts';
import { readOllamaUsage, readOpenAiUsage } from '../../src/core/providers/usage.ts';
import { parseSettings, type RawSettings } from '../../src/core/settings/settings.ts';
import { ChatFromPage } from '../../src/protocol/chat.ts';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { SettingsFromPage } from '../../src/protocol/settings.ts';
import { DEFAULTS } from './manifest.ts';

/** One reader of foreign input with what must hold for any input. `check` throws where it does not. */
export interface FuzzTarget {
  readonly name: string;
  readonly property: fc.IProperty<unknown>;
}

const PIECES = [
  ...['```', '```ts a.ts', '~~~', '<<<<<<< SEARCH', '=======', '>>>>>>> REPLACE', '--- a/x', '+++ b/x', '@@ -1 +1 @@'],
  ...['diff --git a/x b/x', '../', 'C:\\', '//h/s', '.env', '__proto__', 'constructor', '\0', '\r', '\u202e', '\ud83d'],
  ...[
    '---',
    'name: x',
    '{"',
    '":',
    '<script>',
    '&#x41;',
    '</',
    'password = "',
    'ghp_',
    'https://',
    '/etc/passwd:3',
    '{{input}}',
  ],
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 12, unit: 'binary' })), { maxLength: 24 })
  .chain((parts) => fc.constantFrom('', ' ', '\n').map((between) => parts.join(between)));
const value = fc.anything({ withNullPrototype: false, maxDepth: 3 });

/** Asserts that nothing was planted on the prototype that all objects share. */
function isClean(): void {
  assert.deepEqual(Object.keys(Object.prototype), []);
}

const target = <T>(name: string, arbitrary: fc.Arbitrary<T>, check: (input: T) => void): FuzzTarget => ({
  name,
  property: fc.property(arbitrary, (input) => {
    check(input);
    isClean();
  }) as fc.IProperty<unknown>,
});

const names = [
  'providers',
  'tiers.mid',
  'budgets',
  'prices',
  'routing.rules',
  'consent.cloud',
  'confirmAbove',
  'private',
];

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  target('edits', fc.tuple(text, text), ([answer, before]) => {
    const { edits } = parseAnswer(answer);
    if (edits.length > 0) assert.equal(typeof resultOf(before, planFile(edits, { text: before })), 'string');
  }),
  target('targets', text, (path) => {
    const check = checkTarget(path);
    dangerOf(path);
    if ('path' in check && typeof check.path === 'string')
      assert.ok(!check.path.split(/[\\/]/).includes('..') && !/^([\\/]|[a-z]:)/i.test(check.path), path);
  }),
  target('prompts', text, (content) => {
    parsePromptFile('x.md', content, 'workspace' as never);
    splitCommand(content);
  }),
  target('stored events', text, (line) => void parseEvent(line)),
  target('stored events as JSON', value, (event) => void parseEvent(JSON.stringify(event) ?? '')),
  target('pages of the web', text, (html) => {
    assert.doesNotMatch(textOfHtml(html), /<script>/);
    titleOfHtml(html);
  }),
  target('masking', text, (content) => {
    const { text: masked, secrets } = maskSecrets(content, (secret) => `n${secret.length}x`);
    if (new Set(secrets.values()).size === secrets.size && !/«masked/.test(content) && secrets.size <= 1)
      assert.equal(unmaskSecrets(masked, secrets), content);
  }),
  target('hidden characters', text, (content) => {
    for (const { start, end } of findHidden(content, 'code')) assert.ok(start < end && end <= content.length);
  }),
  target('findings', fc.tuple(text, text), ([answer, diff]) => void readReview(answer, diff)),
  target('diffs', text, (diff) => {
    trimDiff(diff, (path) => path.includes('.env'), 200);
  }),
  target('searches', fc.tuple(text, text), ([content, needle]) => {
    formatFound(findLines({ path: 'a', text: content }, needle, 5));
  }),
  target('places in output', text, (output) => assert.ok(placesInOutput(output, 3).length <= 3)),
  target('file links', text, (markdown) => void filesNamed(markdown)),
  target('addresses', text, (url) => {
    const check = checkEndpoint(url);
    if (check.ok) assert.match(check.endpoint.origin, /^https?:\/\/[^/@\s]+$/);
  }),
  target('usage', value, (usage) => {
    for (const { usage: read } of [readOpenAiUsage(usage), readOllamaUsage((usage ?? {}) as object)])
      for (const count of Object.values(read ?? {})) assert.ok(Number(count) >= 0, JSON.stringify(read));
  }),
  target('settings', fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 }), (raw) => {
    const { settings } = parseSettings({ ...DEFAULTS, ...raw } as unknown as RawSettings, undefined);
    for (const { baseUrl } of settings.providers.values()) assert.ok(checkEndpoint(baseUrl, true).ok, baseUrl);
  }),
  ...(
    [
      ['messages of the chat page', ChatFromPage],
      ['messages of the settings page', SettingsFromPage],
    ] as const
  ).map(([name, schema]) => {
    const kinds = schema.options.map(({ entries }) => entries.kind.literal as string);
    const message = fc.tuple(fc.constantFrom(...kinds), fc.dictionary(fc.string(), value, { maxKeys: 5 }));
    return target(name, message, ([kind, rest]) => void parsePageMessage(schema as v.GenericSchema, { ...rest, kind }));
  }),
];
