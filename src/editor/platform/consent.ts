import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { missingConsent } from '../../core/chat/approval.ts';
import { checkEndpoint } from '../../core/common/endpoints.ts';
import { leavesMachine } from '../../core/common/places.ts';
import { formatPrice, type PriceBook } from '../../core/money/pricing.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import type { Config } from './config.ts';

/** Keeps that the user agreed to send to some origins. */
export const grantConsent = (config: Config, origins: readonly string[]): Promise<void> =>
  config.write('consent.cloud', [...new Set([...config.settings.consent, ...origins])]);

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
  await grantConsent(config, [place.origin]);
  return true;
}

/** Asks whether an Ollama that is not on this computer may get what completions send. True when it may. */
export async function agreeToServer(url: string, config: Config): Promise<boolean> {
  const check = checkEndpoint(url);
  if (!check.ok) return false;
  const { endpoint } = check;
  if (!leavesMachine({ kind: 'ollama' }, endpoint) || config.settings.consent.has(endpoint.origin)) return true;
  const allow = t('Allow');
  const open = endpoint.baseUrl.startsWith('http:') ? ` ${t('The connection is not encrypted.')}` : '';
  const detail = t('By its address it is another computer. It gets the code around the cursor while you type.') + open;
  const choice = await vscode.window.showInformationMessage(
    t('Send to {0}?', endpoint.host),
    { modal: true, detail },
    allow,
  );
  if (choice !== allow) return false;
  await grantConsent(config, [endpoint.origin]);
  return true;
}
