import type { Endpoint } from './endpoints.ts';
import type { ProviderConfig } from './providerConfig.ts';

/**
 * What a protocol says of a model before its server was asked, by address and name alone. Plain data, without the code
 * that speaks the protocol: prices, consents and states of tiers are looked up long before the first call.
 */
export interface ProviderRules {
  /**
   * The origins that a request to the model would reach outside of this machine; empty when none is known. A model that
   * leaves the machine needs the user's consent for each of them.
   *
   * @param model without one, what every model of the endpoint has in common
   */
  readonly placesOf: (endpoint: Endpoint, model?: string) => readonly string[];
}

/** Where Ollama's cloud models run: what is sent to them ends here. */
export const OLLAMA_CLOUD = 'https://ollama.com';

/**
 * Names that Ollama itself takes for its cloud: a tag `cloud` or one that ends in `-cloud`, in any case and with spaces
 * around (ollama internal/modelref, from 0.17.6 on). Other names may stand for a cloud model too: only the server knows.
 */
export const isOllamaCloudName = (model: string): boolean => /[:-]\s*cloud\s*$/i.test(model);

const OLLAMA: ProviderRules = {
  placesOf: ({ loopback, origin }, model = '') => [
    ...new Set([...(loopback ? [] : [origin]), ...(isOllamaCloudName(model) ? [OLLAMA_CLOUD] : [])]),
  ],
};

/** Also on this machine: gateways such as LiteLLM pass on what they get. */
const OPENAI: ProviderRules = { placesOf: ({ origin }) => [origin] };

/** Headers by which gateways make themselves known: LiteLLM, Portkey, Helicone, OpenRouter, Cloudflare's AI gateway. */
const OF_GATEWAYS = /^(x-litellm-|llm_provider-|x-portkey-|helicone-|x-openrouter-|cf-aig-)/i;

/** Whether the headers of an answer say that its server passed the request on. */
export const saysGateway = (headers: Headers): boolean => [...headers.keys()].some((name) => OF_GATEWAYS.test(name));

/** The rules of every protocol that a provider can speak. */
export const PROVIDER_RULES: Readonly<Record<ProviderConfig['kind'], ProviderRules>> = {
  ollama: OLLAMA,
  openai: OPENAI,
};
