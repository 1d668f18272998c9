import { t } from '@vscode/l10n';
import { INFILL_APIS, type InfillApi, type InfillMarks, type StatedInfill } from '../common/infillSetting.ts';
import { STARCODER_TOKENS } from '../common/controlTokens.ts';

/**
 * How the model families want a gap to be described. The stock templates of Ollama cannot carry other files and some
 * of them are wrong, so known families get a raw prompt from this table; `suffix` is for the families that only the
 * server knows.
 */

/** Text of another file that helps to fill the gap. */
export interface Snippet {
  readonly path: string;
  readonly text: string;
}

export interface FimParts {
  /** Text before the cursor. */
  readonly before: string;
  /** Text after the cursor; empty at the end of the file. */
  readonly after: string;
  /** Path of the file as the workspace sees it. */
  readonly path: string;
  readonly repo: string;
  /** VS Code's language id. */
  readonly language: string;
  readonly snippets: readonly Snippet[];
}

/** What is known about a model before it is asked anything. */
export interface ModelFacts {
  /** Name with tag, for example `qwen2.5-coder:1.5b-base`. */
  readonly model: string;
  /** `details.family` of the server. */
  readonly family?: string;
  /** `general.architecture` of the model file. */
  readonly architecture?: string;
  /** Undefined on servers that do not list them. */
  readonly capabilities?: readonly string[] | undefined;
  readonly template?: string;
  /** `general.basename`, `general.finetune` of the model file, for example `Qwen2.5-Coder Instruct`. */
  readonly basename?: string | undefined;
  /** Whether the vocabulary names tokens for the sides of a gap; undefined where the server does not tell. */
  readonly gapTokens?: boolean | undefined;
  /** The server's own way to fill a gap, which writes the marks itself. */
  readonly api?: InfillApi | undefined;
  /** What the user states. */
  readonly stated?: StatedInfill | undefined;
}

export interface FimFamily {
  readonly name: string;
  readonly matches: (facts: ModelFacts) => boolean;
  readonly order: 'prefix-first' | 'suffix-first';
  /** Text that the model's tokenizer reads as control: it may come neither from a document nor into one. */
  readonly tokens: readonly string[];
  readonly stops: readonly string[];
  /** Needed only when other files are in the prompt. */
  readonly fileStops?: readonly string[];
  readonly format: (parts: FimParts) => string;
}

export type FormatChoice =
  | { readonly mode: 'raw'; readonly family: FimFamily }
  /** The server writes the marks. */
  | { readonly mode: 'suffix'; readonly api?: InfillApi }
  | { readonly mode: 'none'; readonly why: string }
  /** Neither the server nor the name tells. */
  | { readonly mode: 'unknown'; readonly why: string };

const QWEN_FIM = ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>', '<|fim_pad|>'];
const STAR_FIM = ['<fim_prefix>', '<fim_suffix>', '<fim_middle>'];
const DEEPSEEK_FIM = ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>'];
const SEED_FIM = ['<[fim-prefix]>', '<[fim-suffix]>', '<[fim-middle]>'];
const GEEX_FIM = ['<|code_prefix|>', '<|code_suffix|>', '<|code_middle|>'];

