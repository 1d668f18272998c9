/**
 * What the models of the demo say: prepared answers to the steps in the README of the demo workspace, and one line that
 * says so where nothing was prepared. The tiers answer differently, as real ones do.
 */
import fs from 'node:fs';
import type { Ask, Answer, Script } from './text.ts';

export type DemoTier = 'local' | 'mid' | 'frontier';

const WORKSPACE = new URL('../fixtures/demo-workspace/', import.meta.url);
const read = (file: string): string => fs.readFileSync(new URL(file, WORKSPACE), 'utf8').replaceAll('\r\n', '\n');

/** The files of the demo with their unfinished functions written: what the local model knows by heart. */
export function finishedDocuments(): readonly string[] {
  return [
    read('src/brewing.ts').replace(
      'totalSteepingTime(tea: Tea): number {\n\n}',
      'totalSteepingTime(tea: Tea): number {\n  return tea.infusions.reduce((sum, seconds) => sum + seconds, 0);\n}',
    ),
    read('leaves.py').replace(
      /( {4}# half finished: .*)\n$/,
      `$1
    grams_by_kind: dict[str, float] = {}
    for pot in pots:
        grams_by_kind[pot.kind] = grams_by_kind.get(pot.kind, 0) + grams(pot)
    return grams_by_kind
`,
    ),
    read('stock.go'),
    read('src/orders.ts'),
  ];
}

const UNPREPARED = 'Demo: no answer was prepared for this, and no real model has read it.';

const STEPS =
  'The steps in `README.md` of this folder have prepared answers. To ask real models, start Ollama or set an API key.';

const LEAVES: Readonly<Record<DemoTier, string>> = {
  local: '`leaves.py` computes grams of tea for a pot. `shopping_list` is not finished.',
  mid: `\`leaves.py\` computes how much tea to use:

- \`Pot\` is a pot: its size in liters and the kind of tea, black unless you say otherwise.
- \`grams(pot)\` multiplies the size by the grams per liter of that kind and rounds to half a gram.
- \`shopping_list(pots)\` is **not finished**: it should add up \`grams(pot)\` by \`pot.kind\`, but returns \`None\`.

An unknown kind raises a \`KeyError\` in \`grams\`. The unfinished function could be:

\`\`\`python
def shopping_list(pots: list[Pot]) -> dict[str, float]:
    """Grams to buy of each kind of tea."""
    grams_by_kind: dict[str, float] = {}
    for pot in pots:
        grams_by_kind[pot.kind] = grams_by_kind.get(pot.kind, 0) + grams(pot)
    return grams_by_kind
\`\`\`
`,
  frontier: `\`leaves.py\` computes how much tea to use, and one of its three parts is missing.

- \`Pot\` holds the size in liters and the kind of tea (default \`black\`).
- \`grams(pot)\` is \`GRAMS_PER_LITER[kind] × liters\`, rounded to half a gram.
- \`shopping_list(pots)\` only has a docstring and a comment, so it returns \`None\` although it promises a \`dict\`. Every caller that uses the result fails.

Two things to decide before you finish it:

1. **Rounding.** Adding up rounded pots buys up to a quarter gram too much or too little per pot. Add the exact amounts and round once per kind.
2. **Unknown kinds.** \`GRAMS_PER_LITER[pot.kind]\` raises \`KeyError\`. Is that what the caller should see?
`,
};

const SAFE_STOCK = `// Package stock counts the tins on the shelf.
package stock

import "sync"

// Shelf counts the tins of each tea. Several goroutines may use it at once.
type Shelf struct {
	mu   sync.Mutex
	tins map[string]int
}

// Merge adds the tins of other to s.
func (s *Shelf) Merge(other *Shelf) {
	// Copy first: two shelves that merge each other would deadlock with both locks held.
	added := other.copy()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tins == nil {
		s.tins = make(map[string]int)
	}
	for name, tins := range added {
		s.tins[name] += tins
	}
}

// Low lists the teas with fewer than min tins left.
func (s *Shelf) Low(min int) []string {
	var names []string
	for name, tins := range s.copy() {
		if tins < min {
			names = append(names, name)
		}
	}
	return names
}

// copy returns the tins as they are now.
func (s *Shelf) copy() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	tins := make(map[string]int, len(s.tins))
	for name, n := range s.tins {
		tins[name] = n
	}
	return tins
}
`;

const GOROUTINES: Readonly<Record<DemoTier, string>> = {
  local: 'Maps in Go are not safe for concurrent writes. Use a mutex.',
  mid: `No. \`Shelf\` is a map, and Go's maps are not safe for concurrent use: two goroutines in \`Merge\` write the same map. Protect it with a \`sync.Mutex\`.`,
  frontier: `**No.** \`Shelf\` is a plain map, and \`s[name] += tins\` reads and writes it without a lock. Two goroutines that call \`Merge\` on the same shelf race:

- Go's runtime may stop the program: \`fatal error: concurrent map writes\`.
- Without that, updates are lost: both read the old number, and the second write wins.
- Ranging over \`other\` while another goroutine writes it is a race too.

A mutex has to guard every access, so \`Shelf\` becomes a struct. Note the order in \`Merge\`: holding both locks at once would deadlock when two shelves merge each other, so \`other\` is copied first.

This replaces the whole file \`stock.go\`:

\`\`\`go stock.go
${SAFE_STOCK}\`\`\`

Callers that made a \`Shelf\` with \`make(Shelf)\` or wrote to it directly have to change. \`go test -race\` finds them.
`,
};

/** What a commit message says about each file that the steps of the README change; the first that was changed names it. */
const COMMITS: readonly { readonly path: string; readonly subject: string; readonly body: string }[] = [
  {
    path: 'src/orders.ts',
    subject: 'Add a discount for large orders',
    body: 'Ten or more tins of one tea are 10% off.',
  },
  {
    path: 'stock.go',
    subject: 'Guard each shelf with a mutex',
    body: 'Several goroutines may merge shelves of the stock at once.',
  },
  {
    path: 'src/brewing.ts',
    subject: 'Work on the menu of teas',
    body: 'The functions of src/brewing.ts change with it.',
  },
  { path: 'leaves.py', subject: 'Work on the shopping list', body: 'The functions of leaves.py change with it.' },
];

/** The commit message for a diff. */
function commitMessage(diff: string): string {
  const [first, ...others] = COMMITS.filter(({ path }) => diff.includes(`b/${path}`));
  if (!first) return 'Change files of the demo';
  return [first.subject, '', first.body, ...others.map(({ subject }) => `Also: ${subject.toLowerCase()}.`)].join('\n');
}

interface PreparedFinding {
  readonly quote: string;
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly detail: string;
}

const FINDINGS: readonly PreparedFinding[] = [
  {
    quote: 'line.tins > 10',
    severity: 'error',
    title: 'Ten tins get no discount',
    detail: 'The comment promises the discount for ten or more tins, but the test is > 10. Use >= 10.',
  },
  {
    quote: 'price * 0.9',
    severity: 'warning',
    title: 'The sum may have fractions of a cent',
    detail: 'price * 0.9 is not always a whole number of cents. Round it, for example with Math.round.',
  },
];

/** The findings of a review as JSON, at the lines of the numbered diff that they speak of. */
function review(diff: string): string {
  const lines = diff.split('\n');
  const findings = FINDINGS.flatMap(({ quote, ...finding }) => {
    const line = lines.find((text) => text.includes(quote));
    const number = Number(/^\s*(\d+) /.exec(line ?? '')?.[1]);
    return number
      ? [{ path: 'src/orders.ts', line: number, ...finding, quote: line?.slice(line.indexOf('+') + 1) }]
      : [];
  });
  return JSON.stringify({ findings });
}

/** The new text of the lines that an inline edit is about. */
function edit(request: string): string {
  const lines = /<edit>\n([\s\S]*?)\n<\/edit>/.exec(request)?.[1] ?? '';
  const language = /^Language: (.*)$/m.exec(request)?.[1] ?? '';
  if (/\bmap\b/i.test(request.slice(request.lastIndexOf('Instruction:'))) && lines.includes('menu.find('))
    return fence(
      `const teaByName = new Map(menu.map((tea) => [tea.name.toLowerCase(), tea]));\n\n${lines.replace(/menu\.find\(.*\);/, 'teaByName.get(name.toLowerCase());')}`,
    );
  const indent = /^\s*/.exec(lines)?.[0] ?? '';
  return fence(`${indent}${language === 'python' ? '#' : '//'} ${UNPREPARED}\n${lines}`);
}

const fence = (text: string): string => `\`\`\`\n${text}\n\`\`\``;

/** What a tier of the demo answers; undefined leaves the answer to what the model knows by heart. */
export const demoScript =
  (tier: (model: string) => DemoTier): Script =>
  (ask: Ask): Answer | undefined => {
    if (ask.prefix !== undefined) return undefined;
    const system = ask.messages?.find(({ role }) => role === 'system')?.content ?? '';
    const request = ask.messages?.findLast(({ role }) => role === 'user')?.content ?? ask.prompt;
    const text = answer(system, request, tier(ask.model));
    return ask.thinks
      ? { text, reasoning: 'I read the code that came with the question, then the question.' }
      : { text };
  };

function answer(system: string, request: string, tier: DemoTier): string {
  if (system.startsWith('You write git commit messages')) return commitMessage(request);
  if (system.startsWith('You review a change')) return review(request);
  if (system.startsWith('You edit code')) return edit(request);
  if (system.startsWith('You name things')) return 'total\nsum\namount';
  if (system.startsWith('You rate how complex')) return '{"complexity": 3}';
  if (system.startsWith('You condense')) return '- The user tries the demo of Gearshift.';
  if (/goroutine/i.test(request)) return GOROUTINES[tier];
  if (request.includes('leaves.py') || request.includes('GRAMS_PER_LITER')) return LEAVES[tier];
  return `${UNPREPARED}\n\n${STEPS}`;
}
