import assert from 'node:assert/strict';
import test from 'node:test';
import { FIM_FAMILY_NAMES } from '../../../src/core/common/infillSetting.ts';
import {
  chooseFormat,
  FIM_FAMILIES,
  formatPrompt,
  neutralize,
  type FimParts,
  type ModelFacts,
} from '../../../src/core/completion/fim.ts';

const GAP: FimParts = {
  before: 'P',
  after: 'S',
  path: 'src/a.ts',
  repo: 'shop',
  language: 'typescript',
  snippets: [],
};
const WITH_FILE: FimParts = { ...GAP, snippets: [{ path: 'src/b.ts', text: 'b();' }] };

const familyOf = (model: string, facts: Partial<ModelFacts> = {}): string => {
  const choice = chooseFormat({ model, ...facts });
  return choice.mode === 'raw' ? choice.family.name : choice.mode;
};

const promptOf = (model: string, parts: FimParts): string => {
  const choice = chooseFormat({ model });
  assert.ok(choice.mode === 'raw', `${model} has no format of its own`);
  return formatPrompt(choice.family, parts).raw;
};

/** Model, prompt of a file alone, prompt with another file. */
const PROMPTS: readonly (readonly [string, string, string])[] = [
  [
    'qwen2.5-coder:1.5b-base',
    '<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>',
    '<|repo_name|>shop\n<|file_sep|>src/b.ts\nb();\n<|file_sep|>src/a.ts\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>',
  ],
  [
    'starcoder2:3b',
    '<fim_prefix>P<fim_suffix>S<fim_middle>',
    '<repo_name>shop<file_sep>src/b.ts\nb();<file_sep><fim_prefix>src/a.ts\nP<fim_suffix>S<fim_middle>',
  ],
  [
    'starcoder:1b',
    '<fim_prefix>P<fim_suffix>S<fim_middle>',
    '<filename>src/b.ts\nb();\n<filename>src/a.ts\n<fim_prefix>P<fim_suffix>S<fim_middle>',
  ],
  [
    'granite4:micro',
    '<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>',
    '<|fim_prefix|>// Path: src/b.ts\n// b();\nP<|fim_suffix|>S<|fim_middle|>',
  ],
  ['codellama:7b-code', '<PRE> P <SUF>S <MID>', '<PRE> // Path: src/b.ts\n// b();\nP <SUF>S <MID>'],
  [
    'deepseek-coder:1.3b-base',
    '<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>',
    '#src/b.ts\nb();\n#src/a.ts\n<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>',
  ],
  ['codestral:22b', '[SUFFIX]S[PREFIX]P', '[SUFFIX]S[PREFIX]+++++ src/b.ts\nb();\n\n+++++ src/a.ts\nP'],
  [
    'codegemma:2b',
    '<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>',
    'src/b.ts\nb();<|file_separator|>src/a.ts\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>',
  ],
  [
    'hf.co/ByteDance-Seed/Seed-Coder-8B-Base-GGUF:Q4_K_M',
    '<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>',
    '<[fim-suffix]>S<[fim-prefix]>// Path: src/b.ts\n// b();\nP<[fim-middle]>',
  ],
  [
    'JetBrains/Mellum-4b-base',
    '<filename>src/a.ts\n<fim_suffix>S<fim_prefix>P<fim_middle>',
    '<filename>src/b.ts\nb();\n<filename>src/a.ts\n<fim_suffix>S<fim_prefix>P<fim_middle>',
  ],
  [
    'codegeex4:9b',
    '<|user|>\n###PATH:src/a.ts\n###LANGUAGE:typescript\n###MODE:BLOCK\n<|code_suffix|>S<|code_prefix|>P<|code_middle|><|assistant|>\n',
    '<|user|>\n###REFERENCE:\n###PATH:src/b.ts\nb();\n###PATH:src/a.ts\n###LANGUAGE:typescript\n###MODE:BLOCK\n<|code_suffix|>S<|code_prefix|>P<|code_middle|><|assistant|>\n',
  ],
];

for (const [model, alone, withFile] of PROMPTS) {
  test(`the prompt of ${model}`, () => {
    assert.equal(promptOf(model, GAP), alone);
    assert.equal(promptOf(model, WITH_FILE), withFile);
    assert.ok(promptOf(model, { ...GAP, after: '' }).includes('P'), 'an end of file is no special case');
  });
}

