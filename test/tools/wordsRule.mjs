import { oddWords } from './words.mjs';

/** Functions whose texts users read. */
const SAYS = new Set(['t', 'plural']);

/**
 * The ESLint rule `gearshift/words`: texts that users read have no word of the table in `words.mjs`. Users read what
 * `t(…)` and `l10n.t(…)` get, and the texts of the pages.
 * @type {import('eslint').Rule.RuleModule}
 */
export const wordsRule = {
  meta: { type: 'suggestion', schema: [], messages: { odd: '"{{word}}" reads oddly. Better: {{better}}.' } },
  create(context) {
    /**
     * @param {import('estree').Node} node
     * @param {string} text
     */
    const look = (node, text) => {
      for (const { word, better } of oddWords(text)) context.report({ node, messageId: 'odd', data: { word, better } });
    };
    return {
      CallExpression({ callee, arguments: given }) {
        const name =
          callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
            ? callee.property.name
            : callee.type === 'Identifier' && callee.name;
        if (!name || !SAYS.has(name)) return;
        for (const part of given)
          if (part.type === 'Literal' && typeof part.value === 'string') look(part, part.value);
          else if (part.type === 'TemplateLiteral')
            for (const quasi of part.quasis) look(part, quasi.value.cooked ?? '');
      },
      /** @param {any} node ESLint's types know no JSX */
      JSXText(node) {
        look(node, String(node.value));
      },
    };
  },
};
