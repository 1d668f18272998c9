import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { Planner, type ImportContext, type ImportPlan } from './importPlan.ts';

/** The configuration of LiteLLM's proxy, `config.yaml` (docs.litellm.ai, "proxy/configs"). */

const Text = v.pipe(v.string(), v.maxLength(2000));
const Deployment = v.looseObject({
  model_name: Text,
  litellm_params: v.nullish(v.looseObject({ model: v.nullish(Text) })),
  model_info: v.nullish(v.looseObject({ mode: v.nullish(Text) })),
});
const LiteLlm = v.looseObject({
  model_list: v.array(v.unknown()),
  general_settings: v.nullish(v.looseObject({ master_key: v.nullish(Text) })),
});

/** Modes of models that answer questions. */
const CHAT_MODES = ['chat', 'completion', 'responses'];

/** Whether a parsed file is LiteLLM's. */
export const isLiteLlm = (config: unknown): boolean => v.is(LiteLlm, config);

/**
 * Its models become the mid tier, asked through the proxy by the names that it gives them. The keys of the providers
 * behind it stay with the proxy; the proxy's own key is taken.
 */
export function planLiteLlm(config: unknown, context: ImportContext): ImportPlan {
  const plan = new Planner(context);
  const root = v.safeParse(LiteLlm, config);
  if (!root.success) {
    plan.leave('', t('The file contains no configuration.'));
    return plan;
  }
  const key = root.output.general_settings?.master_key ?? plan.usualKeyOf('litellm');
  const seen = new Set<string>();
  for (const entry of plan.entriesOf(root.output.model_list)) {
    const deployment = v.safeParse(Deployment, entry);
    if (!deployment.success) {
      plan.leave(t('an entry of its models'), t('it names no model'));
      continue;
    }
    const { model_name: model, model_info, litellm_params } = deployment.output;
    // Several deployments of one name are one model to those who ask.
    if (seen.has(model)) continue;
    seen.add(model);
    const mode = model_info?.mode ?? 'chat';
    if (model.includes('*')) plan.leave(model, t('it stands for many models; choose one of them in the settings'));
    else if (!CHAT_MODES.includes(mode)) plan.leave(model, t('its mode is {0}, not chat', mode));
    else {
      const behind = litellm_params?.model ?? undefined;
      plan.addModel({ label: model, provider: 'litellm', model, behind, key, uses: ['chat'] });
    }
  }
  plan.leave('', t('the keys of the providers behind LiteLLM: they stay with LiteLLM, which needs them'));
  return plan;
}
