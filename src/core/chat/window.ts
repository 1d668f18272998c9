import { estimateTokens } from '../common/tokens.ts';
import { stepsAfter, type Step } from './branches.ts';
import type { Answer, Attachment, Summary, Question } from './conversation.ts';
import { systemFor } from './prompt.ts';

/**
 * How a conversation fits into a model's context window. The prompt only grows at its end, so that prompt caches hit;
 * when the window is near, the oldest turns are summarized, once and for many turns ahead.
 */

/** The parts of the next question, in estimated tokens. */
interface Occupancy {
  readonly head: number;
  /** Summary of what was summarized, 0 without one. */
  readonly summary: number;
  readonly turns: number;
  readonly context: number;
  readonly question: number;
  readonly total: number;
}

export interface WindowPlan {
  readonly used: Occupancy;
  /** Tokens of the window that are left for the prompt, after those kept free for the answer; null when unknown. */
  readonly room: number | null;
  /** How many of the oldest turns that are still sent in full will be summarized before the next question is sent. */
  readonly toCompact: number;
  /** The question with its context does not fit, whatever is summarized. */
  readonly tooLarge: boolean;
}

/** Estimates may lie this much below the truth before something breaks. */
const MARGIN = 1.15;
/** After a compaction at most this share of the room is used: the next one is then far away. */
const REFILL = 0.5;
/** Tokens that a summary is expected to have, and may have at most. */
const SUMMARY_TOKENS = 800;
export const MOST_SUMMARY_TOKENS = 1_600;

/**
 * Plans what is sent with the next question.
 *
 * @param window tokens of the model's context window, or undefined
 * @param answer most tokens of the answer; of a small window a quarter is enough
 */
export function planWindow(
  steps: readonly Step[],
  last: Summary | undefined,
  next: { readonly text: string; readonly attachments: readonly Attachment[] },
  window: number | undefined,
  answer: number,
): WindowPlan {
  const sent = stepsAfter(steps, last);
  const sizes = sent.map(stepTokens);
  const hasContext = steps.some(({ question }) => question.attachments.length > 0) || next.attachments.length > 0;
  const used = occupancy(sizes, hasContext, last, next);
  if (window === undefined) return { used, room: null, toCompact: 0, tooLarge: false };
  const room = Math.max(0, Math.floor(window - Math.min(answer, window / 4)));
  if (used.total * MARGIN <= room) return { used, room, toCompact: 0, tooLarge: false };

  const fixed = used.head + used.context + used.question;
  let rest = used.turns;
  let count = 0;
  while (count < sent.length && (fixed + SUMMARY_TOKENS + rest) * MARGIN > room * REFILL) rest -= sizes[count++] ?? 0;
  return { used, room, toCompact: count, tooLarge: (fixed + (count ? SUMMARY_TOKENS : used.summary)) * MARGIN > room };
}

/**
 * The attachments without which a question fits that is too large whatever is summarized: the largest first, as few as
 * possible. Empty when it is too large without any of them.
 */
export function withoutWhich(attachments: readonly Attachment[], { used, room }: WindowPlan): readonly string[] {
  const most = (room ?? Infinity) / MARGIN - (used.turns + used.summary > 0 ? SUMMARY_TOKENS : 0);
  let rest = used.head + used.context + used.question;
  const out: string[] = [];
  for (const { label, tokens } of [...attachments].sort((a, b) => b.tokens - a.tokens)) {
    if (rest <= most) break;
    out.push(label);
    rest -= tokens;
  }
  return rest <= most ? out : [];
}

function occupancy(
  sizes: readonly number[],
  hasContext: boolean,
  last: Summary | undefined,
  { text, attachments }: { readonly text: string; readonly attachments: readonly Attachment[] },
): Occupancy {
  const head = hasContext ? CONTEXT_HEAD : PLAIN_HEAD;
  const summary = last?.tokens ?? 0;
  const turns = sizes.reduce((sum, size) => sum + size, 0);
  const context = attachments.reduce((sum, { tokens }) => sum + tokens, 0);
  const question = text.trim() ? estimateTokens(text) + FRAME : 0;
  return { head, summary, turns, context, question, total: head + summary + turns + context + question };
}

/** Tokens that the chat format adds to a message. */
const FRAME = 4;
/** The longest system text that a model gets: the one for families that are asked for search/replace blocks. */
const CONTEXT_HEAD = estimateTokens(systemFor('', true)) + FRAME;
const PLAIN_HEAD = estimateTokens(systemFor('', false)) + FRAME;

const counted = new WeakMap<Question | Answer, number>();

/** Tokens of a question with its context and its answer; what was not answered is not sent. */
export function stepTokens({ question, active }: Step): number {
  if (!active?.text) return 0;
  return remember(question, questionTokens) + remember(active, ({ text }) => estimateTokens(text) + FRAME);
}

const questionTokens = ({ attachments, prompt, text }: Question): number =>
  attachments.reduce((sum, { tokens }) => sum + tokens, 0) + estimateTokens(prompt?.text ?? text) + FRAME;

function remember<T extends Question | Answer>(turn: T, count: (turn: T) => number): number {
  const known = counted.get(turn);
  if (known !== undefined) return known;
  const tokens = count(turn);
  counted.set(turn, tokens);
  return tokens;
}
