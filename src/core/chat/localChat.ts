import type { ModelRef } from '../common/types.ts';

/**
 * Names of models that were trained to go on with text and not to answer: the maker's `-base`, `-code` and `-fim`
 * variants, families that have nothing else in their usual sizes, and embeddings. Names are as in Ollama's library.
 */
const NOT_FOR_CHAT =
  /(^|[-:_/])(base|fim|code|text|python)(-|$)|(^|\/)(starcoder2?|stable-code):|(^|\/)codegemma:2b|embed/i;
const FOR_CHAT = /instruct|chat/i;

/** Whether a model of the local tier can be expected to answer a question, by its name. */
export const canChat = ({ model }: ModelRef): boolean => FOR_CHAT.test(model) || !NOT_FOR_CHAT.test(model);
