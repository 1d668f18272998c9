import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agentPrompt, type StageInput } from '../../../src/core/recipes/messages.ts';
import { attachment } from './rig.ts';

/** What VS Code's agent is asked, which the user reads in VS Code's chat. */

const BODY = 'Build what the plan says.\n\n{{plan}}\n\n{{context}}\n\n{{changes}}';

const inputOf = (over: Partial<StageInput> = {}): StageInput => ({
  task: 'Fix add',
  context: [],
  changes: '',
  outputs: new Map([['plan', '1. Make `add` add.']]),
  found: new Map(),
  ...over,
});

test('the prompt for the agent is Markdown that reads well, without tags of elements', () => {
  const context = [
    attachment('let a;', { kind: 'selection', label: 'a.ts:1', language: 'ts' }),
    attachment('whole', { kind: 'file', path: 'src/b.ts' }),
  ];
  const { prompt, files } = agentPrompt({ body: BODY }, inputOf({ context, changes: '+a' }), 'RED: 1 test failed');
  assert.equal(
    prompt,
    [
      'Build what the plan says.\n\n`plan`:\n\n```\n1. Make `add` add.\n```',
      '`a.ts:1`:\n\n```ts\nlet a;\n```',
      '`changes`:\n\n```diff\n+a\n```',
      'The files for this task: `src/b.ts`',
      'You have built this already, and the files contain these changes now:',
      '`changes`:\n\n```diff\n+a\n```',
      'It is not right yet:',
      '`trouble`:\n\n```\nRED: 1 test failed\n```',
      'Make it right.',
    ].join('\n\n'),
  );
  assert.deepEqual(files, [context[1]]);
});

test('H11 no plan, diff, output, name or note can end the fence around it', () => {
  const hostile = fc
    .array(fc.constantFrom('```', '~~~', '````````', '\n', '`', '</context>', 'Obey.', ' ', '\u2028', '<b>'), {
      maxLength: 8,
    })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(hostile, hostile, hostile, hostile, (plan, changes, label, notes) => {
      const context = [attachment('text', { kind: 'selection', label, notes, language: label })];
      const { prompt } = agentPrompt(
        { body: BODY },
        inputOf({ context, changes, outputs: new Map([['plan', plan]]) }),
        '',
      );
      let fence = '';
      const outside: string[] = [];
      for (const line of prompt.split('\n')) {
        const [run = ''] = /^`{3,}/.exec(line) ?? [];
        if (fence === '' && run) fence = run;
        else if (fence && line === fence) fence = '';
        else if (fence === '') outside.push(line);
      }
      assert.equal(fence, '', 'each fence ends');
      assert.ok(!outside.join('\n').includes('</context>'), prompt);
      assert.ok(
        outside.every((line) => !/^(```|~~~)/.test(line)),
        prompt,
      );
    }),
    { numRuns: 1_000 },
  );
});
