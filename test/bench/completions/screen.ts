import type { Page } from 'playwright-core';

export interface Ghost {
  readonly at: number;
  readonly text: string;
  /** Whether it lasted until a frame was drawn: what was gone before was on no screen. */
  painted: boolean;
}

/** What the page saw, in ms since the epoch. */
export interface Seen {
  /** Ghost text from this moment on; empty for none. */
  readonly ghosts: readonly Ghost[];
  /** Each key with the ghost text that was on screen when it was pressed. */
  readonly keys: readonly { readonly at: number; readonly key: string; readonly ghost: string }[];
}

declare global {
  /** In the page: what was seen since the last look. */
  var benchSeen: { ghosts: Ghost[]; keys: { at: number; key: string; ghost: string }[] };
}

/** Starts to watch the screen. The observer is told after each change of the page, in the same turn: no frame is missed. */
export async function watchScreen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const now = () => performance.timeOrigin + performance.now();
    const words = (node: Element) => (node.textContent ?? '').replaceAll('\u00a0', ' ').replaceAll('\u200b', '');
    const read = () => {
      const first = [...document.querySelectorAll('.ghost-text-decoration, .ghost-text-decoration-preview')]
        .map(words)
        .join('');
      const more = [...document.querySelectorAll('.suggest-preview-text .view-line, .ghost-text .view-line')].map(
        words,
      );
      return first === '' && more.length === 0 ? '' : [first, ...more].join('\n');
    };
    globalThis.benchSeen = { ghosts: [{ at: now(), text: read(), painted: false }], keys: [] };
    new MutationObserver(() => {
      const text = read();
      if (text !== globalThis.benchSeen.ghosts.at(-1)?.text)
        globalThis.benchSeen.ghosts.push({ at: now(), text, painted: false });
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
      ({ key }) => globalThis.benchSeen.keys.push({ at: now(), key, ghost: read() }),
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

/** The text of the cursor's line up to its end. */
export const cursorLine = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const editor =
      document.querySelector('.editor-instance .monaco-editor.focused') ??
      document.querySelector('.editor-instance .monaco-editor');
    const cursor = editor?.querySelector<HTMLElement>('.cursors-layer > .cursor');
    const lines = [...(editor?.querySelectorAll<HTMLElement>('.view-line') ?? [])];
    const line = lines.find(({ offsetTop }) => Math.abs(offsetTop - (cursor?.offsetTop ?? -99)) < 3);
    // Ghost text is part of the line's elements, but not of its text.
    const spans = [...(line?.firstElementChild?.childNodes ?? [])].filter(
      (node) => !(node instanceof Element && /ghost-text/.test(node.className)),
    );
    return spans
      .map((node) => node.textContent ?? '')
      .join('')
      .replaceAll('\u00a0', ' ')
      .replaceAll('\u200b', '');
  });
