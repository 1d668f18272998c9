import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import type { PresetView } from '../../protocol/settings.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { Section, Whose } from './parts.tsx';
import { post, state } from './settingsStore.ts';

/** Ready-made choices for all tiers, and settings from elsewhere. */
export function Presets(): JSX.Element {
  const { presets, imported } = state.value ?? {};
  return (
    <Section id="presets" title={t('Presets')}>
      <p class="intro">
        {t('A preset sets the models for all three tiers. You can undo it, or change individual models afterward.')}
      </p>
      {presets?.undo && (
        <p class="notice row">
          <span class="grow">
            <VisibleText text={t('{0} is set.', presets.undo)} />
          </span>
          <Button secondary onClick={() => post({ kind: 'undoPreset' })}>
            {t('Undo')}
          </Button>
        </p>
      )}
      <ul class="presets">
        {presets?.list.map((preset) => (
          <Preset key={preset.id} preset={preset} />
        ))}
      </ul>
      <p class="hint">
        <VisibleText text={presets?.basis ?? ''} />
      </p>
      <div class="buttons">
        <Button secondary onClick={() => post({ kind: 'importSettings' })}>
          {t('Import from other tools…')}
        </Button>
      </div>
      {imported && (
        <div class="imported" role="group" aria-label={t('Import')}>
          <p>
            <VisibleText text={t('From {0}:', imported.source)} />
          </p>
          <List title={t('Imported')} icon="check" lines={imported.took} />
          <List title={t('Not imported')} icon="dash" lines={imported.left} />
        </div>
      )}
    </Section>
  );
}

function Preset({ preset }: { preset: PresetView }): JSX.Element {
  const { id, title, description, sets, cost, needs, active } = preset;
  return (
    <li class={active ? 'preset active' : 'preset'} data-preset={id}>
      <div class="item-head">
        <h3>{title}</h3>
        <span class="cost">
          <VisibleText text={cost} />
        </span>
      </div>
      <p class="quiet">{description}</p>
      <ul class="sets">
        {sets.map((line) => (
          <li key={line}>
            <VisibleText text={line} />
          </li>
        ))}
      </ul>
      {needs.length > 0 && (
        <p class="hint">
          <VisibleText text={t('Still needs: {0}', needs.join(', '))} />
        </p>
      )}
      <div class="buttons">
        {active ? (
          <span class="in-force">
            <Icon name="check" /> {t('active')}
          </span>
        ) : (
          <Button secondary onClick={() => post({ kind: 'applyPreset', preset: id })}>
            {t('Use this')}
            <Whose name={title} />
          </Button>
        )}
      </div>
    </li>
  );
}

function List({ title, icon, lines }: { title: string; icon: string; lines: readonly string[] }): JSX.Element | null {
  if (!lines.length) return null;
  return (
    <ul class="rows" aria-label={title}>
      {lines.map((line, i) => (
        <li key={i}>
          <Icon name={icon} /> <span class="sr-only">{title}: </span>
          <VisibleText text={line} />
        </li>
      ))}
    </ul>
  );
}
