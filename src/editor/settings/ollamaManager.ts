import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import { describeFailure } from '../../core/gateway/describeFailure.ts';
import { formatCount } from '../../core/common/format.ts';
import { describeCandidate, ollamaCandidates, type OllamaCandidate } from '../../core/setup/ollamaDetect.ts';
import {
  describeCrowding,
  describePlacement,
  recommendModel,
  RECOMMENDED_MODELS,
  RECOMMENDED_ON,
  type MachineMemory,
  type TierLoad,
} from '../../core/setup/ollamaRecommend.ts';
import {
  describePull,
  describePullFailure,
  formatBytes,
  formatTimeLeft,
  PullMeter,
  type PullProgress,
} from '../../core/setup/ollamaPulls.ts';
import { describeHoles } from '../../core/setup/ollamaHoles.ts';
import { MODEL_WINDOWS } from '../../core/common/modelWindows.ts';
import { hostOf, learnSites } from '../../core/common/places.ts';
import { isOllamaCloudName } from '../../core/common/providerRules.ts';
import { ADAPTERS } from '../../core/providers/adapters.ts';
import {
  listRunning,
  pullModel,
  readVersion,
  unloadModel,
  type RunningModel,
} from '../../core/providers/ollamaServer.ts';
import type { ModelInfo } from '../../core/providers/provider.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import { TIERS } from '../../core/common/types.ts';
import type { OllamaView, PullView } from '../../protocol/settings.ts';
import { askProvider, failurePlaceOf, type AskParts } from '../platform/askProvider.ts';
import type { Config } from '../platform/config.ts';
import { readMachineMemory, readSurroundings } from '../platform/hardware.ts';
import { showErrorMessage, withProgress } from '../platform/messages.ts';

export interface OllamaManagerParts extends AskParts {
  readonly config: Config;
  /** Called when the known state has changed. */
  readonly onChange: () => void;
  /** A model arrived on a server: what was missing may be there now. */
  readonly onPulled: () => void;
  readonly log: Logger;
}

/** Questions to a server that is there are answered at once; a server that is not should not hold anybody up. In ms. */
const ASK_MS = 4_000;
/** A pull may take a day on a slow line; its progress lines add up. */
const PULL_LIMITS = { ms: 24 * 3_600_000, responseBytes: 1024 * 1024 * 1024 };
/** Progress is drawn at most this often, in ms. */
const DRAW_MS = 250;
/** The library of models and the download of Ollama itself. */
export const OLLAMA_DOWNLOAD = 'https://ollama.com/download';

interface Known {
  state: OllamaView['state'];
  words: string;
  holes: string;
  models: readonly ModelInfo[];
  running: readonly RunningModel[];
  elsewhere: readonly { readonly url: string; readonly words: string }[];
  readonly pulls: Map<string, Pull>;
}

interface Pull {
  view: PullView;
  readonly abort: AbortController;
  /** Ends when the download did, whatever way. */
  readonly ended: Promise<void>;
}

/** Looks after the Ollama servers of the settings: what they are, have and hold in memory, and downloads to them. */
export class OllamaManager implements vscode.Disposable {
  readonly #parts: OllamaManagerParts;
  readonly #known = new Map<string, Known>();
  #memory: MachineMemory | undefined;

  constructor(parts: OllamaManagerParts) {
    this.#parts = parts;
  }

