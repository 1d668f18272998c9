import { t } from '@vscode/l10n';

/**
 * The form in which a model is asked for an edit, in the chat's prompt and when an edit did not fit. All forms are read; this
 * is only what each family writes best.
 */

export type EditFormat = 'patch' | 'search-replace' | 'whole';

interface FamilyRow {
  readonly model: RegExp;
  readonly format: EditFormat;
  /** Where that is known from. */
  readonly source: string;
}

/** The first row that matches counts. */
const FAMILIES: readonly FamilyRow[] = [
  { model: /\b(?:gpt-?[5-9]|codex|o[34])\b/, format: 'patch', source: "OpenAI's guide to apply_patch" },
  {
    model: /\b(?:claude|gemini|grok|minimax|kimi|glm|deepseek|mistral|devstral|codestral|gpt-?4)/,
    format: 'search-replace',
    source: "aider's leaderboard, edit format per model",
  },
  // Small models lose the marks; what they write as a whole is right more often.
  {
    model: /[-:_ ](?:0\.5|1|1\.3|1\.5|1\.7|2|3|3\.8|4|6\.7|7|8|9)b\b/,
    format: 'whole',
    source: "aider's leaderboard, edit format per model",
  },
];

/** The form that a model is asked for; search/replace where its family is unknown. */
export function editFormatFor(model: string): EditFormat {
  const name = model.toLowerCase();
  const size = FAMILIES.find(({ format }) => format === 'whole');
  // The size decides before the family: a distilled model has the name of a large one.
  if (size?.model.test(name)) return size.format;
  return FAMILIES.find((row) => row.model.test(name))?.format ?? 'search-replace';
}

/** What the chat's prompt asks of a model that changes code, in the form that it writes best. */
export function editRule(model: string): string {
  switch (editFormatFor(model)) {
    case 'patch':
      return [
        'When you change files of the context, write the changes as one patch in a fenced block, like this one:',
        ...PATCH_EXAMPLE,
      ].join('\n');
    case 'search-replace':
      return [
        'When you change a file of the context, write its path on a line of its own, and below it a fenced block with a search/replace block for each change, like this one:',
        ...SEARCH_EXAMPLE,
      ].join('\n');
    case 'whole':
      return 'When you change code, show each changed function or block as a whole. Leave nothing out.';
  }
}

const PATCH_EXAMPLE = [
  '*** Begin Patch',
  '*** Update File: path of the file',
  '@@',
  ' lines of the file, copied exactly',
  '-a line that goes',
  '+a line that comes',
  '*** End Patch',
];
const SEARCH_EXAMPLE = [
  '<<<<<<< SEARCH',
  'lines of the file, copied exactly',
  '=======',
  'the lines that take their place',
  '>>>>>>> REPLACE',
];

/**
 * Asks for a change once more, in the form that the model writes best.
 *
 * @param trouble why the first one does not fit, in words
 * @param model name of the model that will be asked; empty where it is unknown
 */
export function cleanEditQuestion(trouble: string, model: string): string {
  return [t('Your change does not fit the attached file:'), trouble, ...askIn(editFormatFor(model))].join('\n');
}

function askIn(format: EditFormat): string[] {
  switch (format) {
    case 'patch':
      return [
        t('Write the same change again for the file as it is attached, as a patch like this one:'),
        '```',
        '*** Begin Patch',
        `*** Update File: ${t('path of the file')}`,
        '@@',
        ` ${t('lines of the file, copied exactly')}`,
        `-${t('a removed line')}`,
        `+${t('an added line')}`,
        '*** End Patch',
        '```',
      ];
    case 'search-replace':
      return [
        t('Write the same change again for the file as it is attached, as search/replace blocks like this one:'),
        '```',
        '<<<<<<< SEARCH',
        t('lines of the file, copied exactly'),
        '=======',
        t('the replacement lines'),
        '>>>>>>> REPLACE',
        '```',
      ];
    case 'whole':
      return [
        t(
          'Write each function that changes again as a whole, for the file as it is attached, in one code block. Leave nothing out.',
        ),
      ];
  }
}
