import { t } from '@vscode/l10n';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { OllamaView, PullView } from '../../protocol/settings.ts';
import { Button, Icon } from '../shared/components.tsx';
import { VisibleText } from '../shared/text.tsx';
import { Choice, Field, onEnter, Section, Whose } from './parts.tsx';
import { post, state } from './settingsStore.ts';

/** Ollama servers: whether they are there, what they hold in memory, and what to pull. */
export function LocalModels(): JSX.Element {
  const servers = state.value?.ollama ?? [];
  // The recommendation is for this computer, not for each server.
  const first = servers.find((server) => server.state === 'reached');
  return (
    <Section id="ollama" title={t('Local models')} setting="gearshift.ollama.baseUrl">
      {servers.length === 0 && (
        <p class="empty">{t('No Ollama provider is configured. Add one to get completions.')}</p>
      )}
      {servers.map((server) => (
        <Server key={server.provider} server={server} recommends={server === first} />
      ))}
    </Section>
  );
}

const ICONS: Readonly<Record<OllamaView['state'], string>> = {
  unknown: 'circle-outline',
  looking: 'loading',
  reached: 'pass',
  unreachable: 'warning',
};

const KEEP_ALIVES = ['30m', '2h', '-1'] as const;

function describeStay(value: (typeof KEEP_ALIVES)[number]): string {
  return { '30m': t('30 minutes'), '2h': t('2 hours'), '-1': t('forever') }[value];
}

function describeReach({ state: reach, words }: OllamaView): string {
  switch (reach) {
    case 'unknown':
      return t('not checked yet');
    case 'looking':
      return t('looking…');
    case 'reached':
      return words;
    case 'unreachable':
      return t('not reached');
  }
}

function Server({ server, recommends }: { server: OllamaView; recommends: boolean }): JSX.Element {
  const { provider, host, note, running, keepAlive, crowding, pulls } = server;
  const looking = server.state === 'looking';
  return (
    <section class="item" data-ollama={provider} aria-labelledby={`ollama-${provider}`}>
      <div class="item-head">
        <h3 id={`ollama-${provider}`}>
          <VisibleText text={host} />
        </h3>
        <span class={server.state === 'reached' ? 'readiness ready' : 'readiness'}>
          <Icon name={ICONS[server.state]} spin={looking} />
          <VisibleText text={describeReach(server)} />
        </span>
      </div>
      {note && (
        <p class="hint">
          <VisibleText text={note} />
        </p>
      )}
      {server.state === 'unreachable' && <Unreachable server={server} />}
      {server.holes && (
        <p class="link-warning">
          <Icon name="warning" />
          <VisibleText text={server.holes} />
        </p>
      )}
      {running.length > 0 && <InMemory server={server} />}
      {server.state === 'reached' && (
        <div class="fields">
          <Choice
            label={t('Keep models in memory after a response')}
            value={keepAlive}
            options={[
              { value: '', label: t('server default') },
              ...KEEP_ALIVES.map((value) => ({ value, label: describeStay(value) })),
              ...(['', ...KEEP_ALIVES].includes(keepAlive) ? [] : [{ value: keepAlive, label: keepAlive }]),
            ]}
            onChange={(value) => {
              const known = ['' as const, ...KEEP_ALIVES].find((each) => each === value);
              if (known !== undefined) post({ kind: 'setKeepAlive', provider, value: known });
            }}
          />
        </div>
      )}
      {crowding && (
        <p class="link-warning">
          <Icon name="warning" />
          <VisibleText text={crowding} />
        </p>
      )}
      {pulls.map((pull) => (
        <Pull key={pull.model} provider={provider} pull={pull} />
      ))}
      {recommends && <Recommended server={server} />}
      {server.installed.length > 0 && <Installed server={server} />}
      {server.state === 'reached' && <PullAnother server={server} />}
    </section>
  );
}

/** Why the server was not reached, servers found elsewhere, and the next steps. */
function Unreachable({ server: { provider, words, elsewhere } }: { server: OllamaView }): JSX.Element {
  return (
    <>
      <p class="result failed">
        <Icon name="error" />
        <VisibleText text={words} />
      </p>
      {elsewhere.map((found) => (
        <div key={found.url} class="row">
          <span class="grow">
            <VisibleText text={found.words} />
          </span>
          <Button onClick={() => post({ kind: 'useOllamaAt', url: found.url })}>{t('Use it')}</Button>
        </div>
      ))}
      <div class="buttons">
        <Button secondary onClick={() => post({ kind: 'lookForOllama', provider })}>
          {t('Look again')}
          <Whose name={provider} />
        </Button>
        <Button secondary onClick={() => post({ kind: 'openOllamaDownload' })}>
          {t('Get Ollama')}
        </Button>
      </div>
    </>
  );
}