/** In the order in which they are asked; a model belongs to the first that knows it. */
export const FIM_FAMILIES: readonly FimFamily[] = [
  family('qwen', {
    matches: named(/qwen-?(\d+(\.\d+)*)?-?coder|code-?qwen/),
    stops: ['<|endoftext|>', ...QWEN_FIM, '<|repo_name|>', '<|file_sep|>', '<|im_start|>', '<|im_end|>'],
    format: ({ before, after, path, repo, snippets }) => {
      const files = snippets.map((file) => `<|file_sep|>${file.path}\n${file.text}\n`).join('');
      const head = files ? `<|repo_name|>${repo}\n${files}<|file_sep|>${path}\n` : '';
      return `${head}<|fim_prefix|>${before}<|fim_suffix|>${after}<|fim_middle|>`;
    },
  }),
  family('starcoder2', {
    matches: (facts) => (named(/starcoder-?2/)(facts) || facts.architecture === 'starcoder2') && !isInstruct(facts),
    stops: ['<|endoftext|>', '<file_sep>', ...STAR_FIM],
    tokens: ['<repo_name>', '<fim_pad>', ...STARCODER_TOKENS],
    format: ({ before, after, path, repo, snippets }) => {
      const files = snippets.map((file) => `<file_sep>${file.path}\n${file.text}`).join('');
      // In its training data the path of the current file is inside the prefix.
      return files
        ? `<repo_name>${repo}${files}<file_sep><fim_prefix>${path}\n${before}<fim_suffix>${after}<fim_middle>`
        : `<fim_prefix>${before}<fim_suffix>${after}<fim_middle>`;
    },
  }),
  family('starcoder', {
    matches: (facts) =>
      ((named(/starcoder|stable-?code|refact/)(facts) || /^(starcoder|refact)$/.test(facts.architecture ?? '')) &&
        !isInstruct(facts)) ||
      named(/granite-code(:(3b|8b|latest)|$|-(3b|8b)|:$)/)(facts) ||
      named(/granite-(3b|8b)-code/)(facts),
    stops: ['<|endoftext|>', '<file_sep>', ...STAR_FIM],
    tokens: ['<filename>', '<reponame>', '<fim_pad>', ...STARCODER_TOKENS],
    format: ({ before, after, path, snippets }) => {
      const files = snippets.map((file) => `<filename>${file.path}\n${file.text}\n`).join('');
      const head = files ? `${files}<filename>${path}\n` : '';
      return `${head}<fim_prefix>${before}<fim_suffix>${after}<fim_middle>`;
    },
  }),
  family('granite', {
    matches: named(/granite-?(3\.3|4)/),
    stops: ['<|end_of_text|>', ...QWEN_FIM],
    format: (parts) => `<|fim_prefix|>${asComments(parts)}${parts.before}<|fim_suffix|>${parts.after}<|fim_middle|>`,
  }),
  family('codellama', {
    // Only the 7B and 13B code models infill: the library's plain tags are instruct, a hub's plain names are base.
    matches: (facts) =>
      named(/code-?llama/)(facts) &&
      !named(/34b|70b|python|instruct/)(facts) &&
      (named(/:(\S*-)?code\b/)(facts) || isFromHub(facts)),
    stops: ['<EOT>', '<PRE>', '<SUF>', '<MID>'],
    format: (parts) => `<PRE> ${asComments(parts)}${parts.before} <SUF>${parts.after} <MID>`,
  }),
  family('deepseek', {
    // The first generation's instruct models cannot infill, and its plain tags are instruct: only the template tells.
    matches: (facts) =>
      named(/deepseek-?coder-?v2/)(facts) ||
      (named(/deepseek-?coder/)(facts) &&
        !named(/instruct/)(facts) &&
        !(facts.template ?? '').includes('### Instruction')),
    stops: ['<｜end▁of▁sentence｜>', ...DEEPSEEK_FIM],
    tokens: ['<｜begin▁of▁sentence｜>', '<｜User｜>', '<｜Assistant｜>', '<|EOT|>'],
    format: ({ before, after, path, snippets }) => {
      const files = snippets.map((file) => `#${file.path}\n${file.text}\n`).join('');
      const head = files ? `${files}#${path}\n` : '';
      return `${head}<｜fim▁begin｜>${before}<｜fim▁hole｜>${after}<｜fim▁end｜>`;
    },
  }),
  family('codestral', {
    matches: (facts) => named(/codestral|mistral-code-fim/)(facts) && !named(/mamba/)(facts),
    order: 'suffix-first',
    stops: ['[PREFIX]', '[SUFFIX]'],
    tokens: ['[MIDDLE]', '[INST]', '[/INST]', '<s>', '</s>'],
    fileStops: ['\n+++++ '],
    format: ({ before, after, path, snippets }) => {
      const files = snippets.map((file) => `+++++ ${file.path}\n${file.text}\n\n`).join('');
      return `[SUFFIX]${after}[PREFIX]${files ? `${files}+++++ ${path}\n` : ''}${before}`;
    },
  }),
  family('codegemma', {
    // The library's plain 7B tags are instruct.
    matches: (facts) =>
      named(/codegemma/)(facts) &&
      !named(/instruct|-it\b/)(facts) &&
      (named(/[:-]2b|:(\S*-)?code\b/)(facts) || isFromHub(facts)),
    stops: ['<|file_separator|>', '<end_of_turn>', '<eos>', ...QWEN_FIM.slice(0, 3)],
    tokens: ['<start_of_turn>', '<bos>'],
    format: ({ before, after, path, snippets }) => {
      const files = snippets.map((file) => `${file.path}\n${file.text}<|file_separator|>`).join('');
      const head = files ? `${files}${path}\n` : '';
      return `${head}<|fim_prefix|>${before}<|fim_suffix|>${after}<|fim_middle|>`;
    },
  }),
  family('seed-coder', {
    matches: (facts) => named(/seed-?coder/)(facts) && !named(/instruct|reason/)(facts),
    order: 'suffix-first',
    stops: ['<[end▁of▁sentence]>', ...SEED_FIM, '<[PAD▁TOKEN]>', '<[SEP▁TOKEN]>'],
    tokens: ['<[begin▁of▁sentence]>'],
    format: (parts) => `<[fim-suffix]>${parts.after}<[fim-prefix]>${asComments(parts)}${parts.before}<[fim-middle]>`,
  }),
  family('mellum', {
    matches: named(/mellum/),
    order: 'suffix-first',
    stops: ['<|endoftext|>', '<filename>', '<reponame>', ...STAR_FIM],
    format: ({ before, after, path, snippets }) => {
      const files = snippets.map((file) => `<filename>${file.path}\n${file.text}\n`).join('');
      return `${files}<filename>${path}\n<fim_suffix>${after}<fim_prefix>${before}<fim_middle>`;
    },
  }),
  family('codegeex4', {
    matches: named(/codegeex-?4/),
    order: 'suffix-first',
    stops: ['<|user|>', '<|assistant|>', '<|endoftext|>', ...GEEX_FIM],
    tokens: ['<|system|>', '<|observation|>'],
    format: ({ before, after, path, language, snippets }) => {
      const files = snippets.map((file) => `###REFERENCE:\n###PATH:${file.path}\n${file.text}\n`).join('');
      const head = `${files}###PATH:${path}\n###LANGUAGE:${language}\n###MODE:BLOCK\n`;
      const gap = `<|code_suffix|>${after}<|code_prefix|>${before}<|code_middle|>`;
      return `<|user|>\n${head}${gap}<|assistant|>\n`;
    },
  }),
];

