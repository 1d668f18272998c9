import path from 'node:path';
import { ROOMS, roomOf } from './rooms.mjs';

/**
 * The ESLint rule `gearshift/rooms`: an import must lead to a room that the table in `rooms.mjs` allows. It reports the
 * import itself, so the editor underlines that line. Type imports count too.
 * @type {import('eslint').Rule.RuleModule}
 */
export const roomsRule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { wrong: '{{from}} may not import {{to}}: see test/tools/rooms.mjs.' },
  },
  create(context) {
    const src = path.join(context.cwd, 'src');
    const below = (/** @type {string} */ file) => path.relative(src, file).replaceAll('\\', '/');
    const from = roomOf(below(context.filename));
    if (!from) return {};
    /** @param {{ source?: import('estree').Expression | null | undefined }} node */
    const check = ({ source }) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string' || !source.value.startsWith('.')) return;
      const to = roomOf(below(path.resolve(path.dirname(context.filename), source.value)));
      if (to && to !== from && !ROOMS[from]?.includes(to))
        context.report({ node: source, messageId: 'wrong', data: { from, to } });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
