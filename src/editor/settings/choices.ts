import { t } from '@vscode/l10n';
import { modelsOfTier } from '../../core/chat/modelCapabilities.ts';
import { hostOf, placesOf } from '../../core/common/places.ts';
import { endpointOf } from '../../core/common/endpoints.ts';
import { TIERS, type Tier } from '../../core/common/types.ts';
import type { SettingsState } from '../../protocol/settings.ts';
import type { Config } from '../platform/config.ts';
import type { Handlers } from './section.ts';

/** The sections that are plain switches: completions, privacy. */
export class ChoicesSection {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  readonly handlers: Handlers<'setSwitch' | 'setLanguage' | 'setFiles' | 'setIgnored' | 'revokeConsent'> = {
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
    revokeConsent: ({ origin }) => this.#config.revoke(origin),
  };

  completions(): SettingsState['completions'] {
    const { languages, files, ...switches } = this.#config.settings.completions;
    return {
      ...switches,
      languages: [...languages].map(([id, on]) => ({ id, on })),
      files: [...files].map(([glob, on]) => ({ glob, on })),
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
    const hosts = modelsOfTier(settings, tier).flatMap(({ provider: name, model }) => {
      const provider = settings.providers.get(name);
      const check = provider && endpointOf(provider);
      if (!provider || !check?.ok) return [];
      const away = placesOf(provider, check.endpoint, model);
      return away.length > 0 ? away.map(hostOf) : [t('this computer')];
    });
    const places = [...new Set(hosts)];
    return places.length ? places.join(', ') : t('nowhere: the tier has no model');
  }
}

function whatIsSent(tier: Tier): string {
  switch (tier) {
    case 'local':
      return t(
        'The code around the cursor and short excerpts of related files, as you type. If a model is set to answer questions: your question and what is attached to it.',
      );
    case 'mid':
      return t('Your question and what is attached to it, when you send it.');
    case 'frontier':
      return t('Your question and what is attached to it, when you escalate.');
  }
}
