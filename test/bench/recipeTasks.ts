/** Ten small tasks with a test each, and models of a stated skill, for the benches of recipes. */

export interface Task {
  readonly kind: 'bug' | 'feature' | 'refactoring';
  readonly ask: string;
  readonly before: string;
  readonly after: string;
  /** The condition that holds when it is done, on `m`, the module. */
  readonly holds: string;
}

export const TASKS: readonly Task[] = [
  {
    kind: 'bug',
    ask: 'add subtracts',
    before: 'export const add = (a, b) => a - b;',
    after: 'export const add = (a, b) => a + b;',
    holds: 'm.add(2, 3) === 5',
  },
  {
    kind: 'bug',
    ask: 'last is off by one',
    before: 'export const last = (l) => l[l.length];',
    after: 'export const last = (l) => l[l.length - 1];',
    holds: 'm.last([1, 2]) === 2',
  },
  {
    kind: 'bug',
    ask: 'sum forgets the first',
    before: 'export const sum = (l) => l.slice(1).reduce((a, b) => a + b, 0);',
    after: 'export const sum = (l) => l.reduce((a, b) => a + b, 0);',
    holds: 'm.sum([1, 2]) === 3',
  },
  {
    kind: 'bug',
    ask: 'isEmpty is true for a space only',
    before: "export const isEmpty = (s) => s === ' ';",
    after: "export const isEmpty = (s) => s.trim() === '';",
    holds: "m.isEmpty('') && m.isEmpty('  ')",
  },
  {
    kind: 'feature',
    ask: 'clamp needs a lower bound',
    before: 'export const clamp = (n, low, high) => Math.min(n, high);',
    after: 'export const clamp = (n, low, high) => Math.max(low, Math.min(n, high));',
    holds: 'm.clamp(-1, 0, 5) === 0',
  },
  {
    kind: 'feature',
    ask: 'greet by name',
    before: "export const greet = () => 'Hello';",
    after: "export const greet = (name = '') => (name ? `Hello, ${name}` : 'Hello');",
    holds: "m.greet('Ada') === 'Hello, Ada'",
  },
  {
    kind: 'feature',
    ask: 'unique keeps the order',
    before: 'export const unique = (l) => l;',
    after: 'export const unique = (l) => [...new Set(l)];',
    holds: "m.unique([2, 1, 2]).join() === '2,1'",
  },
  {
    kind: 'refactoring',
    ask: 'rename calc to total, and keep calc',
    before: 'export const calc = (a, b) => a + b;',
    after: 'export const total = (a, b) => a + b;\nexport const calc = total;',
    holds: 'm.total === m.calc',
  },
  {
    kind: 'refactoring',
    ask: 'one function for both areas',
    before: 'export const square = (a) => a * a;\nexport const box = (a, b) => a * b;',
    after: 'export const box = (a, b) => a * b;\nexport const square = (a) => box(a, a);',
    holds: '/box/.test(String(m.square))',
  },
  {
    kind: 'refactoring',
    ask: 'no mutation of the list',
    before: 'export const sorted = (l) => l.sort();',
    after: 'export const sorted = (l) => [...l].sort();',
    holds: '(() => { const l = [2, 1]; m.sorted(l); return l[0] === 2; })()',
  },
];

/** Share of tasks that a model gets right at once, and after it has seen what was wrong. */
export const SKILL: Readonly<Record<string, readonly [first: number, again: number]>> = {
  'qwen-mid': [0.6, 0.8],
  'mistral-mid': [0.6, 0.8],
  'claude-top': [0.9, 0.95],
  'gpt-top': [0.9, 0.95],
};
const MID = { input: 0.27, output: 1.1, cacheRead: 0.07 } as const;
const TOP = { input: 5, output: 25, cacheRead: 0.5 } as const;
export const PRICES = { 'qwen-mid': MID, 'mistral-mid': MID, 'claude-top': TOP, 'gpt-top': TOP } as const;
export type Name = keyof typeof PRICES;

/** The rest of a source file: what a model has to read around the lines that change. */
const REST = Array.from(
  { length: 120 },
  (_, n) => `/** Helper ${n} of the module. */\nexport const helper${n} = (value) => value * ${n} + ${n % 7};`,
).join('\n');
export const fileOf = (code: string): string => `${code}\n\n${REST}\n`;
export const PLAN =
  'Goal: as asked.\nFiles: src/module.js. Change the one function at its top; leave the helpers alone.\n'.repeat(6);

/** The test of a task: it says `FAILED` and exits with 1 until the task is done. */
export const testOf = ({ holds, ask }: Task): string =>
  `import * as m from './src/module.js';\nif (!(${holds})) { console.log('FAILED: ${ask}'); process.exit(1); }\n`;
