import { t } from '@vscode/l10n';
import { isLoopback } from '../common/endpoints.ts';
import type { Failure } from '../common/failures.ts';
import { describeOverBudget } from '../money/budgets.ts';
import { formatCount } from '../common/format.ts';

/** What the user can do next; the surfaces turn it into a button. */
export type NextStep =
  | 'retry'
  | 'set-key'
  | 'settings'
  | 'trust'
  | 'consent'
  | 'start-ollama'
  | 'pull-model'
  | 'send-anyway'
  /** The question goes back into the composer, with its context. */
  | 'change-question'
  /** Ask again with room for more tokens. */
  | 'larger-limit'
  /** Choose the model of the local tier that answers questions. */
  | 'choose-local'
  /** Install Ollama, or say where it is. */
  | 'set-up-ollama'
  /** The steps of the walkthrough. */
  | 'get-started'
  /** Ask the model to fill a small gap, to learn whether it can. */
  | 'try-infill'
  | 'none';

export interface FailureWords {
  readonly text: string;
  readonly next: NextStep;
}

export interface FailurePlace {
  readonly provider: string;
  /** Host and port, for example `api.openai.com` or `127.0.0.1:11434`. */
  readonly host: string;
  readonly model: string;
  readonly kind: 'ollama' | 'openai';
}

/** An OpenAI-style server on this computer may run its models itself, which only the user can say. */
function mayRunHere(failure: Failure, { kind, host, provider }: FailurePlace): string {
  const isHere = kind === 'openai' && failure.detail === undefined && isLoopback(host.replace(/:\d+$/, ''));
  if (!isHere) return '';
  return ` ${t('It may be a gateway. If it runs its models on this computer, set "runsHere": true for {0} in gearshift.providers.', provider)}`;
}

