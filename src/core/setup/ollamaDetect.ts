import { t } from '@vscode/l10n';
import { ollamaHostUrl, checkEndpoint } from '../common/endpoints.ts';

/** Where an Ollama may be found from the place that this extension host runs in. */

export interface OllamaCandidate {
  readonly url: string;
  readonly why: 'configured' | 'environment' | 'default' | 'wsl-gateway' | 'container-host';
}

export interface Surroundings {
  /** The current address, from the settings. */
  readonly configured: string;
  /** Value of OLLAMA_HOST. */
  readonly ollamaHost: string | undefined;
  /** The host runs in WSL. */
  readonly wsl: boolean;
  /** Text of /proc/net/route, where there is one. */
  readonly routes: string;
  /** The host runs in a container. */
  readonly container: boolean;
}

/** The addresses to look at, the likeliest first, each once. */
export function ollamaCandidates(around: Surroundings): readonly OllamaCandidate[] {
  const gateway = around.wsl ? defaultGateway(around.routes) : undefined;
  const fromEnvironment = ollamaHostUrl(around.ollamaHost ?? '');
  const all: (OllamaCandidate | undefined)[] = [
    { url: around.configured, why: 'configured' },
    fromEnvironment === undefined ? undefined : { url: fromEnvironment, why: 'environment' },
    { url: 'http://127.0.0.1:11434', why: 'default' },
    // Where WSL shares no network with Windows, the Ollama of Windows is behind the gateway.
    gateway === undefined ? undefined : { url: `http://${gateway}:11434`, why: 'wsl-gateway' },
    around.container ? { url: 'http://host.docker.internal:11434', why: 'container-host' } : undefined,
  ];
  const seen = new Set<string>();
  return all.filter((candidate): candidate is OllamaCandidate => {
    if (!candidate || seen.has(candidate.url) || !checkEndpoint(candidate.url).ok) return false;
    seen.add(candidate.url);
    return true;
  });
}

/** The default gateway in the kernel's table of routes, whose addresses are little-endian hexadecimal. */
export function defaultGateway(routes: string): string | undefined {
  for (const line of routes.split('\n').slice(1)) {
    const [, destination, gateway] = line.trim().split(/\s+/);
    if (destination !== '00000000' || !/^[0-9A-Fa-f]{8}$/.test(gateway ?? '') || gateway === '00000000') continue;
    return (gateway?.match(/../g) ?? [])
      .reverse()
      .map((pair) => parseInt(pair, 16))
      .join('.');
  }
  return undefined;
}

/** Where an address comes from, for people. */
export function describeCandidate({ url, why }: OllamaCandidate): string {
  const host = new URL(url).host;
  switch (why) {
    case 'configured':
      return t('{0}, from your settings', host);
    case 'environment':
      return t('{0}, from OLLAMA_HOST', host);
    case 'default':
      return t('{0}, the default address', host);
    case 'wsl-gateway':
      return t('{0}, Windows as seen from WSL', host);
    case 'container-host':
      return t('{0}, the host of this container', host);
  }
}
