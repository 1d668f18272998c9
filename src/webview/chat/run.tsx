import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { RunAction, RunRowView, RunView } from '../../protocol/chat.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { post } from './chatStore.ts';

const ICONS: Readonly<Record<RunRowView['status'], string>> = {
  waiting: 'circle-outline',
  running: 'loading',
  paused: 'debug-pause',
  done: 'check',
  skipped: 'debug-step-over',
  failed: 'error',
  stopped: 'circle-slash',
};

/** The run of a recipe: a folded row for each stage, which opens its figures and what can be done with it. */
export function RunRows({ turnId, run }: { turnId: string; run: RunView }): JSX.Element {
  return (
    <section class={`run ${run.status}`} aria-label={t('Stages of {0}', run.title)}>
      <ol class="run-rows">
        {run.rows.map((row, i) => (
          <Row key={row.name} turnId={turnId} row={row} index={i} />
        ))}
      </ol>
      <p class="run-words" role="status">
        {run.words && (
          <span>
            <VisibleText text={run.words} />
          </span>
        )}
        {run.total && <span class="detail">{run.total}</span>}
      </p>
      {run.actions.length > 0 && (
        <div class="run-actions">
          {run.actions.map((action) => (
            <Button key={action} secondary onClick={() => post({ kind: 'run', turnId, do: action })}>
              {labelOf(action)}
            </Button>
          ))}
        </div>
      )}
    </section>
  );
}

/** Rows that the user has to look at are open. */
function Row({ turnId, row, index }: { turnId: string; row: RunRowView; index: number }): JSX.Element {
  const isOpen = row.status === 'paused' || row.status === 'failed' || row.status === 'stopped';
  return (
    <li>
      <details class={`run-row ${row.status}`} open={isOpen}>
        <summary>
          <Icon name={ICONS[row.status]} spin={row.status === 'running'} />
          <span class="run-name">
            <VisibleText text={row.name} />
          </span>
          <span class="detail">
            <VisibleText text={row.model} />
          </span>
          <span class="run-status">{statusName(row.status)}</span>
        </summary>
        {row.words && (
          <p>
            <VisibleText text={row.words} />
          </p>
        )}
        {row.facts && <p class="detail">{row.facts}</p>}
        {row.actions.length > 0 && (
          <div class="run-actions">
            {row.actions.map((action) => (
              <Button
                key={action}
                secondary={action === 'open' || action === 'edited'}
                onClick={() => post({ kind: 'run', turnId, do: action, stage: index })}
              >
                {labelOf(action)}
              </Button>
            ))}
          </div>
        )}
      </details>
    </li>
  );
}

function labelOf(action: RunAction): string {
  switch (action) {
    case 'open':
      return t('Open Output');
    case 'approve':
      return t('Approve');
    case 'show':
      return t('Show the Changes');
    case 'go-on':
      return t('Continue');
    case 'edited':
      return t('Edit and Continue from Here');
    case 'add-model':
      return t('Add a Model');
    case 'compare':
      return t('Compare with One Model');
  }
}

function statusName(status: RunRowView['status']): string {
  switch (status) {
    case 'waiting':
      return t('not started');
    case 'running':
      return t('running');
    case 'paused':
      return t('waits for you');
    case 'done':
      return t('done');
    case 'skipped':
      return t('not needed');
    case 'failed':
      return t('failed');
    case 'stopped':
      return t('stopped');
  }
}
