import type { Page } from 'playwright-core';

/** What the user agreed to before a window opens, kept where the extension has VS Code keep it: in the browser. */

/** The byte that the server's half of the key for secrets consists of, see `answerMintKey` of the harness. */
export const MINT_BYTE = 7;

/** What is read of a provider in the settings. */
interface SeenProvider {
  readonly apiKeyEnv?: string;
  readonly baseUrl?: string;
}

/**
 * Seeds the storage of a page's origin.
 *
 * @param page shows nothing of the server yet
 * @param base address of the server
 * @param given.consents origins, with a tier or for all; with them the key of each variable that the settings name for a
 *   provider at such an origin
 */
export async function seedAgreements(
  page: Page,
  base: string,
  given: {
    readonly extension: string;
    readonly consents: readonly string[];
    readonly settings: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { extension, consents, settings } = given;
  const origins = consents.map((consent) => consent.split(' ')[0]);
  const providers = (settings['gearshift.providers'] ?? {}) as Record<string, SeenProvider | null>;
  const variables = Object.entries(providers).flatMap(([name, provider]) => {
    const { apiKeyEnv = '', baseUrl = '' } = provider ?? {};
    const origin = URL.canParse(baseUrl) ? new URL(baseUrl).origin : '';
    return apiKeyEnv && origins.includes(origin) ? [`variable:${name}:${apiKeyEnv}@${origin}`] : [];
  });
  // A page of the server's origin that is no workbench.
  await page.goto(`${base}/version`);
  await page.evaluate(keepAgreements, { extension, consents: [...consents], variables, mintByte: MINT_BYTE });
}

/**
 * Runs in the page: writes what the user agreed to into VS Code's database of the profile, and its secrets, sealed with
 * the key half that the harness gives, as the workbench of the server does.
 */
async function keepAgreements(given: {
  readonly extension: string;
  readonly consents: readonly string[];
  readonly variables: readonly string[];
  readonly mintByte: number;
}): Promise<void> {
  const table = 'ItemTable';
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('vscode-web-state-db-global');
    opening.onupgradeneeded = () => opening.result.createObjectStore(table);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(new Error('the database of the profile does not open'));
  });
  await new Promise<void>((resolve, reject) => {
    const writing = database.transaction(table, 'readwrite');
    writing.objectStore(table).put(JSON.stringify({ consents: given.consents }), given.extension);
    writing.oncomplete = () => resolve();
    writing.onerror = () => reject(new Error('the database of the profile cannot be written'));
  });
  database.close();
  if (given.variables.length === 0) return;
  const secrets = given.variables.map((key) => [JSON.stringify({ extensionId: given.extension, key }), 'agreed']);
  const half = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const whole = half.map((byte) => byte ^ given.mintByte);
  const key = await crypto.subtle.importKey('raw', whole, 'AES-GCM', false, ['encrypt']);
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(secrets)));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, text));
  localStorage.setItem('secrets.provider', btoa(String.fromCharCode(...half, ...iv, ...sealed)));
}
