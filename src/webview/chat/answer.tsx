import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { brandOf } from '../../core/common/brands.ts';
import type { Tier } from '../../core/common/types.ts';
import type { AnswerTurnView, AppliedView, FooterView, RouteView, TierView } from '../../protocol/chat.ts';
import { CopyButton } from '../shared/codeView.tsx';
import { sourceMark } from '../shared/costSource.ts';
import { Button, Icon, IconButton } from '../shared/components.tsx';
import { Markdown, PlainLines, type MarkdownActions } from '../shared/markdown.tsx';
import { memo } from '../shared/memo.tsx';
import { MenuButton } from '../shared/menu.tsx';
import { VisibleText } from '../shared/text.tsx';
import { isRetry, nextStepLabel } from './nextStep.ts';
import { isUnderWay } from './state.ts';
import { TIER_ICONS, tierName } from '../shared/tiers.ts';
import { files, post, tiers, wait } from './chatStore.ts';
import { RunRows } from './run.tsx';
import { Versions } from './user.tsx';

export const AnswerTurn = memo(function AnswerTurn({ turn, last }: { turn: AnswerTurnView; last: boolean }) {
  const actions = useMemo(() => actionsFor(turn.id), [turn.id]);
  const growing = isUnderWay(turn);
  return (
    <article class={`turn answer${last ? ' last' : ''}`} aria-labelledby={`turn-${turn.id}`} aria-busy={growing}>
      <Heading turn={turn} />
      {turn.before.map((line, i) => (
        <p key={i} class="before">
          <VisibleText text={line} />
        </p>
      ))}
      {turn.reasoning && <Reasoning turn={turn} />}
      {turn.run && <RunRows turnId={turn.id} run={turn.run} />}
      {turn.text && <Markdown text={turn.text} growing={growing} actions={actions} />}
      <Status turn={turn} />
      {turn.applied && <Applied turnId={turn.id} applied={turn.applied} />}
      {turn.setup && <SetUp turnId={turn.id} setup={turn.setup} />}
      {turn.tried.length > 0 && !growing && <Handoff turn={turn} />}
      {!growing && <Ending turn={turn} />}
    </article>
  );
});

function actionsFor(turnId: string): MarkdownActions {
  return {
    openLink: (href) => post({ kind: 'openLink', href }),
    files,
    openFile: ({ path, line }) => post({ kind: 'openFile', turnId, path, ...(line === undefined ? {} : { line }) }),
    code: {
      copy: (block) => post({ kind: 'useCode', use: 'copy', turnId, block }),
      insert: (block) => post({ kind: 'useCode', use: 'insert', turnId, block }),
      apply: (block) => post({ kind: 'applyCode', turnId, block }),
      newFile: (block) => post({ kind: 'useCode', use: 'newFile', turnId, block }),
      run: (block) => post({ kind: 'useCode', use: 'terminal', turnId, block }),
      compare: (block) => post({ kind: 'useCode', use: 'compare', turnId, block }),
    },
  };
}

/** One line: the tier that answers and why, the model, and for *Auto* a menu with the other tiers at their price. */
function Heading({ turn }: { turn: AnswerTurnView }): JSX.Element {
  const { route, blind } = turn;
  const isHidden = blind !== undefined && !turn.model;
  const model = [turn.model, turn.provider].filter(Boolean).join(' · ');
  // `anthropic/claude-opus-5.5` reads as `claude-opus-5.5`; the tooltip has all of it.
  const short = [turn.model.slice(turn.model.lastIndexOf('/') + 1), turn.provider].filter(Boolean).join(' · ');
  return (
    <div class="answer-top">
      <h2 class="answer-heading" id={`turn-${turn.id}`}>
        <Icon name={isHidden ? 'eye-closed' : TIER_ICONS[turn.tier]} />
        {blind && <span class="tier-name">{isHidden ? blind.name : `${blind.name} ·`}</span>}
        {isHidden ? null : route ? (
          <span class="route" title={[route.words, route.score, model].filter(Boolean).join('\n')}>
            <span class="tier-name">{route.line}</span>
            {route.brief && (
              <span class="route-reason">
                {' · '}
                <VisibleText text={route.brief} />
              </span>
            )}
          </span>
        ) : (
          <span class="tier-name">{turn.run ? turn.run.title : tierName(turn.tier)}</span>
        )}
        {!isHidden && (
          <span class="model" title={model}>
            <VisibleText text={short} />
          </span>
        )}
        {turn.footer?.fallback && (
          <span class="badge" title={turn.footer.fallback}>
            {t('fallback')}
          </span>
        )}
        {turn.escalated && (
          <span class="badge" title={t("Sent to a stronger model than the chat's default")}>
            {t('escalated')}
          </span>
        )}
      </h2>
      {route && <RouteMenu turnId={turn.id} route={route} />}
    </div>
  );
}