/** What happened, where, and what to do: one sentence or two for the user. */
export function describeFailure(failure: Failure, place: FailurePlace): FailureWords {
  const { host, model, provider } = place;
  const said = describeWords(failure);
  switch (failure.kind) {
    case 'no-model':
      return { text: failure.detail ?? t('No model is set for this tier.'), next: 'settings' };
    case 'not-set-up':
      return { text: t('Nothing was sent: no model is ready to answer yet.'), next: 'retry' };
    case 'bad-url':
      return { text: t('The address of {0} cannot be used: {1}', provider, failure.detail ?? ''), next: 'settings' };
    case 'private':
      return {
        text: t('Private mode is on, so nothing is sent to {0}.', failure.detail ?? host) + mayRunHere(failure, place),
        next: 'settings',
      };
    case 'untrusted':
      return {
        text: t(
          'This workspace is not trusted, so nothing is sent to {0}. Local completions still work.',
          failure.detail ?? host,
        ),
        next: 'trust',
      };
    case 'no-consent':
      return { text: t('You have not agreed to send code to {0} yet.', failure.detail ?? host), next: 'consent' };
    case 'not-local':
      return {
        text: t(
          '{0} runs in the cloud ({1}), and completions are only asked of models that their server runs itself.',
          model,
          failure.detail ?? t('another server'),
        ),
        next: 'settings',
      };
    case 'passed-on':
      return {
        text: t(
          '{0} passed the request for {1} on to {2}. The answer was stopped, and {1} is not asked again unless you agree to that place.',
          host,
          model,
          failure.detail ?? t('another server'),
        ),
        next: 'consent',
      };
    case 'no-key':
      return { text: t('{0} needs an API key, and none is set for {1}.', provider, host), next: 'set-key' };
    case 'no-keyring':
      return {
        text: t('The keyring cannot be read, so nothing is sent to {0}. Unlock it, then ask again.', host) + said,
        next: 'retry',
      };
    case 'budget':
      return {
        text: failure.budget ? describeOverBudget(failure.budget) : (failure.detail ?? ''),
        next: failure.mayOverride ? 'send-anyway' : 'settings',
      };
    case 'no-price':
      return {
        text: t('A budget is active, but the price of {0} is unknown. Set a price so its cost can be counted.', model),
        next: 'settings',
      };
    case 'no-ledger':
      return {
        text: t(
          "A budget is active, but the cost ledger can't be written right now. Paid requests are blocked until it can.",
        ),
        next: 'retry',
      };
    case 'too-expensive':
      return {
        text: t('{0} was not asked: it may cost much more than the first model ({1}).', model, failure.detail ?? ''),
        next: 'settings',
      };
    case 'too-large':
      return { text: t('The request is too large to send: {0}', failure.detail ?? ''), next: 'change-question' };
    case 'circuit-open':
      return {
        text: t(
          '{0} at {1} failed several times in a row. Pausing requests to it for {2} s.',
          model,
          host,
          Math.max(1, Math.ceil((failure.retryAfterMs ?? 0) / 1000)),
        ),
        next: 'retry',
      };
    case 'refused':
      return place.kind === 'ollama'
        ? {
            text: t('No Ollama at {0}. Start it with "ollama serve", or set another address.', host),
            next: 'start-ollama',
          }
        : { text: t('No server answers at {0}.', host), next: 'retry' };
    case 'dns':
      return { text: t("Couldn't resolve {0}. Are you offline?", host), next: 'retry' };
    case 'tls':
      return {
        text: t(
          'The secure connection to {0} failed: {1}. If the server uses your own certificate authority, add it to the system.',
          host,
          failure.detail ?? t('unknown reason'),
        ),
        next: 'settings',
      };
    case 'reset':
      return { text: t('The connection to {0} was lost.', host), next: 'retry' };
    case 'slept':
      return { text: t('The connection to {0} was lost while the computer was asleep.', host), next: 'retry' };
    case 'proxy':
      return { text: t('The proxy refused the connection to {0}.', host) + said, next: 'settings' };
    case 'redirect':
      return {
        text: t(
          '{0} redirects elsewhere ({1}). Redirects are not followed: set the final address.',
          host,
          failure.detail ?? '',
        ),
        next: 'settings',
      };
    case 'timeout':
      return { text: describeTimeout(failure, host, model), next: 'retry' };
    case 'auth':
      return describeAuth(failure, place);
    case 'credit':
      return { text: t('{0} says there is no credit left.', host) + said, next: 'settings' };
    case 'forbidden':
      return { text: t('{0} does not allow this ({1}).', host, failure.status ?? 403) + said, next: 'settings' };
    case 'policy':
      return { text: t("The settings of your account at {0} don't allow {1}.", host, model) + said, next: 'settings' };
    case 'model-missing':
      return place.kind === 'ollama'
        ? { text: t('Ollama at {0} has no model {1}. Get it with "ollama pull {1}".', host, model), next: 'pull-model' }
        : { text: t('{0} has no model {1}.', host, model) + said, next: 'settings' };
    case 'wrong-path':
      return {
        text:
          t("{0} doesn't have this path ({1}). Is /v1 missing from the base URL?", host, failure.status ?? 404) + said,
        next: 'settings',
      };
    case 'context-length':
      return {
        text: describeTooLong(failure, model) + largerWindow(place) + said,
        next: 'change-question',
      };
    case 'bad-request':
      return { text: t('{0} rejected the request ({1}).', host, failure.status ?? 400) + said, next: 'settings' };
    case 'rate-limited':
      return {
        text:
          failure.retryAfterMs === undefined
            ? t('{0} is rate limiting requests (429).', host) + said
            : t('{0} is rate limiting requests; it asks to wait {1} s.', host, Math.ceil(failure.retryAfterMs / 1000)) +
              said,
        next: 'retry',
      };
    case 'overloaded':
      return { text: t('{0} is having problems ({1}).', host, failure.status ?? 503) + said, next: 'retry' };
    case 'unsupported':
      return { text: t('{0} cannot do this: {1}', model, failure.detail ?? ''), next: 'settings' };
    case 'not-a-model':
      return {
        text: t("The server at {0} isn't a model server. Check the address.", host) + said,
        next: 'settings',
      };
    case 'empty':
      return { text: t('{0} gave an empty answer.', model), next: 'retry' };
    case 'no-text':
      return { text: t('{0} returned an answer without text.', model), next: 'retry' };
    case 'bad-tool-call':
      return {
        text: t('{0} called a tool in a way that cannot be read: {1}', model, failure.detail ?? ''),
        next: 'retry',
      };
    case 'thought-limit':
      return {
        text: t('{0} used its whole token limit for thinking and wrote no answer. Retry with a larger limit.', model),
        next: 'larger-limit',
      };
    case 'unknown-end':
      return {
        text: t(
          '{0} stopped with the unknown reason "{1}", so the answer may be incomplete.',
          model,
          failure.detail ?? '',
        ),
        next: 'retry',
      };
    case 'unusable':
      return { text: t("{0} didn't answer in the requested format.", model) + said, next: 'retry' };
    case 'content-filter':
      return failure.detail
        ? { text: t('{0} refused to answer.', model) + said, next: 'none' }
        : { text: t('{0} withheld the answer (content filter).', host), next: 'none' };
    case 'interrupted':
      return { text: t('The answer is incomplete: the window was closed while it was streaming.'), next: 'retry' };
    case 'incomplete':
      return {
        text: failure.endedByServer
          ? t(
              '{0} ended the answer without saying that it is complete. Ollama does so when a model repeats itself.',
              host,
            )
          : t('The answer was cut off: the connection to {0} ended early.', host),
        next: 'retry',
      };
    case 'oversize':
      return { text: t('The answer was stopped: it is larger than the limit.', host), next: 'none' };
    case 'server-error':
      return { text: t('{0} stopped with an error.', host) + said, next: 'retry' };
    case 'internal':
      return { text: t('Something went wrong inside Gearshift: {0}', failure.detail ?? ''), next: 'retry' };
  }
}

