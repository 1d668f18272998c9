import { spawn } from 'node:child_process';
import { sliceBetweenSecrets } from '../core/privacy/maskSecrets.ts';

/** What a command came to. */
export interface CommandResult {
  /** Null when it was ended from outside. */
  readonly exitCode: number | null;
  /** What it wrote to both of its streams, as it came; the middle of a long output is left out. */
  readonly output: string;
}

/** Characters that are kept of the beginning and of the end of an output. */
const KEPT = 5_000;
/** Characters that are looked at beyond them: longer than any key. */
const AROUND = 20_000;

/** The beginning and the end of a long output. A secret at a cut is left out: half of one would not be masked. */
export const headAndTail = (text: string, kept = KEPT): string =>
  text.length <= 2 * kept ? text : joined(text, text, text.length - 2 * kept, kept);

const joined = (head: string, tail: string, leftOut: number, kept = KEPT): string =>
  [
    sliceBetweenSecrets(head, 0, kept),
    `[… ${leftOut} characters …]`,
    sliceBetweenSecrets(tail, Math.max(0, tail.length - kept)),
  ].join('\n');

/** Keeps the beginning and the end of what grows, in bounded memory. */
class Kept {
  #head = '';
  #tail = '';
  #dropped = 0;

  add(text: string): void {
    const room = KEPT + AROUND - this.#head.length;
    this.#head += text.slice(0, Math.max(0, room));
    const rest = this.#tail + text.slice(Math.max(0, room));
    this.#tail = rest.slice(-(KEPT + AROUND));
    this.#dropped += rest.length - this.#tail.length;
  }

  get text(): string {
    return this.#dropped > 0
      ? joined(this.#head, this.#tail, this.#dropped + 2 * AROUND)
      : headAndTail(this.#head + this.#tail);
  }
}

/** What programs write to color a terminal: an escape character, a bracket, numbers and a letter. */
const COLORS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

/**
 * Runs a command line of the user's in a shell and keeps what it writes.
 *
 * @param cwd absolute path
 * @param signal ends the command and what it started
 * @param more variables of its environment, beside those of this process; undefined takes one away
 */
export function runCommand(
  command: string,
  cwd: string,
  signal: AbortSignal,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandResult> {
  const isWindows = process.platform === 'win32';
  return new Promise((resolve) => {
    const kept = new Kept();
    const env = { ...process.env, NO_COLOR: '1', CI: '1', ...more };
    // A group of its own, so that what the shell started ends with it.
    const child = spawn(command, {
      cwd,
      env,
      shell: true,
      detached: !isWindows,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = (): void => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        if (isWindows) spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { windowsHide: true });
        else process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => kept.add(text));
    }
    const finish = (exitCode: number | null): void => {
      signal.removeEventListener('abort', end);
      resolve({ exitCode, output: kept.text.replace(COLORS, '') });
    };
    child.on('error', (error) => {
      kept.add(error.message);
      finish(null);
    });
    child.on('close', (code) => finish(code));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
