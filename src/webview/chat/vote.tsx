import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { BlindView, ChatFromPage } from '../../protocol/chat.ts';
import { Button, Icon } from '../shared/components.tsx';
import { post } from './chatStore.ts';

type Vote = Extract<ChatFromPage, { kind: 'vote' }>['vote'];

/** Below two answers whose models are hidden: which one is better. After the vote, what was said. */
export function VoteBar({ turnId, blind }: { turnId: string; blind: BlindView }): JSX.Element | null {
  const told = useRef<HTMLParagraphElement>(null);
  const voted = useRef(false);
  useEffect(() => {
    // The buttons are gone: who voted by key goes on from here.
    if (blind.words && voted.current) told.current?.focus();
  }, [blind.words]);
  if (blind.words)
    return (
      <p class="vote-told" tabIndex={-1} ref={told}>
        <Icon name="check" />
        {blind.words}
      </p>
    );
  if (!blind.canVote) return null;
  const give = (vote: Vote) => (): void => {
    voted.current = true;
    post({ kind: 'vote', turnId, vote });
  };
  return (
    <section class="vote" aria-label={t('Which answer is better?')}>
      <p>{t('Which answer is better? The names and prices of the models appear after your vote.')}</p>
      <div class="vote-buttons">
        <Button onClick={give('a')}>{t('A is better')}</Button>
        <Button onClick={give('b')}>{t('B is better')}</Button>
        <Button secondary onClick={give('same')}>
          {t('Same')}
        </Button>
        <Button secondary onClick={give('neither')}>
          {t('Neither')}
        </Button>
      </div>
      <button type="button" class="link" onClick={give('none')}>
        {t('Show the names without a vote')}
      </button>
    </section>
  );
}
