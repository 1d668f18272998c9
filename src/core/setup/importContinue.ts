import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { Planner, type FoundModel, type ImportContext, type ImportPlan } from './importPlan.ts';

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
  for (const { value, role } of modelsOf(root.output)) {
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

/** All models of either form; those of `tabAutocompleteModel` have only that role. */
function modelsOf(root: Readonly<Record<string, unknown>>): { value: unknown; role?: string }[] {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value ? [value] : []);
  return [
    ...list(root['models']).map((value) => ({ value })),
    ...list(root['tabAutocompleteModel']).map((value) => ({ value, role: 'autocomplete' })),
  ].slice(0, 200);
}

/** What the user calls an entry that cannot be read. */
function labelOf(value: unknown): string {
  const members = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const name = [members['name'], members['title'], members['model']].find((each) => typeof each === 'string');
  return typeof name === 'string' ? name.slice(0, 100) : t('an entry of its models');
}

function takeModel(plan: Planner, entry: ContinueModel, role: string | undefined): void {
  const { uses } = entry;
  const model = entry.model ?? '';
  const label = entry.name ?? entry.title ?? (model || uses || t('an entry of its models'));
  if (uses) return plan.leave(uses, t("a block of Continue's hub"));
  if (model === 'AUTODETECT')
    return plan.leave(label, t('it stands for every model on its server; choose one in the settings'));
  if (!model) return plan.leave(label, t('it names no model'));
  const roles = role ? [role] : entry.roles?.length ? entry.roles : DEFAULT_ROLES;
  const wanted: FoundModel['uses'] = [
    ...(roles.includes('chat') ? (['chat'] as const) : []),
    ...(roles.includes('autocomplete') ? (['completions'] as const) : []),
  ];
  if (wanted.length === 0) return plan.leave(label, t('its roles are {0}', roles.join(', ')));
  const { headers, ...options } = entry.requestOptions ?? {};
  for (const option of Object.keys(options))
    plan.leave(label, t("its request option {0} (VS Code's own proxy and certificate settings apply)", option));
  plan.addModel({
    label,
    provider: entry.provider ?? '',
    model,
    address: entry.apiBase ?? undefined,
    key: entry.apiKey ?? undefined,
    headers: headers ?? undefined,
    uses: wanted,
    deployment: entry.env?.deployment ?? entry.deployment ?? undefined,
  });
}
