import type { JSX } from 'preact';
import { barWidth } from './words.ts';

/** A share as a bar. An attribute of SVG and no style: the page's policy allows no inline styles. */
export function Bar({ share }: { share: number }): JSX.Element {
  return (
    <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="1" />
      <rect class="fill" width={barWidth(share)} height="1" />
    </svg>
  );
}
