import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import type * as vscode from 'vscode';
import type * as main from './main.ts';

/**
 * What VS Code loads: it runs the extension itself, which lies beside it in parts, with the machine code that V8 made
 * of them in an earlier window. Compiling and first running `main.cjs` is most of what activation costs.
 */

/** A file of parts is an expression: an object of them by name. The extension's entry is `./main.cjs`. */
type Parts = Record<string, (exports: object, require: (id: string) => unknown, module: { exports: object }) => void>;

/** Long enough after the start that nobody waits, and that V8 knows which functions are needed. Milliseconds. */
const WRITE_AFTER_MS = 2_000;

export function activate(context: vscode.ExtensionContext): void {
  const cache = join(context.globalStorageUri.fsPath, 'code-cache');
  const loaded = new Map<string, { exports: object }>();
  const require = createRequire(__filename);
  let parts: Parts = {};
  const load = (id: string): unknown => {
    if (!id.startsWith('./')) return require(id) as unknown;
    // Data is read anew for everyone who asks, and is theirs to let go of.
    if (id.endsWith('.json')) return JSON.parse(readFileSync(join(__dirname, id), 'utf8'));
    const known = loaded.get(id);
    if (known) return known.exports;
    if (!parts[id]) parts = { ...parts, ...compile(join(__dirname, id)) };
    const module = { exports: {} };
    loaded.set(id, module);
    parts[id]?.(module.exports, load, module);
    return module.exports;
  };

  const file = join(__dirname, 'main.cjs');
  const bytes = readFileSync(file);
  // The text itself is part of the name: V8 only compares its length.
  const text = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  const cacheFile = join(cache, `${process.versions.v8}-${process.arch}-${text}`);
  const cachedData = read(cacheFile);
  // The build for production writes nothing but ASCII, of which V8 keeps one byte per character.
  const script = new Script(bytes.toString('utf8'), { filename: file, ...(cachedData ? { cachedData } : {}) });
  parts = script.runInThisContext() as Parts;
  (load('./main.cjs') as typeof main).activate(context);

  if (cachedData && !script.cachedDataRejected) return;
  const timer = setTimeout(() => write(cache, cacheFile, script.createCachedData()), WRITE_AFTER_MS);
  context.subscriptions.push({ dispose: () => clearTimeout(timer) });
}

const compile = (file: string): Parts =>
  new Script(readFileSync(file, 'utf8'), { filename: file }).runInThisContext() as Parts;

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Replaces the caches of other versions. A cache that cannot be written only costs the time that it would have saved. */
function write(folder: string, file: string, data: Buffer): void {
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const unfinished = `${file}.${process.pid}`;
    writeFileSync(unfinished, data, { mode: 0o600 });
    renameSync(unfinished, file);
  } catch {
    // no room, or no right to write
  }
}
