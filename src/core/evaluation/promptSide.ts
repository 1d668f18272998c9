import { promptVersionOf, usePrompt, type PromptFile } from '../chat/promptFiles.ts';
import type { KeptTask } from './keptTask.ts';

/** A side of a comparison that asks with the prompts as they are now, in the place of those that a task was kept with. */

/** Whether a task was made with a prompt that can be replaced. */
export const hasPrompt = ({ prompt, messages }: KeptTask): boolean =>
  !!prompt?.text && (messages.at(-1)?.content.includes(prompt.text) ?? false);

/**
 * A task with its prompt as it is now. A task without a prompt stays as it is.
 *
 * @param prompts by name
 * @returns undefined where the prompt is not there any more
 */
export function withPromptNow(task: KeptTask, prompts: ReadonlyMap<string, PromptFile>): KeptTask | undefined {
  const { prompt, messages } = task;
  const last = messages.at(-1);
  if (!prompt?.text || !last || !hasPrompt(task)) return task;
  const file = prompts.get(prompt.name);
  if (!file) return undefined;
  const input = prompt.input ?? '';
  const used = usePrompt(file, input);
  const old = prompt.text;
  return {
    ...task,
    prompt: { name: prompt.name, version: promptVersionOf(used), text: used.text, input },
    // A function, since a replacement text would read `$&` in the prompt.
    messages: [...messages.slice(0, -1), { ...last, content: last.content.replace(old, () => used.text) }],
  };
}
