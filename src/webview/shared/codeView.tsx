import { t } from '@vscode/l10n';
import { Component, type ComponentChildren, type JSX, type VNode } from 'preact';
import { isShell } from '../../core/edits/commands.ts';
import { useEffect, useRef, useState } from 'preact/hooks';
import { announce, IconButton } from './components.tsx';
import { canHighlight, highlight, plainChunks, type Chunk } from './highlight.ts';
import { memo } from './memo.tsx';
import { MenuButton } from './menu.tsx';
import { VisibleText } from './text.tsx';

/** The actions on a code block: the host knows the text, the page only names the block. */
export interface CodeActions {
  copy(block: number): void;
  insert(block: number): void;
  /** Shows what the block would change in its file. */
  apply(block: number): void;
  newFile(block: number): void;
  /** Beside what is open in the editor. */
  compare(block: number): void;
  /** In the terminal, after the user has agreed. */
  run(block: number): void;
}

interface CodeViewProps {
  text: string;
  language: string;
  /** The file that it is for, where the answer says so: its name, or a link to it. */
  file: ComponentChildren;
  block: number;
  /** More of it is still to come. */
  growing: boolean;
  actions: CodeActions;
}

export const CodeView = memo(function CodeView({ text, language, file, block, growing, actions }: CodeViewProps) {
  const frame = useRef<HTMLDivElement>(null);
  const chunks = useColors(text, language, growing, frame);
  const name = language || t('text');
  const isToRun = isShell(language) && !file;
  const apply = { icon: 'diff', label: t('Apply as a change'), onChoose: () => actions.apply(block) };
  return (
    <div class="code-block" ref={frame}>
      <div class="code-toolbar" role="toolbar" aria-label={t('Code block {0}', block + 1)}>
        <span class="code-language">{file || <VisibleText text={name.slice(0, 40)} />}</span>
        <CopyButton label={t('Copy code')} onCopy={() => actions.copy(block)} />
        <IconButton icon="insert" label={t('Insert at cursor')} onClick={() => actions.insert(block)} />
        <MenuButton
          icon="ellipsis"
          label={t('More for this code')}
          items={[
            ...(isToRun ? [apply] : []),
            { icon: 'new-file', label: t('Open as a new file'), onChoose: () => actions.newFile(block) },
            { icon: 'compare-changes', label: t('Compare with the editor'), onChoose: () => actions.compare(block) },
          ]}
        />
        {isToRun ? (
          <IconButton class="always" icon="terminal" label={t('Run in terminal')} onClick={() => actions.run(block)}>
            {t('Run')}
          </IconButton>
        ) : (
          <IconButton class="always" icon={apply.icon} label={apply.label} onClick={apply.onChoose}>
            {t('Apply')}
          </IconButton>
        )}
      </div>
      {/* Focusable, so that a keyboard can scroll a long line. */}
      <pre tabIndex={0} role="region" aria-label={t('Code block {0}, {1}', block + 1, name.slice(0, 40))}>
        <code>
          {chunks.map((chunk, i) => (
            <CodeChunk key={i} chunk={chunk} />
          ))}
        </code>
      </pre>
    </div>
  );
});

/** Drawn again only when its text or colors change, which its key says; the chunk is a new object each time. */
class CodeChunk extends Component<{ chunk: Chunk }> {
  override shouldComponentUpdate(next: { chunk: Chunk }): boolean {
    return next.chunk.key !== this.props.chunk.key;
  }
  override render({ chunk }: { chunk: Chunk }): VNode {
    return (
      <span class="chunk">
        {chunk.pieces.map((piece) => {
          const text = <VisibleText text={piece.text} place="code" />;
          return piece.scope ? <span class={piece.scope}>{text}</span> : text;
        })}
      </span>
    );
  }
}

/** A copy button that says that it has copied, to the eye and to the ear. */
export function CopyButton({ label, onCopy }: { label: string; onCopy: () => void }): JSX.Element {
  const [copied, setCopied] = useState(0);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(0), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      icon={copied ? 'check' : 'copy'}
      label={copied ? t('Copied') : label}
      class={copied ? 'copied' : ''}
      onClick={() => {
        onCopy();
        announce(t('Copied'));
        setCopied(copied + 1);
      }}
    />
  );
}

/** Coloring costs time in proportion to the text: this much of a block has colors, the rest none. */
const COLORED = 50_000;
/** While a block grows it is colored over and over, so less of it. */
const COLORED_WHILE_GROWING = 12_000;
const PAUSE_MS = 150;

/** The chunks of a block: colored as far as that was done, plain behind. Blocks out of sight wait with their colors. */
function useColors(text: string, language: string, growing: boolean, frame: { current: Element | null }): Chunk[] {
  const seen = useSeen(frame);
  const latest = useRef({ text, language, growing });
  latest.current = { text, language, growing };
  const [done, setDone] = useState<{ text: string; language: string; chunks: Chunk[] }>(NOTHING);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const cost = useRef(0);

  const wanted = growing ? wholeLines(text, COLORED_WHILE_GROWING) : text.slice(0, COLORED);
  const upToDate = done.text === wanted && done.language === language;
  useEffect(() => {
    if (!seen || upToDate || timer.current !== undefined || !canHighlight(language)) return;
    const run = (): void => {
      timer.current = undefined;
      const now = latest.current;
      const part = now.growing ? wholeLines(now.text, COLORED_WHILE_GROWING) : now.text.slice(0, COLORED);
      const start = performance.now();
      const chunks = highlight(now.language, part);
      cost.current = performance.now() - start;
      setDone({ text: part, language: now.language, chunks });
    };
    timer.current = setTimeout(run, growing ? Math.max(PAUSE_MS, cost.current * 6) : 0);
  });
  useEffect(() => () => clearTimeout(timer.current), []);

  return done.text && done.language === language && text.startsWith(done.text)
    ? [...done.chunks, ...plainChunks(text.slice(done.text.length))]
    : plainChunks(text);
}

const NOTHING = { text: '', language: '', chunks: [] };

/** Up to the last line end, since half a token has another color than the whole one. */
const wholeLines = (text: string, limit: number): string => {
  const part = text.slice(0, limit);
  return part.slice(0, part.lastIndexOf('\n') + 1);
};

/** True once the element came near the visible part of the page. */
function useSeen(frame: { current: Element | null }): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || !frame.current) return;
    const observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && setSeen(true), {
      rootMargin: '600px',
    });
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [seen]);
  return seen;
}
