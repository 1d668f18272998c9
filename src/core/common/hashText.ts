/** Eight hexadecimal digits that follow from a text (FNV-1a over UTF-16 units). To notice a change, not to keep a secret. */
export function hashText(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
