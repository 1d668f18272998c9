import { t } from '@vscode/l10n';
import { leavesMachine } from '../../core/candidates.ts';
import { checkEndpoint } from '../../core/endpoints.ts';
import type { Rule } from '../../core/routing/types.ts';
import { TIERS, type Tier } from '../../core/types.ts';
import type { RuleView, SettingsState } from '../../protocol/settings.ts';
import type { Config } from '../config.ts';
import type { Handlers } from './section.ts';

/** The sections that are plain switches: completions, routing, privacy. */
export class ChoicesSection {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  readonly handlers: Handlers<
    | 'setSwitch'
    | 'setLanguage'
    | 'setFiles'
    | 'setIgnored'
    | 'revokeConsent'
    | 'setRule'
    | 'setThreshold'
    | 'setChatTier'
  > = {
    setSwitch: ({ setting, on }) => this.#config.write(setting, on),
    setLanguage: ({ id, on }) => {
      const users = (this.#config.userValue('completions.languages') ?? {}) as Record<string, boolean>;
      const { [id]: _, ...others } = users;
      return this.#config.write('completions.languages', on === null ? others : { ...others, [id]: on });
    },
    setFiles: ({ glob, on }) => {
      const users = (this.#config.userValue('completions.files') ?? {}) as Record<string, boolean | null>;
      const shipped = (this.#config.defaultValue('completions.files') ?? {}) as Record<string, boolean>;
      const { [glob]: _, ...others } = users;
      // A shipped entry is taken away by null, see `merge` of the configuration.
      const entry = on === null ? (glob in shipped ? { [glob]: null } : {}) : { [glob]: on };
      return this.#config.write('completions.files', { ...others, ...entry });
    },
    setIgnored: ({ globs }) => this.#config.write('privacy.ignore', globs.length ? globs : undefined),
    revokeConsent: ({ origin }) =>
      this.#config.write(
        'consent.cloud',
        [...this.#config.settings.consent].filter((each) => each !== origin),
      ),
    setRule: ({ name, enabled }) => {
      const entries = [...((this.#config.userValue('routing.rules') ?? []) as { name?: unknown }[])];
      const at = entries.findIndex((entry) => entry.name === name);
      if (at < 0) entries.push({ name, enabled } as { name: string });
      else entries[at] = { ...entries[at], enabled } as { name: string };
      // An entry that says no more than the shipped rule is none.
      const kept = entries.filter((entry) => JSON.stringify(entry) !== JSON.stringify({ name, enabled: true }));
      return this.#config.write('routing.rules', kept.length ? kept : undefined);
    },
    setThreshold: ({ value }) => this.#config.write('routing.threshold', value),
    setChatTier: ({ value }) => this.#config.write('chat.tier', value),
  };

  completions(): SettingsState['completions'] {
    const { languages, files, ...switches } = this.#config.settings.completions;
    return {
      ...switches,
      languages: [...languages].map(([id, on]) => ({ id, on })),
      files: [...files].map(([glob, on]) => ({ glob, on })),
    };
  }

  routing(): SettingsState['routing'] {
    const { rules, entries, threshold, classifier } = this.#config.settings.routing;
    return {
      rules: rules.map((rule): RuleView => ({
        name: rule.name,
        when: describeConditions(rule),
        tier: rule.tier,
        enabled: rule.enabled ?? true,
        own: entries.some(({ name }) => name === rule.name),
      })),
      threshold,
      classifier,
      chatTier: this.#config.settings.chatTier,
    };
  }

  privacy(): SettingsState['privacy'] {
    const { settings } = this.#config;
    return {
      private: settings.private,
      urls: settings.contextUrls,
      ignored: settings.ignored,
      consents: [...settings.consent],
      tiers: TIERS.map((tier) => ({ tier, what: whatIsSent(tier), where: this.#where(tier) })),
    };
  }

  #where(tier: Tier): string {
    const { settings } = this.#config;
    const hosts = settings.tiers[tier].flatMap(({ provider: name, model }) => {
      const provider = settings.providers.get(name);
      const check = provider && checkEndpoint(provider.baseUrl);
      if (!provider || !check?.ok) return [];
      const { endpoint } = check;
      return [leavesMachine(provider.kind, endpoint, model) ? endpoint.host : t('this computer')];
    });
    const places = [...new Set(hosts)];
    return places.length ? places.join(', ') : t('nowhere: it has no model');
  }
}

function whatIsSent(tier: Tier): string {
  switch (tier) {
    case 'local':
      return t('The code around the cursor and short excerpts of related files, at each pause in typing.');
    case 'mid':
      return t('Your question and what is attached to it, when you send it.');
    case 'frontier':
      return t('Your question and what is attached to it, when you escalate.');
  }
}

/** `score: min threshold · languages: rust, haskell and 30 more`. */
function describeConditions({ when }: Rule): string {
  const parts = Object.entries(when).map(([name, value]) => `${name}: ${describeValue(value)}`);
  return parts.length ? parts.join(' · ') : t('always');
}

function describeValue(value: unknown): string {
  if (Array.isArray(value))
    return value.length > 4 ? t('{0} and {1} more', value.slice(0, 3).join(', '), value.length - 3) : value.join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, bound]) => `${name} ${String(bound)}`)
      .join(', ');
  return String(value);
}
