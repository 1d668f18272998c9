/** What the configuration check finds, and what fixes it. */

export type Fix =
  | { readonly kind: 'set-key'; readonly provider: string }
  | { readonly kind: 'pull'; readonly provider: string; readonly model: string }
  | { readonly kind: 'look'; readonly provider: string }
  | { readonly kind: 'json'; readonly setting: string }
  | { readonly kind: 'section'; readonly section: string }
  | { readonly kind: 'trust' }
  | { readonly kind: 'try-infill' }
  | { readonly kind: 'inline-suggest' }
  | { readonly kind: 'use-in-chat' }
  | { readonly kind: 'update-editor' }
  | { readonly kind: 'workspace-settings' }
  | { readonly kind: 'completions-on' };

export interface Finding {
  readonly level: 'error' | 'warning' | 'info';
  readonly text: string;
  readonly fix?: Fix;
}
