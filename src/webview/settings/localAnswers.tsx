import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { AnswersView } from '../../protocol/settings.ts';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { ModelPicker } from './modelPicker.tsx';
import { useOpener, Whose } from './parts.tsx';
import { post } from './settingsStore.ts';

/** The second job of the local tier: which of its models answer questions, and which could. */
export function LocalAnswers({ answers: { chain, offers } }: { answers: AnswersView }): JSX.Element {
  const adding = useOpener();
  const set = (next: readonly string[]): void => post({ kind: 'setLocalAnswers', chain: [...next] });
  return (
    <div role="group" aria-labelledby="local-answers">
      <h4 id="local-answers">{t('Answers with')}</h4>
      {chain.length === 0 && (
        <p class="hint">
          {t(
            'No model: Auto does not send questions to the local tier. Models for completions cannot answer questions.',
          )}
        </p>
      )}
      <ul class="rows models" aria-label={t('Models that answer questions')}>
        {chain.map((ref) => (
          <li key={ref} class="row">
            <span class="grow">
              <VisibleText text={ref} />
            </span>
            <IconButton
              icon="close"
              label={t('Remove {0}', ref)}
              onClick={() => set(chain.filter((each) => each !== ref))}
            />
          </li>
        ))}
        {offers.map(({ provider, model, words, installed, fits }) => (
          <li key={`${provider}/${model}`} class="row" data-offer={model}>
            <span class="grow">
              <VisibleText text={`${provider}/${model}`} />
              <span class="hint block">
                {!fits && words && <Icon name="warning" />}
                <VisibleText text={words} />
              </span>
            </span>
            <Button
              secondary
              onClick={() =>
                installed
                  ? set([...chain, `${provider}/${model}`])
                  : post({ kind: 'pull', provider, model, use: 'answers' })
              }
            >
              {installed ? t('Answer with it') : t('Pull and use')}
              <Whose name={model} />
            </Button>
          </li>
        ))}
      </ul>
      {adding.open ? (
        <ModelPicker
          tier="local"
          forAnswers
          onPick={(ref) => set([...chain.filter((each) => each !== ref), ref])}
          onClose={adding.close}
        />
      ) : (
        <Button secondary buttonRef={adding.button} onClick={adding.show}>
          {t('Choose another model')}
        </Button>
      )}
    </div>
  );
}
