/**
 * Gaps cut out of small programs, in real VS Code with its defaults: the user types the first character of what is
 * missing, ghost text comes, and the user accepts it with one Tab. Then the document has to be the program.
 */
import fs from 'node:fs';
import path from 'node:path';
import { openVSCode, QUIET_TYPING, type Window } from '../../e2e/harness.ts';
import { startOllama } from '../../servers/ollama.ts';
import { quantile } from './figures.ts';
import { placesBehindClosers } from '../../core/completion/placesBehindClosers.ts';
import { readPlace, takeSeen, watchScreen } from './screen.ts';

const MODEL = 'qwen2.5-coder:1.5b-base';
const FOLDER = path.join(import.meta.dirname, '../../core/completion/corpus/gaps');
/** File names by the languages of the corpus. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  csharp: 'cs',
  javascript: 'js',
  kotlin: 'kt',
  python: 'py',
  ruby: 'rb',
  rust: 'rs',
  shellscript: 'sh',
  typescript: 'ts',
};
/** How long the user waits for ghost text, and then looks at it, in ms. */
const MOST_WAIT_MS = 2_000;
const LOOK_MS = 600;
/** A busy machine may take so long to save, in ms. */
const SAVE_MS = 10_000;

interface Gap {
  readonly file: string;
  readonly full: string;
  /** What is missing is `full` from `start` to `end`; its first character is typed. */
  readonly start: number;
  readonly end: number;
  /** What VS Code closed earlier on the line: it is behind the cursor in place of the gap. */
  readonly closed: string;
}

/** The places behind openers: the user types the opener, and VS Code closes it. */
function loadClosers(): Gap[] {
  return fs.readdirSync(FOLDER).flatMap((name) => {
    const language = name.replace(/\.txt$/, '');
    const text = fs.readFileSync(path.join(FOLDER, name), 'utf8').replace(/[⟦⟧]/g, '');
    return placesBehindClosers([{ language, text }]).map(({ before, text: missing, closed = '' }, i) => ({
      file: `closed${i}.${EXTENSIONS[language] ?? language}`,
      full: text,
      start: before.length - 1,
      end: before.length + missing.length,
      closed: closed.slice(1),
    }));
  });
}

function loadGaps(): Gap[] {
  return fs.readdirSync(FOLDER).flatMap((name) => {
    const marked = fs.readFileSync(path.join(FOLDER, name), 'utf8');
    const language = name.replace(/\.txt$/, '');
    const full = marked.replace(/[⟦⟧]/g, '');
    return [...marked.matchAll(/⟦[^⟧]*⟧/g)].flatMap(({ 0: whole, index }, i): Gap[] => {
      const text = whole.slice(1, -1);
      // The editor wrote the indentation.
      const indent = /^[ \t]*/.exec(text)?.[0].length ?? 0;
      const start = index - 2 * i + indent;
      const end = index - 2 * i + text.length;
      return end - start < 2
        ? []
        : [{ file: `gap${i}.${EXTENSIONS[language] ?? language}`, full, start, end, closed: '' }];
    });
  });
}

/** Habits of the model, which knows the programs. */
export const GAP_HABITS = {
  'runs-on': 'runs on',
  stops: 'stops at the end of the gap',
  wraps: 'says a sentence and puts the code into a fence',
  'repeats-line': 'first repeats the line as far as it stands',
} as const;
export type GapHabit = keyof typeof GAP_HABITS;

export interface GapFigures {
  readonly gaps: number;
  /** Shares of the gaps: the document is the program, is a beginning of it, was left as it was, or is something else. */
  readonly exact: number;
  readonly short: number;
  readonly none: number;
  readonly harmful: number;
  /** From the key to the first ghost text on screen, in ms. */
  readonly p50: number;
  readonly p95: number;
}

/**
 * @param speed tokens per second of the model, which knows the programs
 * @param every only each n-th gap
 * @param log prints each gap that is not exact, and where the time of each went
 * @param quiet VS Code closes nothing by itself and shows no list
 * @param behindClosers the places behind openers in place of the gaps
 */
