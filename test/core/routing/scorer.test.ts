import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { conceptLexicon, featureNames, featureSignals } from '../../../src/core/routing/features.ts';
import { CONCEPTS } from '../../../src/core/routing/concepts.ts';
import { readQuestion } from '../../../src/core/routing/question.ts';
import { BUCKETS, readNgrams } from '../../../src/core/routing/ngrams.ts';
import { packNgrams, unpackNgrams } from '../../../src/core/routing/weightTable.ts';
import { scoreComplexity, toScore } from '../../../src/core/routing/scorer.ts';
import { describeSignals, tellingSignals } from '../../../src/core/routing/describeSignals.ts';
import type { ScoredFacts } from '../../../src/core/routing/routingTypes.ts';
import WEIGHTS from '../../../src/core/routing/weights.json' with { type: 'json' };
import { routeOf, timeScorer } from '../../bench/routing/bench.ts';
import { isTuning, readLabeled } from '../../bench/routing/data.ts';
import { measure } from '../../bench/routing/measure.ts';

const score = (text: string, facts: Partial<ScoredFacts> = {}): number =>
  scoreComplexity({ text, contextTokens: 1_000, files: 1, ...facts }).score;

test('on requests that the weights were not fitted to, the router keeps its bounds', () => {
  const requests = readLabeled().filter((request) => !isTuning(request));
  assert.ok(requests.length > 300);
  const measured = measure(requests, (request) => routeOf(request));
  const always = measure(requests, () => 'mid');
  assert.ok(measured.accuracy >= 0.85, `accuracy ${measured.accuracy}`);
  assert.ok(measured.macroF1 >= 0.75, `macro-F1 ${measured.macroF1}`);
  assert.ok(measured.recall.frontier >= 0.85, `frontier kept ${measured.recall.frontier}`);
  assert.ok(measured.accuracy > always.accuracy + 0.3);
});

test('the labeled set is sound: no text twice, every tier in many human languages', () => {
  const requests = readLabeled();
  assert.equal(new Set(requests.map(({ id }) => id)).size, requests.length);
  const texts = requests.filter(({ text }) => text).map(({ text }) => text);
  assert.ok(texts.length - new Set(texts).size <= 3);
  for (const tier of ['local', 'mid', 'frontier'] as const) {
    const languages = new Set(requests.filter((request) => request.tier === tier).map(({ id }) => id.split('-')[0]));
    assert.ok(languages.size >= 12, `${tier}: ${languages.size}`);
  }
});

/** The same three requests in many languages. */
const LANGUAGES: readonly [language: string, simple: string, ordinary: string, hard: string][] = [
  [
    'English',
    'rename this variable',
    'write unit tests for this function',
    'design the architecture to split our system into services, with risks and migration plan',
  ],
  [
    'German',
    'benenne diese Variable um',
    'schreibe Unit-Tests für diese Funktion',
    'entwirf die Architektur, um unser System in Dienste zu zerlegen, mit Risiken und Migrationsplan',
  ],
  [
    'Spanish',
    'renombra esta variable',
    'escribe pruebas unitarias para esta función',
    'diseña la arquitectura para dividir nuestro sistema en servicios, con riesgos y plan de migración',
  ],
  [
    'French',
    'renomme cette variable',
    'écris des tests unitaires pour cette fonction',
    "conçois l'architecture pour découper notre système en services, avec risques et plan de migration",
  ],
  [
    'Japanese',
    'この変数の名前を変えて',
    'この関数のユニットテストを書いて',
    '私たちのシステムをサービスに分割するアーキテクチャを設計し、リスクと移行計画も示して',
  ],
  [
    'Chinese',
    '把这个变量改个名字',
    '给这个函数写单元测试',
    '设计把我们的系统拆分成多个服务的架构，并说明风险和迁移计划',
  ],
  [
    'Russian',
    'переименуй эту переменную',
    'напиши юнит-тесты для этой функции',
    'спроектируй архитектуру для разделения нашей системы на сервисы, с рисками и планом миграции',
  ],
  [
    'Korean',
    '이 변수 이름을 바꿔줘',
    '이 함수의 단위 테스트를 작성해줘',
    '우리 시스템을 서비스로 분리하는 아키텍처를 설계하고 위험과 마이그레이션 계획도 알려줘',
  ],
  [
    'Portuguese',
    'renomeie esta variável',
    'escreva testes unitários para esta função',
    'projete a arquitetura para dividir nosso sistema em serviços, com riscos e plano de migração',
  ],
  [
    'Polish',
    'zmień nazwę tej zmiennej',
    'napisz testy jednostkowe dla tej funkcji',
    'zaprojektuj architekturę podziału naszego systemu na serwisy, z ryzykami i planem migracji',
  ],
  [
    'Turkish',
    'bu değişkenin adını değiştir',
    'bu fonksiyon için birim testleri yaz',
    'sistemimizi servislere bölmek için mimari tasarla, riskler ve geçiş planı ile',
  ],
  [
    'Arabic',
    'غيّر اسم هذا المتغير',
    'اكتب اختبار لهذه الدالة',
    'صمّم بنية لتقسيم النظام لدينا إلى خدمات مع المخاطر وخطة ترحيل',
  ],
  [
    'Hindi',
    'इस वेरिएबल का नाम बदलो',
    'इस फ़ंक्शन के लिए यूनिट टेस्ट लिखो',
    'हमारे सिस्टम को सेवाओं में बाँटने के लिए आर्किटेक्चर डिज़ाइन करो, जोखिम और योजना के साथ',
  ],
];
for (const [language, simple, ordinary, hard] of LANGUAGES)
  test(`${language}: simple, ordinary and hard are told apart`, () => {
    const scores = [simple, ordinary, hard].map((text) => score(text));
    assert.ok((scores[0] ?? 5) <= 2.5, `simple: ${scores}`);
    assert.ok((scores[1] ?? 0) > 2.5 && (scores[1] ?? 5) < 3.5, `ordinary: ${scores}`);
    assert.ok((scores[2] ?? 0) >= 3.5, `hard: ${scores}`);
  });

