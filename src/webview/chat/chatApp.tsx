import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { AnswerTurnView, TurnView } from '../../protocol/chat.ts';
import { Button, Icon, IconButton, LiveRegion } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { AnswerTurn } from './answer.tsx';
import { Composer } from './composer.tsx';
import { ConsentCard } from './consent.tsx';
import { EmptyState } from './empty.tsx';
import { Summary } from './summary.tsx';
import { useFollow } from './follow.ts';
import { useDrop } from './incoming.ts';
import { useGradual } from './gradual.ts';
import { Header } from './header.tsx';
import { nextStepLabel } from './nextStep.ts';
import { closedNotice, closeNotice, model, post, quote, ready } from './chatStore.ts';
import { UserTurn } from './user.tsx';
import { VoteBar } from './vote.tsx';

export function App(): JSX.Element | null {
  const { state } = model.value;
  const page = useRef<HTMLElement>(document.body);
  const over = useDrop(page);
  if (!ready.value || !state) return null;
  return (
    <>
      <Header />
      <main class="conversation">
        <Log />
      </main>
      <section class="dock" aria-label={t('Your question')}>
        {state.busy !== null && <div class="progress" aria-hidden="true" />}
        <QuoteButton />
        {state.notice && state.notice !== closedNotice.value && <Notice />}
        {over && <div class="drop-here">{t('Drop to attach')}</div>}
        <Composer />
      </section>
      <LiveRegion />
    </>
  );
}

function Log(): JSX.Element | null {
  const { state } = model.value;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { from, settled } = useGradual(state?.thread.id ?? '', state?.turns.length ?? 0);
  const { atEnd, toEnd } = useFollow(scroller, content, {
    moving: (state?.busy ?? null) !== null || from > 0,
    thread: state?.thread.id ?? '',
    turns: state?.turns.length ?? 0,
  });
  const drawn = useTurns(state?.turns ?? NONE, from);
  if (!state) return null;
  const classes = ['turns', settled && 'settled', drawn.some(({ turns }) => turns.length > 1) && 'wide'].filter(
    Boolean,
  );
  return (
    <>
      {/* Not live by itself: it would read every token. The live region announces the important changes. */}
      <div class="log" ref={scroller} role="log" aria-live="off" aria-label={t('Conversation')} tabIndex={0}>
        <div class={classes.join(' ')} ref={content}>
          {state.turns.length === 0 && !state.consent && <EmptyState tiers={state.tiers} />}
          {drawn.map(({ element }) => element)}
          {state.consent && <ConsentCard key={state.consent.id} consent={state.consent} />}
        </div>
      </div>
      {!atEnd && <IconButton class="to-end" icon="arrow-down" label={t('Jump to latest')} onClick={toEnd} />}
    </>
  );
}

const NONE: readonly TurnView[] = [];

/** A question, a summary, or all answers to one question. */
interface Group {
  readonly turns: readonly TurnView[];
  readonly last: TurnView | undefined;
  readonly element: JSX.Element;
}

/**
 * The turns from the given index on, drawn. An unchanged turn is the very element of the drawing before: with it nothing
 * is compared, so that a token costs the same in a long thread as in a short one.
 */
function useTurns(turns: readonly TurnView[], from: number): readonly Group[] {
  const before = useRef(new Map<string, Group>());
  const last = turns.at(-1);
  const groups = grouped(turns.slice(from)).map((members): [string, Group] => {
    const id = members[0]?.id ?? '';
    const old = before.current.get(id);
    const lastHere = last && members.includes(last) ? last : undefined;
    const same = old?.last === lastHere && old?.turns.length === members.length;
    if (old && same && members.every((turn, i) => turn === old.turns[i])) return [id, old];
    return [id, { turns: members, last: lastHere, element: drawGroup(id, members, lastHere) }];
  });
  before.current = new Map(groups);
  return groups.map(([, group]) => group);
}

function drawGroup(id: string, turns: readonly TurnView[], last: TurnView | undefined): JSX.Element {
  const [first] = turns;
  if (first?.role === 'user') return <UserTurn key={id} turn={first} />;
  if (first?.role === 'summary') return <Summary key={id} summary={first} />;
  const blind = turns.flatMap((turn) => (turn.role === 'assistant' && turn.blind ? [turn.blind] : []))[0];
  // The same element for one answer as for several, so that the first is not drawn again when another comes.
  return (
    <div key={id} class={turns.length > 1 ? 'side-by-side' : 'alone'}>
      {turns.map((turn) => (
        <AnswerTurn key={turn.id} turn={turn as AnswerTurnView} last={turn === last} />
      ))}
      {blind && <VoteBar turnId={id} blind={blind} />}
    </div>
  );
}

/** Answers to one question are one group. */
function grouped(turns: readonly TurnView[]): TurnView[][] {
  const groups: TurnView[][] = [];
  for (const turn of turns) {
    const group = groups.at(-1);
    if (turn.role === 'assistant' && group?.[0]?.role === 'assistant') group.push(turn);
    else groups.push([turn]);
  }
  return groups;
}

/** While text of the conversation is selected: a button that takes it into the composer. */
function QuoteButton(): JSX.Element | null {
  const [selected, setSelected] = useState('');
  useEffect(() => {
    const look = (): void => {
      const selection = document.getSelection();
      const inside = selection?.anchorNode?.parentElement?.closest('.turns') !== null;
      setSelected(selection && !selection.isCollapsed && inside ? selection.toString() : '');
    };
    document.addEventListener('selectionchange', look);
    return () => document.removeEventListener('selectionchange', look);
  }, []);
  if (!selected.trim()) return null;
  return (
    <IconButton
      class="quote-button"
      icon="quote"
      label={t('Quote the selection')}
      onClick={() => {
        quote(selected);
        document.getSelection()?.removeAllRanges();
      }}
    >
      {t('Quote')}
    </IconButton>
  );
}

function Notice(): JSX.Element {
  const { notice = '', noticeNext = 'none' } = model.value.state ?? {};
  return (
    <div class="notice" role="note">
      <Icon name="info" />
      <span class="notice-words">
        <VisibleText text={notice} />
      </span>
      {noticeNext !== 'none' && (
        <Button secondary onClick={() => post({ kind: 'nextStep', next: noticeNext })}>
          {nextStepLabel(noticeNext)}
        </Button>
      )}
      {noticeNext !== 'trust' && (
        <IconButton icon="close" label={t('Close this notice')} onClick={() => closeNotice(notice)} />
      )}
    </div>
  );
}