export async function measureGaps(
  speed: { readonly promptTokensPerSecond: number; readonly decodeTokensPerSecond: number },
  habit: GapHabit,
  every: number,
  log: boolean,
  quiet: boolean,
  behindClosers: boolean,
): Promise<GapFigures> {
  const gaps = (behindClosers ? loadClosers() : loadGaps()).filter((_, i) => i % every === 0);
  const server = await startOllama({ models: [MODEL], ...speed });
  let current = gaps[0];
  server.script(({ prefix = '' }) => (current ? continueGap(current, prefix, habit) : ''));
  server.preload(MODEL);
  const code = await openVSCode({
    // The user of a language that VS Code does not know has an extension for it; in plain text completions are off.
    extensions: ['test/fixtures/kotlin-language'],
    settings: {
      'gearshift.providers': { ollama: { kind: 'ollama', baseUrl: server.url } },
      'gearshift.tiers.local': [`ollama/${MODEL}`],
      ...(quiet ? QUIET_TYPING : {}),
      'files.autoSave': 'off', // as on the desktop
    },
    env: { OLLAMA_HOST: undefined },
    files: Object.fromEntries(
      gaps.map(({ file, full, start, end, closed }) => [file, full.slice(0, start) + closed + full.slice(end)]),
    ),
  });
  const verdicts: Verdict[] = [];
  const waits: number[] = [];
  try {
    const window = await code.newWindow();
    await watchScreen(window.page);
    for (const gap of gaps) {
      current = gap;
      server.book.reset();
      const { written, waitMs, keyAt } = await fillGap(window, gap, () => code.onDisk(gap.file) ?? '');
      const verdict = judge(gap, written);
      if (verdict === 'harmful' || (log && verdict !== 'exact')) {
        const said = written.slice(gap.start, written.length - (gap.full.length - gap.end));
        console.log(
          `  ${gap.file} ${verdict}: ${JSON.stringify(said)} for ${JSON.stringify(gap.full.slice(gap.start, gap.end))}`,
        );
      }
      if (log)
        console.log(
          `  ${gap.file} shown ${waitMs?.toFixed(0)} ms after the key; calls:`,
          server.book.calls
            .map(({ receivedAt, closedAt, text }) => {
              const since = (at: number | undefined): string => ((at ?? NaN) - (keyAt ?? NaN)).toFixed(0);
              return `${since(receivedAt)} to ${since(closedAt)} ${JSON.stringify(text)}`;
            })
            .join('; '),
        );
      verdicts.push(verdict);
      if (waitMs !== undefined) waits.push(waitMs);
    }
    await window.close();
  } finally {
    await code.close();
    await server.stop();
  }
  const share = (wanted: Verdict): number => (100 * verdicts.filter((each) => each === wanted).length) / gaps.length;
  return {
    gaps: gaps.length,
    exact: share('exact'),
    short: share('short'),
    none: share('none'),
    harmful: share('harmful'),
    p50: quantile(waits, 0.5),
    p95: quantile(waits, 0.95),
  };
}

/** What the model says: the program from where the text before the cursor ends, in the manner of its habit. */
function continueGap({ full, start, end }: Gap, prefix: string, habit: GapHabit): string {
  for (let at = end - 1; at > start; at--) {
    if (!prefix.endsWith(full.slice(Math.max(0, at - 60), at))) continue;
    const text = full.slice(at, end);
    switch (habit) {
      case 'runs-on':
        return full.slice(at);
      case 'stops':
        return text;
      case 'wraps':
        return `Here is the completed code:\n\n\`\`\`\n${text}\n\`\`\`\n\nThis does what you want.`;
      case 'repeats-line':
        return prefix.slice(prefix.lastIndexOf('\n') + 1) + text;
    }
  }
  return '';
}

async function fillGap(
  window: Window,
  { file, full, start, end, closed }: Gap,
  read: () => string,
): Promise<{ written: string; waitMs: number | undefined; keyAt: number | undefined }> {
  const { page } = window;
  await window.openFile(file);
  const before = full.slice(0, start).split('\n');
  // VS Code counts a tab as many columns as it is wide.
  const column = (before.at(-1) ?? '').replaceAll('\t', ' '.repeat(4)).length + 1;
  await window.goTo(before.length, closed === '' && full.charAt(end) === '\n' ? 999 : column);
  await page.waitForTimeout(300);
  await takeSeen(page);
  const char = full.charAt(start);
  await page.keyboard.press(char === '\n' ? 'Enter' : char === ' ' ? 'Space' : char);
  const hasGhost = (): Promise<boolean> => page.evaluate(() => globalThis.benchSeen.ghosts.at(-1)?.text.trim() !== '');
  for (const until = Date.now() + MOST_WAIT_MS; Date.now() < until && !(await hasGhost());)
    await page.waitForTimeout(20);
  await page.waitForTimeout(LOOK_MS);
  const { keys, ghosts } = await takeSeen(page);
  const key = keys.at(-1);
  const shown = ghosts.find(({ at, text }) => key !== undefined && at > key.at && text.trim() !== '');
  // A user who sees VS Code's list in place of the ghost text closes it.
  if ((await readPlace(page)).listed !== null) {
    await window.press('Escape');
    await page.waitForTimeout(60);
    for (const until = Date.now() + LOOK_MS; Date.now() < until && !(await hasGhost());) await page.waitForTimeout(20);
  }
  if (await hasGhost()) await window.press('Tab');
  await page.waitForTimeout(100);
  const old = read();
  await window.press('ControlOrMeta+s');
  for (const until = Date.now() + SAVE_MS; Date.now() < until && read() === old;) await page.waitForTimeout(20);
  await window.press('Control+Alt+Shift+W');
  return { written: read(), waitMs: shown && key ? shown.at - key.at : undefined, keyAt: key?.at };
}

type Verdict = 'exact' | 'short' | 'none' | 'harmful';

function judge({ full, start, end }: Gap, written: string): Verdict {
  const plain = (text: string): string => text.replace(/[ \t]+$/gm, '').trimEnd();
  if (plain(written) === plain(full)) return 'exact';
  const [before, after] = [full.slice(0, start), full.slice(end)];
  if (!written.startsWith(before) || !plain(written).endsWith(plain(after))) return 'harmful';
  const said = plain(written.slice(before.length, written.length - after.length));
  // What VS Code closed is behind a beginning.
  const open = said.replace(/[)\]}"'`\s]+$/, '');
  if (said.length <= 1 || open.length <= 1) return 'none';
  return full.slice(start, end).startsWith(open) ? 'short' : 'harmful';
}
