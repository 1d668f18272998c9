/** In which header a key goes to a server. */

/** Azure's own hosts, and its API Management in front of them (learn.microsoft.com/azure/ai-services/openai/reference). */
const OF_AZURE = /\.(openai|cognitiveservices|services\.ai)\.azure\.(com|us|cn)$|\.azure-api\.net$/;
/** A token of Entra ID, which Azure takes where others take a key. */
const IS_TOKEN = /^eyJ[\w-]+\./;

/**
 * The headers that carry a key. Most servers take it as a bearer token; Azure takes keys in `api-key`.
 *
 * @param baseUrl address of the endpoint
 * @param apiKey null when the server needs none
 */
export function keyHeaders(baseUrl: string, apiKey: string | null): Readonly<Record<string, string>> {
  if (apiKey === null || apiKey === '') return {};
  if (OF_AZURE.test(new URL(baseUrl).hostname) && !IS_TOKEN.test(apiKey)) return { 'api-key': apiKey };
  return { authorization: `Bearer ${apiKey}` };
}

/** The version of Anthropic's API that these requests are made for (docs.anthropic.com/en/api/versioning). */
const ANTHROPIC_VERSION = '2023-06-01';

/**
 * As {@link keyHeaders}, for the list of models: Anthropic has it in its own API alone, which takes keys in `x-api-key`
 * (docs.anthropic.com/en/api/models-list).
 */
export const keyHeadersForList = (baseUrl: string, apiKey: string | null): Readonly<Record<string, string>> =>
  new URL(baseUrl).hostname === 'api.anthropic.com'
    ? { 'anthropic-version': ANTHROPIC_VERSION, ...(apiKey ? { 'x-api-key': apiKey } : {}) }
    : keyHeaders(baseUrl, apiKey);
