import { t } from '@vscode/l10n';
import { isAider, planAider } from './importAider.ts';
import { isCline, planCline } from './importCline.ts';
import { isContinue, planContinue, withLocalBlocks } from './importContinue.ts';
import {
  isChatLanguageModels,
  isCopilotSettings,
  planChatLanguageModels,
  planCopilotSettings,
} from './importCopilot.ts';
import { planDotEnv } from './importEnvironment.ts';
import { isLiteLlm, planLiteLlm } from './importLiteLlm.ts';
import { isEmpty, Planner, type ImportContext, type ImportPlan } from './importPlan.ts';
import { parseConfig, parseDotEnv } from './importText.ts';

/** The files of other tools, told apart by what they hold. */

/** Names of the tools, which are not translated. */
type Tool = 'Continue' | 'LiteLLM' | 'Aider' | 'Cline' | 'Copilot' | '.env';

interface FilePlan {
  /** Undefined: the file is of none of the tools. */
  readonly tool: Tool | undefined;
  readonly plan: ImportPlan;
}

/** Reads a file by its path from another one's folder. Undefined when there is none. */
type ReadBeside = (path: string) => Promise<string | undefined>;

/**
 * What an import of a file would change. Throws with the parser's reason when the file is neither YAML nor JSON.
 *
 * @param name the file's name, without its folder
 * @param readBeside reads a file by its path from the same folder: `.env` for keys that are referred to, Cline's
 *   `secrets.json`, blocks of Continue
 */
export async function planFile(
  name: string,
  text: string,
  context: ImportContext,
  readBeside: ReadBeside,
): Promise<FilePlan> {
  const found = await readPlan(name, text, context, readBeside);
  if (!isEmpty(found.plan) || found.plan.left.length > 0) return found;
  const plan = new Planner(context);
  plan.leave('', t('The file names no model and no key.'));
  return { ...found, plan };
}

async function readPlan(name: string, text: string, context: ImportContext, readBeside: ReadBeside): Promise<FilePlan> {
  if (/^\.?env(\.|$)|\.env$/i.test(name)) return { tool: '.env', plan: planDotEnv(parseDotEnv(text), context) };
  const config = parseConfig(text, /\.jsonc?$/i.test(name));
  const isAiders = /^\.?aider[^/]*\.ya?ml$/i.test(name);
  const files = { ...parseDotEnv((await readBeside('.env')) ?? ''), ...context.files };
  const withFiles = { ...context, files };
  if (isChatLanguageModels(config)) return { tool: 'Copilot', plan: planChatLanguageModels(config, withFiles) };
  if (isCopilotSettings(config)) return { tool: 'Copilot', plan: planCopilotSettings(config, withFiles) };
  if (isLiteLlm(config)) return { tool: 'LiteLLM', plan: planLiteLlm(config, withFiles) };
  if (isCline(config)) {
    const secrets = await readBeside('secrets.json');
    return { tool: 'Cline', plan: planCline(config, secrets && parseConfig(secrets, true), withFiles) };
  }
  if (!isAiders && isContinue(config))
    return { tool: 'Continue', plan: planContinue(await withLocalBlocks(config, readBeside), withFiles) };
  if (isAiders || isAider(config)) return { tool: 'Aider', plan: planAider(config, withFiles) };
  const plan = new Planner(context);
  plan.leave('', t('The file is not a configuration of Continue, Cline, Aider, Copilot or LiteLLM.'));
  return { tool: undefined, plan };
}