test('every family has a prompt in the table above', () => {
  const tested = new Set(PROMPTS.map(([model]) => familyOf(model)));
  assert.deepEqual(
    FIM_FAMILIES.map(({ name }) => name).filter((name) => !tested.has(name)),
    [],
  );
});

test('models are known by the names that registries give them', () => {
  const names: Record<string, string> = {
    'qwen2.5-coder:7b-instruct-q4_K_M': 'qwen',
    'Qwen3-Coder:30b': 'qwen',
    'codeqwen:7b-code': 'qwen',
    'hf.co/bartowski/Qwen2.5-Coder-3B-GGUF:Q4_K_M': 'qwen',
    'stable-code:3b-code': 'starcoder',
    'granite-code:3b': 'starcoder',
    'granite-code': 'starcoder',
    'granite3.3:8b': 'granite',
    'codellama:13b-code-q4_0': 'codellama',
    'codellama:code': 'codellama',
    'deepseek-coder-v2:16b': 'deepseek',
    'codegemma:7b-code': 'codegemma',
    'codestral:latest': 'codestral',
  };
  for (const [model, name] of Object.entries(names)) assert.equal(familyOf(model), name, model);
});

test('related models that cannot infill are not taken for those that can', () => {
  const models = [
    'codellama:7b',
    'codellama:34b-code',
    'codellama:7b-python',
    'codegemma:7b-instruct',
    'deepseek-coder:6.7b-instruct',
    'hf.co/x/Seed-Coder-8B-Instruct-GGUF',
    'llama3.2:3b',
    'qwen2.5:7b',
    'granite3.1-dense:8b',
  ];
  for (const model of models) assert.equal(familyOf(model), 'none', model);
  assert.equal(familyOf('deepseek-coder:6.7b', { template: '{{ .System }}\n### Instruction:' }), 'none');
});

test('a renamed model is known by its architecture and the tokens in its template', () => {
  const template = '{{ if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>{{ end }}';
  assert.equal(familyOf('mine:latest', { architecture: 'qwen2', template }), 'qwen');
  assert.equal(familyOf('mine:latest', { family: 'granite', template }), 'granite');
  assert.equal(familyOf('mine:latest', { architecture: 'starcoder2' }), 'starcoder2');
});

/** H6: names that say nothing, or only nearly what the table has. */
test('a base model without a telling name is known by its architecture, and what its file calls itself counts as a name', () => {
  const base = '{{ .Prompt }}';
  // Qwen's vocabularies have the tokens since 2.5; a chat template shows a model that was tuned for something else.
  assert.equal(familyOf('mycompany/autocomplete:latest', { architecture: 'qwen2', template: base }), 'qwen');
  assert.equal(familyOf('mycompany/chat:latest', { architecture: 'qwen2', template: '{{ .System }}x' }), 'none');
  assert.equal(familyOf('mine', { basename: 'Qwen2.5-Coder Base', architecture: 'qwen2' }), 'qwen');
  assert.equal(familyOf('mine', { basename: 'StarCoder2 Instruct', architecture: 'starcoder2' }), 'none');
  assert.equal(familyOf('mine', { architecture: 'qwen3', gapTokens: true, template: '{{ .Messages }}' }), 'qwen');
  assert.equal(familyOf('mine', { architecture: 'llama', gapTokens: true }), 'unknown');
});

test('names that are close to those of the table, and instruct variants that cannot infill', () => {
  const names: Record<string, string> = {
    'qwen2.5.1-coder:7b': 'qwen',
    'qwen2.5coder': 'qwen',
    'qwen3.5-coder-next:80b': 'qwen',
    'refact:1.6b': 'starcoder',
    'mistral-code-fim-latest': 'codestral',
    'starcoder2:15b-instruct': 'none',
    'stable-code:3b-instruct': 'none',
    'mamba-codestral:7b': 'none',
    'hf.co/x/Mamba-Codestral-7B-v0.1-GGUF': 'none',
  };
  for (const [model, name] of Object.entries(names)) assert.equal(familyOf(model), name, model);
});

