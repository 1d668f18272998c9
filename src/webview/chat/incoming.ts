import { t } from '@vscode/l10n';
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { announce } from '../shared/components.tsx';
import { MAX_QUESTION } from './state.ts';
import { post, refuse } from './chatStore.ts';

/** Content that the user pastes into the composer or drops onto the page. The field takes short text itself. */

/** Longer text becomes a piece of context: a field of a megabyte would be laid out at every key. */
const LONG_TEXT = 12_000;
const LARGEST_PICTURE = 5 * 1024 * 1024;
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
type Mime = (typeof PICTURES)[number];

/** Takes pictures and long text out of a paste. */
export function onPaste(event: ClipboardEvent): void {
  const { clipboardData } = event;
  if (!clipboardData) return;
  const pictures = [...clipboardData.files].filter(isPicture);
  const text = clipboardData.getData('text/plain');
  if (pictures.length > 0 && !text) {
    event.preventDefault();
    for (const file of pictures) void attachFile(file);
  } else if (text.length > LONG_TEXT) {
    event.preventDefault();
    attachText('', text);
  }
}

/** True while something that can be taken is held over the page. */
export function useDrop(page: RefObject<HTMLElement | null>): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const element = page.current;
    if (!element) return;
    let depth = 0;
    const takes = ({ dataTransfer }: DragEvent): boolean =>
      [...(dataTransfer?.types ?? [])].some((type) => type === 'Files' || URI_TYPES.includes(type));
    const show = (by: number) => (event: DragEvent) => {
      if (!takes(event)) return;
      depth = Math.max(0, depth + by);
      setOver(depth > 0);
    };
    const enter = show(1);
    const leave = show(-1);
    const hold = (event: DragEvent): void => {
      if (takes(event)) event.preventDefault();
    };
    const drop = (event: DragEvent): void => {
      depth = 0;
      setOver(false);
      if (!event.dataTransfer || !takes(event)) return;
      event.preventDefault();
      take(event.dataTransfer);
    };
    element.addEventListener('dragenter', enter);
    element.addEventListener('dragleave', leave);
    element.addEventListener('dragover', hold);
    element.addEventListener('drop', drop);
    return () => {
      element.removeEventListener('dragenter', enter);
      element.removeEventListener('dragleave', leave);
      element.removeEventListener('dragover', hold);
      element.removeEventListener('drop', drop);
    };
  }, []);
  return over;
}

/** The data types that the editor's lists and tabs put into a drag, and those of other programs. */
const URI_TYPES: readonly string[] = ['application/vnd.code.uri-list', 'text/uri-list'];

function take(data: DataTransfer): void {
  const list = URI_TYPES.map((type) => data.getData(type)).find(Boolean) ?? '';
  const uris = list.split(/\r?\n/).filter((line) => line && !line.startsWith('#'));
  if (uris.length > 0) post({ kind: 'attachFiles', uris: uris.slice(0, 50) });
  else for (const file of [...data.files].slice(0, 20)) void attachFile(file);
}

const isPicture = (file: File): boolean => PICTURES.some((mime) => mime === file.type);

async function attachFile(file: File): Promise<void> {
  if (!isPicture(file)) {
    if (file.size > MAX_QUESTION) return refuse(t('{0} is too large to be attached.', file.name));
    const text = await file.text();
    if (text.slice(0, 8000).includes('\0')) return refuse(t('{0} is not text.', file.name));
    return attachText(file.name, text);
  }
  if (file.size > LARGEST_PICTURE) return refuse(t('{0} is too large. Images can be up to 5 MB.', file.name));
  const data = base64(new Uint8Array(await file.arrayBuffer()));
  post({ kind: 'attachImage', name: file.name.slice(0, 200), mime: file.type as Mime, data });
  announce(t('{0} attached', file.name));
}

function attachText(name: string, text: string): void {
  if (text.length > MAX_QUESTION) return refuse(t('Too large to attach. The limit is 2 MB.'));
  post({ kind: 'attachText', name: name.slice(0, 200), text });
  announce(t('{0} attached', name || t('pasted text')));
}

function base64(bytes: Uint8Array): string {
  const PIECE = 0x8000;
  let text = '';
  for (let i = 0; i < bytes.length; i += PIECE) text += String.fromCharCode(...bytes.subarray(i, i + PIECE));
  return btoa(text);
}
