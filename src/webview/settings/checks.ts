import { t } from '@vscode/l10n';
import { classifyHeader } from '../../core/common/headers.ts';

/**
 * The page's own check of an input before it is sent: empty when it is fine. The host checks everything again; here
 * it is only for a quicker answer, and so that nothing leaves the page that the protocol would drop without a word.
 */

export function checkModel(model: string, provider: string, chain: readonly string[]): string {
  if (!model) return t('Type the name of a model.');
  if (/\p{Cc}/u.test(model)) return t('The name contains control characters.');
  const ref = `${provider}/${model}`;
  if (ref.length > 300) return t('The name is too long.');
  if (chain.includes(ref)) return t('{0} is already in this tier.', ref);
  if (chain.length >= 20) return t('A tier can have at most 20 models.');
  return '';
}

export function checkProviderName(name: string, taken: readonly string[]): string {
  if (!name) return t('Type a name for the provider.');
  if (!/^[^/\s\p{Cc}]{1,60}$/u.test(name)) return t('Use at most 60 characters, with no slashes or spaces.');
  if (taken.includes(name)) return t('A provider named {0} already exists.', name);
  return '';
}

export function checkAddress(address: string): string {
  if (!address) return t('Type the address, for example https://host/v1');
  return address.length > 2000 ? t('The address is too long.') : '';
}

/**
 * The name of an environment variable, or nothing. Settings are synced in plain text, so a key pasted here by mistake
 * must not even reach the host.
 */
export function checkKeyVariable(name: string): string {
  const looksLikeKey =
    /^(sk|pk|gsk|xai|hf|ghp|glpat|AIza|key)[-_A-Z0-9]/.test(name) ||
    (name.length >= 20 && /[a-z]/.test(name) && /\d/.test(name));
  if (looksLikeKey)
    return t('This looks like a key. Type the name of a variable here; for the key itself use "Set key".');
  if (name.length > 200 || !/^([A-Za-z_]\w*)?$/.test(name)) {
    return t('The name of a variable has letters, digits and underscores, for example OPENROUTER_API_KEY.');
  }
  return '';
}

export function checkLanguage(id: string, listed: readonly string[]): string {
  if (!id) return t('Type the id of a language, for example python.');
  if (!/^[\w.+#:-]{1,80}$/.test(id)) return t("A language ID can't contain spaces. Examples: python, csharp.");
  if (listed.includes(id)) return t('{0} is already in the list.', id);
  return '';
}

/** Headers as they are typed, `Name: value` on each line; `problem` is empty when all of them can be read. */
export function readHeaders(text: string): { headers: { name: string; value: string }[]; problem: string } {
  const headers: { name: string; value: string }[] = [];
  for (const line of text.split('\n')) {
    if (!line.trim()) continue;
    const [, name = '', value = ''] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (!name) return { headers: [], problem: t('Enter each header as Name: value, for example X-Team: compilers') };
    // Others whose names say that they carry a key are taken: the host puts them into the secret storage.
    const problem = whyNotTyped(name, value);
    if (problem) return { headers: [], problem };
    headers.push({ name, value });
  }
  return headers.length > 20 ? { headers: [], problem: t('At most 20 headers.') } : { headers, problem: '' };
}

/** Why a header cannot be typed here; empty when it can. */
function whyNotTyped(name: string, value: string): string {
  if (name.length > 200 || value.length > 2000) return t('The header {0} is too long.', name.slice(0, 40));
  if (/\p{Cc}/u.test(value)) return t('The value of {0} contains control characters.', name);
  switch (classifyHeader(name)) {
    case 'key':
      return t('{0} contains a key. Use "Set key", which stores it in secret storage.', name);
    case 'never':
      return t('{0} belongs to the connection and cannot be set.', name);
    case 'secret':
    case 'plain':
      return '';
  }
}

/** An amount in USD as people type it; undefined when it is none. A comma is not guessed at. */
export function readAmount(text: string, most: number): number | undefined {
  const plain = text.trim().replace(/^\$/, '');
  if (!/^\d*\.?\d+$|^\d+\.$/.test(plain)) return undefined;
  const amount = Number(plain);
  return amount <= most ? amount : undefined;
}

export function checkGlob(glob: string, listed: readonly string[]): string {
  if (!glob) return t('Type a glob, for example legacy/**');
  if (!/^[^\p{Cc}]{1,200}$/u.test(glob)) return t('A glob pattern can have at most 200 characters.');
  if (listed.includes(glob)) return t('{0} is already in the list.', glob);
  return listed.length >= 200 ? t('At most 200 glob patterns.') : '';
}
