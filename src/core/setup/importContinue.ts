import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { Planner, type FoundModel, type ImportContext, type ImportPlan } from './importPlan.ts';
import { parseConfig } from './importText.ts';

/** Continue's `config.yaml` and `config.json` (docs.continue.dev/reference and its JSON reference). */

const Text = v.pipe(v.string(), v.maxLength(2000));
/** An empty member (`roles:`) is read as null. */
const optional = <T extends v.GenericSchema>(schema: T): v.NullishSchema<T, undefined> => v.nullish(schema);
const ContinueModel = v.looseObject({
  name: optional(Text),
  title: optional(Text),
  provider: optional(Text),
  model: optional(Text),
  apiBase: optional(Text),
  apiKey: optional(Text),
  roles: optional(v.array(v.string())),
  uses: optional(Text),
  env: optional(v.looseObject({ deployment: optional(Text) })),
  deployment: optional(Text),
  requestOptions: optional(v.looseObject({ headers: optional(v.record(v.string(), Text)) })),
});
type ContinueModel = v.InferOutput<typeof ContinueModel>;

/** Roles of a model without any: docs.continue.dev/reference, "models". */
const DEFAULT_ROLES = ['chat', 'edit', 'apply'];

/** Its own services, which answer only Continue itself. */
const OWN_PROVIDERS: ReadonlySet<string> = new Set(['free-trial', 'continue-proxy']);

/** Options of requests that VS Code's own settings for the network stand for. */
const NETWORK_OPTIONS: ReadonlySet<string> = new Set([
  'proxy',
  'noProxy',
  'verifySsl',
  'caBundlePath',
  'clientCertificate',
]);

/** Parts of its configuration that have no counterpart here. */
const NO_COUNTERPART = [
  'context',
  'contextProviders',
  'rules',
  'prompts',
  'docs',
  'mcpServers',
  'data',
  'slashCommands',
  'customCommands',
  'embeddingsProvider',
  'reranker',
  'tabAutocompleteOptions',
  'systemMessage',
];

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};

/** Whether a parsed file is Continue's: it has a list of models, or other parts that only Continue has. */
export function isContinue(config: unknown): boolean {
  const { models, tabAutocompleteModel, schema, ...others } = membersOf(config);
  if (Array.isArray(models) || tabAutocompleteModel) return true;
  return models === undefined && (schema === 'v1' || OF_CONTINUE.some((name) => Object.hasOwn(others, name)));
}
const OF_CONTINUE = [
  'contextProviders',
  'slashCommands',
  'customCommands',
  'embeddingsProvider',
  'tabAutocompleteOptions',
];

/** Blocks of one configuration that are read from files of their own. */
const MOST_BLOCKS = 100;
/** `uses: ./models/a.yaml`: a block in a file of its own, by its path from the configuration's folder. */
const LOCAL_BLOCK = /^(?:file:\/\/)?(\.{1,2}\/[^\0]*\.ya?ml)$/i;

/**
 * A configuration with the models of its blocks that are files beside it. A block that is not found, that holds no models
 * or whose members the configuration overrides stays as it is.
 *
 * @param readBeside reads a file by its path from the configuration's folder; undefined when there is none
 */
export async function withLocalBlocks(
  config: unknown,
  readBeside: (path: string) => Promise<string | undefined>,
): Promise<unknown> {
  const { models } = membersOf(config);
  if (!Array.isArray(models)) return config;
  let blocks = 0;
  const all: unknown[] = [];
  for (const entry of models as readonly unknown[]) {
    const { uses, override } = membersOf(entry);
    const path = typeof uses === 'string' && !override ? LOCAL_BLOCK.exec(uses)?.[1] : undefined;
    const inBlock = path && ++blocks <= MOST_BLOCKS ? modelsOfBlock(await readBeside(path)) : [];
    all.push(...(inBlock.length > 0 ? inBlock : [entry]));
  }
  return { ...membersOf(config), models: all };
}

/** The models of a block's text; none when it cannot be read. */
function modelsOfBlock(text: string | undefined): readonly unknown[] {
  try {
    const { models } = membersOf(parseConfig(text ?? '', false));
    return Array.isArray(models) ? models : [];
  } catch {
    return [];
  }
}

