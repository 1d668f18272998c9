import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { describeKeyVariable, missingConsent } from '../../core/chat/approval.ts';
import { checkEndpoint } from '../../core/common/endpoints.ts';
import { hostOf, isAgreedTo, leavesMachine } from '../../core/common/places.ts';
import { formatPrice, type PriceBook } from '../../core/money/pricing.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import type { Tier } from '../../core/common/types.ts';
import type { Config } from './config.ts';

/** Asks, outside of the chat, for the consent that one provider still needs. True when it is there. */
export async function agreeTo(
  provider: ProviderConfig,
  model: string,
  config: Config,
  prices: PriceBook,
  trusted: boolean,
  tier: Tier,
): Promise<boolean> {
  const places = missingConsent([{ provider: provider.name, model }], config.settings, trusted, tier);
  const [place] = places;
  if (!place) return true;
  const price = formatPrice((await prices.find(provider, model))?.price);
  const allow = t('Allow');
  const choice = await vscode.window.showInformationMessage(
    t('Send to {0}?', places.map(({ origin }) => hostOf(origin)).join(', ')),
    {
      modal: true,
      detail: [
        t(
          'The test sends one short sentence to {0} ({1}). Later it gets the questions you ask and the context you attach.',
          model,
          price,
        ),
        ...places.map(describeKeyVariable),
      ]
        .filter(Boolean)
        .join(' '),
    },
    allow,
  );
  if (choice !== allow) return false;
  await config.agree(
    places.map(({ origin }) => origin),
    tier,
  );
  return true;
}

/** Asks whether an Ollama that is not on this computer may get what completions send. True when it may. */
export async function agreeToServer(url: string, config: Config): Promise<boolean> {
  const check = checkEndpoint(url);
  if (!check.ok) return false;
  const { endpoint } = check;
  if (!leavesMachine({ kind: 'ollama' }, endpoint) || isAgreedTo(config.settings.consent, endpoint.origin, 'local'))
    return true;
  const allow = t('Allow');
  const open = endpoint.baseUrl.startsWith('http:') ? ` ${t('The connection is not encrypted.')}` : '';
  const detail =
    t('This address belongs to another computer, which will receive the code around the cursor as you type.') + open;
  const choice = await vscode.window.showInformationMessage(
    t('Send to {0}?', endpoint.host),
    { modal: true, detail },
    allow,
  );
  if (choice !== allow) return false;
  await config.agree([endpoint.origin], 'local');
  return true;
}
