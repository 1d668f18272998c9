/** The page's side of the channel to its host. The editor hands the API out once, so everything shares this one. */

interface Api {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Api;

let api: Api | undefined;
const acquire = (): Api => (api ??= acquireVsCodeApi());

export interface Channel<ToPage, FromPage> {
  post(message: FromPage): void;
  /** Called with every message of the host, in order. */
  onMessage(listener: (message: ToPage) => void): void;
}

/** Both directions of one page, typed by its protocol. */
export function openChannel<ToPage extends { kind: string }, FromPage>(): Channel<ToPage, FromPage> {
  return {
    post: (message) => acquire().postMessage(message),
    onMessage(listener) {
      window.addEventListener('message', (event: MessageEvent<unknown>) => {
        const { data } = event;
        // The host is trusted; messages of tools that talk to every frame are ignored.
        if (typeof data === 'object' && data !== null && 'kind' in data) listener(data as ToPage);
      });
    },
  };
}

/** The state that the page keeps over reloads and while it is hidden, as `setState` wrote it; an older version may have written it. */
export const getState = (): unknown => acquire().getState();
export const setState = (state: unknown): void => acquire().setState(state);
