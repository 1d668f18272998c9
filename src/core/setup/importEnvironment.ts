import { t } from '@vscode/l10n';
import { FIXED_PROVIDERS } from './importProviders.ts';
import { Planner, type ImportContext, type ImportPlan } from './importPlan.ts';

/** Keys by the usual names of their variables, in VS Code's environment or in a `.env` file. */

/** Aider reads every name with this prefix too (aider.chat/docs/config/dotenv.html). */
const PREFIX = 'AIDER_';

type Variables = Readonly<Record<string, string | undefined>>;

const KEY_VARIABLES = FIXED_PROVIDERS.flatMap(({ name, keys }) =>
  keys.flatMap((variable) => [variable, `${PREFIX}${variable}`].map((each) => ({ variable: each, provider: name }))),
);

/** The variables that a plan would use. */
export const keyVariablesIn = (variables: Variables): string[] =>
  KEY_VARIABLES.map(({ variable }) => variable).filter((variable) => variables[variable]);

/** Where the key of a variable goes when the environment names another address for it: `OPENAI_BASE_URL`. */
function addressBeside(variable: string, variables: Variables): { name: string; address: string } | undefined {
  const vendor = variable.replace(/_(API_KEY|KEY|TOKEN)$/, '');
  for (const end of ['BASE_URL', 'API_BASE']) {
    const name = `${vendor}_${end}`;
    const address = variables[name];
    if (address) return { name, address };
  }
  return undefined;
}

/** Keys of the environment, taken by the names of their variables; their values are not looked at. */
export function planEnvironment(context: ImportContext): ImportPlan {
  const { env, known } = context;
  const plan = new Planner(context);
  const from = new Map<string, string>();
  for (const { variable, provider } of KEY_VARIABLES) {
    if (!env[variable]) continue;
    const beside = addressBeside(variable, env);
    const before = beside ? undefined : (known.get(provider)?.apiKeyEnv ?? from.get(provider));
    if (before) plan.leave(variable, t('the key for {0} already comes from {1}', provider, before));
    else if (
      plan.addKey({
        label: beside ? t('{0}, which is for {1}', variable, beside.name) : variable,
        provider: beside ? 'openai-compatible' : provider,
        address: beside?.address,
        key: `\${${variable}}`,
      })
    )
      from.set(provider, variable);
  }
  return plan;
}

/** Keys of a `.env` file. VS Code does not have its variables, so their values are for the secret storage. */
export function planDotEnv(variables: Variables, context: ImportContext): ImportPlan {
  const plan = new Planner(context);
  const from = new Map<string, string>();
  for (const { variable, provider } of KEY_VARIABLES) {
    const key = variables[variable];
    if (!key) continue;
    const beside = addressBeside(variable, variables);
    const before = beside ? undefined : from.get(provider);
    if (before) plan.leave(variable, t('the key for {0} already comes from {1}', provider, before));
    else if (
      plan.addKey({
        label: beside ? t('{0}, which is for {1}', variable, beside.name) : variable,
        provider: beside ? 'openai-compatible' : provider,
        address: beside?.address,
        key,
      })
    )
      from.set(provider, variable);
  }
  return plan;
}
