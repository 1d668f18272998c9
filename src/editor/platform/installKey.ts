import { createHmac, randomBytes } from 'node:crypto';
import type * as vscode from 'vscode';
import { setMarkText } from '../../core/common/elements.ts';
import type { NameSecret } from '../../core/privacy/maskSecrets.ts';

/** The random key of this installation. It names secrets and marks texts, and never leaves this computer. */

/** Name of the key in the extension's own memory, which VS Code keeps on this computer and does not sync. */
const INSTALL_KEY = 'installKey';

/** 256 bits in hex. Until the memory is read: a key of this process. */
let key = randomBytes(32).toString('hex');

/** Takes the key of this installation, which is drawn at the first start, for everything that is named and marked. */
export function useInstallKey(memory: vscode.Memento): void {
  const kept = memory.get<unknown>(INSTALL_KEY);
  if (typeof kept === 'string' && /^[\da-f]{64}$/.test(kept)) key = kept;
  else void memory.update(INSTALL_KEY, key);
  setMarkText((text) => keyed('mark', text).slice(0, 10));
}

/** @returns 256 bits in hex that tell nothing of the text to a program that does not know the key */
const keyed = (purpose: string, text: string): string =>
  createHmac('sha256', key).update(`${purpose}\0${text}`).digest('hex');

/**
 * Names what is masked: 20 bits tell the secrets of a conversation apart, and tell nothing of them to a program that
 * reads them.
 */
export const nameSecret: NameSecret = (secret) => keyed('secret', secret).slice(0, 5);