function describeAuth(failure: Failure, { kind, host, model }: FailurePlace): FailureWords {
  const said = describeWords(failure);
  // A local Ollama asks for no key of its own: its cloud does (ollama server/routes.go, `signin_url`).
  const asksToSignIn =
    kind === 'ollama' && isLoopback(host.replace(/:\d+$/, '')) && /unauthorized/i.test(failure.detail ?? '');
  if (asksToSignIn)
    return {
      text:
        t(
          '{0} runs in the cloud, and Ollama at {1} is not signed in. Run "ollama signin", then ask again.',
          model,
          host,
        ) + said,
      next: 'retry',
    };
  return failure.by === undefined
    ? { text: t('{0} refused the key ({1}).', host, failure.status ?? 401) + said, next: 'set-key' }
    : {
        text: t("{0} refused the key that {1} uses for it. It isn't your key.", failure.by, host) + said,
        next: 'settings',
      };
}

/** What the server said, and who that was: a sentence, behind which another one may follow. */
function describeWords({ detail, by }: Failure): string {
  if (!detail) return '';
  const words = /[\p{STerm}…:;]["'`\p{Pe}\p{Pf}]*$/u.test(detail.slice(-4)) ? detail : `${detail}.`;
  return ` ${by === undefined ? t('It said: {0}', words) : t('{0} said: {1}', by, words)}`;
}

const describeTooLong = ({ sizes }: Failure, model: string): string =>
  sizes
    ? t(
        "About {0} tokens won't fit in the {2}-token context window of {1}. Remove some context, or choose a model with a larger window.",
        formatCount(sizes.tokens),
        model,
        formatCount(sizes.window),
      )
    : t("The request doesn't fit in the context window of {0}. Remove some context, or use a larger model.", model);

/** An Ollama server runs most models with a smaller window than they could have, which only its user can change. */
const largerWindow = ({ kind }: FailurePlace): string =>
  kind === 'ollama'
    ? ` ${t('Ollama decides on that window: to enlarge it, set OLLAMA_CONTEXT_LENGTH for the server or num_ctx in the Modelfile, and load the model again.')}`
    : '';

function describeTimeout(failure: Failure, host: string, model: string): string {
  switch (failure.waitingFor) {
    case 'connection':
      return t('Timed out connecting to {0}.', host);
    case 'first-token':
      return t('{0} at {1} accepted the request but sent no token in time.', model, host);
    case 'next-token':
      return t('{0} at {1} stopped responding in the middle of the answer.', model, host);
    case 'end':
      return t('{0} at {1} did not finish within the time limit.', model, host);
    default:
      return t('{0} did not answer in time.', host);
  }
}
