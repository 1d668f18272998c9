import { t } from '@vscode/l10n';
import { spentBy, type StageRun } from '../chat/recipeRun.ts';
import { attachmentText } from '../chat/prompt.ts';
import { buildReviewMessages, readReview, type Finding } from '../codeTools/reviewFindings.ts';
import { jsonIn } from '../common/jsonIn.ts';
import { addFields } from '../common/sums.ts';
import { estimateTokens } from '../common/tokens.ts';
import { familyOf } from '../common/modelFamily.ts';
import { TIERS, type Message, type ModelRef, type Tier } from '../common/types.ts';
import { parseAnswer } from '../edits/parseAnswer.ts';
import { familyFirst, reviewersFor } from '../languageModels/conversations.ts';
import { agentPrompt, fillIn, needsOf, repairMessages, stageMessages, VERDICT, type StageInput } from './messages.ts';
import { familiesOf, noReviewer, sameMind } from './minds.ts';
import type { AgentUsed } from './ports.ts';
import { parseSchema, validate, withoutDuplicates, type JsonSchema } from './schema.ts';
import { ask, done, failed, stopped, stopWords, type Doing, type StageEnd } from './stageCall.ts';

/** What the kinds of stages do. */

/** Does a stage to its end. */
export async function doStage(doing: Doing): Promise<StageEnd> {
  switch (doing.stage.kind) {
    case 'ask':
      return askStage(doing);
    case 'extract':
      return extractStage(doing);
    case 'score':
      return scoreStage(doing);
    case 'approve':
      return { kind: 'paused', stage: { ...doing.row, status: 'paused', words: t('Waits for your approval.') } };
    case 'work':
      return workStage(doing);
    case 'check':
      return checkStage(doing);
    case 'review':
      return reviewStage(doing);
  }
}

/** What the placeholders of a stage stand for. */
async function inputOf({ run, stage, ports, signal }: Doing): Promise<StageInput> {
  const { outputs: names, searches } = needsOf(stage);
  const outputs = new Map(run.stages.map(({ name, output }) => [name, output]));
  const found = new Map<string, string>();
  for (const name of searches) found.set(name, await ports.search(textsIn(outputs.get(name) ?? ''), signal));
  return {
    task: run.task,
    context: names.has('context') ? await ports.attached() : [],
    changes: names.has('changes') ? await ports.changes() : '',
    outputs,
    found,
  };
}

/** A search takes so many texts at most, of so many characters: each is looked for in each file. */
const MOST_TEXTS = 50;
const LONGEST_TEXT = 200;