/** The models that the server holds in memory. */
function InMemory({ server: { provider, running } }: { server: OllamaView }): JSX.Element {
  return (
    <ul class="rows" aria-label={t('In memory')}>
      {running.map((model) => (
        <li key={model.model} class="row">
          <span class="grow">
            <span class="address">
              <VisibleText text={model.model} />
            </span>{' '}
            <span class="quiet">
              <VisibleText text={model.words} />
            </span>
          </span>
          <Button secondary onClick={() => post({ kind: 'unload', provider, model: model.model })}>
            {t('Unload')}
            <Whose name={model.model} />
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** The other models on the server, and which of them run elsewhere. */
function Installed({ server: { provider, installed } }: { server: OllamaView }): JSX.Element {
  const tiers = state.value?.tiers ?? [];
  const inUse = tiers.flatMap(({ chain }) => chain.map(({ ref }) => ref));
  const first = (tier: 'local' | 'mid'): string | undefined => tiers.find((each) => each.tier === tier)?.chain[0]?.ref;
  return (
    <ul class="rows models" aria-label={t('Other models on this server')}>
      {installed.map(({ model, words, cloud, uses }) => (
        <li key={model} class="row">
          <span class="grow">
            <span class="address">
              <VisibleText text={model} />
            </span>
            {cloud && <span class="tag">{t('cloud')}</span>}
            {inUse.includes(`${provider}/${model}`) && <span class="tag">{t('in use')}</span>}
            <span class="hint block">
              <VisibleText text={words} />
            </span>
          </span>
          {uses
            .filter((tier) => first(tier) !== `${provider}/${model}`)
            .map((tier) => (
              <Button key={tier} secondary onClick={() => post({ kind: 'useModel', provider, model, tier })}>
                {tier === 'local' ? t('Use for completions') : t('Use for chat')}
                <Whose name={model} />
              </Button>
            ))}
        </li>
      ))}
    </ul>
  );
}

function Pull({ provider, pull }: { provider: string; pull: PullView }): JSX.Element {
  const { model, words, percent } = pull;
  const isRunning = pull.state === 'running';
  return (
    <div class={`pull ${pull.state}`} data-pull={model}>
      <div class="row">
        <span class="grow">
          <span class="address">
            <VisibleText text={model} />
          </span>{' '}
          <span class={pull.state === 'failed' ? 'failed-words' : 'quiet'}>
            {pull.state === 'failed' && <Icon name="error" />}
            <VisibleText text={words} />
          </span>
        </span>
        {isRunning && (
          <Button secondary onClick={() => post({ kind: 'cancelPull', provider, model })}>
            {t('Cancel')}
            <Whose name={model} />
          </Button>
        )}
        {(pull.state === 'cancelled' || pull.state === 'failed') && (
          <Button secondary onClick={() => post({ kind: 'pull', provider, model, use: true })}>
            {pull.state === 'cancelled' ? t('Resume') : t('Pull again')}
            <Whose name={model} />
          </Button>
        )}
      </div>
      {isRunning && (
        <div
          class="progress"
          role="progressbar"
          aria-label={t('Pulling {0}', model)}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent ?? undefined}
          aria-valuetext={words}
        >
          <div class={percent === null ? 'bar unknown' : 'bar'} style={{ width: `${percent ?? 100}%` }} />
        </div>
      )}
    </div>
  );
}

/** The model that fits this computer as a card, and the other good ones behind a fold. */
function Recommended({ server }: { server: OllamaView }): JSX.Element {
  const { recommended, recommendedWhy, recommendedOn } = server;
  const best = recommended.find((model) => model.best);
  const others = recommended.filter((model) => model !== best);
  return (
    <div role="group" aria-label={t('Models for completions')}>
      {best && (
        <div class="card">
          <h4>{t('Recommended for this computer')}</h4>
          <ul class="rows models">
            <RecommendedModel server={server} model={best} />
          </ul>
          <p class="hint">
            <VisibleText text={recommendedWhy} />
          </p>
        </div>
      )}
      <details class="more">
        <summary>{t('Other models for completions')}</summary>
        <ul class="rows models">
          {others.map((model) => (
            <RecommendedModel key={model.model} server={server} model={model} />
          ))}
        </ul>
        <p class="hint">{t('Sizes from ollama.com/library as of {0}. Memory figures are estimates.', recommendedOn)}</p>
      </details>
    </div>
  );
}

function RecommendedModel({
  server: { provider, pulls },
  model: { model, best, installed, words },
}: {
  server: OllamaView;
  model: OllamaView['recommended'][number];
}): JSX.Element {
  const used = state.value?.tiers.find(({ tier }) => tier === 'local')?.chain[0]?.ref === `${provider}/${model}`;
  const running = pulls.some((each) => each.model === model && each.state === 'running');
  const label = used ? t('Pull') : installed ? t('Use') : t('Pull and use');
  return (
    <li class="row">
      <span class="grow">
        <span class="address">
          <VisibleText text={model} />
        </span>
        {installed && <span class="tag">{used ? t('in use') : t('installed')}</span>}
        <span class="hint block">
          <VisibleText text={words} />
        </span>
      </span>
      {!(used && installed) && (
        <Button
          {...((best && !installed) || used ? {} : { secondary: true })}
          onClick={() => post({ kind: 'pull', provider, model, use: true })}
          {...(running && { unavailable: t('It is already being pulled.') })}
        >
          {label}
          <Whose name={model} />
        </Button>
      )}
    </li>
  );
}

/** Pulls a model by its name. */
function PullAnother({ server: { provider } }: { server: OllamaView }): JSX.Element {
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState('');
  const pullTyped = (): void => {
    const model = typed.trim();
    if (!/^[\w.:/@-]{1,200}$/.test(model)) return setProblem(t('Use the model name as shown at ollama.com/library.'));
    setProblem('');
    setTyped('');
    post({ kind: 'pull', provider, model, use: true });
  };
  return (
    <div class="add-language" role="group" aria-label={t('Pull another model')} onKeyDown={onEnter(pullTyped)}>
      <Field
        label={t('Another model')}
        value={typed}
        onInput={setTyped}
        problem={problem}
        placeholder={t('for example codestral:22b')}
      />
      <Button secondary onClick={pullTyped}>
        {t('Pull and use')}
      </Button>
    </div>
  );
}
