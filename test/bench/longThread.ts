import type { Answer, Question, ThreadEvent } from '../../src/core/chat/conversation.ts';

/** A thread as the chat's bench needs it: 100 questions with answers, 500 code blocks, the same each time. */

export const TURNS = 200;
export const CODE_BLOCKS = 500;

const WORDS = 'lock queue worker socket buffer retry token cursor journal window'.split(' ');
const LANGUAGES = ['ts', 'py', 'go', 'rust', 'sh'] as const;

const word = (n: number): string => WORDS[n % WORDS.length] ?? '';
const sentence = (n: number): string =>
  `The ${word(n)} waits for the **${word(n * 3 + 1)}** until \`${word(n * 7 + 2)}()\` gives it back, which the ${word(n * 5 + 3)} sees.`;

const code = (n: number): string =>
  [
    '```' + (LANGUAGES[n % LANGUAGES.length] ?? ''),
    ...Array.from(
      { length: 6 + (n % 9) },
      (_, i) => `  const ${word(n + i)}${i} = ${word(i)}(${n}, "${word(n * i)}"); // ${i}`,
    ),
    '```',
  ].join('\n');

/** Five code blocks between text, a list and a table. */
function answerText(n: number): string {
  const blocks = Array.from(
    { length: CODE_BLOCKS / (TURNS / 2) },
    (_, i) => `${sentence(n + i)}\n\n${code(n * 5 + i)}`,
  );
  const list = Array.from({ length: 4 }, (_, i) => `- ${sentence(n * 2 + i)}`).join('\n');
  const table = `| what | how often |\n|---|---|\n| ${word(n)} | ${n} |\n| ${word(n + 1)} | ${n * 2} |`;
  return `## About the ${word(n)}\n\n${blocks.join('\n\n')}\n\n${list}\n\n${table}\n`;
}

/** The stored events of the thread. */
export function longThread(id: string, at: number): ThreadEvent[] {
  const events: ThreadEvent[] = [{ e: 'thread', at, id, title: 'A long thread', tier: 'mid' }];
  let after = '';
  for (let n = 0; n < TURNS / 2; n++) {
    const question: Question = { role: 'user', id: `q${n}`, at: at + n, after, text: sentence(n), attachments: [] };
    const answer: Answer = {
      role: 'assistant',
      id: `a${n}`,
      at: at + n,
      questionId: question.id,
      tier: 'mid',
      escalated: false,
      provider: 'cloud',
      model: 'mid',
      state: 'done',
      text: answerText(n),
      reasoning: '',
      failure: null,
      place: null,
      facts: {
        usage: { input: 1000 + n, cacheRead: 0, cacheWrite: 0, output: 500, reasoning: 0 },
        usageEstimated: false,
        nanoUsd: 800_000,
        costSource: 'computed',
        ttftMs: 400,
        durationMs: 3_000,
        finish: 'stop',
      },
    };
    events.push({ e: 'question', at: at + n, turn: question }, { e: 'answer', at: at + n, turn: answer });
    after = answer.id;
  }
  return events;
}