  dispose(): void {
    for (const { pulls } of this.#known.values()) for (const pull of pulls.values()) pull.abort.abort();
  }

  /** The models on the disk of a server, as far as it was asked. */
  models(provider: string): readonly ModelInfo[] {
    return this.#known.get(provider)?.models ?? [];
  }

  running(provider: string): readonly RunningModel[] {
    return this.#known.get(provider)?.running ?? [];
  }

  /** The memory of this computer, once it was measured. */
  get knownMemory(): MachineMemory | undefined {
    return this.#memory;
  }

  async memory(): Promise<MachineMemory> {
    return (this.#memory ??= await readMachineMemory());
  }

  /** Asks every server of the settings. With `search` also looks elsewhere for those that do not answer. */
  async look(search: boolean): Promise<void> {
    const servers = [...this.#parts.config.settings.providers.values()].filter(({ kind }) => kind === 'ollama');
    await Promise.all([this.memory(), ...servers.map((provider) => this.lookAt(provider, search, false))]);
  }

  /** @param wanted the user asked for this very look */
  async lookAt(provider: ProviderConfig, search: boolean, wanted = true): Promise<void> {
    const known = this.#of(provider.name);
    if (known.state === 'unknown') known.state = 'looking';
    this.#parts.onChange();
    const answer = await askProvider(provider, this.#parts, { ms: ASK_MS, unasked: !wanted }, async (wire, signal) => ({
      version: await readVersion(wire),
      models: await ADAPTERS.ollama.models(wire, signal),
      running: await listRunning(wire, Date.now()),
    }));
    if (answer.ok) {
      known.state = 'reached';
      known.words = t('Ollama {0}', answer.value.version);
      known.holes = describeHoles(answer.value.version);
      known.models = answer.value.models;
      learnSites(provider, answer.value.models);
      known.running = answer.value.running;
      for (const { name, contextTokens } of known.running) MODEL_WINDOWS.learn(provider.baseUrl, name, contextTokens);
      known.elsewhere = [];
    } else {
      known.state = 'unreachable';
      known.words = describeFailure(answer.failure, answer.place).text;
      known.models = [];
      known.running = [];
      known.holes = '';
      if (search) known.elsewhere = await this.#search(provider);
    }
    this.#parts.onChange();
  }

  /**
   * Downloads a model, with its progress in the page and as a notification that can cancel it. A download of the same
   * model that is under way already is joined.
   *
   * @returns whether the model is there now
   */
  async pull(provider: ProviderConfig, model: string): Promise<boolean> {
    const { pulls } = this.#of(provider.name);
    let pull = pulls.get(model);
    if (pull?.view.state !== 'running') {
      pull = this.#start(provider, model);
      pulls.set(model, pull);
    }
    await pull.ended;
    return pull.view.state === 'done';
  }

  cancel(provider: string, model: string): void {
    this.#of(provider).pulls.get(model)?.abort.abort();
  }

  async unload(provider: ProviderConfig, model: string): Promise<void> {
    const answer = await askProvider(provider, this.#parts, { ms: ASK_MS }, (wire) => unloadModel(model, wire));
    await this.lookAt(provider, false);
    if (!answer.ok) void showErrorMessage(describeFailure(answer.failure, answer.place).text);
  }

  view(provider: ProviderConfig, note: string): OllamaView {
    const known = this.#of(provider.name);
    const memory = this.#memory;
    const best = memory && recommendModel(memory);
    return {
      provider: provider.name,
      host: failurePlaceOf(provider).host,
      state: known.state,
      words: known.words,
      note,
      holes: known.holes,
      elsewhere: known.elsewhere,
      running: known.running.map((model) => ({ model: model.name, words: describeRunning(model) })),
      keepAlive: provider.keepAlive ?? '',
      crowding: describeCrowding(this.#loads(provider.name), memory?.vram, known.running),
      pulls: [...known.pulls.values()].map((pull) => pull.view),
      installed: known.models
        .filter(({ id }) => !RECOMMENDED_MODELS.some(({ model }) => model === id))
        .map((model) => ({
          model: model.id,
          words: describeInstalled(model),
          cloud: model.passedOnTo !== undefined || isOllamaCloudName(model.id),
          uses: usesOf(model),
        })),
      recommended: RECOMMENDED_MODELS.map(({ model, downloadBytes, memoryBytes, why }) => ({
        model,
        words: t(
          '{0} to download, about {1} in memory: {2}',
          formatBytes(downloadBytes),
          formatBytes(memoryBytes),
          why(),
        ),
        installed: known.models.some(({ id }) => id === model),
        best: best?.model.model === model,
      })),
      recommendedWhy: best?.why ?? '',
      recommendedOn: RECOMMENDED_ON,
    };
  }

  #of(provider: string): Known {
    let known = this.#known.get(provider);
    if (!known) {
      known = { state: 'unknown', words: '', holes: '', models: [], running: [], elsewhere: [], pulls: new Map() };
      this.#known.set(provider, known);
    }
    return known;
  }

  #start(provider: ProviderConfig, model: string): Pull {
    const abort = new AbortController();
    const meter = new PullMeter(() => performance.now());
    const pull: { -readonly [K in keyof Pull]: Pull[K] } = {
      abort,
      view: { model, state: 'running', words: describePull(meter.progress()), percent: null },
      ended: Promise.resolve(),
    };
    const show = (view: PullView): void => {
      pull.view = view;
      this.#parts.onChange();
    };
    pull.ended = this.#notify(model, abort, async (report) => {
      const draw = (): void => {
        const progress = meter.progress();
        report(progress);
        show({ model, state: 'running', words: describePull(progress), percent: percentOf(progress) });
      };
      // Also while no line comes: a download that waits should say so.
      const timer = setInterval(draw, DRAW_MS);
      draw();
      const answer = await askProvider(
        provider,
        this.#parts,
        { ...PULL_LIMITS, cancel: abort.signal },
        async (wire) => {
          for await (const line of pullModel(model, wire)) meter.add(line);
        },
      ).finally(() => clearInterval(timer));
      if (answer.ok) {
        show({ model, state: 'done', words: t('{0} is there.', model), percent: 100 });
        this.#parts.onPulled();
      } else if (abort.signal.aborted) {
        const { completed, total } = meter.progress();
        const words =
          completed > 0
            ? `${t('Stopped at {0} of {1}.', formatBytes(completed), formatBytes(total))} ${t('Pulling again resumes from there.')}`
            : t('Stopped before anything was downloaded.');
        show({ model, state: 'cancelled', words, percent: percentOf(meter.progress()) });
      } else {
        const words = describePullFailure(answer.failure, { ...answer.place, model }, meter.progress().completed > 0);
        this.#parts.log.warn(`pull of ${model}: ${answer.failure.kind} ${answer.failure.detail ?? ''}`);
        show({ model, state: 'failed', words, percent: percentOf(meter.progress()) });
        void this.#offerRetry(provider, model, words);
      }
      await this.lookAt(provider, false);
    });
    return pull;
  }

  async #notify(
    model: string,
    abort: AbortController,
    work: (report: (progress: PullProgress) => void) => Promise<void>,
  ): Promise<void> {
    await withProgress(
      { location: vscode.ProgressLocation.Notification, title: t('Pulling {0}', model), cancellable: true },
      async (progress, token) => {
        token.onCancellationRequested(() => abort.abort());
        let shown = 0;
        await work((at) => {
          const percent = percentOf(at) ?? 0;
          progress.report({ message: describePull(at), increment: Math.max(0, percent - shown) });
          shown = Math.max(shown, percent);
        });
      },
    );
  }

  async #offerRetry(provider: ProviderConfig, model: string, words: string): Promise<void> {
    const again = t('Pull again');
    if ((await showErrorMessage(words, again)) === again) await this.pull(provider, model);
  }

  /** Servers that answer at other likely places. Nothing but "which version are you?" is asked there. */
  async #search(provider: ProviderConfig): Promise<{ url: string; words: string }[]> {
    const candidates = ollamaCandidates(await readSurroundings(provider.baseUrl));
    const found = await Promise.all(
      candidates.slice(1).map(async (candidate) => {
        const { apiKeyEnv: _, ...config } = {
          ...provider,
          baseUrl: candidate.url,
          name: `${provider.name}?`,
          headers: {},
        };
        const answer = await askProvider(config, this.#parts, { ms: ASK_MS }, readVersion);
        return answer.ok ? { url: candidate.url, words: foundWords(candidate, answer.value) } : undefined;
      }),
    );
    return found.filter((each) => each !== undefined);
  }

  #loads(provider: string): TierLoad[] {
    const { models, running } = this.#of(provider);
    const { tiers, localAnswers } = this.#parts.config.settings;
    const firsts = [...TIERS.map((tier) => [tier, tiers[tier][0]] as const), ['local', localAnswers[0]] as const];
    return firsts.flatMap(([tier, first]): TierLoad[] => {
      if (first?.provider !== provider) return [];
      const sizeBytes =
        running.find(({ name }) => name === first.model)?.sizeBytes ??
        models.find(({ id }) => id === first.model)?.sizeBytes;
      return [{ tier, model: first.model, sizeBytes }];
    });
  }
}

