import { t } from '@vscode/l10n';
import { modelsOfTier } from '../../core/chat/modelCapabilities.ts';
import type { CircuitInfo } from '../../core/gateway/circuitBreaker.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { formatSeconds } from '../../core/common/format.ts';
import { shortWords, type Health } from '../../core/gateway/tierStatus.ts';
import { formatModelRef, TIERS, type ModelRef, type Tier } from '../../core/common/types.ts';
import type { DiagnosticView } from '../../protocol/settings.ts';
import type { Config } from '../platform/config.ts';
import { keyWords, type Keys } from '../platform/apiKeys.ts';

export interface DiagnosticsParts {
  readonly config: Config;
  readonly keys: Keys;
  readonly health: Health;
  readonly circuits: () => readonly CircuitInfo[];
}

/** The known facts about every model of the tiers, without asking any. */
export async function diagnose({ config, keys, health, circuits }: DiagnosticsParts): Promise<DiagnosticView[]> {
  const models = new Map<string, { ref: ModelRef; tiers: Tier[] }>();
  for (const tier of TIERS) {
    for (const ref of modelsOfTier(config.settings, tier)) {
      const known = models.get(formatModelRef(ref));
      if (known) known.tiers.push(tier);
      else models.set(formatModelRef(ref), { ref, tiers: [tier] });
    }
  }
  const snapshot = circuits();
  const views = await Promise.all(
    [...models].map(async ([text, { ref, tiers }]): Promise<DiagnosticView | undefined> => {
      const provider = config.settings.providers.get(ref.provider);
      const check = provider && endpointOf(provider);
      if (!provider || !check?.ok) return undefined;
      const { origin, host } = check.endpoint;
      const circuit = snapshot.find((each) => each.origin === origin && each.model === ref.model);
      const failure = health.of(ref) ?? (circuit?.state === 'closed' ? undefined : circuit?.lastFailure);
      const latency = circuit?.lastLatencyMs ?? undefined;
      const answered = !failure && (health.of(ref) === null || latency !== undefined);
      const key = await keys.origin(provider);
      const lacksKey = ['missing', 'not-agreed', 'unreadable'].includes(key);
      return {
        ref: text,
        tiers,
        host,
        key: keyWords(key, provider),
        ok: failure || lacksKey ? false : answered ? true : null,
        last: failure
          ? `${shortWords(failure, host)}${typeof circuit?.lastFailureAgoMs !== 'number' ? '' : ` ${t('({0} s ago)', Math.round(circuit.lastFailureAgoMs / 1000))}`}`
          : answered
            ? t('answered')
            : t('not asked in this window yet'),
        latency: latency === undefined ? '' : t('first token after {0} s', formatSeconds(latency)),
        circuit: circuit ? describeCircuit(circuit) : '',
      };
    }),
  );
  return views.filter((view) => view !== undefined);
}

function describeCircuit({ state, retryInMs }: CircuitInfo): string {
  switch (state) {
    case 'closed':
      return '';
    case 'probing':
      return t('being tried again');
    case 'open':
      return t('paused after failures, retrying in {0} s', Math.ceil((retryInMs ?? 0) / 1000));
  }
}
