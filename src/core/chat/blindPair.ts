import { formatModelRef, type ModelRef, type Tier } from '../common/types.ts';
import { CHAT_LIMITS } from '../gateway/call.ts';
import { AnswerRun, type Asked, type Draft, type RunServices } from './answerRun.ts';
import type { ConsentRequest } from './approval.ts';
import { votable, type BlindAnswer } from './blind.ts';
import type { UsualModels } from './blindRival.ts';
import type { BlindPart, Vote } from './blindVote.ts';
import { threadPath } from './branches.ts';
import { chatRequest } from './contextBudget.ts';
import type { AnswerRoute, Question } from './conversation.ts';
import type { LiveThread } from './liveThread.ts';
import { buildMessages } from './prompt.ts';
import type { WorkingTurn } from './runQueue.ts';

/**
 * A question that may be asked of two models at once. Both calls pass the gateway, so each reserves what it may cost in
 * the budgets before it is sent. Where anything would have to be asked of the user first, or the conversation would have
 * to be summarized, one model answers as usual.
 */
export class BlindPair implements WorkingTurn {
  readonly ended: Promise<void>;
  readonly #end: () => void;
  readonly #first: AnswerRun;
  readonly #live: LiveThread;
  readonly #services: RunServices;
  #second: AnswerRun | undefined;
  #secondEnds: Promise<void> = Promise.resolve();

  constructor(live: LiveThread, services: RunServices) {
    this.#live = live;
    this.#services = services;
    this.#first = new AnswerRun(live, services);
    const end = Promise.withResolvers<void>();
    this.ended = end.promise;
    this.#end = end.resolve;
  }

  get live(): LiveThread {
    return this.#live;
  }
  get answerId(): string {
    return this.#first.answerId;
  }
  get waiting(): string {
    return this.#first.waiting;
  }
  get consent(): ConsentRequest | null {
    return this.#first.consent;
  }
  get isStopped(): boolean {
    return this.#first.isStopped;
  }
  get isBegun(): boolean {
    return this.#first.isBegun;
  }

  begin(): void {
    this.#first.begin();
  }

  stop(): void {
    this.#first.stop();
    this.#second?.stop();
  }

  end(): void {
    this.#first.end();
    this.#second?.end();
    this.#end();
  }

  decide(consentId: string, allow: boolean): void {
    this.#first.decide(consentId, allow);
  }

  /** Adds a question to the thread and gets its answer, or its two answers; see `AnswerRun.ask`. */
  async ask(draft: Draft, title: string, asked: Asked): Promise<void> {
    await this.#first.ask(draft, title, { ...asked, pair: (question, usual) => this.#pair(question, usual) });
    await this.#secondEnds;
  }

  /** Asks the second model, where there is to be one. @returns the part of the first answer */
  async #pair(
    question: Question,
    usual: { readonly tier: Tier; readonly route?: AnswerRoute | undefined },
  ): Promise<BlindPart | undefined> {
    const { parts } = this.#services;
    const { tier, route } = usual;
    const chain = route?.tier === tier ? route.chain : parts.chain(tier);
    const [first] = chain;
    if (!first || !parts.rival) return undefined;
    try {
      const rival = await parts.rival(question, { tier, chain });
      if (
        !rival ||
        !(await this.#goesUnasked(question, [
          { tier, chain },
          { tier: rival.tier, chain: [rival.model] },
        ]))
      )
        return undefined;
      if (this.#first.isStopped) return undefined;
      const isFirst = (parts.random ?? Math.random)() < 0.5;
      const part = (model: ModelRef, isRival: boolean): BlindPart => ({
        place: isRival === isFirst ? 'b' : 'a',
        rival: isRival,
        asked: formatModelRef(model),
      });
      this.#second = new AnswerRun(this.#live, this.#services);
      this.#second.begin();
      const asked: Asked = { tier: rival.tier, model: rival.model, blind: part(rival.model, true) };
      this.#secondEnds = this.#second.answer(question, asked);
      return part(first, false);
    } catch (error) {
      parts.log('blind comparison', error);
      return undefined;
    }
  }

  /**
   * Whether both calls can be sent as they are: no consent is missing, no price is asked about, the windows are large
   * enough, and the budgets have room for the most that both can cost together.
   */
  async #goesUnasked(question: Question, both: readonly UsualModels[]): Promise<boolean> {
    const { budget, approval, parts } = this.#services;
    const rooms: number[] = [];
    let together = 0;
    const messages = buildMessages(this.#live.thread, question.id);
    for (const { tier, chain } of both) {
      if (await budget.tooMuch(this.#live.thread, question, tier, chain)) return false;
      const call = { tier, task: 'chat', chain, request: chatRequest(messages, tier), limits: CHAT_LIMITS } as const;
      if (await approval.needed(this.#live.id, call)) return false;
      rooms.push((await parts.room?.(tier)) ?? Infinity);
      together += (await parts.gateway.estimate(call))?.atMost ?? Infinity;
    }
    return rooms.every((room) => room === Infinity || together <= room);
  }
}

/**
 * Takes the user's vote on two blind answers: their names are shown from then on, and the conversation goes on from the
 * better one, else from the one that would have been asked anyway.
 *
 * @param answerId of one of the two
 * @param at milliseconds since 1970
 * @returns both answers with the vote, A first; undefined when there is nothing to vote on
 */
export function castVote(
  live: LiveThread,
  answerId: string,
  vote: Vote,
  at: number,
): readonly [BlindAnswer, BlindAnswer] | undefined {
  const step = threadPath(live.thread).find(({ answers }) => answers.some(({ id }) => id === answerId));
  const pair = step && votable(step.answers);
  if (!pair) return undefined;
  const [a, b] = pair;
  for (const { id } of pair) live.update(id, { vote }, at);
  live.apply({ e: 'choose', at, id: (vote === 'a' || (vote !== 'b' && b.blind.rival) ? a : b).id });
  return [
    { ...a, vote },
    { ...b, vote },
  ];
}