test('no single keyword decides: no word of the lexicon turns a simple request into one for the best model', () => {
  const simple = ['rename this variable to a clearer name', 'fix the typo in this comment', 'sort these imports'];
  for (const base of simple) assert.ok(score(base) <= 2.5, base);
  const stems = CONCEPTS.split(/[\s:]+/).map((stem) => stem.replaceAll(/[~$]/g, ''));
  for (const stem of new Set(stems)) {
    if (stem.includes('_')) continue; // several words
    for (const base of simple) {
      assert.ok(score(`${base} ${stem}`) < 3.5, `${base} ${stem}`);
      assert.ok(score(`${stem}: ${base}`) < 3.5, `${stem}: ${base}`);
    }
  }
});

test('no single keyword decides: a hard request stays above a simple one with any easy word added', () => {
  const hard =
    'orders are sometimes duplicated in production under load, find the root cause across our services and propose a redesign';
  assert.ok(score(hard) >= 3.5);
  for (const word of ['quick', 'just', 'simple', 'rename', 'typo', 'format', 'syntax', 'comment', 'small', 'title'])
    assert.ok(score(`${word}: ${hard}`) >= 3.5, word);
});

test('a quoted word is not a request for it', () => {
  assert.ok(score('rename the folder "architecture redesign" to "docs"') <= 2.5);
  assert.ok(score('fix the typo in `distributedDeadlockMigrationStrategy`') <= 2.5);
  assert.ok(score('fix the spelling in src/security/architecture/migration-strategy.ts') <= 2.5);
  const code = 'rename this\n```\n// redesign the architecture, migrate the legacy system, security audit\n```';
  assert.ok(score(code) <= 2.5);
});

test('an action speaks like a word', () => {
  const bare = { contextTokens: 1_000, files: 1 };
  assert.ok(score('', { ...bare, action: 'rename' }) < score('', { ...bare, action: 'generateTests' }));
  assert.ok(score('', { ...bare, action: 'generateTests' }) < score('', { ...bare, action: 'security-audit' }));
});

test('the same request has the same score, whatever came before', () => {
  const texts = readLabeled().map(({ text }) => text);
  const once = texts.map((text) => score(text));
  const again = [...texts]
    .reverse()
    .map((text) => score(text))
    .reverse();
  assert.deepEqual(once, again);
});

