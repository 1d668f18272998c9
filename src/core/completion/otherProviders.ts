/** Extensions that write ghost text as well: two of them at once show two opinions, and neither can be read. */

/** Ids in lower case. */
const WRITERS: ReadonlySet<string> = new Set([
  'github.copilot',
  'github.copilot-chat',
  'continue.continue',
  'ggml-org.llama-vscode',
  'rjmacarthy.twinny',
  'codeium.codeium',
  'codeium.windsurf',
  'tabnine.tabnine-vscode',
  'supermaven.supermaven',
  'sourcegraph.cody-ai',
  'tabbyml.vscode-tabby',
  'kilocode.kilo-code',
  'amazonwebservices.amazon-q-vscode',
  'augment.vscode-augment',
  'google.geminicodeassist',
  'jetbrains.jetbrains-ai-assistant',
  'visualstudioexptteam.vscodeintellicode-completions',
]);

export interface InstalledExtension {
  readonly id: string;
  readonly name: string;
  /** An extension that never started suggests nothing. */
  readonly isActive: boolean;
}

/** The active extensions that write ghost text too and that the user was not asked about yet. */
export function othersToAskAbout(
  installed: readonly InstalledExtension[],
  askedAbout: readonly string[],
): readonly InstalledExtension[] {
  return installed.filter(
    ({ id, isActive }) => isActive && WRITERS.has(id.toLowerCase()) && !askedAbout.includes(id.toLowerCase()),
  );
}

/** The value of VS Code's setting that keeps the ghost text of some extensions away: ids with commas between them. */
export function suppressAlso(value: string | undefined, ids: readonly string[]): string {
  const known = (value ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter(Boolean);
  return [...new Set([...known, ...ids])].join(',');
}