test('where neither the server nor the name tells, the state says so', () => {
  for (const facts of [{}, { architecture: 'llama', template: '{{ .Prompt }}', capabilities: ['completion'] }]) {
    const choice = chooseFormat({ model: 'mycompany/complete:v2', ...facts });
    assert.ok(choice.mode === 'unknown' && /cannot tell whether mycompany\/complete:v2 can infill/.test(choice.why));
  }
  assert.equal(familyOf('mycompany/complete:v2', { capabilities: ['completion', 'tools'] }), 'none');
});

test('what the user states counts before everything', () => {
  assert.equal(familyOf('llama3.2:3b', { stated: 'qwen' }), 'qwen');
  assert.equal(familyOf('llama3.2:3b', { stated: 'suffix' }), 'suffix');
  const choice = chooseFormat({
    model: 'mine',
    stated: { prefix: '<P>', suffix: '<S>', middle: '<M>', order: 'suffix-first', stops: ['<end>'] },
  });
  assert.ok(choice.mode === 'raw');
  assert.deepEqual(formatPrompt(choice.family, { ...GAP, before: 'a <P> b' }), {
    raw: '<S>S<P>a < P> b<M>',
    stop: ['<P>', '<S>', '<M>', '<end>'],
  });
  const first = chooseFormat({ model: 'mine', stated: { prefix: '<P>', suffix: '<S>', middle: '' } });
  assert.ok(first.mode === 'raw' && formatPrompt(first.family, GAP).raw === '<P>P<S>S');
});

test('a family that the settings name is one of the table', () => {
  assert.deepEqual(
    FIM_FAMILIES.map(({ name }) => name),
    [...FIM_FAMILY_NAMES],
  );
});

test('a server’s own way is taken as it says, unless the user states another', () => {
  const choice = chooseFormat({ model: 'qwen2.5-coder', api: 'llama.cpp' });
  assert.ok(choice.mode === 'suffix' && choice.api === 'llama.cpp');
  assert.equal(familyOf('anything', { api: 'llama.cpp', stated: 'codellama' }), 'codellama');
});

test('a family that only the server knows is asked with a suffix', () => {
  assert.equal(familyOf('new-model', { capabilities: ['completion', 'insert'] }), 'suffix');
  assert.equal(familyOf('old-server-model', { template: '{{ .Prompt }}{{ .Suffix }}' }), 'suffix');
  assert.equal(familyOf('new-model', { capabilities: ['completion'], template: '{{ .Suffix }}' }), 'none');
});

test('the name of a model tells that it can do neither', () => {
  const chat = chooseFormat({ model: 'llama3.2:3b', capabilities: ['completion', 'tools'] });
  assert.ok(chat.mode === 'none' && chat.why.includes('llama3.2:3b') && chat.why.includes('qwen2.5-coder'));
  const embedding = chooseFormat({ model: 'qwen2.5-coder-embed', capabilities: ['embedding'] });
  assert.ok(embedding.mode === 'none' && embedding.why.includes('does not generate'));
});

test('I21: tokens in the document do not close the prompt', () => {
  for (const family of FIM_FAMILIES) {
    const text = family.tokens.join(' x ');
    const { raw } = formatPrompt(family, { ...GAP, before: text, after: text, path: text, repo: text });
    const plain = formatPrompt(family, { ...GAP, before: '', after: '', path: 'p', repo: 'r' }).raw;
    for (const token of family.tokens)
      assert.equal(raw.split(token).length, plain.split(token).length, `${family.name}: ${token}`);
  }
});

test('neutralizing changes only the tokens', () => {
  assert.equal(neutralize('a <|x|> <fim_prefix> b', ['<fim_prefix>']), 'a <|x|> < fim_prefix> b');
});

test('stops are the tokens that the tokenizer knows', () => {
  const stopsOf = (name: string): readonly string[] => FIM_FAMILIES.find((family) => family.name === name)?.stops ?? [];
  assert.ok(stopsOf('deepseek').includes('<｜end▁of▁sentence｜>'), 'with U+2581, not blanks');
  assert.ok(!stopsOf('deepseek').includes('//'), 'a comment is no end');
  assert.deepEqual(stopsOf('codellama'), ['<EOT>', '<PRE>', '<SUF>', '<MID>']);
  const codestral = FIM_FAMILIES.find(({ name }) => name === 'codestral');
  assert.ok(codestral);
  assert.ok(formatPrompt(codestral, WITH_FILE).stop.includes('\n+++++ '));
  assert.ok(!formatPrompt(codestral, GAP).stop.includes('\n+++++ '));
});