/** The texts of a JSON value that can be searched for, each once. */
function textsIn(json: string): string[] {
  const texts = new Set<string>();
  const walk = (value: unknown): void => {
    if (texts.size >= MOST_TEXTS) return;
    if (typeof value === 'string') {
      const text = value.trim();
      if (text && text.length <= LONGEST_TEXT) texts.add(text);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
  };
  walk(jsonIn(json)?.value);
  return [...texts];
}

const tierOf = ({ stage }: Doing): Tier => stage.tier ?? 'mid';
const chainOf = (doing: Doing): readonly ModelRef[] => doing.ports.chain(tierOf(doing));

async function askStage(doing: Doing): Promise<StageEnd> {
  const messages = stageMessages(doing.stage, await inputOf(doing), {});
  const answered = await ask(doing, { messages, chain: chainOf(doing), tier: tierOf(doing) });
  if ('end' in answered) return answered.end;
  const missing = await missingPlaces(answered.text, doing);
  const words =
    missing.length > 0 ? t('The answer names places that do not exist: {0}', missing.slice(0, 5).join(', ')) : '';
  return done(doing, { output: answered.text, words });
}

/** Places such as `src/pool.ts:40` in an answer that do not exist. Only where the stage reads claims. */
async function missingPlaces(text: string, { run, stage, ports, signal }: Doing): Promise<string[]> {
  const reads = needsOf(stage).outputs;
  const isSourced = run.stages.some(
    ({ name, kind, output }) => kind === 'extract' && reads.has(name) && /"line"/.test(output),
  );
  if (!isSourced) return [];
  const missing: string[] = [];
  for (const { path, line } of placesIn(text)) {
    if (signal.aborted) break;
    if (!(await ports.exists(path, line))) missing.push(`${path}:${line}`);
  }
  return missing;
}

/** Most places of an answer that are looked up. */
const MOST_PLACES = 200;

/** Places such as `src/pool.ts:40`, or a page and a line, in a text; each once. */
function placesIn(text: string): { readonly path: string; readonly line: number }[] {
  const places = new Map<string, { readonly path: string; readonly line: number }>();
  const add = (path: string, behind: string): void => {
    const digits = /^\d{1,9}/.exec(behind)?.[0];
    if (digits !== undefined && places.size < MOST_PLACES)
      places.set(`${path}:${digits}`, { path, line: Number(digits) });
  };
  for (const word of text.split(/[\s()<>[\]"'`]+/)) {
    const address = word.search(/https?:\/\//);
    if (address >= 0) {
      const colon = word.lastIndexOf(':');
      add(word.slice(address, colon), word.slice(colon + 1));
      continue;
    }
    for (const each of word.split(/[^\w@./:-]+/)) {
      const parts = each.split(':');
      for (let i = 1; i < parts.length; i++)
        if (/[^.]\.\w+$/.test(parts[i - 1] ?? '')) add(parts[i - 1] ?? '', parts[i] ?? '');
    }
  }
  return [...places.values()];
}

/** Asks for JSON that fits a schema; what does not fit is repaired once. */
async function askForJson(
  doing: Doing,
  messages: readonly Message[],
  schema: JsonSchema,
): Promise<{ readonly value: unknown } | { readonly end: StageEnd }> {
  const tier = tierOf(doing);
  let asked = messages;
  for (let repairs = 0; ; repairs++) {
    const answered = await ask(doing, { messages: asked, chain: chainOf(doing), tier });
    if ('end' in answered) return answered;
    const found = jsonIn(answered.text);
    const problems = found ? validate(schema, found.value) : ['There is no JSON in the answer.'];
    if (found && problems.length === 0) return found;
    doing.row = { ...doing.row, output: answered.text };
    if (repairs > 0)
      return {
        end: failed(doing, t('The answer does not fit the schema, after one repair: {0}', problems.join(' ')), {
          failure: { kind: 'unusable' },
          place: null,
        }),
      };
    asked = repairMessages(messages, answered.text, problems);
  }
}

async function extractStage(doing: Doing): Promise<StageEnd> {
  const chosen = doing.run.schemas?.[doing.stage.name];
  const read = chosen === undefined ? undefined : parseSchema(chosen);
  const schema = doing.stage.schema ?? (read && 'schema' in read ? read.schema : undefined);
  if (!schema) return failed(doing, t('No schema was chosen for this stage.'));
  const input = await inputOf(doing);
  const got = await askForJson(doing, stageMessages(doing.stage, input, { schema }), schema);
  if ('end' in got) return got.end;
  const value = await withPlaces(withoutDuplicates(got.value), doing);
  const output = JSON.stringify(value, null, 2);
  const context = estimateTokens(input.context.map(attachmentText).join('\n'));
  return done(doing, { output, ...(context > 0 ? { tokens: { context, output: estimateTokens(output) } } : {}) });
}

/** A value without the entries of lists that name a file and a line which do not exist. */
async function withPlaces(value: unknown, doing: Doing): Promise<unknown> {
  if (Array.isArray(value)) {
    const kept: unknown[] = [];
    for (const each of value) {
      if (doing.signal.aborted) break;
      const { path, line } = Object(each) as { path?: unknown; line?: unknown };
      const isPlace = typeof path === 'string' && typeof line === 'number';
      if (!isPlace || (await doing.ports.exists(path, line))) kept.push(await withPlaces(each, doing));
    }
    return kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([name, each]) => [name, await withPlaces(each, doing)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function scoreStage(doing: Doing): Promise<StageEnd> {
  const messages = stageMessages(doing.stage, await inputOf(doing), { schema: VERDICT });
  const got = await askForJson(doing, messages, VERDICT);
  if ('end' in got) return got.end;
  const { score, reason } = got.value as { score: number; reason: string };
  const least = doing.stage.threshold ?? 10;
  const words =
    score >= least
      ? t('{0} of 10: good enough (at least {1}).', score, least)
      : t('{0} of 10: not good enough (at least {1}).', score, least);
  return done(doing, { output: reason, score, words });
}

/** The chain for the next round of a work stage: the same model once more, then the next one; undefined: none is left. */
function chainOfRound(
  chain: readonly ModelRef[],
  { model, sentBack = { check: 0, review: 0 } }: Pick<Doing['row'], 'model' | 'sentBack'>,
): readonly ModelRef[] | undefined {
  if (!model || (sentBack.check === 0 && sentBack.review === 0)) return chain;
  const isSame = (other: ModelRef): boolean => other.provider === model.provider && other.model === model.model;
  if (sentBack.check < 2) return [model];
  const others = chain.slice(chain.findIndex(isSame) + 1).filter((other) => !isSame(other));
  return others.length > 0 ? others : undefined;
}

async function workStage(doing: Doing): Promise<StageEnd> {
  const { stage, row, ports } = doing;
  const chain = chainOfRound(chainOf(doing), row) ?? [];
  const { trouble } = row;
  const read = await inputOf(doing);
  const input = trouble ? { ...read, changes: await ports.changes() } : read;
  const byAgent = await agentStage(doing, input, chain);
  if ('kind' in byAgent) return byAgent;
  const messages = stageMessages(stage, input, { model: chain[0]?.model ?? '', trouble });
  const accept = (text: string): string | null =>
    parseAnswer(text).edits.length > 0 ? null : t('it contains no change of a file');
  const answered = await ask(doing, { messages, chain, tier: tierOf(doing), accept });
  if ('end' in answered) return answered.end;
  doing.row = { ...doing.row, output: answered.text };
  const applied = await ports.apply(answered.text);
  if (applied === 'none') return failed(doing, t('The changes do not fit the files.'));
  if (applied === 'applied') return done(doing, { words: byAgent.unavailable });
  const words = [t('Waits until you apply the changes.'), byAgent.unavailable].filter(Boolean).join(' ');
  return { kind: 'paused', stage: { ...doing.row, status: 'paused', words } };
}

/**
 * Lets VS Code's agent do the work, on the models of the stage.
 *
 * @returns `unavailable` where there is no agent, with the reason in words
 */
async function agentStage(
  doing: Doing,
  input: StageInput,
  chain: readonly ModelRef[],
): Promise<StageEnd | { readonly unavailable: string }> {
  const { run, row, ports, signal, index, stage } = doing;
  if (!ports.agent) return { unavailable: '' };
  const nanoUsd = run.limits.nanoUsd - (spentBy(run) - run.since.nanoUsd);
  const requests = run.limits.requests - (row.requests - (run.since.requests[index] ?? 0));
  if (nanoUsd <= 0) return stopped(doing, t('The money limit of the run is used up.'));
  if (requests <= 0) return stopped(doing, t('The stage has used up its requests.'));
  const started = ports.clock.now();
  const count = (used: AgentUsed): void => {
    doing.row = withAgent(row, used, ports.clock.now() - started);
  };
  const { prompt, files } = agentPrompt(stage, input, row.trouble);
  ports.waiting?.(t("{0}: VS Code's agent works", stage.name));
  const progress = (used: AgentUsed): void => {
    count(used);
    ports.changed({ status: 'running', index, stage: doing.row });
  };
  const task = { prompt, files, tier: tierOf(doing), chain, requests, nanoUsd, progress };
  const end = await ports.agent(task, signal);
  if ('unavailable' in end) return end;
  count(end);
  doing.row = { ...doing.row, output: end.text };
  if (end.outcome === 'cancelled') return stopped(doing, (!signal.aborted && end.words) || stopWords(doing));
  if (end.outcome === 'limited') return stopped(doing, end.words ?? '');
  if (end.outcome === 'done')
    return (await ports.changes()) === '' ? failed(doing, t('The agent changed no file.')) : done(doing, {});
  const { failure = null, place = null } = end;
  const ended = failed(doing, failure ? '' : end.words || t('The agent did not finish.'), { failure, place });
  // A budget stops the run where it is; the user may go on later.
  return failure?.kind === 'budget' ? { kind: 'stopped', stage: { ...ended.stage, status: 'stopped' } } : ended;
}

/** A row with what an agent has used. @param before the row before the agent began */
function withAgent(before: StageRun, used: AgentUsed, ms: number): StageRun {
  return {
    ...before,
    by: [...new Set([...before.by, ...used.by])],
    ...(used.model ? { model: used.model, returned: used.by.at(-1) ?? null } : {}),
    requests: before.requests + used.requests,
    usage: addFields(before.usage, used.usage),
    nanoUsd: before.nanoUsd + used.nanoUsd,
    ...(used.costUnknown ? { costUnknown: true } : {}),
    ms: before.ms + ms,
  };
}

async function checkStage(doing: Doing): Promise<StageEnd> {
  const { ports, signal, run } = doing;
  ports.waiting?.(t('{0}: running', doing.stage.name));
  const started = ports.clock.now();
  const { ok, output } = await ports.check(signal);
  doing.row = { ...doing.row, output, ms: doing.row.ms + ports.clock.now() - started };
  if (signal.aborted) return stopped(doing, stopWords(doing));
  if (ok) return done(doing, {});
  const work = run.stages.find(({ kind }) => kind === 'work');
  const { check, review } = work?.sentBack ?? { check: 0, review: 0 };
  const row = { ...doing.row, words: t('The check failed.') };
  const next =
    work && chainOfRound(ports.chain(work.tier ?? 'mid'), { ...work, sentBack: { check: check + 1, review } });
  if (check < 2 && next) return { kind: 'back', stage: row, because: 'check', trouble: output };
  return { kind: 'failed', stage: { ...row, status: 'failed' } };
}

async function reviewStage(doing: Doing): Promise<StageEnd> {
  const { run, stage, ports, signal } = doing;
  const work = run.stages.find(({ kind }) => kind === 'work');
  const builders = familiesOf(work?.by ?? []);
  const chains = Object.fromEntries(TIERS.map((tier) => [tier, ports.chain(tier)])) as Record<
    Tier,
    readonly ModelRef[]
  >;
  const reviewer = reviewersFor(tierOf(doing), chains, builders);
  if (!reviewer) return failed(doing, noReviewer(builders), { failure: { kind: 'no-model' }, place: null });
  const diff = await ports.changes();
  if (!diff) return failed(doing, t('There are no changes to review.'));
  const [head, question] = buildReviewMessages(diff, await ports.around(diff, signal));
  if (!head || !question) throw new Error('a review has two messages');
  const asked = { ...question, content: `${question.content}\n\n${fillIn(stage, await inputOf(doing))}` };
  const accept = (text: string): string | null =>
    readReview(text, diff) ? null : t('it contains no list of findings');
  const messages = [head, asked];
  const answered = await ask(doing, { messages, chain: familyFirst(reviewer.chain), tier: reviewer.tier, accept });
  if ('end' in answered) return answered.end;
  const { modelReturned } = answered.result;
  if (modelReturned !== null && builders.has(familyOf(modelReturned))) return failed(doing, sameMind(modelReturned));
  const { findings } = readReview(answered.text, diff) ?? { findings: [] };
  const output = describeFindings(findings);
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return done(doing, { output });
  const row = { ...doing.row, output, words: t('The review found errors: {0}.', errors.length) };
  if ((work?.sentBack?.review ?? 0) === 0)
    return { kind: 'back', stage: row, because: 'review', trouble: describeFindings(errors) };
  return { kind: 'failed', stage: { ...row, status: 'failed' } };
}

/** Findings as Markdown, each with its place. Titles and details are the model's words. */
const describeFindings = (findings: readonly Finding[]): string =>
  findings.length === 0
    ? t('The review found nothing.')
    : findings
        .map(
          ({ path, line, severity, title, detail }) =>
            `- ${path}:${line} (${severity}): ${title}${detail ? `\n  ${detail.replaceAll('\n', '\n  ')}` : ''}`,
        )
        .join('\n');