/**
 * Translates Continue's parsed configuration: its models for completions become the local tier, its chat models the mid
 * tier, in their order.
 */
export function planContinue(config: unknown, context: ImportContext): ImportPlan {
  const plan = new Planner(context);
  const root = v.safeParse(v.record(v.string(), v.unknown()), config);
  if (!root.success) {
    plan.leave('', t('The file contains no configuration.'));
    return plan;
  }
  for (const { value, role } of plan.entriesOf(modelsOf(root.output))) {
    const model = v.safeParse(ContinueModel, value);
    if (model.success) takeModel(plan, model.output, role);
    else plan.leave(labelOf(value), t('its {0} cannot be read', v.getDotPath(model.issues[0]) ?? t('form')));
  }
  for (const name of NO_COUNTERPART) {
    const value = root.output[name];
    const empty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    if (!empty) plan.leave(name, t('not supported by Gearshift'));
  }
  if (plan.tiers.mid) plan.leave('', t('the frontier tier: Continue has none, so yours stays as it is'));
  return plan;
}

/**
 * All models of either form; those of `tabAutocompleteModel` have only that role. It may state the name of one of the
 * models in place of a model.
 */
function modelsOf(root: Members): { value: unknown; role?: string }[] {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value ? [value] : []);
  const models = list(root['models']);
  const named = (value: unknown): unknown => {
    if (typeof value !== 'string') return value;
    const isIt = (model: unknown): boolean => [membersOf(model)['name'], membersOf(model)['title']].includes(value);
    return models.find(isIt) ?? { name: value };
  };
  return [
    ...models.map((value) => ({ value })),
    ...list(root['tabAutocompleteModel']).map((value) => ({ value: named(value), role: 'autocomplete' })),
  ];
}

/** What the user calls an entry that cannot be read. */
function labelOf(value: unknown): string {
  const members = membersOf(value);
  const name = [members['name'], members['title'], members['model']].find((each) => typeof each === 'string');
  return typeof name === 'string' ? name.slice(0, 100) : t('an entry of its models');
}

function takeModel(plan: Planner, entry: ContinueModel, role: string | undefined): void {
  const { uses } = entry;
  const model = entry.model ?? '';
  const label = entry.name ?? entry.title ?? (model || uses || t('an entry of its models'));
  if (uses)
    return plan.leave(
      uses,
      /^(?:file:|[./~])/.test(uses)
        ? t('it is in another file, which was not found, holds no models or is overridden here; import that file')
        : t("it is a block of Continue's hub, which only Continue reads; add its model in the settings"),
    );
  const place = {
    label,
    provider: entry.provider ?? '',
    address: entry.apiBase ?? undefined,
    key: entry.apiKey ?? undefined,
    headers: entry.requestOptions?.headers ?? undefined,
  };
  if (OWN_PROVIDERS.has(place.provider))
    return plan.leave(label, t("{0} is Continue's own service, which only Continue can ask", place.provider));
  if (model === 'AUTODETECT') {
    if (plan.addKey(place)) plan.leave(label, t('it stands for every model on its server; choose one in the settings'));
    return;
  }
  if (!model) return plan.leave(label, t('it names no model'));
  const roles = role ? [role] : entry.roles?.length ? entry.roles : DEFAULT_ROLES;
  const wanted: FoundModel['uses'] = [
    ...(roles.includes('chat') ? (['chat'] as const) : []),
    ...(roles.includes('autocomplete') ? (['completions'] as const) : []),
  ];
  if (wanted.length === 0) return plan.leave(label, t('Gearshift has no tier for its roles ({0})', roles.join(', ')));
  for (const option of Object.keys(entry.requestOptions ?? {})) {
    if (option === 'headers') continue;
    plan.leave(
      label,
      NETWORK_OPTIONS.has(option)
        ? t("its request option {0} (VS Code's own proxy and certificate settings apply)", option)
        : t('its request option {0}, which Gearshift does not support', option),
    );
  }
  plan.addModel({
    ...place,
    model,
    uses: wanted,
    deployment: entry.env?.deployment ?? entry.deployment ?? undefined,
  });
}