/** Architectures that share their tokens: in a template the tokens alone do not tell the family. */
const BY_ARCHITECTURE: readonly { readonly architecture: RegExp; readonly family: string; readonly token: string }[] = [
  { architecture: /^qwen/, family: 'qwen', token: '<|fim_prefix|>' },
  { architecture: /^granite/, family: 'granite', token: '<|fim_prefix|>' },
  { architecture: /^gemma/, family: 'codegemma', token: '<|fim_prefix|>' },
  { architecture: /^deepseek|^llama/, family: 'deepseek', token: '<｜fim▁begin｜>' },
  { architecture: /^llama/, family: 'codellama', token: '<PRE>' },
];

/**
 * Chooses how a model is asked to fill a gap: as the user states; in the server's own way; by its name or architecture
 * from the table; a renamed model by the tokens in its template, by those of its vocabulary, or, where the template shows
 * a base model, by its architecture; else by the server's own template when that can infill.
 */
export function chooseFormat(facts: ModelFacts): FormatChoice {
  const { model, capabilities, template = '', api, stated } = facts;
  if (stated !== undefined) return formatOf(stated);
  if (capabilities?.length && !capabilities.includes('completion') && !capabilities.includes('insert'))
    return { mode: 'none', why: t('{0} does not generate text.', model) };
  if (api) return { mode: 'suffix', api };
  const known =
    FIM_FAMILIES.find(({ matches }) => matches(facts)) ?? familyOfTemplate(facts) ?? familyOfArchitecture(facts);
  if (known) return { mode: 'raw', family: known };
  if (capabilities?.includes('insert') ?? template.includes('.Suffix')) return { mode: 'suffix' };
  if (facts.gapTokens !== false && !isChat(facts))
    return {
      mode: 'unknown',
      why: t(
        'Gearshift cannot tell whether {0} can infill. Choose "Try it" in the settings (Tiers), or state its family or marks under "infill" of its provider.',
        model,
      ),
    };
  return {
    mode: 'none',
    why: t('{0} cannot fill a gap in code. Choose a model that can, for example qwen2.5-coder:1.5b-base.', model),
  };
}

