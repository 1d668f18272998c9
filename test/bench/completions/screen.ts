import type { Page } from 'playwright-core';

/** Ghost text as it is on screen, and the text that it is in. */
export interface Shown {
  /** The ghost text itself; empty for none. */
  readonly text: string;
  /**
   * The line of the cursor as the user sees it, with the ghost text in its place, and the lines that the ghost text adds.
   * What VS Code closed behind the cursor can be between two pieces of ghost text.
   */
  readonly whole: string;
}

export interface Ghost extends Shown {
  /** Ms since the epoch. */
  readonly at: number;
  /** Whether it lasted until a frame was drawn: what was gone before was on no screen. */
  painted: boolean;
}

/** A key with the ghost text that was on screen when the user pressed it. */
export interface SeenKey {
  readonly at: number;
  readonly key: string;
  readonly ghost: Shown;
  /** VS Code's own list of suggestions was on screen. */
  readonly listed: boolean;
}

/** What the page saw, in ms since the epoch. */
export interface Seen {
  /** Ghost text from this moment on; empty for none. */
  readonly ghosts: readonly Ghost[];
  readonly keys: readonly SeenKey[];
}

/** The cursor and the text around it, as it is on screen; a tab is as many spaces as it is wide. */
export interface Place {
  /** From 1. */
  readonly line: number;
  /** The line of the cursor up to it, and what follows there, without ghost text. */
  readonly before: string;
  readonly rest: string;
  /** The next line. */
  readonly below: string;
  /** The row of VS Code's own list that Enter would take; null where no list is on screen. */
  readonly listed: string | null;
}

declare global {
  /** In the page: what was seen since the last look. */
  var benchSeen: { ghosts: Ghost[]; keys: SeenKey[] };
  /** In the page: the cursor, and the text around it. */
  var benchPlace: () => Place;
}

/** Starts to watch the screen. The observer is told after each change of the page, in the same turn: no frame is missed. */
export async function watchScreen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const now = () => performance.timeOrigin + performance.now();
    const words = (node: Node | null | undefined) =>
      (node?.textContent ?? '').replaceAll('\u00a0', ' ').replaceAll('\u200b', '');
    const list = () => document.querySelector('.suggest-widget.visible');
    const editorOf = () =>
      document.querySelector('.editor-instance .monaco-editor.focused') ??
      document.querySelector('.editor-instance .monaco-editor');
    const lineAtCursor = (editor: Element | null) => {
      const cursor = editor?.querySelector<HTMLElement>('.cursors-layer > .cursor');
      const lines = [...(editor?.querySelectorAll<HTMLElement>('.view-lines > .view-line') ?? [])].sort(
        (a, b) => a.offsetTop - b.offsetTop,
      );
      const at = lines.findIndex(({ offsetTop }) => Math.abs(offsetTop - (cursor?.offsetTop ?? -99)) < 3);
      // All characters are as wide; the width of one is measured on a line that shows nothing else.
      const measured = lines.find((each) => !/ghost-text/.test(each.innerHTML) && words(each).length > 9);
      const width = (measured?.firstElementChild?.getBoundingClientRect().width ?? 0) / words(measured).length;
      const left = lines[at]?.getBoundingClientRect().left ?? 0;
      const column = Math.round(((cursor?.getBoundingClientRect().left ?? 0) - left) / width) || 0;
      return { line: lines[at], below: at < 0 ? undefined : lines[at + 1], column };
    };
    const spansOf = (line: Element | undefined, without: RegExp) =>
      [...(line?.firstElementChild?.childNodes ?? [])]
        .filter((node) => !(node instanceof Element && without.test(node.className)))
        .map(words)
        .join('');
    const read = () => {
      const first = [...document.querySelectorAll('.ghost-text-decoration, .ghost-text-decoration-preview')]
        .map(words)
        .join('');
      const more = [...document.querySelectorAll('.suggest-preview-text .view-line, .ghost-text .view-line')].map(
        words,
      );
      if (first === '' && more.length === 0) return { text: '', whole: '' };
      // VS Code hides the rest of the line, and shows it behind the lines that the ghost text adds.
      const seen = spansOf(lineAtCursor(editorOf()).line, /ghost-text-hidden/);
      return { text: [first, ...more].join('\n'), whole: [seen, ...more].join('\n') };
    };
    globalThis.benchPlace = () => {
      const editor = editorOf();
      const { line, below, column } = lineAtCursor(editor);
      // Ghost text is part of the line's elements, but not of its text; what it hides is.
      const text = spansOf(line, /ghost-text-decoration/);
      const row = list()?.querySelector('.monaco-list-row.focused .label-name');
      return {
        line: Number(words(editor?.querySelector('.line-numbers.active-line-number'))),
        before: text.slice(0, column).padEnd(column),
        rest: text.slice(column),
        below: words(below),
        listed: list() ? words(row) : null,
      };
    };
    globalThis.benchSeen = { ghosts: [{ at: now(), ...read(), painted: false }], keys: [] };
    new MutationObserver(() => {
      const shown = read();
      const last = globalThis.benchSeen.ghosts.at(-1);
      if (shown.text !== last?.text || shown.whole !== last.whole)
        globalThis.benchSeen.ghosts.push({ at: now(), ...shown, painted: false });
    }).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
      attributes: true,
      attributeFilter: ['class'],
    });
    // Frames are drawn after these calls.
    const frame = () => {
      const last = globalThis.benchSeen.ghosts.at(-1);
      if (last) last.painted = true;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    window.addEventListener(
      'keydown',
      ({ key }) => globalThis.benchSeen.keys.push({ at: now(), key, ghost: read(), listed: list() !== null }),
      true,
    );
  });
}

/** What was seen since the last call. */
export const takeSeen = (page: Page): Promise<Seen> =>
  page.evaluate(() => {
    const { ghosts, keys } = globalThis.benchSeen;
    globalThis.benchSeen = { ghosts: ghosts.slice(-1), keys: [] };
    return { ghosts, keys };
  });

/** The cursor and the text around it. */
export const readPlace = (page: Page): Promise<Place> => page.evaluate(() => globalThis.benchPlace());
