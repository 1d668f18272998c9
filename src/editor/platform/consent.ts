import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ConsentPlace } from '../../core/chat/approval.ts';
import { checkEndpoint } from '../../core/common/endpoints.ts';
import { leavesMachine } from '../../core/gateway/resolveModel.ts';
import { formatPrice, type PriceBook } from '../../core/money/pricing.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import type { ModelRef } from '../../core/common/types.ts';
import type { Config } from './config.ts';

/**
 * The places of a chain that the user has not agreed to send to yet, each origin once. Untrusted workspaces and
 * private mode have none: there nothing is sent, so there is nothing to agree to.
 */
export function missingConsent(chain: readonly ModelRef[], settings: Settings, trusted: boolean): ConsentPlace[] {
  const places = new Map<string, ConsentPlace>();
  for (const model of trusted && !settings.private ? chain : []) {
    const provider = settings.providers.get(model.provider);
    const check = provider && checkEndpoint(provider.baseUrl);
    if (!provider || !check?.ok || !leavesMachine(provider.kind, check.endpoint, model.model)) continue;
    const { origin } = check.endpoint;
    if (!settings.consent.has(origin) && !places.has(origin)) places.set(origin, { origin, model });
  }
  return [...places.values()];
}

/** Asks, outside of the chat, for the consent that one provider still needs. True when it is there. */
export async function agreeTo(
  provider: ProviderConfig,
  model: string,
  config: Config,
  prices: PriceBook,
  trusted: boolean,
): Promise<boolean> {
  const [place] = missingConsent([{ provider: provider.name, model }], config.settings, trusted);
  if (!place) return true;
  const price = formatPrice((await prices.find(provider, model))?.price);
  const allow = t('Allow');
  const choice = await vscode.window.showInformationMessage(
    t('Send to {0}?', new URL(place.origin).host),
    {
      modal: true,
      detail: t(
        'The test sends one short sentence to {0} ({1}). Later it gets the questions you ask and the context you attach.',
        model,
        price,
      ),
    },
    allow,
  );
  if (choice !== allow) return false;
  await config.write('consent.cloud', [...new Set([...config.settings.consent, place.origin])]);
  return true;
}

/** Asks whether an Ollama that is not on this computer may get what completions send. True when it may. */
export async function agreeToServer(url: string, config: Config): Promise<boolean> {
  const check = checkEndpoint(url);
  if (!check.ok) return false;
  const { endpoint } = check;
  if (!leavesMachine('ollama', endpoint) || config.settings.consent.has(endpoint.origin)) return true;
  const allow = t('Allow');
  const open = endpoint.baseUrl.startsWith('http:') ? ` ${t('The connection is not encrypted.')}` : '';
  const detail = t('By its address it is another computer. It gets the code around the cursor while you type.') + open;
  const choice = await vscode.window.showInformationMessage(
    t('Send to {0}?', endpoint.host),
    { modal: true, detail },
    allow,
  );
  if (choice !== allow) return false;
  await config.write('consent.cloud', [...new Set([...config.settings.consent, endpoint.origin])]);
  return true;
}
