import { t } from '@vscode/l10n';
import type { ProviderView, SettingsState, TestView } from '../../protocol/settings.ts';
import { tierName } from '../shared/tiers.ts';
import { plural } from '../../core/common/language.ts';

/** The announcement to screen readers about a new state: tests that began or ended, keys, a notice, new problems. */
export function describeChange(before: SettingsState, after: SettingsState): string[] {
  const words: string[] = [];
  if (after.notice && after.notice !== before.notice) words.push(after.notice);
  const test = (name: string, was: TestView | undefined, is: TestView): void => {
    if (is.state !== 'idle' && JSON.stringify(was) !== JSON.stringify(is)) words.push(`${name}: ${describeTest(is)}`);
  };
  for (const tier of after.tiers) {
    test(tierName(tier.tier), before.tiers.find((old) => old.tier === tier.tier)?.test, tier.test);
  }
  for (const provider of after.providers) {
    const old = before.providers.find((other) => other.name === provider.name);
    test(provider.name, old?.test, provider.test);
    if (old && old.key !== provider.key) words.push(`${provider.name}: ${describeKey(provider)}`);
    if (provider.listing.state === 'failed') test(provider.name, old?.listing, provider.listing);
  }
  for (const server of after.ollama) {
    const old = before.ollama.find((other) => other.provider === server.provider);
    if (old && old.state !== server.state && server.words) words.push(server.words);
    for (const pull of server.pulls) {
      const was = old?.pulls.find((other) => other.model === pull.model);
      // Its start and its end; the progress bar tells the rest to those who ask.
      if (was?.state !== pull.state) words.push(`${pull.model}: ${pull.words}`);
    }
  }
  if (before.doctor.state === 'running' && after.doctor.state === 'done')
    words.push(
      plural(
        after.doctor.findings.length,
        t('{0} finding', after.doctor.findings.length),
        t('{0} findings', after.doctor.findings.length),
      ),
    );
  const used = after.vsCodeChat?.used;
  if (used !== undefined && before.vsCodeChat && used !== before.vsCodeChat.used)
    words.push(used ? t("VS Code's chat uses your tiers.") : t("VS Code's chat no longer uses your tiers."));
  if (after.presets.undo && after.presets.undo !== before.presets.undo)
    words.push(t('{0} is set.', after.presets.undo));
  const known = new Set(before.problems.map((problem) => problem.setting + problem.message));
  for (const { setting, message } of after.problems) {
    if (!known.has(setting + message)) words.push(`${setting}: ${message}`);
  }
  return words;
}

/** The state of a test in words; empty when there was none. */
export function describeTest(test: TestView): string {
  switch (test.state) {
    case 'idle':
      return '';
    case 'running':
      return t('testing…');
    case 'ok':
      return t('ok: {0}', test.words);
    case 'failed':
      return t('failed: {0}', test.words);
  }
}

/** Where the key of a provider comes from. */
export function describeKey({ key, host, apiKeyEnv }: ProviderView): string {
  switch (key) {
    case 'stored':
      return t('key stored for {0}', host);
    case 'environment':
      return t('key from the environment variable {0}', apiKeyEnv);
    case 'missing':
      return apiKeyEnv ? t('key missing; {0} is not set', apiKeyEnv) : t('key missing');
    case 'not-needed':
      return t('no key needed');
    case 'not-agreed':
      return t('the key in {0} is not sent to {1}: press "Test connection" to agree', apiKeyEnv, host);
    case 'unreadable':
      return t('the keyring cannot be read; unlock it');
  }
}
