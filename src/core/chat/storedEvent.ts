import * as v from 'valibot';
import { TIER_CHOICES, TIERS } from '../common/types.ts';
import { PLACES, VOTES } from './blindVote.ts';
import type { ThreadEvent } from './conversation.ts';

/** Events as they come from a file: what `applyEvent` and the views rely on is checked, further fields may be there. */

const Count = v.pipe(v.number(), v.finite());
const Text = v.string();
/** An empty one means "no turn", so a turn that has it would follow itself. */
const Id = v.pipe(Text, v.minLength(1));
const TierName = v.picklist(TIERS);
const TierChoiceName = v.picklist(TIER_CHOICES);
const At = { at: Count };

const Failed = v.looseObject({
  kind: Text,
  budget: v.optional(
    v.looseObject({
      usd: Count,
      period: v.picklist(['day', 'week', 'month']),
      tier: v.optional(TierName),
      workspace: v.optional(Text),
      limit: Count,
      spent: Count,
      reserved: Count,
      needed: Count,
    }),
  ),
});
const Model = v.looseObject({ provider: Text, model: Text });
/** Fields that older versions stored as a sentence. */
const Note = v.union([Text, v.looseObject({ note: Text, asked: Text, returned: v.nullable(Text) })]);
const Fallback = v.union([Text, v.looseObject({ from: Model, to: Model, failure: v.nullable(Failed) })]);
const Move = v.looseObject({
  from: Model,
  to: Model,
  sizes: v.optional(v.looseObject({ tokens: Count, window: Count })),
});
const Facts = v.looseObject({
  usage: v.looseObject({ input: Count, cacheRead: Count, cacheWrite: Count, output: Count, reasoning: Count }),
  nanoUsd: v.nullable(Count),
  durationMs: Count,
  ttftMs: v.nullable(Count),
  shadowNanoUsd: v.optional(Count),
  costDetail: v.optional(Text),
  priceFrom: v.optional(v.looseObject({ source: Text, date: Text })),
  fallback: v.optional(Fallback),
  notes: v.optional(v.array(Note)),
});
const Place = v.looseObject({ provider: Text, host: Text, model: Text });
const State = v.picklist(['waiting', 'streaming', 'done', 'partial', 'failed', 'cancelled']);

