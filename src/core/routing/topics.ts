import { conceptLexicon } from './features.ts';
import { buildLexicon, lookUp, type Lexicon } from './lexicon.ts';
import { readQuestion, type ParsedQuestion } from './question.ts';
import type { RequestFacts } from './routingTypes.ts';
import type { Topic } from './topicNames.ts';

/** What a question is about: each topic is read from the words of the question alone. */

/** The concepts, of the scorer's lexicon and of the one below, that make a topic: one of each list must be there. */
const CONCEPTS_OF: Readonly<Record<Exclude<Topic, 'judgment'>, readonly (readonly string[])[]>> = {
  review: [['opening:review', 'opening:reviewdeep']],
  refactoring: [['refactor', 'rework']],
  audit: [
    ['audit'],
    ['security', 'adversary', 'auth', 'scope', 'review', 'reviewdeep', 'codeunit', 'modules', 'system'],
  ],
  legacy: [['legacy'], ['conversion', 'migration', 'bigmove', 'refactor', 'rework']],
  'test-strategy': [['teststrategy']],
  performance: [['perf', 'leak']],
};

/**
 * Words that the scorer has no concept for, in the form of concepts.ts. `conversion` turns code into other code. The
 * others ask for a judgment of code: `quality` is what is judged, `asking` begins a
 * question, `check` asks for a judgment anywhere, `polite` begins a request to do something.
 */
const WORDS = `
conversion / -: convert translat transpil rewrit modern moderni port$ porting umwandl übersetz überführ umschreib convier
  traduc reescrib convertir tradui réécri convert traduz reescrev riscriv traduc omzet vertaal herschrijf przekształ przepis
  převeď přepiš dönüştür çevir преобраз перепиш перевед конверт перетвор 変換 書き換え 移植 转换 改写 重写 移植 변환 다시_작성 이식
  حوّل تحويل बदल chuyển konversi ubah
quality / -: ~safe$ safely unsafe safety secure securely insecure correct$ correctly incorrect this_right it_right wrong$
  sound$ leak slow$ slower slowly inefficien efficient$ performant flaky flake racy race_condition races$ deadlock
  thread-saf threadsaf reentrant vulnerab exploitab idempotent robust scales$ bottleneck n+1 buggy bug$ bugs$ hang$
  hangs$
  sicher unsicher korrekt richtig falsch langsam speicherleck leck undicht effizient ~sicher$ verwundbar
  segur insegur correct lent$ lenta$ lento$ fuga inestable eficient vazamento vaza$ correto correta lentidão
  sûr$ sûre$ sécurisé fuite instable efficace perdita sicuro sicura corrett efficiente
  veilig onveilig langzaam traag lek$ lekt$ juist bezpieczn poprawn wolne wolno wolny wyciek niestabiln
  bezpečn správn pomal únik güvenli doğru yavaş sızın säker osäker långsam läck sikker langsom lækker sigur
  turvallinen oikein hidas vuota biztonságos helyes lassú szivárog ασφαλ σωστ αργ διαρρο
  безопасн потокобезопасн правильн корректн неверн медленн тормоз утечк утека гонк уязвим нестабильн
  безпечн правильн коректн повільн витік
  安全 正しい 正しく 遅い 遅く リーク 脆弱 不安定 スレッドセーフ 競合 正确 正確 慢 泄漏 泄露 竞态 不稳定 有问题 有没有问题 漏洞
  안전 올바른 올바르 맞는 맞나 느려 느린 누수 불안정 취약
  آمن صحيح بطيء تسرب सुरक्षित सही धीमा धीमी लीक an_toàn đúng chậm rò_rỉ aman benar lambat bocor
  בטוח נכון איטי דולף ปลอดภัย ถูกต้อง ช้า รั่ว
check / -: check verify make_sure confirm$ tell_me whether prüf pruef überprüf comprueb verific vérifi controll sprawdź
  zkontroluj kontrol_et провер перевір 確認 檢查 检查 확인 cek_ kontroller sjekk kontrollera
polite / -: can_you could_you would_you will_you please pls kannst_du könntest bitte puedes podrías por_favor pouvez
  peux-tu podes você_pode puoi kun_je możesz můžeš можешь можете
asking / -: is$ isn't are$ aren't does$ doesn't do$ don't can$ can't could$ will$ won't would$ should$ am$ why$ how$
  what$ what's where$ which$ any$ anything has$ have$
  ist$ sind$ kann$ wird$ warum wieso weshalb ob$ stimmt$ gibt_es hat$
  es$ está$ esta$ son$ por_qué por_que hay$ puede$ é$ tem$ há$ pode$ porque
  est$ est-ce sont$ pourquoi y_a-t-il peut$ è$ sono$ perché c'è può$
  is_dit waarom zijn$ klopt$ czy$ dlaczego je$ jsou$ proč mı$ mi$ mu$ mü$ neden niçin
  är$ varför er$ hvorfor este$ de_ce onko$ miksi miért είναι γιατί
  почему зачем есть_ли является безопасно_ли правильно_ли чому чи$
  か なぜ ますか 吗 么 为什么 是否 有没有 왜 인가 나요 까요 هل لماذا क्या क्यों có_ tại_sao apakah mengapa kenapa
  האם למה ทำไม ไหม
`;

