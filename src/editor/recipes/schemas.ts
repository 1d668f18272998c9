import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { JsonSchema } from '../../core/recipes/schema.ts';

/** Schemas for an extraction, to choose from. */

const text: JsonSchema = { type: 'string' };
const listOf = (fields: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'array',
  items: { type: 'object', required: Object.keys(fields).slice(0, 1), properties: fields },
});
const objectOf = (fields: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  required: Object.keys(fields),
  properties: fields,
});

const SCHEMAS: Readonly<Record<'facts' | 'log' | 'diff' | 'notes', JsonSchema>> = {
  facts: objectOf({ facts: listOf({ fact: text, where: text }) }),
  log: objectOf({
    errors: listOf({ message: text, first: text, last: text, count: { type: 'integer', minimum: 1 }, source: text }),
    events: listOf({ time: text, what: text }),
  }),
  diff: objectOf({ changes: listOf({ path: text, what: text, risk: text }) }),
  notes: objectOf({
    decisions: listOf({ decision: text, by: text }),
    dates: listOf({ date: text, what: text }),
    actions: listOf({ action: text, who: text, due: text }),
  }),
};

/** A schema as JSON, as the user chose it; undefined when the user gives up. */
export async function chooseSchema(stage: string): Promise<string | undefined> {
  const items = [
    { label: t('Facts'), description: t('each with its place'), schema: SCHEMAS.facts },
    { label: t('Log'), description: t('errors with their times and counts, and events'), schema: SCHEMAS.log },
    { label: t('Diff'), description: t('changes by file, with their risk'), schema: SCHEMAS.diff },
    { label: t('Notes'), description: t('decisions, dates, and action items'), schema: SCHEMAS.notes },
    { label: t('Your Own Fields…'), description: t('names of fields, with commas between them'), schema: undefined },
  ];
  const picked = await vscode.window.showQuickPick(items, { title: t('What should "{0}" extract?', stage) });
  if (!picked) return undefined;
  if (picked.schema) return JSON.stringify(picked.schema);
  const fields = await vscode.window.showInputBox({
    title: t('Fields of each entry'),
    placeHolder: 'name, price, date',
    validateInput: (value) =>
      namesIn(value).length > 0 ? undefined : t('Write at least one name, with commas between names.'),
  });
  if (fields === undefined) return undefined;
  const names = Object.fromEntries(namesIn(fields).map((name) => [name, text]));
  return JSON.stringify(objectOf({ entries: listOf(names) }));
}

const namesIn = (value: string): string[] =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => /^[\p{L}_][\p{L}\p{N}_ -]*$/u.test(name));
