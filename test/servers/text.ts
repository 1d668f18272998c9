/**
 * The words of the loopback model servers: one tokenizer, used for every count, and one deterministic "model" that
 * answers from a script, from reference documents it knows by heart, or with a recognizable demo text.
 */
import { completeFromDocuments, completePlausibly, parseFim } from './fim.ts';

/** What a model was asked, independent of the protocol. */
export interface Ask {
  readonly kind: 'chat' | 'completion';
  readonly model: string;
  /** The text the model reads: the rendered chat, or the raw completion prompt. */
  readonly prompt: string;
  /** Text before and after the gap, if this is a fill-in-the-middle request. */
  readonly prefix?: string;
  readonly suffix?: string;
  readonly messages?: readonly Message[];
  /** Does the model think before it answers? Default answers then have a reasoning text. */
  readonly thinks: boolean;
  /** The request body as received. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** One chat message with its content flattened to text. */
export interface Message {
  readonly role: string;
  readonly content: string;
}

/** What the model says. A list of strings is streamed in exactly these pieces, each counted as one token. */
export interface Answer {
  readonly text?: string | readonly string[];
  readonly reasoning?: string | readonly string[];
  /** Overrides the finish reason (`done_reason` in Ollama). */
  readonly finish?: string;
  readonly toolCalls?: readonly ScriptedCall[];
}

/** A tool call that the model makes at the end of its answer. */
interface ScriptedCall {
  readonly name: string;
  readonly arguments: unknown;
  /** By default the server counts: `call_<request>_<index>`. Ollama's native API has none. */
  readonly id?: string;
  /** Sends the arguments in pieces of this many characters; by default in one. Ollama's native API sends calls whole. */
  readonly pieceLength?: number;
}

type Said = string | Answer;

/**
 * A scripted answer: one text for all requests, a list used up one by one (the last one repeats), a record whose
 * first key found in the prompt decides, or a function. `undefined` falls through to the default answers.
 */
export type Script =
  string | Answer | readonly Said[] | Readonly<Record<string, Said>> | ((ask: Ask) => Said | undefined);

const TOKEN =
  /<[|｜][^<>\n]{1,40}[|｜]>|<\[[^\]\n]{1,40}\]>|<\/?[a-z_]{3,12}>| ?\p{L}{1,8}|\p{N}{1,3}|\n+ *|\s+|<?[^\s\p{L}\p{N}<]{1,3}|</gu;

/** Splits text into tokens of about four characters; joined together they are the text again. */
export function tokenize(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

export function countTokens(text: string): number {
  return tokenize(text).length;
}

/** Content of a chat message as text: a string, or the text parts of a content array. */
export function flattenContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown }) => (typeof part?.text === 'string' ? part.text : '<image>')).join('\n');
}

/** Messages as the model reads them (ChatML). Both protocols count input tokens on this text. */
export function renderChat(messages: readonly Message[]): string {
  const turns = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
  return `${turns.join('')}<|im_start|>assistant\n`;
}

/** FNV-1a: a small stable hash, the only source of "chance" in the servers. */
export function hash(text: string, seed = 0): number {
  let value = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** The model behind a server: same seed and same request, same answer. */
export class TextModel {
  readonly #seed: number;
  readonly #documents: { text: string; runOn: boolean }[] = [];
  #script: Script | undefined;
  #scriptPosition = 0;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** Sets the script; `undefined` returns to the default answers. */
  script(script: Script | undefined): void {
    this.#script = script;
    this.#scriptPosition = 0;
  }

  /**
   * Gives the model a document to know by heart: asked to fill a gap in it, it continues the document exactly.
   * With `runOn` (default) it goes on past the gap like a base model, until a stop or the token limit; without, it
   * ends where the suffix begins.
   */
  know(text: string, { runOn = true }: { runOn?: boolean } = {}): void {
    this.#documents.push({ text, runOn });
  }

  answer(ask: Ask): Answer {
    const scripted = this.#scripted(ask);
    if (scripted !== undefined) return typeof scripted === 'string' ? { text: scripted } : scripted;
    return ask.prefix === undefined ? demoChat(ask, this.#seed) : { text: this.#complete(ask) };
  }

  #scripted(ask: Ask): Said | undefined {
    const script = this.#script;
    if (script === undefined || typeof script === 'string') return script;
    if (typeof script === 'function') return script(ask);
    if (isList(script)) return script[Math.min(this.#scriptPosition++, script.length - 1)];
    if (isAnswer(script)) return script;
    const key = Object.keys(script).find((candidate) => ask.prompt.includes(candidate));
    return key === undefined ? undefined : script[key];
  }

  #complete({ prefix = '', suffix = '' }: Ask): string {
    return completeFromDocuments(this.#documents, prefix, suffix) ?? completePlausibly(prefix, suffix);
  }
}

/** Prefix and suffix of a completion prompt by its FIM tokens; without any, all of it is prefix. */
export function findGap(prompt: string): { prefix: string; suffix: string } {
  const { prefix, suffix } = parseFim(prompt) ?? { prefix: prompt, suffix: '' };
  return { prefix, suffix };
}

function isList(script: object): script is readonly Said[] {
  return Array.isArray(script);
}

function isAnswer(script: object): script is Answer {
  return ['text', 'reasoning', 'toolCalls', 'finish'].some((key) => key in script);
}

const SAMPLES: Readonly<Record<string, string>> = {
  typescript: "export function greet(name: string): string {\n  return `Hello, ${name || 'world'}!`;\n}",
  python: 'def greet(name: str) -> str:\n    return f\'Hello, {name or "world"}!\'',
  go: 'func Greet(name string) string {\n\tif name == "" {\n\t\tname = "world"\n\t}\n\treturn "Hello, " + name + "!"\n}',
};

const OPENINGS = ['In short, this is what I would do.', 'Here is one way to go about it.', 'The main points first.'];

/** A short markdown answer that looks like a real one and says that it is not. */
function demoChat(ask: Ask, seed: number): Answer {
  const question = ask.messages?.findLast(({ role }) => role === 'user')?.content ?? ask.prompt;
  const fence = /```([\w+#-]*)[^\n]*\n([\s\S]*?)```/.exec(question);
  const language = fence?.[1] || 'typescript';
  const attached = fence?.[2]?.trimEnd().split('\n').slice(0, 12).join('\n');
  const code = attached || SAMPLES[language] || SAMPLES.typescript;
  const opening = OPENINGS[hash(question, seed) % OPENINGS.length];
  const lines = attached?.split('\n').length ?? 0;
  const subject = attached
    ? `You attached ${lines === 1 ? 'one line' : `${lines} lines`} of ${language}.`
    : 'No code was attached.';
  const text = `Demo answer from the loopback server (model \`${ask.model}\`): no real model has read your question.

## Summary

${opening} ${subject}

- **Names** say what a value is, not how it is stored.
- **Early returns** keep the main path unindented.
- **Tests** pin the behavior before anything moves.

## Code

\`\`\`${language}
${code}
\`\`\`

Run the tests after each step, then commit.
`;
  const reasoning = `The question has ${countTokens(question)} tokens. A summary, a list and a code block will do.`;
  return ask.thinks ? { text, reasoning } : { text };
}
