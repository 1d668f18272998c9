import * as vscode from 'vscode';

/** Bearer tokens and the usual shapes of API keys, wherever they turn up. */
const SECRETS = /\b(bearer\s+|sk-|gsk_|AIza|xai-|pk-)[\w.-]{8,}/gi;

export interface Log extends vscode.Disposable {
  info(line: string): void;
  warn(line: string): void;
}

/** The output channel "Gearshift". No prompt, answer or code is ever written to it; what looks like a key is masked. */
export function createLog(): Log {
  const channel = vscode.window.createOutputChannel('Gearshift', { log: true });
  const clean = (line: string): string =>
    line
      .replace(SECRETS, '$1…')
      .replace(/\p{Cc}/gu, ' ')
      .slice(0, 2000);
  return {
    info: (line) => channel.info(clean(line)),
    warn: (line) => channel.warn(clean(line)),
    dispose: () => channel.dispose(),
  };
}
