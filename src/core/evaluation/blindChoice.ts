import type { Attachment } from '../chat/conversation.ts';
import { matchesGlob } from '../common/glob.ts';
import { formatModelRef, parseModelRef, TIERS, type ModelRef, type Tier } from '../common/types.ts';
import type { Category } from '../ledger/categories.ts';
import { dayOf } from '../routing/learnedRules.ts';
import type { RuleEntry } from '../routing/routingTypes.ts';

/** Which questions are compared blind, and with which model. */

export interface BlindSettings {
  /** Globs of files that are not critical; without any, nothing is compared. */
  readonly paths: readonly string[];
  /** One question in so many is compared. */
  readonly oneIn: number;
  /** `provider/model`; empty: the next one of the tier, else the first of the next cheaper tier. */
  readonly against: string;
}

export const isOn = ({ paths }: BlindSettings): boolean => paths.length > 0;

/** Whether a question is about files that are not critical, and about nothing else that could be. */
export function isAboutPaths(attachments: readonly Attachment[], globs: readonly string[]): boolean {
  const own = attachments.filter(({ kind }) => kind !== 'rules');
  const paths = own.map(pathsOf);
  // What names no file, such as output of a terminal, may be of any.
  return own.length > 0 && paths.every((some) => some.length > 0 && some.every((path) => isOf(path, globs)));
}

function pathsOf({ path, pieces }: Attachment): readonly string[] {
  if (pieces) return pieces.map((piece) => piece.path);
  return path ? [path.replaceAll('\\', '/')] : [];
}

const isOf = (path: string, globs: readonly string[]): boolean => globs.some((glob) => matchesGlob(glob, path));

/**
 * The model that a question is also asked of; undefined where there is none beside the usual one.
 *
 * @param chain the models that would answer, first choice first
 * @param chainOf the models of a tier that answer questions
 */
export function rivalOf(
  { against }: Pick<BlindSettings, 'against'>,
  { tier, chain }: { readonly tier: Tier; readonly chain: readonly ModelRef[] },
  chainOf: (tier: Tier) => readonly ModelRef[],
): { readonly tier: Tier; readonly model: ModelRef } | undefined {
  const [usual, next] = chain;
  if (!usual) return undefined;
  const cheaper = TIERS.slice(0, TIERS.indexOf(tier)).findLast((each) => chainOf(each).length > 0);
  const model = against ? parseModelRef(against) : (next ?? (cheaper && chainOf(cheaper)[0]));
  if (!model || formatModelRef(model) === formatModelRef(usual)) return undefined;
  const has = (each: Tier): boolean => chainOf(each).some((ref) => formatModelRef(ref) === formatModelRef(model));
  return { tier: has(tier) ? tier : (TIERS.find(has) ?? tier), model };
}

/** Days after which a rule of votes ends: models change. */
const LASTS_DAYS = 60;
const DAY_MS = 86_400_000;

/**
 * The rule that sends a category to the model that won.
 *
 * @param taken names of the rules that exist
 * @param now in ms since the epoch
 */
export function voteRule(
  category: Category,
  { tier, model, because }: { readonly tier: Tier; readonly model: string; readonly because: string },
  taken: readonly string[],
  now: number,
): RuleEntry {
  let name = `votes-${category}`;
  for (let n = 2; taken.includes(name); n++) name = `votes-${category}-${n}`;
  return { name, when: { categories: [category] }, tier, model, because, until: dayOf(now + LASTS_DAYS * DAY_MS) };
}