/** Why *Auto* asked this tier, and the others at their price: one choice asks them instead. */
function RouteMenu({ turnId, route }: { turnId: string; route: RouteView }): JSX.Element {
  const { remember } = route;
  return (
    <MenuButton
      icon="chevron-down"
      label={t('Why this tier, and the others')}
      items={[
        { icon: 'info', label: route.words, detail: [route.score, route.cost].filter(Boolean).join(' · ') },
        ...route.others.map(({ tier, cost, model }) => ({
          icon: TIER_ICONS[tier],
          label: t('Ask {0} instead', tierName(tier)),
          detail: [cost, model].filter(Boolean).join(' · '),
          onChoose: () => post({ kind: 'reroute', turnId, tier }),
        })),
        ...(remember
          ? [
              {
                icon: 'pin',
                label: t('Always do this for similar questions'),
                detail: remember,
                onChoose: () => post({ kind: 'rememberRoute', turnId }),
              },
            ]
          : []),
      ]}
    />
  );
}

/** Drawn only once it is unfolded: most are never read, and some are longer than the answer. */
function Reasoning({ turn }: { turn: AnswerTurnView }): JSX.Element {
  const [open, setOpen] = useState(false);
  const thinking = isUnderWay(turn) && !turn.text;
  return (
    <details class="reasoning" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="chevron-right" />
        {thinking ? t('Reasoning…') : t('Reasoning')}
      </summary>
      {open && <PlainLines text={turn.reasoning} />}
    </details>
  );
}

const STATE_ICONS = {
  waiting: 'loading',
  streaming: 'loading',
  done: 'info',
  partial: 'warning',
  failed: 'error',
  cancelled: 'circle-slash',
} as const;

/** The current wait or the failure, shown where it happened, with the next step beside it. */
function Status({ turn }: { turn: AnswerTurnView }): JSX.Element | null {
  const { next } = turn;
  // A run says it with its rows.
  if (turn.run) return null;
  const words =
    turn.words ||
    (turn.state === 'waiting' ? t('Waiting for {0}', turn.model) : turn.state === 'cancelled' ? t('Stopped') : '');
  if (!words && next === 'none' && !turn.canContinue) return null;
  return (
    <div class={`status ${turn.state}`}>
      <Icon name={STATE_ICONS[turn.state]} spin={isUnderWay(turn)} />
      <span class="status-words">
        <VisibleText text={words} />
      </span>
      {turn.canContinue && (
        <Button secondary onClick={() => post({ kind: 'continueAnswer', turnId: turn.id })}>
          {t('Continue')}
        </Button>
      )}
      {turn.useTier && (
        <Button onClick={() => turn.useTier && post({ kind: 'reroute', turnId: turn.id, tier: turn.useTier })}>
          {t('Use {0}', tierName(turn.useTier))}
        </Button>
      )}
      {next !== 'none' && (
        <Button secondary onClick={() => post({ kind: 'nextStep', turnId: turn.id, next })}>
          {nextStepLabel(next)}
        </Button>
      )}
    </div>
  );
}

const APPLIED_ICONS = { checking: 'loading', clean: 'check', problems: 'warning', undone: 'discard' } as const;

