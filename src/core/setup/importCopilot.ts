import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { Planner, type ImportContext, type ImportPlan } from './importPlan.ts';

/**
 * Models with own keys in VS Code's chat: `chatLanguageModels.json` in the user folder (code.visualstudio.com, "Language
 * models"), and the settings that came before it.
 */

const Text = v.pipe(v.string(), v.maxLength(2000));
const Group = v.looseObject({
  name: v.nullish(Text),
  vendor: Text,
  url: v.nullish(Text),
  apiKey: v.nullish(Text),
  apiType: v.nullish(Text),
  models: v.nullish(v.array(v.unknown())),
});
const Model = v.looseObject({
  id: v.nullish(Text),
  name: v.nullish(Text),
  url: v.nullish(Text),
  apiType: v.nullish(Text),
  deploymentName: v.nullish(Text),
  requestHeaders: v.nullish(v.record(v.string(), Text)),
});

/** Whether a parsed file is `chatLanguageModels.json`. */
export const isChatLanguageModels = (config: unknown): boolean =>
  Array.isArray(config) && config.some((group) => v.is(Group, group));

/** The settings with models of the user. */
export const COPILOT_SETTINGS = ['github.copilot.chat.customOAIModels', 'github.copilot.chat.azureModels'];

/** Whether a parsed file has Copilot's settings with models of the user. */
export const isCopilotSettings = (config: unknown): boolean =>
  typeof config === 'object' && config !== null && COPILOT_SETTINGS.some((name) => Object.hasOwn(config, name));

/** The models of each group become the mid tier; a group without models brings its provider and key. */
export function planChatLanguageModels(config: unknown, context: ImportContext): ImportPlan {
  const plan = new Planner(context);
  for (const entry of plan.entriesOf<unknown>(Array.isArray(config) ? config : [])) {
    const group = v.safeParse(Group, entry);
    if (!group.success) {
      plan.leave(t('an entry'), t('its {0} cannot be read', v.getDotPath(group.issues[0]) ?? t('form')));
      continue;
    }
    const { vendor, url, apiKey, apiType, models } = group.output;
    const label = group.output.name ?? vendor;
    if (vendor === 'copilot') plan.leave(label, t("Copilot's own models, which only Copilot can ask"));
    else if (!models?.length) {
      const name = plan.addKey({ label, provider: vendor, address: url ?? '', key: apiKey ?? '' });
      if (name) plan.leave(label, t('it lists no models; choose one in the settings'));
    } else
      for (const model of models)
        addModel(plan, label, { provider: vendor, address: url, key: apiKey, apiType }, model);
  }
  return plan;
}

/** The settings that came before the file: an object of models by their id. */
export function planCopilotSettings(config: unknown, context: ImportContext): ImportPlan {
  const plan = new Planner(context);
  const settings = config as Readonly<Record<string, unknown>>;
  for (const name of COPILOT_SETTINGS) {
    const models = v.safeParse(v.record(v.string(), v.looseObject({})), settings[name]);
    for (const [id, model] of models.success ? Object.entries(models.output) : []) {
      addModel(plan, id, { provider: 'customoai' }, { id, ...model });
      if (model['requiresAPIKey'] !== false)
        plan.leave(id, t('its key is in a storage that only the other extension can read; set it under Providers'));
    }
  }
  return plan;
}

/** The API that Gearshift speaks; `undefined` is the same. */
const CHAT_COMPLETIONS = 'chat-completions';

function addModel(
  plan: Planner,
  group: string,
  provider: {
    readonly provider: string;
    readonly address?: string | null | undefined;
    readonly key?: string | null | undefined;
    readonly apiType?: string | null | undefined;
  },
  entry: unknown,
): void {
  const model = v.safeParse(Model, entry);
  const { id, name, url, apiType, deploymentName, requestHeaders } = model.success ? model.output : {};
  const label = name ?? id ?? group;
  const api = apiType ?? provider.apiType ?? CHAT_COMPLETIONS;
  if (!id) return plan.leave(label, t('it names no model'));
  if (api !== CHAT_COMPLETIONS)
    return plan.leave(label, t('it uses the API {0}; Gearshift supports Chat Completions only', api));
  plan.addModel({
    label,
    provider: provider.provider,
    model: id,
    address: url ?? provider.address ?? undefined,
    key: provider.key ?? undefined,
    headers: requestHeaders ?? undefined,
    uses: ['chat'],
    deployment: deploymentName ?? undefined,
  });
}
