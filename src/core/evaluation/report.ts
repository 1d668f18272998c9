import { t } from '@vscode/l10n';
import { displayMoney } from '../money/displayMoney.ts';
import { describeCheck } from './checks.ts';
import {
  describeDifference,
  differenceOf,
  figuresOf,
  hasPassed,
  nameOf,
  type Comparison,
  type SideFigures,
  type Trial,
} from './compare.ts';

/** A comparison as files: Markdown to read, and JUnit's XML for programs that collect test results. */

/** The report in Markdown. Names and words of models are escaped: they come from outside. */
export function markdownReport(comparison: Comparison, at: Date): string {
  const { a, b, tasks, isComplete } = comparison;
  const title = t('Kept tasks: {0} and {1}', nameOf(a), nameOf(b));
  const rows = tasks.map(({ name }) => [
    cell(name),
    ...(['a', 'b'] as const).flatMap((side) => {
      const own = trialsOf(comparison, name, side);
      return [cell(resultOf(own)), costOf(own), timeOf(own)];
    }),
  ]);
  const heads = [t('Task'), ...[a, b].flatMap((variant) => [cell(nameOf(variant)), t('Cost'), t('Time')])];
  return [
    `# ${line(title)}`,
    '',
    `${describeDifference(comparison)}${isComplete ? '' : ` ${t('The comparison was stopped before its end.')}`}`,
    '',
    ...intervalOf(comparison),
    table(heads, rows),
    '',
    `- ${line(nameOf(a))}: ${total(figuresOf(comparison, 'a'))}`,
    `- ${line(nameOf(b))}: ${total(figuresOf(comparison, 'b'))}`,
    '',
    ...storedAnswers(comparison),
    ...failures(comparison),
    t('Compared on {0} UTC.', at.toISOString().slice(0, 16).replace('T', ' ')),
    '',
  ].join('\n');
}

const trialsOf = ({ trials }: Comparison, task: string, side: 'a' | 'b'): Trial[] =>
  trials.filter((trial) => trial.task === task && trial.side === side);

const resultOf = (trials: readonly Trial[]): string =>
  trials.length === 0 ? '–' : t('{0} of {1} passed', trials.filter(hasPassed).length, trials.length);

function costOf(trials: readonly Trial[]): string {
  const known = trials.filter(({ nanoUsd }) => nanoUsd !== null);
  const sum = displayMoney(known.reduce((all, { nanoUsd }) => all + (nanoUsd ?? 0), 0));
  return known.length === trials.length ? sum : `${sum} + ?`;
}

const timeOf = (trials: readonly Trial[]): string =>
  trials.length === 0
    ? '–'
    : t('{0} s', (trials.reduce((sum, { ms }) => sum + ms, 0) / trials.length / 1000).toFixed(1));

function total({ answers, passed, nanoUsd, unknownCosts, ms }: SideFigures): string {
  const cost = unknownCosts > 0 ? `${displayMoney(nanoUsd)} + ?` : displayMoney(nanoUsd);
  const parts = [t('{0} of {1} answers passed', passed, answers), cost];
  if (ms !== null) parts.push(t('{0} s per answer', (ms / 1000).toFixed(1)));
  return parts.join(', ');
}

function intervalOf(comparison: Comparison): string[] {
  const { mean } = differenceOf(comparison);
  if (!mean) return [];
  const points = (value: number): string => `${value > 0 ? '+' : ''}${Math.round(value * 100)}`;
  return [
    t(
      'Difference of the shares that pass: {0} points (95% interval {1} to {2}).',
      points(mean.value),
      points(mean.low),
      points(mean.high),
    ),
    '',
  ];
}

/** Answers that were not asked for, because their model is gone. */
function storedAnswers({ trials }: Comparison): string[] {
  const told = trials.filter(({ answer, words }) => answer !== null && words !== '');
  const lines = new Set(told.map(({ task, words }) => `- ${line(task)}: ${line(words)}`));
  return lines.size === 0 ? [] : [...lines, ''];
}

function failures(comparison: Comparison): string[] {
  const failed = comparison.trials.filter((trial) => !hasPassed(trial));
  if (failed.length === 0) return [];
  return [
    `## ${t('What failed')}`,
    '',
    ...failed.map((trial) => `- ${line(trial.task)}, ${line(nameOf(comparison[trial.side]))}: ${line(wordsOf(trial))}`),
    '',
  ];
}

/** Why an answer did not pass. */
const wordsOf = ({ words, outcomes }: Trial): string =>
  words ||
  outcomes
    .filter(({ passed }) => !passed)
    .map(({ check, words: why }) => `${describeCheck(check)}: ${why}`)
    .join('; ');

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Text in one line in which nothing is markup. */
const line = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()<>#|~!]/g, (character) => `\\${character}`);

const cell = line;

/** The report as JUnit's XML: a suite for each side, a case for each answer. */
export function junitReport(comparison: Comparison): string {
  const suites = (['a', 'b'] as const).map((side) => {
    const own = comparison.trials.filter((trial) => trial.side === side);
    const failed = own.filter((trial) => !hasPassed(trial));
    const seconds = own.reduce((sum, { ms }) => sum + ms, 0) / 1000;
    const name = escapeXml(nameOf(comparison[side]));
    return [
      `  <testsuite name="${name}" tests="${own.length}" failures="${failed.length}" time="${seconds.toFixed(3)}">`,
      ...own.map((trial) => junitCase(trial, name)),
      '  </testsuite>',
    ].join('\n');
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

function junitCase(trial: Trial, suite: string): string {
  const name = escapeXml(`${trial.task} (${trial.round + 1})`);
  const open = `    <testcase classname="${suite}" name="${name}" time="${(trial.ms / 1000).toFixed(3)}"`;
  if (hasPassed(trial)) return `${open}/>`;
  return `${open}><failure message="${escapeXml(wordsOf(trial))}"/></testcase>`;
}

/** Text for an attribute. Characters that XML does not know are left out. */
const escapeXml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
