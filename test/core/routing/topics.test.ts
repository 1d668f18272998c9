import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topicsOf } from '../../../src/core/routing/topics.ts';
import { route } from '../../../src/core/routing/route.ts';
import { SHIPPED_RULES } from '../../../src/core/routing/rules.ts';
import { scoreComplexity } from '../../../src/core/routing/scorer.ts';
import { FACTS } from '../../support/facts.ts';

/** Questions that ask for a judgment of attached code, in many languages and forms. */
const JUDGMENTS = [
  'Is this safe?',
  'is this thread-safe',
  'Is this safe when two goroutines call it?',
  'Is this correct?',
  'does this leak',
  'Does it leak memory when the socket closes?',
  'why is this slow?',
  'Why is this test flaky?',
  'is there a race condition here?',
  'anything wrong here?',
  'Can this deadlock?',
  'check whether this is secure',
  'Could you check if this is correct?',
  'Are there any bugs in this?',
  'Ist das threadsicher?',
  'Warum ist das so langsam?',
  'prüfe bitte, ob das korrekt ist',
  '¿Es seguro?',
  '¿por qué es tan lento?',
  'Est-ce que c’est correct ?',
  'É seguro?',
  'è corretto?',
  'Is dit veilig?',
  'czy to jest bezpieczne?',
  'je to bezpečné?',
  'bu güvenli mi?',
  'это безопасно?',
  'почему так медленно?',
  'чи це безпечно?',
  'これは安全ですか',
  'なぜ遅いの？',
  '这样线程安全吗',
  '为什么这么慢？',
  '이거 안전한가요?',
  'هل هذا آمن؟',
  'क्या यह सुरक्षित है?',
  'apakah ini aman?',
];

/** Small work whose words look like it. */
const WORK = [
  'rename isSafe to isSecure',
  'could you correct the spelling?',
  'replace 30 by 60 in the flaky test',
  'change the log text "memory leak suspected" to "heap above limit"',
  'what does this function do?',
  'please make this button slower',
  'sort these imports',
];

test('a question that asks for a judgment of attached code is known as one, in any language', () => {
  for (const text of JUDGMENTS) {
    assert.ok(topicsOf({ text, contextTokens: 400 }).has('judgment'), text);
    assert.ok(topicsOf({ text, language: 'go' }).has('judgment'), `${text}: a selection of unknown size`);
    assert.ok(!topicsOf({ text, contextTokens: 0, language: 'go' }).has('judgment'), `${text}: nothing attached`);
  }
  for (const text of WORK) assert.ok(!topicsOf({ text, contextTokens: 400 }).has('judgment'), text);
});

test('a judgment is never left to the local tier, whatever the score', () => {
  for (const text of JUDGMENTS)
    for (const contextTokens of [1, 400, 7_000])
      for (const language of ['java', 'sql', 'go', undefined]) {
        const facts = { ...FACTS, text, contextTokens, tokens: contextTokens, language };
        for (const complexity of [scoreComplexity(facts), { score: 1, level: 1 as const, signals: [] }])
          assert.notEqual(route(facts, { rules: SHIPPED_RULES, threshold: 3.5, complexity }).tier, 'local', text);
      }
});

test('a review is a topic when the question opens with it, not when it is only mentioned', () => {
  const asks = ['Review this code', 'Can you please review these changes?', 'Überprüfe diesen Code', '审查这段代码'];
  for (const text of asks) assert.ok(topicsOf({ text }).has('review'), text);
  const mentions = [
    'Add tests for the parser with pytest, and once they are green we review the README together',
    `Refine the function so that it reads the schema once. ${'It is called for every row. '.repeat(4)}Then review it.`,
  ];
  for (const text of mentions) assert.ok(!topicsOf({ text }).has('review'), text);
});

test('a topic is read from the beginning of a text, not from a pasted log', () => {
  const log = `npm install next\n\n${'added 27 packages in 6s\n'.repeat(20)}audited 152 packages, 2 modules, security ok`;
  assert.deepEqual([...topicsOf({ text: log })], []);
});
