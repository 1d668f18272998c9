/**
 * VS Code does not tell who runs a command: the user, or another extension. So a command that costs money needs a gesture
 * that only the user can make, which is a choice or words in one of its boxes, or a button of a view. Where there was none, the
 * user is asked first, with the price.
 */

/**
 * Whether a command was run by a button of the SCM view: VS Code hands over the source control itself then, an object
 * with functions, of which no other command and no JSON can give a copy. Source: `SourceControl` in vscode.d.ts.
 */
export function isSourceControl(argument: unknown): boolean {
  if (typeof argument !== 'object' || argument === null || Object.getPrototypeOf(argument) === Object.prototype)
    return false;
  const { createResourceGroup, inputBox } = argument as { createResourceGroup?: unknown; inputBox?: unknown };
  return typeof createResourceGroup === 'function' && typeof inputBox === 'object';
}
