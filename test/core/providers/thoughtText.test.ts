import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnswerText } from '../../../src/core/providers/reasoningText.ts';

/** An answer in pieces, each of the member for text or of the member for thoughts. */
type Part = readonly [member: 'text' | 'thought', piece: string];

function read(parts: readonly Part[]): { text: string; reasoning: string } {
  const answer = new AnswerText();
  const all = { text: '', reasoning: '' };
  const take = (events: ReturnType<AnswerText['push']>): void => {
    for (const event of events) {
      if (event.kind === 'rethought') Object.assign(all, { text: '', reasoning: all.reasoning + all.text });
      else all[event.kind] += event.text;
    }
  };
  for (const [member, piece] of parts) take(member === 'text' ? answer.push(piece) : answer.think(piece));
  take(answer.end());
  return all;
}

const CASES: readonly { name: string; parts: readonly Part[]; text: string; reasoning: string }[] = [
  {
    name: 'headers of channels in the member for thoughts',
    parts: [
      [
        'thought',
        '<|channel|>analysis<|message|>Think.<|end|><|start|>assistant<|channel|>commentary<|message|> More.',
      ],
      ['text', 'Yes.'],
    ],
    text: 'Yes.',
    reasoning: 'Think. More.',
  },
  {
    name: 'a whole answer with its channels in the member for thoughts',
    parts: [
      [
        'thought',
        '<|channel|>analysis<|message|>Think.<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>',
      ],
    ],
    text: 'Yes.',
    reasoning: 'Think.',
  },
  {
    name: 'the answer after a closing tag in the member for thoughts',
    parts: [['thought', '<think>Hm.</think>\n\nYes.']],
    text: 'Yes.',
    reasoning: 'Hm.',
  },
  {
    name: 'a closing tag that ends the member for thoughts',
    parts: [
      ['thought', 'Hm.</think>\n'],
      ['text', 'Yes.'],
    ],
    text: 'Yes.',
    reasoning: 'Hm.',
  },
  {
    name: 'a closing tag that a thought goes on after, before the answer in its own member',
    parts: [
      ['thought', 'I close with </think> later. Hm.'],
      ['text', 'Yes.'],
    ],
    text: 'Yes.',
    reasoning: 'I close with later. Hm.',
  },
  {
    name: 'a quoted tag in the member for thoughts',
    parts: [
      ['thought', 'They ask what `</think>` and `<|end|>` mean.'],
      ['text', 'Marks.'],
    ],
    text: 'Marks.',
    reasoning: 'They ask what `</think>` and `<|end|>` mean.',
  },
  {
    name: 'channels in the text, with the start of the turn',
    parts: [
      [
        'text',
        '<|start|>assistant<|channel|>analysis<|message|>Think.<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>',
      ],
    ],
    text: 'Yes.',
    reasoning: 'Think.',
  },
  {
    name: 'two channels before the final one',
    parts: [
      [
        'text',
        '<|channel|>analysis<|message|>One.<|end|><|start|>assistant<|channel|>commentary<|message|> Two.<|end|><|start|>assistant<|channel|>final<|message|>Yes.',
      ],
    ],
    text: 'Yes.',
    reasoning: 'One. Two.',
  },
  {
    name: 'the final channel alone',
    parts: [['text', '<|start|>assistant<|channel|>final<|message|>Yes.<|return|>']],
    text: 'Yes.',
    reasoning: '',
  },
];

for (const { name, parts, text, reasoning } of CASES)
  test(`thoughts, whole and in pieces: ${name}`, () => {
    const squeezed = (all: { text: string; reasoning: string }) => ({
      text: all.text.trim(),
      reasoning: all.reasoning.replace(/\s+/g, ' ').trim(),
    });
    assert.deepEqual(squeezed(read(parts)), { text, reasoning });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }), (first, size) => {
        const pieces = parts.flatMap(([member, piece]): Part[] => {
          const cut: Part[] = [[member, piece.slice(0, first)]];
          for (let at = first; at < piece.length; at += size) cut.push([member, piece.slice(at, at + size)]);
          return cut;
        });
        assert.deepEqual(squeezed(read(pieces)), { text, reasoning });
      }),
    );
  });

test('whatever a thought says, no character of it is lost but those of marks', () => {
  const words = fc.constantFrom(
    'a',
    ' ',
    '\n',
    '<',
    '|',
    '`',
    '<|end|>',
    '</think>',
    '<|chan',
    'final',
    '<th',
    '"',
    '[/',
  );
  fc.assert(
    fc.property(fc.array(words), fc.array(words), (thoughts, answer) => {
      const { text, reasoning } = read([
        ...thoughts.map((piece): Part => ['thought', piece]),
        ['text', 'Yes. '],
        ...answer.map((piece): Part => ['text', piece === '</think>' || piece === '<|end|>' ? 'b' : piece]),
      ]);
      const plain = (all: string): string => all.replaceAll(/<\|end\|>|<\/think>/g, '').replaceAll(/\s/g, '');
      assert.equal(plain(reasoning + text).startsWith(plain(thoughts.join(''))), true, `${reasoning} ${text}`);
      assert.ok(text.includes('Yes.'));
    }),
  );
});

test('H5 thoughts full of quoted marks are read in time, and quotes count over any length', () => {
  const began = performance.now();
  const many = Array.from({ length: 20_000 }, (): Part => ['thought', 'They write `<|end|>` and mean\n it. ']);
  assert.equal(read([...many, ['text', 'Yes.']]).text, 'Yes.');
  const inFence = `\`\`\`\n${'line of code\n'.repeat(2_000)}`;
  assert.match(read([['thought', `${inFence}<|end|>\n\`\`\`\n`]]).reasoning, /<\|end\|>/);
  assert.doesNotMatch(read([['thought', `${inFence}\`\`\`\n<|end|>`]]).reasoning, /<\|end\|>/);
  assert.ok(performance.now() - began < 3_000, `${performance.now() - began} ms`);
});
