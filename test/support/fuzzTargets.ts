import assert from 'node:assert/strict';
import fc from 'fast-check';
import { load } from 'js-yaml';
import type * as v from 'valibot';
import { findLines, formatFound, textOfHtml, titleOfHtml } from '../../src/core/chat/context.ts';
import { filesNamed } from '../../src/core/chat/fileLinks.ts';
import { placesInOutput } from '../../src/core/chat/outputPlaces.ts';
import { attachmentText } from '../../src/core/chat/prompt.ts';
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
import { readModelInfo, readModels } from '../../src/core/money/priceLists.ts';
import { readMessage } from '../../src/core/providers/answerContent.ts';
import { failureOfStatus, hasError } from '../../src/core/providers/httpFailures.ts';
import { checkOllamaLine } from '../../src/core/providers/ollama.ts';
import { readOllamaUsage, readOpenAiUsage } from '../../src/core/providers/usage.ts';
import { arrangeRules, parseRules } from '../../src/core/routing/rules.ts';
import { planContinue } from '../../src/core/setup/importContinue.ts';
import { parseSettings, type RawSettings } from '../../src/core/settings/settings.ts';
import { ChatFromPage } from '../../src/protocol/chat.ts';
import { parsePageMessage } from '../../src/protocol/channel.ts';
import { SettingsFromPage } from '../../src/protocol/settings.ts';
import { DEFAULTS } from './manifest.ts';

/** One reader of foreign input with what must hold for any input. `check` throws where it does not. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs of a whole run of the bench; those of the review that first fuzzed it. */
  readonly volume: number;
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

/** An entry of a list of models, with prices as servers state them and as they should not. */
const price = fc.oneof(fc.constantFrom('0', '-1', '1e-6', '0.0000025', 'NaN', '1e308'), fc.double(), value);
const model = fc.record({
  id: fc.oneof(fc.constantFrom('a/b', '__proto__', 'a:free'), value),
  model_name: fc.oneof(fc.constantFrom('a', 'constructor'), value),
  pricing: fc.dictionary(fc.constantFrom('prompt', 'completion', 'input_cache_read'), price),
  model_info: fc.dictionary(
    fc.constantFrom('input_cost_per_token', 'output_cost_per_token', 'max_input_tokens'),
    price,
  ),
});

/** Asserts that nothing was planted on the prototype that all objects share. */
function isClean(): void {
  assert.deepEqual(Object.keys(Object.prototype), []);
}

