/**
 * Globs as in VS Code's settings: `*`, `**`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`; one without a slash matches names in any
 * folder. Case does not matter, and names that begin with a dot are names like others.
 *
 * A glob becomes a small machine that reads the path once, with all its states at a time. Regular expressions, which
 * libraries for globs make of them, go back and try again: seven stars in a glob and a name of 60 characters take them
 * seconds, and a secret file's name is compared in front of every request.
 */

/** The input of a step of the machine: one character, or none when it only tells where to go on. */
type Step =
  { readonly takes: (char: string) => boolean; readonly next: number } | { readonly goes: readonly number[] } | 'match';

/** For each state: the steps that take a character, or match, and are reached from it without taking one. */
type Machine = readonly (readonly Exclude<Step, { goes: unknown }>[])[];

const machines = new Map<string, Machine>();

/** @param path with slashes, as the workspace sees it */
export function matchesGlob(glob: string, path: string): boolean {
  let machine = machines.get(glob);
  if (!machine) machines.set(glob, (machine = follow(compile(glob))));
  let states: Iterable<number> = [0];
  for (const char of path) {
    const next = new Set<number>();
    for (const state of states)
      for (const step of machine[state] ?? []) if (step !== 'match' && step.takes(char)) next.add(step.next);
    if (next.size === 0) return false;
    states = next;
  }
  for (const state of states) if (machine[state]?.includes('match')) return true;
  return false;
}

function follow(steps: readonly Step[]): Machine {
  return steps.map((_, start) => {
    const reached = new Set([start]);
    for (const state of reached) {
      const step = steps[state];
      if (typeof step === 'object' && 'goes' in step) for (const next of step.goes) reached.add(next);
    }
    return [...reached].flatMap((state) => {
      const step = steps[state];
      return step === undefined || (step !== 'match' && 'goes' in step) ? [] : [step];
    });
  });
}

const inName = (char: string): boolean => char !== '/';
const anywhere = (): boolean => true;

function compile(glob: string): readonly Step[] {
  const chars = [...(glob.includes('/') ? glob.replace(/^\//, '') : `**/${glob}`)];
  const steps: Step[] = [];
  const take = (takes: (char: string) => boolean): void => void steps.push({ takes, next: steps.length + 1 });
  /** Any number of such characters. */
  const repeat = (takes: (char: string) => boolean): void => {
    const start = steps.length;
    steps.push({ goes: [start + 1, start + 2] }, { takes, next: start });
  };
  /** Open braces: where each alternative begins, and where each but the last ends. */
  const braces: { readonly at: number; readonly starts: number[]; readonly ends: number[] }[] = [];
  const closeBrace = (): void => {
    const brace = braces.pop();
    if (!brace) return;
    steps[brace.at] = { goes: brace.starts };
    for (const end of brace.ends) steps[end] = { goes: [steps.length] };
  };
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? '';
    const brace = braces.at(-1);
    if (char === '*' && chars[i + 1] === '*') {
      const isFolders = chars[i + 2] === '/';
      const start = steps.length;
      if (isFolders) steps.push({ goes: [] }); // set below
      repeat(anywhere);
      if (isFolders) {
        take((each) => each === '/');
        steps[start] = { goes: [start + 1, steps.length] };
      }
      i += isFolders ? 2 : 1;
    } else if (char === '*') repeat(inName);
    else if (char === '?') take(inName);
    else if (char === '{') {
      braces.push({ at: steps.length, starts: [steps.length + 1], ends: [] });
      steps.push({ goes: [] }); // set by closeBrace
    } else if (char === '}' && brace) closeBrace();
    else if (char === ',' && brace) {
      brace.ends.push(steps.length);
      steps.push({ goes: [] }); // set by closeBrace
      brace.starts.push(steps.length);
    } else if (char === '[' && classEnd(chars, i) > 0) {
      take(classOf(chars.slice(i + 1, classEnd(chars, i))));
      i = classEnd(chars, i);
    } else take(isSame(char));
  }
  while (braces.length > 0) closeBrace();
  steps.push('match');
  return steps;
}

const isSame = (wanted: string): ((char: string) => boolean) => {
  const lower = wanted.toLowerCase();
  return (char) => char === wanted || char.toLowerCase() === lower;
};

/** The `]` of a class, or -1 where the `[` is a character like others. A `]` right at the beginning belongs to the class. */
function classEnd(chars: readonly string[], at: number): number {
  const first = /[!^]/.test(chars[at + 1] ?? '') ? at + 2 : at + 1;
  return chars.indexOf(']', first + 1);
}

/** Characters and ranges between brackets. No class takes a slash. */
function classOf(inside: readonly string[]): (char: string) => boolean {
  const negated = /[!^]/.test(inside[0] ?? '');
  const ranges: (readonly [string, string])[] = [];
  for (let i = negated ? 1 : 0; i < inside.length; i++) {
    const from = inside[i] ?? '';
    const to = inside[i + 1] === '-' ? inside[i + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) i += 2;
  }
  const isIn = (char: string): boolean => ranges.some(([from, to]) => from <= char && char <= to);
  return (char) => char !== '/' && (isIn(char) || isIn(char.toLowerCase()) || isIn(char.toUpperCase())) !== negated;
}
