import os from 'node:os';
import * as vscode from 'vscode';
import type { Logger } from '../../core/common/logger.ts';
import {
  describeError,
  describeErrorBriefly,
  LineRing,
  maskLine,
  type MaskParts,
} from '../../core/privacy/logLines.ts';
import { nameSecret } from './installKey.ts';

/** So many lines go into a report of an issue. */
const MOST_LINES = 200;
/** A shorter key may be any word of a line. */
const SHORTEST_KEY = 6;

export interface Log extends Logger, vscode.Disposable {
  /** Never writes this key, whatever form it has. */
  hide(key: string): void;
  /** The last lines that were written, the oldest first, as they are in the channel. */
  readonly recent: readonly string[];
  /** Shows the channel to the user. */
  show(): void;
}

/**
 * The output channel "Gearshift". No prompt, answer or code is ever written to it; keys and home directories that turn up
 * in messages of errors are masked.
 *
 * @param extension folder of the installed extension, from which frames of its own code are named
 */
export function createLog(extension: string): Log {
  const channel = vscode.window.createOutputChannel('Gearshift', { log: true });
  const keys = new Set<string>();
  const ring = new LineRing(MOST_LINES);
  const mask: MaskParts = { extension, home: os.homedir(), nameSecret, keys };
  const write = (level: 'error' | 'warn' | 'info' | 'debug', lines: readonly string[]): void => {
    const clean = lines.map((line) => maskLine(line, mask));
    channel[level](clean.join('\n'));
    const [first = '', ...rest] = clean;
    ring.add(`${new Date().toISOString()} ${level} ${first}`);
    for (const line of rest) ring.add(line);
  };
  const withReason = (line: string, error: unknown): string =>
    error === undefined ? line : `${line}: ${describeErrorBriefly(error)}`;
  return {
    error(where, error) {
      const [first = '', ...rest] = describeError(error);
      write('error', [`${where}: ${first}`, ...rest]);
    },
    warn: (line) => write('warn', [line]),
    info: (line) => write('info', [line]),
    debug: (line, error) => write('debug', [withReason(line, error)]),
    trace(line, error) {
      // Not kept: it happens with every key, and would leave no room for what matters.
      if (channel.logLevel === vscode.LogLevel.Trace) channel.trace(maskLine(withReason(line, error), mask));
    },
    hide(key) {
      if (key.length >= SHORTEST_KEY) keys.add(key);
    },
    get recent() {
      return ring.lines;
    },
    show: () => channel.show(true),
    dispose: () => channel.dispose(),
  };
}
