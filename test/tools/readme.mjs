/** What README.md refers to, and README.md as the package has it. */
import path from 'node:path';

/**
 * A link or picture to a file of this repository.
 * @typedef {object} Reference
 * @property {string} file the path from the top folder, with `/`
 * @property {string} anchor the heading without `#`; empty: none
 * @property {boolean} picture
 */

/** Markdown without code, in which nothing is a link. */
const withoutCode = (/** @type {string} */ markdown) =>
  markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');

/**
 * The links and pictures of a page that are no web addresses: `[text](file#anchor)`, `![text](file)`, `<img src="file">`,
 * `<a href="file">`.
 * @param {string} markdown
 * @param {string} [page] the path of the page from the top folder, to which its links are relative
 * @returns {Reference[]}
 */
export function referencesOf(markdown, page = 'README.md') {
  const text = withoutCode(markdown);
  const found = [
    ...[...text.matchAll(/(!?)\[[^\]]*\]\(\s*<?([^)\s>]+)/g)].map(([, mark, target]) => ({
      target,
      picture: mark === '!',
    })),
    // a picture that is itself the text of a link leaves the link's end
    ...[...text.matchAll(/\)\]\(\s*<?([^)\s>]+)/g)].map(([, target]) => ({ target, picture: false })),
    ...[...text.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/gm)].map(([, target]) => ({ target, picture: false })),
    ...[...text.matchAll(/<(img|a|video|source)\b[^>]*?\b(?:src|href)\s*=\s*["']([^"']+)/gi)].map(
      ([, tag, target]) => ({
        target,
        picture: tag?.toLowerCase() !== 'a',
      }),
    ),
  ];
  return found.flatMap(({ target = '', picture }) => {
    if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(target)) return [];
    const [file = '', anchor = ''] = decodeURI(target).split('#');
    return { file: file ? path.posix.join(path.posix.dirname(page), file) : page, anchor, picture };
  });
}

/**
 * The anchors of a page's headings, as GitHub and VS Code form them.
 * @param {string} markdown
 * @returns {string[]}
 */
export const anchorsOf = (markdown) =>
  [...markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

/**
 * README.md as the package has it: without paragraphs that begin with a picture of the repository. On the page of an
 * installed extension VS Code loads pictures from web addresses only; it drops relative and `data:` ones (seen in 1.139).
 * @param {string} markdown
 */
export const packagedReadme = (markdown) =>
  markdown
    .split(/\n{2,}/)
    .filter((paragraph) => !(paragraph.startsWith('![') && referencesOf(paragraph).some(({ picture }) => picture)))
    .join('\n\n');

/**
 * What the page of a package refers to, and the package does not hold.
 * @param {string} markdown the packaged README.md
 * @param {readonly string[]} inside the files of the package, with `/`
 * @returns {string[]} one sentence per link or picture
 */
export function findDeadReferences(markdown, inside) {
  return referencesOf(markdown).flatMap(({ file, picture }) => {
    if (picture) return `README.md has the picture "${file}", which VS Code does not show from a package.`;
    return inside.includes(file) ? [] : `README.md has a link to "${file}", which is not in the package.`;
  });
}
