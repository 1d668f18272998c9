/**
 * Words that read oddly in American English, or not as VS Code says it, and what to say instead. `npm run lint` looks for
 * them in every text that a user reads: the ESLint rule `gearshift/words` in texts of the code, this script in the
 * manifest and in Markdown.
 *
 *   node test/tools/words.mjs
 */
import fs from 'node:fs';
import path from 'node:path';
import { isMain, ROOT } from './bootstrap.mjs';

/** @type {readonly (readonly [RegExp, string])[]} what must not come back, and what to say */
const WORDS = [
  [/\bdear(er|est|ly)?\b/i, 'expensive, costs more'],
  [/\b(go|goes|going|went) along\b/i, 'is included, is sent with it'],
  [/\bin force\b/i, 'in effect, active'],
  [/\bat present\b/i, 'now, currently'],
  [/\ball the same\b/i, 'still, anyway'],
  [/\b(tak(e|es|en|ing)|took) back\b/i, 'undo, revert'],
  [/\b(put|puts|putting) back\b/i, 'restore'],
  [/\bgo(es)? on\b(?! (a|the|your) )/i, 'continue'],
  [/\bwhoever\b/i, 'anyone who'],
  [/\b(no|some)body\b/i, 'no one, someone, or the name of the actor'],
  [/\bblanks\b/i, 'spaces'],
  [/\b(stands?|stood|standing) (in|on|at|there|below|above|under|behind|here)\b/i, 'is'],
  [/\banew\b/i, 'again'],
  [/\btherefore\b/i, 'so'],
  [/\bfurther on\b/i, 'below, later'],
  [/\b(of|from) (ours|yours|mine)\b/i, 'our, your'],
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\b(is|are|was|were) told\b/i, 'says, shows, reports'],
  [/\bswitch(es|ed|ing)? (it |them )?(on|off)\b/i, 'turn on, turn off'],
  [/\boutside of\b/i, 'outside'],
  [/\bin the mean\b/i, 'on average'],
  [/\bat most once\b/i, 'no more than once'],
  [/\bwhat was (once )?agreed\b/i, 'what you allowed'],
  [/\bput in\b/i, 'insert, add'],
  [/\bgive(s|n)? leave\b/i, 'allow'],
  [/\bthe most of\b/i, 'most of'],
  [/(\d|\}) %/, 'no space before %'],
  [/\bside bar\b/, 'sidebar (or Side Bar where it is the name of VS Code)'],
  [
    /\b(colou?rise|colour|behaviour|favour|honour|neighbour|judgement|grey|artefact|programmes?\b|whilst|licence|centre|litres?|metres?)/i,
    'American spelling',
  ],
  [
    /\b(organi|recogni|normali|summari|minimi|maximi|initiali|optimi|locali|customi|prioriti|synchroni|analy)s(e|es|ed|ing|ation)\b/i,
    'American spelling',
  ],
  [
    /\b(cancelled|cancelling|labelled|modelled|travelled|signalled|fulfil)\b/i,
    'American spelling: canceled, labeled, …',
  ],
];

/**
 * The odd words of a text.
 * @param {string} text
 * @returns {{ word: string, better: string, index: number }[]}
 */
export function oddWords(text) {
  return WORDS.flatMap(([pattern, better]) => {
    const found = pattern.exec(text);
    return found ? [{ word: found[0], better, index: found.index }] : [];
  });
}

/** Markdown without what is no prose: code, links' targets, comments. Line ends stay. */
const prose = (/** @type {string} */ markdown) =>
  markdown
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, (code) => code.replace(/[^\n]/g, ''))
    .replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]*`/g, '')
    .replace(/\]\([^)\s]*\)/g, ']');

/** The files outside `src` that users read. */
function texts() {
  const markdown = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md'];
  for (const folder of ['docs', 'media'])
    for (const name of fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.md')) markdown.push(`${folder}/${name.replaceAll('\\', '/')}`);
  return markdown.filter((file) => fs.existsSync(path.join(ROOT, file)));
}

/** @returns {string[]} one line for each odd word: file, line, word, what to say */
export function findOddWords() {
  const found = [];
  const read = (/** @type {string} */ file) => fs.readFileSync(path.join(ROOT, file), 'utf8');
  for (const file of texts())
    for (const [n, line] of prose(read(file)).split('\n').entries())
      for (const { word, better } of oddWords(line)) found.push(`${file}:${n + 1}: "${word}" (better: ${better})`);
  for (const [key, value] of Object.entries(JSON.parse(read('package.nls.json'))))
    for (const { word, better } of oddWords(prose(String(value))))
      found.push(`package.nls.json: ${key}: "${word}" (better: ${better})`);
  return found;
}

if (isMain(import.meta.url)) {
  const found = findOddWords();
  for (const line of found) console.log(line);
  if (found.length > 0) process.exitCode = 1;
}