const target = <T>(
  name: string,
  volume: number,
  arbitrary: fc.Arbitrary<T>,
  check: (input: T) => void,
): FuzzTarget => ({
  name,
  volume,
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

/** What an import is compared with. */
const IMPORT_CONTEXT = { known: new Map(), env: {} };

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  target('edits', 370_000, fc.tuple(text, text), ([answer, before]) => {
    const { edits } = parseAnswer(answer);
    if (edits.length > 0) assert.equal(typeof resultOf(before, planFile(edits, { text: before })), 'string');
  }),
  target('targets', 3_000_000, text, (path) => {
    const check = checkTarget(path);
    dangerOf(path);
    if ('path' in check && typeof check.path === 'string')
      assert.ok(!check.path.split(/[\\/]/).includes('..') && !/^([\\/]|[a-z]:)/i.test(check.path), path);
  }),
  target('prompts', 2_800_000, text, (content) => {
    parsePromptFile('x.md', content, 'workspace' as never);
    splitCommand(content);
  }),
  target('stored events', 157_000, text, (line) => void parseEvent(line)),
  target('stored events as JSON', 157_000, value, (event) => void parseEvent(JSON.stringify(event) ?? '')),
  target('pages of the web', 1_890_000, text, (html) => {
    assert.doesNotMatch(textOfHtml(html), /<script>/);
    titleOfHtml(html);
  }),
  target('masking', 560_000, text, (content) => {
    const { text: masked, secrets } = maskSecrets(content, (secret) => `n${secret.length}x`);
    if (new Set(secrets.values()).size === secrets.size && !/«masked/.test(content) && secrets.size <= 1)
      assert.equal(unmaskSecrets(masked, secrets), content);
  }),
  target('hidden characters', 560_000, text, (content) => {
    for (const { start, end } of findHidden(content, 'code')) assert.ok(start < end && end <= content.length);
  }),
  target('findings', 733_000, fc.tuple(text, text), ([answer, diff]) => void readReview(answer, diff)),
  target('diffs', 560_000, text, (diff) => {
    trimDiff(diff, (path) => path.includes('.env'), 200);
  }),
  target('searches', 560_000, fc.tuple(text, text), ([content, needle]) => {
    formatFound(findLines({ path: 'a', text: content }, needle, 5));
  }),
  target('places in output', 1_780_000, text, (output) => assert.ok(placesInOutput(output, 3).length <= 3)),
  target('file links', 1_780_000, text, (markdown) => void filesNamed(markdown)),
  target('addresses', 650_000, text, (url) => {
    const check = checkEndpoint(url);
    if (check.ok) assert.match(check.endpoint.origin, /^https?:\/\/[^/@\s]+$/);
  }),
  target('usage', 280_000, value, (usage) => {
    for (const { usage: read } of [readOpenAiUsage(usage), readOllamaUsage((usage ?? {}) as object)])
      for (const count of Object.values(read ?? {})) assert.ok(Number(count) >= 0, JSON.stringify(read));
  }),
  target('settings', 86_000, fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 }), (raw) => {
    const { settings } = parseSettings({ ...DEFAULTS, ...raw } as unknown as RawSettings, undefined);
    for (const { baseUrl } of settings.providers.values()) assert.ok(checkEndpoint(baseUrl, true).ok, baseUrl);
  }),
  target('imports', 95_000, value, (config) => {
    const plan = planContinue(
      fc.stringify(config).length % 2 ? { models: [config], name: config } : config,
      IMPORT_CONTEXT,
    );
    for (const { baseUrl } of plan.providers.values())
      if (baseUrl !== undefined) assert.ok(checkEndpoint(baseUrl).ok, baseUrl);
  }),
  target('imports as YAML', 397_000, text, (yaml) => {
    let config: unknown;
    try {
      config = load(yaml);
    } catch {
      return;
    }
    planContinue(config, IMPORT_CONTEXT);
  }),
  target('routing rules', 1_780_000, value, (rules) => {
    const { entries } = parseRules(rules);
    arrangeRules(entries);
  }),
  target('lists of prices', 30_000, fc.array(model, { maxLength: 4 }), (data) => {
    for (const list of [readModels({ data }, true), readModelInfo({ data })])
      for (const { steps } of Object.values(list))
        for (const step of steps)
          assert.ok(
            step.every((number) => Number.isFinite(number) && number >= 0),
            JSON.stringify(step),
          );
  }),
  target('answers and errors of servers', 374_000, value, (answer) => {
    readMessage(answer);
    hasError(answer);
    const { kind } = failureOfStatus(500, new Headers(), JSON.stringify(answer) ?? '');
    assert.equal(typeof kind, 'string');
    checkOllamaLine(JSON.stringify(answer) ?? '');
  }),
  target('text of others in prompts', 560_000, fc.tuple(text, text), ([label, content]) => {
    const shown = attachmentText({
      ...{ id: 'a1b2c3d4', kind: 'file', label, path: label, language: label, text: content, notes: label, tokens: 1 },
    });
    const [, name = ''] = /^<(\S+) source="[^"\n<>]*">\n/.exec(shown) ?? [];
    assert.ok(name && shown.endsWith(`\n</${name}>`) && shown.split(`</${name}>`).length === 2, shown);
  }),
  ...(
    [
      ['messages of the chat page', 3_500_000, ChatFromPage],
      ['messages of the settings page', 3_100_000, SettingsFromPage],
    ] as const
  ).map(([name, volume, schema]) => {
    const kinds = schema.options.map(({ entries }) => entries.kind.literal as string);
    const message = fc.tuple(fc.constantFrom(...kinds), fc.dictionary(fc.string(), value, { maxKeys: 5 }));
    return target(
      name,
      volume,
      message,
      ([kind, rest]) => void parsePageMessage(schema as v.GenericSchema, { ...rest, kind }),
    );
  }),
];
