import { isQuoted } from '../common/thinkingMarks.ts';

/**
 * Models whose template does not fit, or whose end token the server does not know, go on after their answer: with the
 * tokens of the next turn, or with `User: ...` and an answer to that. What they make up is no part of the answer.
 */

/** Tokens that end or begin a turn; no prose has them, and code that has them is in a code block. */
const TOKENS =
  /<\|[a-z0-9_]{1,40}\|>|<｜[^｜\n]{1,30}｜>|<(?:start|end)_of_turn>|<\|turn>|<turn\|>|<\/s>|\[\/?INST\]/iu;
/** Such tokens, with the role that they name, at the very beginning. */
const OPENING =
  /^\s*(?:(?:<\|(?:im_start|start|start_header_id)\|>|<start_of_turn>|<\|turn>)\s*(?:assistant|model)?\s*(?:<\|(?:end_header_id|message)\|>)?|<\|[a-z0-9_]{1,40}\|>|<｜[^｜\n]{1,30}｜>|<\/?s>|\[\/INST\])\s*/iu;

const USERS = 'User|Human|Instruction|用户|ユーザー|Usuario|Utilisateur|Benutzer|Nutzer|Пользователь';
const ASSISTANTS = 'Assistant|AI|Bot|Model|Response|助手|アシスタント|Asistente|Assistent|Ассистент';
const label = (names: string): string => `(?:#{1,4} *)?\\**(?:${names})\\** ?[:：]\\**`;
const USER_TURN = new RegExp(`(?<=\\n[ \\t]*\\n)${label(USERS)}`, 'iu');
const ASSISTANT_TURN = new RegExp(`\\n${label(ASSISTANTS)}`, 'iu');
/** A dialog was asked for: the answer itself is in turns. */
const IN_TURNS = new RegExp(`(?:^|\\n)${label(`${USERS}|${ASSISTANTS}`)}`, 'iu');

/** The end of a text that may be the beginning of a token or of a label. */
const BEGUN = /(?:<[|｜/\w][^<>\n]{0,42}|<|\[\/?[INST]{0,4}|\n[ \t]*\n[#* ]{0,8}[\p{L}]{0,14}\** ?)$/u;

/** A turn of the user without an answer is held back up to here, in UTF-16 units; then it is taken for text. */
const MOST_HELD = 600;
/** No opening is longer, with the role in it. */
const MOST_OPENING = 64;
/** So much text after the answer shows that the model goes on. */
const WENT_ON = 80;

/** The text of an answer up to the turn that its model makes up. Text is held back while it may begin one. */
export class AnswerTurn {
  /** What was let through. */
  #all = '';
  #held = '';
  /** A token came first: spaces after it are not the answer's. */
  #isOpened = false;
  #isCut = false;
  /** What the model wrote after its answer. */
  #dropped = '';
  #looksForLabels = true;

  /** The model is well into a turn of its own: nothing of the answer is to come. */
  get wentOn(): boolean {
    return this.#dropped.trim().length > WENT_ON;
  }

  get dropped(): string {
    return this.#dropped;
  }

  /** @returns what may be shown */
  push(text: string, last = false): string {
    if (this.#isCut) {
      this.#dropped += text;
      return '';
    }
    this.#held += text;
    if (this.#all.trim() === '') {
      const begins = /^\s*(?:<[|｜/st]|<$|\[\/)/iu.test(this.#held) && !/\S.*\n/.test(this.#held);
      if (begins && !last && this.#held.length < MOST_OPENING) return '';
      this.#isOpened ||= OPENING.test(this.#held);
      this.#held = this.#held.replace(OPENING, '');
      if (this.#isOpened) this.#held = this.#held.trimStart();
    }
    const token = this.#findToken();
    if (token >= 0) return this.#cutAt(token);
    const turn = this.#looksForLabels ? this.#findTurn() : -1;
    if (turn < 0) return this.#release(last ? this.#held.length : Math.max(0, this.#held.length - this.#begun()));
    const made = this.#held.slice(turn);
    if (ASSISTANT_TURN.test(made) || (last && /^[^\n]*[?？]\s*$/.test(made))) return this.#cutAt(turn);
    if (!last && made.length <= MOST_HELD) return this.#release(turn);
    this.#looksForLabels = false;
    return this.#release(this.#held.length);
  }

  /** What was held back, for a text that turns out to be none of the answer's; all begins again. */
  take(): string {
    const held = this.#held;
    this.#held = '';
    this.#all = '';
    return held;
  }

  #release(length: number): string {
    const text = this.#held.slice(0, length);
    this.#all += text;
    this.#held = this.#held.slice(length);
    return text;
  }

  #cutAt(at: number): string {
    this.#isCut = true;
    this.#dropped = this.#held.slice(at);
    return this.#release(at).trimEnd();
  }

  #begun(): number {
    return BEGUN.exec(this.#all.slice(-2) + this.#held)?.[0].length ?? 0;
  }

  #findToken(): number {
    let from = 0;
    for (;;) {
      const found = TOKENS.exec(this.#held.slice(from));
      if (!found) return -1;
      const at = from + found.index;
      const before = this.#all + this.#held.slice(0, at);
      const isMarkup = found[0].toLowerCase() === '</s>' && /<s>/i.test(before);
      if (!isMarkup && !isQuoted(before)) return at;
      from = at + found[0].length;
    }
  }

  #findTurn(): number {
    const context = this.#all.slice(-2);
    const found = USER_TURN.exec(context + this.#held);
    const at = found ? found.index - context.length : -1;
    const before = at < 0 ? '' : this.#all + this.#held.slice(0, at);
    const isPart = /[:：]\s*$/.test(before) || IN_TURNS.test(before) || isQuoted(before) || before.trim() === '';
    return isPart ? -1 : at;
  }
}