const percentOf = ({ completed, total }: PullProgress): number | null =>
  total > 0 ? Math.floor((completed / total) * 100) : null;

const foundWords = (candidate: OllamaCandidate, version: string): string =>
  t('Ollama {0} answers at {1}.', version, describeCandidate(candidate));

/** The tiers that a model can answer in by what its server says that it can do; servers before 0.30 do not say it. */
function usesOf({ capabilities }: ModelInfo): ('local' | 'mid')[] {
  if (!capabilities) return ['local', 'mid'];
  if (capabilities.includes('insert')) return ['local'];
  return capabilities.includes('completion') ? ['mid'] : [];
}

/** `986 MB · completion, insert`, or where a model of the list really runs. */
function describeInstalled({ id, sizeBytes, capabilities = [], passedOnTo }: ModelInfo): string {
  if (passedOnTo !== undefined) return t('runs at {0}: what is sent to it leaves this computer', hostOf(passedOnTo));
  if (isOllamaCloudName(id)) return t('runs in the cloud: what is sent to it leaves this computer');
  return [sizeBytes ? formatBytes(sizeBytes) : '', capabilities.join(', ')].filter(Boolean).join(' · ');
}

/** `1.2 GB on the GPU · 4.1k window · unloaded in 4 min`. */
function describeRunning(model: RunningModel): string {
  const left = model.expiresAt === undefined ? undefined : (model.expiresAt - Date.now()) / 1000;
  return [
    describePlacement(model),
    model.contextTokens ? t('window of {0} tokens', formatCount(model.contextTokens)) : '',
    left === undefined ? t('stays loaded') : left > 0 ? t('unloads in {0}', formatTimeLeft(left)) : t('being unloaded'),
  ]
    .filter(Boolean)
    .join(' · ');
}
