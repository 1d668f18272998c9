import { t } from '@vscode/l10n';
import { giveUp } from '../../core/common/debugLog.ts';
import { describeKeyVariable, missingConsent } from '../../core/chat/approval.ts';
import { checkEndpoint, endpointOf } from '../../core/common/endpoints.ts';
import { mayNotSend } from '../../core/gateway/resolveModel.ts';
import { hostOf, isAgreedTo, leavesMachine } from '../../core/common/places.ts';
import { formatPrice, type PriceBook } from '../../core/money/pricing.ts';
import type { ProviderConfig } from '../../core/common/providerConfig.ts';
import type { Tier } from '../../core/common/types.ts';
import type { Keys } from './apiKeys.ts';
import type { Config } from './config.ts';
import { showInformationMessage } from './messages.ts';

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
  const choice = await showInformationMessage(
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
  const choice = await showInformationMessage(t('Send to {0}?', endpoint.host), { modal: true, detail }, allow);
  if (choice !== allow) return false;
  await config.agree([endpoint.origin], 'local');
  return true;
}

interface ListParts {
  readonly config: Config;
  readonly keys: Pick<Keys, 'get' | 'origin' | 'headers' | 'agree' | 'confirm'>;
  readonly trusted: () => boolean;
}

/**
 * Before a provider is asked for its models because the user pressed a button: asks whether what the settings name for
 * it may go along, which is the key in a variable, and headers. A key that was typed for this address needs no question.
 *
 * @returns `agreed`: the user said so just now, for this question; `needless`: no answer is needed; `refused`: do not ask
 */
export async function agreeToList(
  provider: ProviderConfig,
  { config, keys, trusted }: ListParts,
): Promise<'agreed' | 'needless' | 'refused'> {
  const check = endpointOf(provider);
  if (!check.ok) return 'needless';
  const { endpoint } = check;
  const key = await keys.origin(provider);
  const forbidden = mayNotSend(config.settings, trusted(), provider, endpoint);
  // An address that the user agreed to may still lack the agreement on the variable. Other refusals have their words.
  if (!forbidden) return (await keys.confirm(provider)) ? 'needless' : 'refused';
  if (forbidden.kind !== 'no-consent') return 'needless';
  const isTyped = key === 'stored' && (await keys.get(provider, endpoint)) !== null;
  if (isTyped) return 'needless';
  const secret = await keys.headers(provider, endpoint).catch(giveUp('headers that carry keys', {}));
  const headers = [...new Set([...Object.keys(provider.headers), ...Object.keys(secret)])];
  const hasVariable = key === 'environment' || key === 'not-agreed';
  const goes = [
    hasVariable ? t('The key in the environment variable {0} is sent with it.', provider.apiKeyEnv ?? '') : '',
    headers.length > 0 ? t('These headers are sent with it: {0}.', headers.join(', ')) : '',
  ].filter(Boolean);
  if (goes.length === 0) return 'needless';
  const ask = t('Ask for Models');
  const detail = [t('Gearshift asks for the list of its models. It sends no code and no question.'), ...goes].join(' ');
  const choice = await showInformationMessage(
    t('Ask {0} for its models?', endpoint.origin),
    { modal: true, detail },
    ask,
  );
  if (choice !== ask) return 'refused';
  if (key === 'not-agreed') await keys.agree(provider);
  return 'agreed';
}
