/**
 * Tokens by which models mark turns, files and ends. A server that does not know them gives them out as text, and what
 * comes after them is not part of the answer: another file, or a turn that the model made up.
 */

/** Tokens of the StarCoder family beside those for gaps; https://huggingface.co/bigcode/starcoder2-3b */
export const STARCODER_TOKENS: readonly string[] = [
  '<gh_stars>',
  '<issue_start>',
  '<issue_comment>',
  '<issue_closed>',
  '<jupyter_start>',
  '<jupyter_text>',
  '<jupyter_code>',
  '<jupyter_output>',
  '<jupyter_script>',
  '<empty_output>',
  '<commit_before>',
  '<commit_msg>',
  '<commit_after>',
  '<code_to_intermediate>',
  '<intermediate_to_code>',
  '<pr_status>',
  '<pr_is_merged>',
  '<pr_base>',
  '<pr_file>',
  '<pr_base_code>',
  '<pr_diff>',
  '<pr_diff_hunk>',
  '<pr_comment>',
  '<pr_event_id>',
  '<pr_review>',
  '<pr_review_state>',
  '<pr_review_comment>',
  '<pr_in_reply_to_review_id>',
  '<pr_in_reply_to_comment_id>',
  '<pr_diff_hunk_comment_line>',
];

/** Tokens that could be nothing else, whatever the model: no program and no document has such text of its own. */
const ANY_TOKEN = new RegExp(
  [
    '<\\|[a-z0-9_]{1,40}\\|>',
    '<｜[^｜\\n]{1,30}｜>',
    '<(?:start|end)_of_turn>',
    '<\\[(?:fim-\\w+|\\w+▁of▁\\w+|\\w+▁TOKEN)\\]>',
    ...STARCODER_TOKENS,
  ].join('|'),
  'iu',
);

/** The first control token of a text. */
export function findControlToken(text: string): { readonly at: number; readonly token: string } | undefined {
  const found = ANY_TOKEN.exec(text);
  return found ? { at: found.index, token: found[0] } : undefined;
}

/** The text before its first control token; tokens at its beginning are dropped. */
export function cutAtControlTokens(text: string): string {
  let rest = text;
  for (;;) {
    const found = findControlToken(rest);
    if (!found) return rest;
    if (rest.slice(0, found.at).trim()) return rest.slice(0, found.at);
    rest = rest.slice(found.at + found.token.length);
  }
}