/** The format that the user states. */
export function formatOf(stated: StatedInfill): Exclude<FormatChoice, { mode: 'none' | 'unknown' }> {
  if (typeof stated === 'object') return { mode: 'raw', family: familyOfMarks(stated) };
  const known = FIM_FAMILIES.find(({ name }) => name === stated);
  if (known) return { mode: 'raw', family: known };
  return { mode: 'suffix', api: INFILL_APIS.find((api) => api === stated) ?? 'suffix' };
}

/** A family of the user's own marks. */
const familyOfMarks = ({ prefix, suffix, middle, order = 'prefix-first', stops = [] }: InfillMarks): FimFamily =>
  family('custom', {
    matches: () => false,
    order,
    stops: [...new Set([prefix, suffix, middle, ...stops].map((mark) => mark.trim()).filter(Boolean))],
    format: (parts) => {
      const before = `${prefix}${asComments(parts)}${parts.before}`;
      const after = `${suffix}${parts.after}`;
      return order === 'suffix-first' ? `${after}${before}${middle}` : `${before}${after}${middle}`;
    },
  });

/** Only text in, no roles: the template of a base model. */
const BASE_TEMPLATE = /^\s*\{\{-?\s*\.Prompt\s*-?\}\}\s*$/;

/** Names of models that are made for talk and of which none but the families above can infill. */
const CHAT =
  /llama-?[23]|qwen|qwq|gemma|mi[sx]tral|ministral|devstral|phi-?\d|gpt|claude|gemini|glm|kimi|grok|command|deepseek|granite|nemotron|minimax|codestral|star-?coder|stable-?code|seed-?coder|code-?llama|code-?gemma|instruct|chat|reason|thinking|[-:]it\b|\br1\b/;

/** Whether name, template or capabilities show a model that answers questions. */
function isChat(facts: ModelFacts): boolean {
  const { template = '', capabilities, gapTokens } = facts;
  if (gapTokens) return false;
  if (template.trim() && !BASE_TEMPLATE.test(template)) return true;
  if (capabilities?.some((each) => each === 'tools' || each === 'thinking')) return true;
  return named(CHAT)(facts);
}

/** A base model without a telling name, or one whose vocabulary has tokens for gaps, by what it is made of. */
function familyOfArchitecture(facts: ModelFacts): FimFamily | undefined {
  const { template = '', architecture = '', family: ofServer = '', gapTokens } = facts;
  if (gapTokens === false || (!gapTokens && (!BASE_TEMPLATE.test(template) || isInstruct(facts)))) return undefined;
  const made = architecture || ofServer;
  // Others share their architecture with models that know no gaps or other marks: llama, gemma, mistral.
  const name = /^qwen[23]/.test(made) ? 'qwen' : /^deepseek2/.test(made) ? 'deepseek' : undefined;
  return FIM_FAMILIES.find((each) => each.name === name);
}

const isInstruct = (facts: ModelFacts): boolean => named(/instruct|chat|[-:]it\b/)(facts);