/** The result of applying code of the answer: new problems, the way back and the way on. */
function Applied({ turnId, applied }: { turnId: string; applied: AppliedView }): JSX.Element {
  const act = (what: 'undo' | 'fix' | 'dismiss') => () => post({ kind: 'applied', turnId, do: what });
  return (
    <section class={`applied ${applied.state}`} aria-label={t('Applied change')}>
      <Icon name={APPLIED_ICONS[applied.state]} spin={applied.state === 'checking'} />
      <p class="applied-words">
        <VisibleText text={applied.words} />
      </p>
      <IconButton icon="close" label={t('Dismiss')} onClick={act('dismiss')} />
      {applied.problems.length > 0 && (
        <ul>
          {applied.problems.map((problem, i) => (
            <li key={i}>
              <VisibleText text={problem} />
            </li>
          ))}
        </ul>
      )}
      {(applied.canUndo || applied.canFix) && (
        <div class="applied-actions">
          {applied.canUndo && (
            <Button secondary onClick={act('undo')}>
              {t('Undo')}
            </Button>
          )}
          {applied.canFix && <Button onClick={act('fix')}>{t('Fix')}</Button>}
          {applied.state === 'clean' && (
            <Button secondary onClick={() => post({ kind: 'keepTask', turnId })}>
              {t('Keep as a test')}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

function Ending({ turn }: { turn: AnswerTurnView }): JSX.Element {
  const turnId = turn.id;
  // Before the vote there is nothing here that depends on the model.
  const isHidden = turn.blind !== undefined && !turn.model;
  return (
    <div class="ending">
      {turn.footer && <SmallPrint footer={turn.footer} />}
      <div class="answer-actions" role="toolbar" aria-label={t('Answer')}>
        {turn.versions && turn.chosen === undefined && <Versions versions={turn.versions} />}
        {turn.text && <CopyButton label={t('Copy answer')} onCopy={() => post({ kind: 'copyAnswer', turnId })} />}
        {!isRetry(turn.next) && !turn.run && !isHidden && (
          <IconButton
            icon="refresh"
            label={t('Retry')}
            unavailable={wait}
            onClick={() => post({ kind: 'retry', turnId })}
          />
        )}
        {!turn.run && !isHidden && (
          <MenuButton
            icon="chevron-down"
            label={t('Ask another tier')}
            unavailable={wait}
            items={otherTiers(turn.tier).map(({ tier, model: name, price }) => ({
              icon: TIER_ICONS[tier],
              label: tierName(tier),
              detail: [name, price].filter(Boolean).join(' · '),
              onChoose: () => post({ kind: 'retry', turnId, tier }),
            }))}
          />
        )}
        {turn.tier !== 'frontier' && !turn.run && !isHidden && (
          <IconButton
            icon={TIER_ICONS.frontier}
            label={t('Escalate this')}
            unavailable={wait}
            onClick={() => post({ kind: 'escalateTurn', turnId })}
          />
        )}
        {turn.text && !isHidden && (
          <MenuButton
            icon="tools"
            label={t("Continue in VS Code's agents")}
            items={[
              {
                icon: 'tools',
                label: t('Build this'),
                detail: t('Gearshift Build, on mid'),
                onChoose: () => post({ kind: 'toAgent', turnId, use: 'build' }),
              },
              {
                icon: TIER_ICONS.frontier,
                label: t('Escalate in agent mode'),
                detail: t('All tools, on frontier'),
                onChoose: () => post({ kind: 'toAgent', turnId, use: 'escalate' }),
              },
            ]}
          />
        )}
        {turn.text && turn.state === 'done' && !isHidden && (
          <IconButton icon="beaker" label={t('Keep as a test')} onClick={() => post({ kind: 'keepTask', turnId })} />
        )}
        {countFences(turn.text) > 1 && (
          <IconButton
            icon="diff-multiple"
            label={t('Apply all changes')}
            onClick={() => post({ kind: 'applyAnswer', turnId })}
          />
        )}
      </div>
      {turn.agentCost && (
        <p class="small-print" role="status">
          <VisibleText text={turn.agentCost} />
        </p>
      )}
      {turn.canRestore && (
        <p class="restore">
          <button
            type="button"
            class="link"
            title={t('Brings the files back that this answer and later ones changed. You can undo it.')}
            onClick={() => post({ kind: 'restoreBefore', turnId })}
          >
            <Icon name="history" />
            {t('Restore to before this answer')}
          </button>
        </p>
      )}
      {turn.chosen !== undefined && (
        <div class="compare">
          {turn.chosen ? (
            <span class="compare-chosen">
              <Icon name="check" />
              {t('The chat continues from this answer')}
            </span>
          ) : (
            <Button secondary onClick={() => post({ kind: 'useTurn', turnId })}>
              {t('Continue from this answer')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/** No model can answer yet: what is missing, and the buttons that lead there. */
function SetUp({ turnId, setup }: { turnId: string; setup: NonNullable<AnswerTurnView['setup']> }): JSX.Element {
  return (
    <section class="set-up" aria-label={t('Set up a model')}>
      <ul>
        {setup
          .filter(({ words }) => words)
          .map(({ words }) => (
            <li key={words}>
              <VisibleText text={words} />
            </li>
          ))}
      </ul>
      <div class="hand-over-actions">
        {setup.map(({ next, provider }, i) => (
          <Button
            key={`${next} ${provider}`}
            secondary={i > 0}
            onClick={() => post({ kind: 'nextStep', turnId, next, ...(provider ? { provider } : {}) })}
          >
            {next === 'set-key' && provider ? t('Set API key for {0}', brandOf(provider)) : nextStepLabel(next)}
          </Button>
        ))}
      </div>
    </section>
  );
}

/** No model answered: the attempts, and the question as Markdown for a human. */
function Handoff({ turn }: { turn: AnswerTurnView }): JSX.Element {
  return (
    <section class="hand-over" aria-label={t('Hand the question over')}>
      {turn.tried.length > 1 && (
        <ul>
          {turn.tried.map((line, i) => (
            <li key={i}>
              <VisibleText text={line} />
            </li>
          ))}
        </ul>
      )}
      <p>{t('Hand this question to a colleague, with its context and what was tried:')}</p>
      <div class="hand-over-actions">
        <Button secondary onClick={() => post({ kind: 'handoff', turnId: turn.id, to: 'clipboard' })}>
          {t('Copy as Markdown')}
        </Button>
        <Button secondary onClick={() => post({ kind: 'handoff', turnId: turn.id, to: 'file' })}>
          {t('Open as a file')}
        </Button>
      </div>
    </section>
  );
}
const otherTiers = (tier: Tier): readonly (TierView & { readonly tier: Tier })[] =>
  tiers.value.flatMap((other) =>
    other.tier === tier || other.tier === 'auto' || other.answers === false ? [] : [{ ...other, tier: other.tier }],
  );

/** Fences that open a block: with one block its own button is enough. */
const countFences = (text: string): number => (text.match(/^ {0,3}(?:`{3,}|~{3,})/gm)?.length ?? 0) / 2;

/** Tokens, cost and time. Where the cost comes from is a tooltip, and a line of its own on a click. */
function SmallPrint({ footer }: { footer: FooterView }): JSX.Element {
  const [open, setOpen] = useState(false);
  const source = sourceMark(footer.costSource);
  const cost = source ? `${footer.cost} ${source}` : footer.cost;
  return (
    <div class="small-print">
      <span>{footer.input}</span>
      <span>{footer.output}</span>
      <span>
        {footer.costDetail ? (
          <button
            type="button"
            class="cost"
            title={footer.costDetail}
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {cost}
          </button>
        ) : (
          cost
        )}
      </span>
      <span>{footer.time}</span>
      {open && <p class="cost-detail">{footer.costDetail}</p>}
      {footer.fallback && (
        <p class="fallback">
          <VisibleText text={footer.fallback} />
        </p>
      )}
      {footer.notes.map((note, i) => (
        <p key={i} class="row-note">
          <VisibleText text={note} />
        </p>
      ))}
    </div>
  );
}