const AttachedPiece = v.looseObject({ path: Text, line: Count, label: Text, symbol: Text, tokens: Count });
const Attached = v.looseObject({
  id: Text,
  kind: Text,
  label: Text,
  path: Text,
  text: Text,
  tokens: Count,
  pieces: v.optional(v.array(AttachedPiece)),
});
const QuestionTurn = v.looseObject({
  role: v.literal('user'),
  id: Id,
  at: Count,
  text: Text,
  after: v.optional(Text),
  attachments: v.array(Attached),
  prompt: v.optional(v.looseObject({ name: Text, version: Text, text: Text, hash: v.optional(Text) })),
});
const Reason = v.looseObject({
  facts: v.array(v.looseObject({ kind: Text, values: v.array(v.union([Text, Count])) })),
  signals: v.optional(v.array(Text)),
  then: v.optional(TierName),
});
const Route = v.looseObject({
  tier: TierName,
  chain: v.array(Model),
  rule: Text,
  reason: v.optional(Text),
  reasons: v.optional(v.array(Reason)),
  offers: v.array(
    v.looseObject({
      tier: TierName,
      model: Model,
      nanoUsd: v.nullable(Count),
      monthlyPlan: v.optional(v.looseObject({ shadowNanoUsd: v.nullable(Count) })),
    }),
  ),
  likeness: v.looseObject({ score: Count }),
});
const Tried = v.looseObject({ model: Model, place: Place, failure: v.nullable(Failed), nanoUsd: v.nullable(Count) });
const Stage = v.looseObject({
  name: Text,
  kind: Text,
  status: v.picklist(['waiting', 'running', 'paused', 'done', 'skipped', 'failed', 'stopped']),
  output: Text,
  by: v.array(Text),
  usage: v.looseObject({ input: Count, cacheRead: Count, cacheWrite: Count, output: Count, reasoning: Count }),
  nanoUsd: Count,
  shadowNanoUsd: v.optional(Count),
  requests: Count,
  ms: Count,
  words: Text,
  failure: v.optional(v.nullable(Failed)),
});
const RunState = v.picklist(['running', 'paused', 'done', 'failed', 'stopped', 'handed-over']);
const Since = v.looseObject({ nanoUsd: Count, ms: Count, requests: v.array(Count) });
const Run = v.looseObject({
  recipe: Text,
  text: Text,
  task: Text,
  limits: v.looseObject({ nanoUsd: Count, requests: Count, ms: Count }),
  since: Since,
  status: RunState,
  stages: v.array(Stage),
});
const StageChange = v.looseObject({
  status: RunState,
  since: v.optional(Since),
  index: v.optional(Count),
  stage: v.optional(Stage),
});
const AnswerTurn = v.looseObject({
  role: v.literal('assistant'),
  id: Id,
  at: Count,
  questionId: Id,
  tier: TierName,
  provider: Text,
  model: Text,
  state: State,
  text: Text,
  reasoning: Text,
  failure: v.nullable(Failed),
  place: v.nullable(Place),
  facts: v.nullable(Facts),
  callId: v.optional(Text),
  route: v.optional(Route),
  tried: v.optional(v.array(Tried)),
  moved: v.optional(Text),
  move: v.optional(Move),
  run: v.optional(Run),
  blind: v.optional(v.looseObject({ place: v.picklist(PLACES), rival: v.boolean(), asked: Text })),
  vote: v.optional(v.picklist(VOTES)),
});
const Change = v.looseObject({
  provider: v.optional(Text),
  model: v.optional(Text),
  state: v.optional(State),
  text: v.optional(Text),
  reasoning: v.optional(Text),
  failure: v.optional(v.nullable(Failed)),
  place: v.optional(v.nullable(Place)),
  facts: v.optional(v.nullable(Facts)),
  callId: v.optional(Text),
  tried: v.optional(v.array(Tried)),
  moved: v.optional(Text),
  move: v.optional(Move),
  vote: v.optional(v.picklist(VOTES)),
});

const kind = v.literal;
const Event = v.variant('e', [
  v.looseObject({ e: kind('thread'), ...At, id: Text, title: Text, tier: TierChoiceName }),
  v.looseObject({ e: kind('tier'), ...At, tier: TierChoiceName }),
  v.looseObject({ e: kind('renamed'), ...At, title: Text }),
  v.looseObject({ e: kind('pinned'), ...At, pinned: v.boolean() }),
  v.looseObject({ e: kind('question'), ...At, turn: QuestionTurn }),
  v.looseObject({ e: kind('answer'), ...At, turn: AnswerTurn }),
  v.looseObject({ e: kind('delta'), ...At, id: Id, text: Text, reasoning: Text }),
  v.looseObject({ e: kind('update'), ...At, id: Id, change: Change }),
  v.looseObject({
    e: kind('folded'),
    ...At,
    fold: v.looseObject({
      id: Text,
      upTo: Text,
      questions: Count,
      text: Text,
      tokens: Count,
      nanoUsd: v.nullable(Count),
    }),
  }),
  v.looseObject({ e: kind('choose'), ...At, id: Id }),
  v.looseObject({ e: kind('removed'), ...At, id: Id }),
  v.looseObject({ e: kind('run'), ...At, id: Id, run: Run }),
  v.looseObject({ e: kind('stage'), ...At, id: Id, change: StageChange }),
]);

/** The event of a line, or undefined when it is damaged or of a kind that only a newer version knows. */
export function parseEvent(line: string): ThreadEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    // The words of closed lists (finish, source) are only shown, so they are not checked, which the compiler does not like.
    return v.is(Event, value) ? (value as unknown as ThreadEvent) : undefined;
  } catch {
    return undefined;
  }
}
