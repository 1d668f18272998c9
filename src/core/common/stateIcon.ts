/**
 * The icon of a tier's state: a check only where its model is known to answer.
 *
 * @param state.untried nothing speaks against the tier, and it was not asked yet
 * @returns the name of a codicon
 */
export function stateIcon({
  ready,
  untried,
}: {
  readonly ready: boolean;
  readonly untried?: boolean | undefined;
}): string {
  if (!ready) return 'warning';
  return untried ? 'circle-large-outline' : 'pass';
}
