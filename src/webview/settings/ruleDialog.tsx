import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Tier } from '../../core/common/types.ts';
import type { RuleDraft, SettingsState } from '../../protocol/settings.ts';
import { VisibleText } from '../shared/text.tsx';
import { tierName } from '../shared/tiers.ts';
import { Choice, Field, Form } from './parts.tsx';
import { post } from './settingsStore.ts';

/** A rule as a sentence that the user completes: when …, then …, because …. */

const SIZES = ['', '-2000', '2001-8000', '8001-32000', '32001-'] as const;
const SCORES = ['', '1-2.5', '2.5-3.5', '3.5-5'] as const;

const sizeLabel = (size: (typeof SIZES)[number]): string =>
  ({
    '': t('of any size'),
    '-2000': t('up to 2,000 tokens'),
    '2001-8000': t('2,000 to 8,000 tokens'),
    '8001-32000': t('8,000 to 32,000 tokens'),
    '32001-': t('more than 32,000 tokens'),
  })[size];

const scoreLabel = (score: (typeof SCORES)[number]): string =>
  ({ '': t('of any complexity'), '1-2.5': t('simple'), '2.5-3.5': t('ordinary'), '3.5-5': t('complex') })[score];

/** `2001-8000` as bounds; null for none. */
function boundsOf(text: string): { min?: number; max?: number } | null {
  const [min = '', max = ''] = text.split('-');
  return text ? { ...(min ? { min: Number(min) } : {}), ...(max ? { max: Number(max) } : {}) } : null;
}

const wordsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\s,]+/)
      .map((word) => word.trim())
      .filter(Boolean),
  ),
];

interface RuleDialogProps {
  topics: NonNullable<SettingsState['routing']['topics']>;
  preview: SettingsState['routing']['preview'];
  onClose: () => void;
}

/** The dialog in place of its button. */
export function RuleDialog({ topics, preview, onClose }: RuleDialogProps): JSX.Element {
  const [actions, setActions] = useState('');
  const [languages, setLanguages] = useState('');
  const [topic, setTopic] = useState('');
  const [size, setSize] = useState<(typeof SIZES)[number]>('');
  const [score, setScore] = useState<(typeof SCORES)[number]>('');
  const [tier, setTier] = useState<Tier>('frontier');
  const [because, setBecause] = useState('');
  const [until, setUntil] = useState('');
  const draft: RuleDraft = {
    actions: wordsOf(actions),
    languages: wordsOf(languages),
    topics: topics.filter(({ id }) => id === topic).map(({ id }) => id),
    tokens: boundsOf(size),
    score: boundsOf(score),
    tier,
    because: because.trim(),
    until: until.trim(),
  };
  const wrong = until.trim() && !isDay(until.trim()) ? t('Use a day such as 2026-12-31.') : '';
  const wanted = wrong ? '' : JSON.stringify(draft);
  useEffect(() => {
    if (wanted) post({ kind: 'previewRule', draft: JSON.parse(wanted) as RuleDraft });
  }, [wanted]);
  const close = (): void => {
    post({ kind: 'previewRule', draft: null });
    onClose();
  };
  return (
    <Form
      label={t('Add a rule')}
      submit={t('Add rule')}
      {...(wrong && { unavailable: wrong })}
      onSubmit={() => {
        post({ kind: 'addRule', draft });
        close();
      }}
      onCancel={close}
    >
      <h4>{t('When')}</h4>
      <div class="fields">
        <Field
          label={t('the action is')}
          value={actions}
          onInput={setActions}
          placeholder={t('for example /fix, review, commit-message')}
        />
        <Field
          label={t('the language is')}
          value={languages}
          onInput={setLanguages}
          placeholder={t('for example rust, sql')}
        />
        <Choice
          label={t('the question is about')}
          value={topic}
          options={[
            { value: '', label: t('anything') },
            ...topics.map(({ id, name }) => ({ value: id as string, label: name })),
          ]}
          onChange={setTopic}
        />
        <Choice
          label={t('it is')}
          value={score}
          options={SCORES.map((value) => ({ value, label: scoreLabel(value) }))}
          onChange={setScore}
        />
        <Choice
          label={t('what is sent is')}
          value={size}
          options={SIZES.map((value) => ({ value, label: sizeLabel(value) }))}
          onChange={setSize}
        />
      </div>
      <h4>{t('then')}</h4>
      <div class="fields">
        <Choice
          label={t('ask')}
          value={tier}
          options={(['local', 'mid', 'frontier'] as const).map((value) => ({ value, label: tierName(value) }))}
          onChange={setTier}
        />
        <Field label={t('because')} value={because} onInput={setBecause} placeholder={t('shown as the reason')} />
        <Field
          label={t('until (optional)')}
          value={until}
          onInput={setUntil}
          problem={wrong}
          placeholder="2026-12-31"
        />
      </div>
      {preview && (
        <div role="status">
          <p>
            <VisibleText text={preview.sentence} />
          </p>
          <p class="hint">
            <VisibleText text={preview.words} />
          </p>
          <ul>
            {preview.questions.map((question, i) => (
              <li key={i}>
                <VisibleText text={question} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </Form>
  );
}

const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
