import { t } from '@vscode/l10n';
import type { Failure } from '../common/failures.ts';
import { describeFailure, type FailurePlace } from '../gateway/describeFailure.ts';
import type { PullLine } from '../providers/ollamaServer.ts';
import { formatDecimal } from '../common/language.ts';

/** Downloads of models: their progress over all layers, and what to do when they fail. */

export interface PullProgress {
  /** `waiting`: nothing has been downloaded for a while; the server tries again by itself. */
  readonly phase: 'starting' | 'downloading' | 'waiting' | 'finishing';
  /** Bytes over all layers known so far. */
  readonly completed: number;
  readonly total: number;
  /** Undefined until there is enough to go by. */
  readonly bytesPerSecond?: number;
  readonly secondsLeft?: number;
}

/** The speed is that of the last seconds: a download that stalls should not look fast for its past. */
const WINDOW_MS = 5_000;
const LEAST_MS = 500;
/** Without a byte for this long the download counts as waiting, in ms. */
export const STALLED_MS = 10_000;

/** Adds the lines of one pull up. Layers that an earlier pull left on the disk count as done, not as fast. */
export class PullMeter {
  readonly #layers = new Map<string, { total: number; completed: number }>();
  readonly #now: () => number;
  /** Bytes downloaded by this pull, by time; the first is where the window begins. */
  readonly #samples: { at: number; bytes: number }[] = [];
  #downloaded = 0;
  #lastByteAt: number;
  #phase: PullProgress['phase'] = 'starting';

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number) {
    this.#now = now;
    this.#lastByteAt = now();
  }

  add({ status, digest, total, completed }: PullLine): PullProgress {
    const now = this.#now();
    if (digest !== undefined && total !== undefined) {
      this.#phase = 'downloading';
      const known = this.#layers.get(digest);
      // The first line of a layer says what is there already.
      const done = Math.min(total, Math.max(completed ?? 0, known?.completed ?? 0));
      const fresh = known ? done - known.completed : 0;
      this.#layers.set(digest, { total, completed: done });
      this.#downloaded += fresh;
      if (fresh > 0 || !known) this.#lastByteAt = now;
      this.#samples.push({ at: now, bytes: this.#downloaded });
      while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) < now - WINDOW_MS) this.#samples.shift();
    } else if (/^(verifying|writing|removing|success)/.test(status)) {
      this.#phase = 'finishing';
    }
    return this.progress();
  }

  /** The progress as of now. */
  progress(): PullProgress {
    const now = this.#now();
    const sum = (of: 'total' | 'completed'): number => [...this.#layers.values()].reduce((all, l) => all + l[of], 0);
    const completed = sum('completed');
    const total = sum('total');
    const stalled = this.#phase === 'downloading' && completed < total && now - this.#lastByteAt >= STALLED_MS;
    if (stalled) return { phase: 'waiting', completed, total };
    const bytesPerSecond = this.#phase === 'downloading' ? this.#speed(now) : undefined;
    return {
      phase: this.#phase,
      completed,
      total,
      ...(bytesPerSecond ? { bytesPerSecond, secondsLeft: Math.ceil((total - completed) / bytesPerSecond) } : {}),
    };
  }

  #speed(now: number): number | undefined {
    const first = this.#samples[0];
    if (!first || now - first.at < LEAST_MS) return undefined;
    return Math.round(((this.#downloaded - first.bytes) * 1000) / (now - first.at));
  }
}

/** `986 MB`, `4.7 GB`: decimal, as Ollama counts. */
export function formatBytes(bytes: number): string {
  if (bytes >= 999.5e6) return `${formatDecimal(bytes / 1e9, bytes < 99.5e9 ? 1 : 0)} GB`;
  if (bytes >= 999.5e3) return `${Math.round(bytes / 1e6)} MB`;
  return bytes >= 1000 ? `${Math.round(bytes / 1e3)} kB` : `${bytes} B`;
}

/** `8 s`, `3 min`, `1 h 20 min`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 60) return t('{0} s', Math.max(1, Math.round(seconds)));
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('{0} min', minutes);
  return minutes % 60 ? t('{0} h {1} min', Math.floor(minutes / 60), minutes % 60) : t('{0} h', minutes / 60);
}

/** `412 MB of 986 MB · 12 MB/s · 48 s left`. */
export function describePull({ phase, completed, total, bytesPerSecond, secondsLeft }: PullProgress): string {
  const done = total > 0 ? t('{0} of {1}', formatBytes(completed), formatBytes(total)) : '';
  switch (phase) {
    case 'starting':
      return t('asking the registry…');
    case 'finishing':
      return t('checking what was downloaded…');
    case 'waiting':
      return t('{0} · no data for {1} s; Ollama tries again by itself', done, STALLED_MS / 1000);
    case 'downloading':
      return [
        done,
        bytesPerSecond ? `${formatBytes(bytesPerSecond)}/s` : '',
        secondsLeft !== undefined && completed < total ? t('{0} left', formatTimeLeft(secondsLeft)) : '',
      ]
        .filter(Boolean)
        .join(' · ');
  }
}

/**
 * Why a pull failed, and what helps. The server passes on what its registry client and its disk said.
 *
 * @param downloaded whether anything of the model had arrived
 */
export function describePullFailure(failure: Failure, place: FailurePlace, downloaded = true): string {
  const { host, model } = place;
  const said = failure.detail ?? '';
  const words = said.toLowerCase();
  const keeps = downloaded ? t('The partial download is kept. Pulling again resumes it.') : '';
  if (/no space left|not enough space|disk full|enospc/.test(words)) {
    return `${t('The disk on which Ollama keeps its models is full.')} ${t(
      'Free up some space ("ollama rm" removes a model), or set OLLAMA_MODELS to a folder on another disk and restart Ollama.',
    )} ${keeps}`.trimEnd();
  }
  // What the network says may hold "not found" and "denied" too.
  if (/x509|certificate|tls:/.test(words)) {
    return t(
      "Ollama doesn't trust the registry's certificate ({0}). Behind a TLS-inspecting proxy, add the proxy's CA to the system that runs Ollama.",
      said,
    );
  }
  if (
    /no such host|dial tcp|server misbehaving|network is unreachable|connection refused|i\/o timeout|proxyconnect|\blookup /.test(
      words,
    )
  ) {
    return `${t(
      'Ollama can\'t reach its registry ({0}). Ollama does the download itself, so the computer it runs on needs network access, or HTTPS_PROXY in the environment of "ollama serve".',
      said,
    )} ${keeps}`.trimEnd();
  }
  if (
    /file does not exist|manifest unknown|not found|invalid model name/.test(words) ||
    failure.kind === 'model-missing'
  )
    return t('The registry has no model {0}. Check its name and tag at ollama.com/library.', model);
  if (/newer version|requires.*version|\b412:/.test(words))
    return t('{0} needs a newer Ollama than the one at {1}. Update Ollama, then pull again.', model, host);
  if (/permission denied|access is denied|read-only file system|eacces/.test(words)) {
    return t(
      "Ollama can't write to its models folder ({0}). Give the user that runs Ollama write permission, or set OLLAMA_MODELS.",
      said,
    );
  }
  if (/digest mismatch/.test(words)) return t('The download was corrupted and Ollama has discarded it. Pull again.');
  if (/unauthorized|forbidden|denied/.test(words))
    return t(
      'The registry denied access to {0} ({1}). Sign in with "ollama signin", or choose another model.',
      model,
      said,
    );
  if (
    /max retries exceeded|\beof\b|connection reset/.test(words) ||
    failure.kind === 'reset' ||
    failure.kind === 'incomplete'
  )
    return `${t('The download of {0} was interrupted.', model)} ${keeps}`.trimEnd();
  return describeFailure(failure, place).text;
}