test('any text has a score between 1 and 5', () => {
  const odd = ['', ' ', '\n\n', '?', '\0', '\ud800', '🙂'.repeat(500), 'a'.repeat(200_000), '`'.repeat(9_999)];
  odd.push('```\nunclosed', '"'.repeat(10_001), '\u202e\u200b', '/'.repeat(5_000), '\r\n'.repeat(3_000));
  for (const text of odd) {
    for (const facts of [{}, { contextTokens: undefined }, { contextTokens: 1e9, files: 1e6 }, { contextTokens: 0 }]) {
      const { score: found, level } = scoreComplexity({ text, files: 0, ...facts });
      assert.ok(found >= 1 && found <= 5, JSON.stringify([text.slice(0, 20), facts, found]));
      assert.ok(level >= 1 && level <= 5 && Number.isInteger(level));
    }
  }
});

test('the score rises with both probabilities, and its limits lie at one half', () => {
  assert.equal(toScore(0.5, 0), 2.5);
  assert.equal(toScore(1, 0.5), 3.5);
  assert.equal(toScore(0, 0), 1);
  assert.equal(toScore(1, 1), 5);
  for (let p = 0; p < 1; p += 0.05) {
    for (let q = 0; q < 1; q += 0.05) {
      assert.ok(toScore(p + 0.05, q) >= toScore(p, q));
      assert.ok(toScore(p, q + 0.05) >= toScore(p, q));
    }
  }
});

test('10,000 characters take well under a millisecond, most of the time', () => {
  // the median, for other tests run beside this one; npm run bench:routing measures p99
  const { p50 } = timeScorer(2, 300);
  assert.ok(p50 < 1, `${p50} ms`);
});

test('no reason is made of words that do not show it', () => {
  const reasonsOf = (text: string): readonly string[] =>
    scoreComplexity({ text, contextTokens: 0, files: 0 }).signals.map(({ name }) => name);
  for (const text of [
    'Refactor the payment module so that retries and idempotency are handled in one place',
    'Deploy this to production from scratch',
    'Write a function that returns the possible choices of nodes',
  ])
    assert.ok(!reasonsOf(text).includes('mystery'), text);
  assert.ok(!reasonsOf('Our people want it in a million places').includes('stakes'));
  assert.ok(!reasonsOf('The startup script must not print anything').includes('architecture'));
  assert.ok(reasonsOf('Orders sometimes vanish and the root cause is unknown').includes('mystery'));
});

test('a request is taken apart into question, quotation and output', () => {
  const trace = readQuestion('why?\n  at Object.run (app.ts:12:3)\nError: boom\n- one\n- two\n1. three');
  assert.deepEqual([trace.hasTrace, trace.asks, trace.items], [true, true, 3]);
  assert.ok(trace.pasted > 0.3);
  assert.equal(readQuestion('please fix `a b c d e` now').words, 3);
  assert.equal(readQuestion('この変数').words, 2);
  assert.equal(readQuestion('one. two! three').sentences, 3);
});

test('weights exist for exactly the features that there are, and every signal that is shown has words', () => {
  assert.deepEqual(Object.keys(WEIGHTS.features), featureNames());
  for (const { weights } of Object.values(WEIGHTS.ngrams)) assert.equal(weights.length, BUCKETS);
  assert.equal(new Set(featureNames()).size, featureNames().length);
  for (const signal of new Set(featureSignals())) {
    if (signal === '-') continue;
    assert.ok(describeSignals(tellingSignals([{ name: signal, weight: 1 }], 5)), signal);
  }
  assert.ok(conceptLexicon().names.length > 60);
});

test('n-grams: every bucket once, whatever the text; the case, the digits and the spaces of a text do not matter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const buckets = [...readNgrams(text)];
      assert.equal(new Set(buckets).size, buckets.length);
      assert.ok(buckets.every((bucket) => bucket < BUCKETS));
      assert.deepEqual([...readNgrams(text)], buckets, 'the same each time');
    }),
  );
  assert.deepEqual([...readNgrams('Fix  line\n42')], [...readNgrams('fix line 17')]);
  assert.notDeepEqual([...readNgrams('fix line')], [...readNgrams('fix lane')]);
  assert.ok(readNgrams('変').length > 0, 'one character of a dense script is a word');
});

test('packed weights come back within half a step', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 50 }), (values) => {
      const packed = packNgrams(Float64Array.from(values));
      for (const [i, value] of unpackNgrams(packed).entries())
        assert.ok(Math.abs(value - (values[i] ?? 0)) <= packed.step * 0.5001);
    }),
  );
});

test('the weights are at most 100 kB', () => {
  assert.ok(JSON.stringify(WEIGHTS).length <= 100_000);
});
