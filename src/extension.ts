import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import type * as vscode from 'vscode';
import type * as main from './main.ts';

/**
 * What VS Code loads: it runs `main.cjs`, the extension itself, with the machine code that V8 made of it in an earlier
 * window. Compiling and first running the bundle is most of what activation costs; from the cache it is a tenth.
 */

/** Long enough after the start that nobody waits, and that V8 knows which functions are needed. Milliseconds. */
const WRITE_AFTER_MS = 2_000;

const BUNDLE = path.join(__dirname, 'main.cjs');

export function activate(context: vscode.ExtensionContext): void {
  const source = fs.readFileSync(BUNDLE, 'utf8');
  const folder = path.join(context.globalStorageUri.fsPath, 'code-cache');
  // The text itself is part of the name: V8 only compares its length.
  const text = crypto.createHash('sha256').update(source).digest('hex').slice(0, 32);
  const file = path.join(folder, `${process.versions.v8}-${process.arch}-${text}`);
  const cachedData = read(file);
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: BUNDLE,
    ...(cachedData ? { cachedData } : {}),
  });
  const module = { exports: {} as typeof main };
  const run = script.runInThisContext() as (...args: unknown[]) => void;
  run(module.exports, createRequire(BUNDLE), module, BUNDLE, __dirname);
  module.exports.activate(context);

  if (cachedData && !script.cachedDataRejected) return;
  const timer = setTimeout(() => write(folder, file, script.createCachedData()), WRITE_AFTER_MS);
  context.subscriptions.push({ dispose: () => clearTimeout(timer) });
}

function read(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Replaces the caches of other versions. A cache that cannot be written only costs the time that it would have saved. */
function write(folder: string, file: string, data: Buffer): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const unfinished = `${file}.${process.pid}`;
    fs.writeFileSync(unfinished, data, { mode: 0o600 });
    fs.renameSync(unfinished, file);
  } catch {
    // no room, or no right to write
  }
}
