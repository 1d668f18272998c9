/**
 * Habits of real models, for a model that knows what belongs into the gap. All of them follow from the text before the
 * cursor, so that each run is the same.
 */
import { completeFromDocuments } from '../../servers/fim.ts';
import { hash, tokenize } from '../../servers/text.ts';

export const HABITS = {
  'runs-on': 'says what belongs there, and the text after the cursor once more',
  wrong: 'is wrong in 40% of its answers',
  'stops-short': 'stops in the middle of a line or after one line',
  wraps: 'says a sentence and puts the code into a fence',
} as const;
export type Habit = keyof typeof HABITS;

/** The share of its answers in which the model that is wrong is wrong. */
const WRONG_SHARE = 0.4;

/** An answer as a model with this habit gives it. */
export function answerWith(habit: Habit, documents: readonly string[], prefix: string, suffix: string): string {
  const known =
    completeFromDocuments(
      documents.map((text) => ({ text, runOn: true })),
      prefix,
      suffix,
    ) ?? '';
  switch (habit) {
    case 'runs-on':
      return known;
    case 'wrong':
      return isChosen(prefix, WRONG_SHARE) ? spoilLine(known, 0) : known;
    case 'stops-short':
      return stopShort(known, prefix);
    case 'wraps':
      return `Here is the completed code:\n\n\`\`\`\n${known.split('\n').slice(0, 6).join('\n')}\n\`\`\`\n\nThis does what you want.`;
  }
}

/** Whether this answer is among the share of answers: that depends on the line and on the word that has been typed of it. */
function isChosen(prefix: string, share: number): boolean {
  const line = prefix.slice(prefix.lastIndexOf('\n') + 1);
  const words = line.trim().split(/\W+/).length;
  const before = prefix.slice(0, prefix.length - line.length).slice(-80);
  return (hash(`${before}${line.slice(0, /\w*$/.exec(line)?.index)} ${words}`) % 1000) / 1000 < share;
}

/** Half of the answers end within their first line, the others with it. */
function stopShort(known: string, prefix: string): string {
  const [first = ''] = /^\n*[^\n]*/.exec(known) ?? [];
  const tokens = tokenize(first);
  return isChosen(prefix, 0.5) ? tokens.slice(0, Math.max(1, Math.ceil(tokens.length / 2))).join('') : first;
}

/**
 * From some line on the model is wrong, with a share of lines on which it is. Whether it is wrong on a line depends on the
 * line and on the word that has been typed of it: who has typed more is helped better.
 */
export function spoil(text: string, prefix: string, share: number): string {
  if (!share) return text;
  const lines = text.split('\n');
  const typed = prefix.slice(prefix.lastIndexOf('\n') + 1);
  const at = lines.findIndex((line, i) => {
    const whole = i === 0 ? typed + line : line;
    const words = i === 0 ? typed.trim().split(/\W+/).length : 1;
    return line.trim() && (hash(`${whole} ${words}`) % 1000) / 1000 < share / Math.sqrt(words);
  });
  return at < 0 ? text : spoilLine(text, at);
}

/** Something else from the middle of a line on; on an empty first line, from that of the next one with words. */
function spoilLine(text: string, from: number): string {
  const lines = text.split('\n');
  const at = lines.findIndex((each, i) => i >= from && each.trim() !== '');
  if (at < 0) return text;
  const line = lines[at] ?? '';
  const cut = line.search(/\S/) + Math.floor(line.trim().length * 0.3);
  return [...lines.slice(0, at), `${line.slice(0, cut)}somethingElse(value);`, '', ''].join('\n');
}
