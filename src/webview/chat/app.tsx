import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { Button, Icon, IconButton, LiveRegion } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { AnswerTurn } from './answer.tsx';
import { Composer } from './composer.tsx';
import { ConsentCard } from './consent.tsx';
import { EmptyState } from './empty.tsx';
import { useFollow } from './follow.ts';
import { Header } from './header.tsx';
import { nextStepLabel } from './nextStep.ts';
import { model, post, ready } from './store.ts';
import { UserTurn } from './user.tsx';

export function App(): JSX.Element | null {
  const { state } = model.value;
  if (!ready.value || !state) return null;
  return (
    <>
      <Header />
      <main class="conversation">
        <Log />
      </main>
      <section class="dock" aria-label={t('Your question')}>
        {state.busy !== null && <div class="progress" aria-hidden="true" />}
        {state.notice && <Notice />}
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
  const last = state?.turns.at(-1);
  const { atEnd, toEnd } = useFollow(scroller, content, {
    moving: (state?.busy ?? null) !== null,
    thread: state?.thread.id ?? '',
    turns: state?.turns.length ?? 0,
  });
  if (!state) return null;
  return (
    <>
      {/* Not live by itself: it would read every token. What matters is said by the live region. */}
      <div class="log" ref={scroller} role="log" aria-live="off" aria-label={t('Conversation')} tabIndex={0}>
        <div class="turns" ref={content}>
          {state.turns.length === 0 && !state.consent && <EmptyState tiers={state.tiers} />}
          {state.turns.map((turn) =>
            turn.role === 'user' ? (
              <UserTurn key={turn.id} turn={turn} />
            ) : (
              <AnswerTurn key={turn.id} turn={turn} last={turn === last} />
            ),
          )}
          {state.consent && <ConsentCard key={state.consent.id} consent={state.consent} />}
        </div>
      </div>
      {!atEnd && <IconButton class="to-end" icon="arrow-down" label={t('Jump to latest')} onClick={toEnd} />}
    </>
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
    </div>
  );
}