function familyOfTemplate(facts: ModelFacts): FimFamily | undefined {
  const { template = '', architecture = facts.family ?? '' } = facts;
  if (!template.includes('.Suffix')) return undefined;
  const row = BY_ARCHITECTURE.find((each) => each.architecture.test(architecture) && template.includes(each.token));
  return FIM_FAMILIES.find(({ name }) => name === row?.family);
}

/** The prompt, with whatever in the documents looks like the family's own tokens made harmless. */
export function formatPrompt(family: FimFamily, parts: FimParts): { raw: string; stop: readonly string[] } {
  const clean = (text: string): string => neutralize(text, family.tokens);
  const raw = family.format({
    before: clean(parts.before),
    after: clean(parts.after),
    path: cleanName(clean(parts.path)),
    repo: cleanName(clean(parts.repo)),
    language: parts.language,
    snippets: parts.snippets.map((file) => ({ path: cleanName(clean(file.path)), text: clean(file.text) })),
  });
  return { raw, stop: parts.snippets.length ? [...family.stops, ...(family.fileStops ?? [])] : family.stops };
}

/** Every family's tokens: for prompts that the server builds with a template we do not know. */
export const ALL_TOKENS: readonly string[] = [...new Set(FIM_FAMILIES.flatMap(({ tokens }) => tokens))];

const patterns = new Map<readonly string[], RegExp>();

/**
 * Breaks every token in a text with a space after its first character, so that the tokenizer reads plain text. Only the
 * prompt is changed; everything that is compared or inserted works on the document's own text.
 */
export function neutralize(text: string, tokens: readonly string[]): string {
  return text.replace(patternOf(tokens), (token) => `${token.charAt(0)} ${token.slice(1)}`);
}

/** Where the first of the tokens starts, or -1. */
export const findToken = (text: string, tokens: readonly string[]): number => text.search(patternOf(tokens));

function patternOf(tokens: readonly string[]): RegExp {
  let pattern = patterns.get(tokens);
  if (!pattern) {
    const escaped = tokens.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    // Without tokens nothing matches, rather than everything.
    pattern = new RegExp(escaped.join('|') || '(?!)', 'g');
    patterns.set(tokens, pattern);
  }
  return pattern;
}

function family(
  name: string,
  row: Pick<FimFamily, 'matches' | 'stops' | 'format'> & Partial<Pick<FimFamily, 'order' | 'tokens' | 'fileStops'>>,
): FimFamily {
  return { name, order: 'prefix-first', ...row, tokens: [...new Set([...row.stops, ...(row.tokens ?? [])])] };
}

/** By the name, or by what the model file calls itself. */
function named(pattern: RegExp): (facts: ModelFacts) => boolean {
  return ({ model, basename }) =>
    pattern.test(model.toLowerCase()) || (!!basename && pattern.test(basename.toLowerCase().replace(/\s+/g, '-')));
}

/** `hf.co/owner/name:quant` and the like, whose names follow other habits than those of Ollama's own library. */
function isFromHub({ model }: ModelFacts): boolean {
  return model.includes('/') && !/^(registry\.ollama\.ai\/)?library\//.test(model);
}

const HASH_COMMENTS =
  /^(python|ruby|shellscript|powershell|perl|r|julia|yaml|toml|makefile|dockerfile|coffeescript|elixir)$/;
const DASH_COMMENTS = /^(sql|lua|haskell|ada|elm|vhdl)$/;

/** Other files as line comments, for families that have no syntax for them. */
function asComments({ snippets, language }: FimParts): string {
  const mark = HASH_COMMENTS.test(language) ? '#' : DASH_COMMENTS.test(language) ? '--' : '//';
  return snippets
    .map((file) => `${[`Path: ${file.path}`, ...file.text.split('\n')].map((line) => `${mark} ${line}`).join('\n')}\n`)
    .join('');
}

/** Paths are on a line of their own. */
const cleanName = (name: string): string => name.replace(/\p{Cc}/gu, ' ');