let ownWords: Lexicon | undefined;

/** From this code on scripts may put the word that asks anywhere. */
const FIRST_UNSPACED = 0x590;
const SPACE = 32;

/** UTF-16 units in which a question says what it asks; a longer text describes work. */
const QUESTION_CHARS = 400;

/** UTF-16 units from the first word on in which a request for a review says so; later on a review is only mentioned. */
const OPENING_CHARS = 40;

/** What the topics of a request are read from. */
type TopicFacts = Pick<RequestFacts, 'text' | 'contextTokens' | 'language'>;

/** The topics of a request. Deterministic; a fraction of a millisecond. */
export function topicsOf(facts: TopicFacts): ReadonlySet<Topic> {
  const question = readQuestion(facts.text);
  const own = (ownWords ??= buildLexicon(WORDS));
  const length = Math.min(question.length, QUESTION_CHARS);
  const first = firstWord(question);
  const found = new Set<string>();
  for (const lexicon of [conceptLexicon(), own])
    lookUp(lexicon, question.codes, length, (concept, at) => {
      found.add(lexicon.names[concept] ?? '');
      if (at - first < OPENING_CHARS) found.add(`opening:${lexicon.names[concept]}`);
    });
  const topics = new Set<Topic>();
  for (const [topic, groups] of Object.entries(CONCEPTS_OF) as [Exclude<Topic, 'judgment'>, string[][]][])
    if (groups.every((group) => group.some((concept) => found.has(concept)))) topics.add(topic);
  if (found.has('quality') && asksForJudgment(facts, question, own)) topics.add('judgment');
  return topics;
}

function firstWord({ codes, length }: ParsedQuestion): number {
  let first = 0;
  while (first < length && (codes[first] ?? 0) <= SPACE) first++;
  return first;
}

/** Whether a question asks if attached code is safe, correct, leaking, slow, flaky and the like. */
function asksForJudgment({ contextTokens, language }: TopicFacts, question: ParsedQuestion, lexicon: Lexicon): boolean {
  const isAttached = contextTokens === undefined ? language !== undefined : contextTokens > 0;
  if (!isAttached && question.pasted === 0) return false;
  const first = firstWord(question);
  let judges = false;
  let asks = false;
  let checks = false;
  let isPolite = false;
  lookUp(lexicon, question.codes, Math.min(question.length, QUESTION_CHARS), (concept, at) => {
    const name = lexicon.names[concept];
    if (name === 'quality') judges = true;
    else if (name === 'check') checks = true;
    else if (name === 'polite') isPolite ||= at === first;
    else if (at === first || (question.codes[at] ?? 0) >= FIRST_UNSPACED) asks = true;
  });
  return judges && (checks || ((question.asks || asks) && !isPolite));
}
