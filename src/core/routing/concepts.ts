/**
 * What requests of developers speak of, in many human languages. Each is a concept, on one line and
 * the indented ones below it:
 *
 *     name / signal: stem stem stem ...
 *
 * A stem matches at the start of a word (`~stem` anywhere in one, `stem$` only up to its end, `_` stands for a blank);
 * scripts that write without blanks match anywhere. Everything is compared in lower case and without Latin accents. The
 * name of the signal is what users are told; `-` tells nothing. Order is of no importance, weights are in weights.json.
 */
export const CONCEPTS = `
architecture / architecture: ~architect ~architektur ~arquitect arquitet ~architett architekt ~arhitectur arkitekt
  mimari arsitektur kien_truc kiến_trúc архітектур архитектур アーキテクチャ 架构 架構 體系 아키텍처 아키텍쳐 आर्किटेक्चर वास्तुकला بنية
  معماري הארכיט microservi mikroservi monolit monolith monolito モノリス マイクロサービス 单体 微服务 單體 모놀리 마이크로서비스 монолит моноліт
  микросервис мікросервіс मोनोलिथ माइक्रोसर्विस system_design systemdesign systementwurf bounded_context domain_model
  domain-driven event_sourc event-sourc cqrs hexagonal event-driven event_driven modular_mono
design / architecture: design$ designs$ designing redesign entwirf entwerf entwurf konzipier konzept diseñ disen
  concevoir conçoi concoi conception projet projete desenh progett ontwerp proiect zaprojekt projektuj navrh navrž
  navrz tasarla tasarim thiết_kế rancang спроектир спроєкт проектир проєкт 設計 设计 설계 डिज़ाइन डिजाइन صمم صمّم تصميم
  blueprint devise invent model_the
rework / architecture: rethink rethinking restructur overhaul rewrite_plan rewrite_the_whole rip_out untangl decoupl
  disentangl break_up break_apart split_up carve entkoppl umstruktur neu_aufbauen zerleg aufteil aufspalt reestructur
  desacopl dividir divid découp decoup repenser scompor suddivid ristruttur disaccopp przeprojekt rozdziel rozbi
  podzia podziel přeprac přestav rozdel rozdělen opsplits herstruct ayirma bölmek bolmek yeniden_tasar tách memecah
  разбить разбив раздел разделен переработ перепроект поділ розділ розбит 分割 再設計 見直 再構成 拆分 拆成 重新设计 분리 재설계 बाँट बांट
  لتقسيم إعادة_تصميم
system / architecture: system$ systems$ systemweit système systeme$ sistema sistemi sistem systeem system_wide
  platform plattform plataforma plateforme piattaforma платформ систем システム 系统 系統 平台 시스템 플랫폼 सिस्टम نظام النظام
  backend$ infrastruct infrastrukt infraestr infrastrutt инфраструкт інфраструкт インフラ 基础设施 인프라 pipeline$ pipelines$
  subsystem service_mesh topology startup
services / architecture: services$ servicios serviços servicos servizi dienste diensten serwis servisler servis сервис
  сервіс サービス 服务 서비스 सेवाओं خدمات layanan các_dịch_vụ eight_services lambdas api_gateway message_broker event_bus
  queue kafka rabbitmq saga outbox grpc
modules / breadth: modules modulen module$ modulos módulos moduli moduły moduly packages$ pakete components_and
  coupling circular circularly zirkul dependenc abhängigkeit abhaengigkeit dependencia dépendanc dipendenz зависимост
  модул モジュール 依存 模块 모듈 의존 layer$ layers$ schicht capas couches boundary boundaries bounded
scope / breadth: entire entirely whole code_base codebase codebasis across everywhere throughout project-wide
  projectwide repo-wide all_modules all_services all_packages all_files every_module every_service every_file
  every_package all_the_callers callers_included end_to_end end-to-end company-wide org-wide gesamt ganze ganzen
  komplett überall ueberall sämtlich alle_module durchgängig todo_el toda_la todos_los en_todo entero entera tout_le
  toute_la partout ensemble_du l'ensemble entier todo_o inteiro inteira tutto_il tutta_la intero intera cały cała
  całej całego wszystkich celý celé tüm$ bütün butun gehele volledige hele întreg tot_codul toată hela_ весь$ всего$
  всю$ всей$ целик увесь всього 全体 全て すべて 丸ごと 整个 全部 所有 整體 전체 모든 पूरे पूरा كامل بالكامل toàn_bộ toan_bo seluruh
plan / planning: plan$ plans$ planning$ planen planung planifi planea planej piano$ pianific planuj planla plán$
  plánuj kế_hoạch rencana план$ плана плану планир 計画 计划 計劃 规划 계획 योजना خطة roadmap phased phases phase$ phasen fases
  fazy etap etapes étapes fasi aşama поэтап поетап этап 段階 分阶段 步骤 手順 단계 चरण مراحل milestone rollout roll_out
  incremental schrittweise stufenweise gradual graduel progressiv passo_a_passo_migra sequence_of sequence_the
  order_of order_and in_what_order what_order which_order reihenfolge secuencia séquence stappenplan krok_po kroku
decide / planning: decide decision decid entscheid entscheidung décid decis beslis zdecyd rozhod karar решить решени
  решение вирішит 決め 判断 决定 決定 결정 निर्णय قرار should_we should_i_build should_our should_a recommend empfehl recomend
  recomand raccomand polec doporuč önerir önerirsin рекоменд 推奨 おすすめ 推荐 建議 建议 추천 सुझाव نصيحة worth_it is_it_wise
  makes_sense make_sense is_it_worth do_we_need do_we_really advise advice faut-il devons-nous devrions sollten_wir
  sollen_wir soll_man deberíamos deberiamos conviene devemos dovremmo czy_powinni стоит_ли следует_ли べき 该不该 应该 應該 是否
  해야_할까 nên_dùng haruskah
tradeoff / planning: trade-off tradeoff trade_off trades$ pros_and pros/cons pro_und_con pro_und_contra
  vor-_und_nachteile vorteil nachteil pros_y avantage inconvénient inconvenient compromi ventaj desventaj vantag
  svantag vantagen voor-_en_nadelen zalet wad_i výhod avantaj dezavantaj недостатк плюс минус за_и_против トレードオフ 比較
  メリット 优缺点 优劣 权衡 利弊 比较 장단점 비교 फायदे مزايا weigh$ weighing weigh_it abwäg abwaeg abwog sopes peser pèse weeg rozważ
  взвес зваж compare comparer compara compar vergleich vergelijk porówn srovn karşılaştır so_sánh bandingkan сравн
  порівн तुलना قارن versus vs$ alternatives options$ optionen opciones opções opzioni варианты варіант 方案 選択肢
  which_approach which_strategy better_approach build_or_buy build_vs which_one_should
strategy / strategy: strateg stratég стратег 戦略 策略 전략 रणनीति استراتيج chiến_lược approach$ approaches ansatz enfoque
  approche approccio подход підхід methodolog framework_for policy_for governance guideline operating_model
vision / strategy: long-term long_term langfristig two_years next_year next_quarter this_quarter our_team our_teams
  teams$ for_a_team team_of our_cto stakeholders grow_to a_million million_users 1m_users vision future-proof zukunft
  futuro avenir будущ 将来 未来
security / security: security_review security_audit security_hole security_model secure_this seguridad segurança
  sécurité securite sicurezza sicherheitslück sicherheitsprüf sicherheitsaudit sicherheitskonzept sicherheit$ beveilig
  bezpiecze bezpečn güvenlik securitate säkerhet bảo_mật keamanan безопасност безпек セキュリティ 安全 보안 सुरक्षा أمان الأمن
  security vulnerab schwachstell vulnérab kwetsbaar zafiyet уязвим вразлив 脆弱 漏洞 취약 attack angreif angriff atacante
  attaqu attacc aanvaller saldırgan атак зловмис 攻撃 攻击 공격 threat$ threats threat_model bedroh amenaza menace minacc
  угроз exploit pentest penetration hardening harden$ reentrancy privilege escalation_path zero-day owasp supply_chain
  cve
audit / security: audit auditor auditoria auditoría аудит 監査 审计 審計 감사해 ऑडिट تدقيق
auth / security: authenticat authoriz authoris authentifi autentic autentifik autoriz auth$ oauth login_flow
  session_handling rbac permission rechteverwaltung permiso berechtig аутентиф авторизац 認証 認可 鉴权 身份验证 인증 권한
  cryptograph encrypt_at key_rotation secrets_management tokens_rotation
prod / mystery: production$ in_prod prod$ produktiv produktivbetrieb im_betrieb produktion producción produccion
  produção producao en_prod produzione produkcj produkci üretim productie producție в_проде на_проде продакш в_бою
  продакшен 本番 线上 生产环境 生產環境 운영_환경 운영환경 प्रोडक्शन الإنتاج customers_report users_report users_complain live_system
  under_load under_heavy unter_last bajo_carga sous_charge sob_carga sotto_carico pod_obciąż под_нагруз 高負荷 高并发 高峰 부하
intermittent / mystery: intermittent sporad sometimes occasional random$ randomly once_in once_a every_few
  from_time_to gelegentlich manchmal zufällig alle_paar ab_und_zu a_veces de_vez_en esporád aleator parfois
  de_temps_en aléatoir às_vezes as_vezes a_volte ogni_tanto soms af_en_toe czasami czasem losowo občas někdy bazen
  ara_sıra uneori ibland thỉnh_thoảng kadang иногда изредка случайн периодич інколи іноді 時々 たまに ときどき まれに 稀に 偶尔 偶发 偶爾
  有时 随机 가끔 간헐 कभी-कभी أحيانا heisenbug flaky flake nondeterminis non-determinis deterministic only_happens only_shows
  only_in only_under only_on only_when only_with nur_in nur_unter solo_en solo_in uniquement_en seulement_en
  só_acontece só_em tylko_na только_на только_в лише_на でだけ だけ発生 只在 에서만 chỉ_xảy can't_reproduce cannot_reproduce
  cant_reproduce unable_to_reproduce not_reproducible nicht_reproduzier lokal_nie no_se_reproduce
  impossible_à_reproduire 再現でき 再現し 复现 재현 не_воспроизв не_відтвор
cause / mystery: root_cause rootcause grundursache ursache causa$ causa_raíz causa_raiz cause_profonde cause_racine
  la_cause oorzaak przyczyn příčin nedeni nedenini cauza grundorsak orsaken nguyên_nhân penyebab первопричин причин 原因
  根本 根因 근본 원인 कारण سبب why_does why_is_our why_do_we why_are diagnos investigat untersuch herausfind find_out
  figure_out work_out track_down get_to_the_bottom enquêt indag расслед 調査 調べ 突き止 排查 查明 查找 定位 조사 no_idea
  don't_know_why dont_know_why we_don't_know any_idea what's_going whats_going what_is_going what_happened
  where_does_it where_could where_it_comes how_could_this what_could_explain hunt$ mysterious mystery
leak / performance: leak leck speicherleck speicherverbrauch fuga fuite vazamento perdita_di_memoria wyciek
  únik_paměti sızıntı geheugenlek minnesläck scurgere rò_rỉ kebocoran утечк витік リーク 泄漏 泄露 누수 लीक تسرب memory_grow
  memory_usage heap_dump heap_snapshot oom out_of_memory gc_pause allocation
perf / performance: performance performanz rendimiento desempenho prestazion wydajno výkon performans производительн
  продуктивн パフォーマンス 性能 성능 प्रदर्शन أداء hiệu_năng bottleneck engpass cuello_de goulot gargalo collo_di узкое_место
  ボトルネック 瓶颈 병목 latency latenz latencia latence latenza латентн задержк レイテンシ 延迟 지연 throughput durchsatz p99 p95
  tail_latency profil profiler flame hot_path n+1 slow$ slower slowness langsam lento lent$ lente wolno pomal yavaş
  yavas langzaam медлен тормоз 遅い 慢$ 느려 느린 धीमा بطيء doubled optimi
scale / performance: scal skalier escal éch$ 10x 100x ölçeklen ölçekle масштаб スケール 扩展 擴展 확장 traffic million tb$
  terabyte petabyte billions concurrent_users growth capacity hotspot hot_tenant peak
concurrency / concurrency: race$ races$ race_condition racing wettlauf condición_de_carrera condicion_de_carrera
  condição_de_corrida condition_de_course wyścig yarış гонк гонка 競合 竞态 경쟁_상태 경합 deadlock verklemm interbloc stallo
  zakleszcz взаимоблок взаємоблок デッドロック 死锁 데드락 डेडलॉक livelock starvation lock-free lock_free lockfree
  thread_safe_across concurren nebenläufig nebenlaeuf parallelit concurrenc współbież souběž eşzamanlı одновремен
  конкурентн 並行 并发 동시성 interleav memory_model memory_order atomic unsafe happens-before synchroni thread_dump actor
  isolation
distributed / concurrency: distribut verteilt distribuid distribué rozprosz dağıtık распредел розподіл 分散 分布式 분산
  consisten konsisten cohérenc consistência coerenza spójno консистент узгоджен 一貫性 一致性 일관성 idempot exactly-once
  exactly_once eventual crdt replicat replikat réplic шард shard parti 分库 分表 シャーディング 샤딩 failover fail_over quorum
  consensus raft paxos netsplit split-brain leader_election two-phase two_phase transaction_across regions region$
  regionen régions multi-region active-active active_active cap_theorem clock_skew vector_clock
datamodel / architecture: schema_design data_model datenmodell modelo_de_datos modèle_de_données bitemporal
  temporal_table versioned multi-tenan multi_tenan multitenan tenant tenancy mandantenf normaliz denormaliz
  data_isolation data_lake warehouse ledger_design
migration / migration: migrat migrier migrez migre_ce migrar migrac migruj přejít geçiş taşı chuyển_đổi migrasi мигр
  перенес перевед перейти переход 移行 迁移 遷移 마이그레이션 이전하 माइग्रेट ترحيل port_this port_the port_our port_to porting portier
  moderni modernis moderniz upgrade_the upgrade_our upgrade_from switch_from switch_the switch_over move_from move_all
  move_our move_the_whole replace_our replace_the_whole umstell umstieg ablös rebuild_it cutover strangler
legacy / migration: legacy altsystem altes alte_ altlast heredado legado hérité ancien vieux vieille vecchi vechi
  verouderd przestarzał eski устаревш старый старую старого старой застаріл レガシー 古い 遗留 老系统 老项目 旧系统 레거시 पुराने
  قديم cobol fortran vb6 visual_basic abap perl_monster mainframe as/400 delphi jquery_app angularjs python_2 java_6
  php_5 inherited geerbt übernommen nobody_knows nobody_understands niemand no_one_knows nadie personne_ne ninguém
  nessuno nikt kimse никто 誰も 没人 아무도 unfamiliar not_my_code don't_know_the_code didn't_write someone_else_wrote
  unbekannt desconoc undocument
stakes / stakes: risk risik riesgo risque risco rischi ryzyk rizik risc$ riscuri риск ризик リスク 风险 風險 위험 리스크 जोखिम
  مخاطر rủi_ro downtime ausfall ohne_ausfall sin_interrup sans_interrup zero_downtime zero-downtime rollback rück
  rueckroll compliance gdpr dsgvo hipaa pci sox audit_requirement money_loss lost_orders lost_data data_loss
  datenverlust backwards_compat backward_compat abwärtskompat breaking_change without_breaking worst_case worst-case
  disaster recovery rpo rto availability verfügbarkeit haute_disponib alta_disponib отказоуст 可用性 高可用 障害 survive
  breaks_first break_first fail_first what_could_go_wrong blast_radius critical mission-critical
incident / mystery: incident vorfall incidente incydent инцидент インシデント 事故 장애 outage post-mortem postmortem lost_
  went_down brought_down melts crash_in crashes_after hang$ hangs hängt haengt freez freeze se_bloque se_cuelga
  zawiesza donuyor зависа 固まる 卡死 멈춰 corrupt restarts_in cascade desync diverge inconsistent wrong_results other_users'
  other_users
theory / depth: prove$ proof proven beweis demostr démontr prouve dimostr udowodn dokaž kanıtla доказ довед 証明 证明 증명
  सिद्ध برهن invariant soundness is_sound correctness correct_if formal formally derive$ derivat herleit numerical
  numeric_stab numerisch stabil complexity_class asymptot amortized np-hard heuristic algorithm algoritm algorithmus
  алгоритм アルゴリズム 算法 알고리즘 novel from_first_principles think_hard think_deep optimal$ lower_bound unification
  type_system type_level type-level higher-kinded effect_stack monad lifetimes borrow_checker unsafe_block
  undefined_behav comptime metastab clock_domain
reason / depth: walk_me_through reason_about argue implications consequences second-order deeply in_depth thorough
  gründlich exhaustive eingehend à_fond en_profondeur en_profundidad a_fondo dogłęb 徹底 深入 深く 철저 подробно_разбер
  critique critically assess evaluat bewert évalu evalú avali valuta oceń oceni zhodno değerlendir оцен оцін 評価 评估 評估
  평가 मूल्यांकन قيّم sanity_check sound$ honest holes_in what_am_i_missing what_are_we_missing blind_spot flaw
constraint / constraints: must_not without_chang without_break without_los keep_the keep_all bit_identical
  while_keeping at_the_same_time but_also constraint requirement anforderung requisit exigenc wymagan требован вимог
  要件 需求 요구 contradict conflicting ambiguous unclear vague
impact / breadth: refactor_all refactor_the_whole refactor_across large_refactor what_would_have_to_change
  what_has_to_move what_needs_to_change all_callers introduce introduz einführ introdu внедр 導入 引入 도입 extension_point
  plugin_system adopt convert_all change_everywhere consolidate unify vereinheitlich standardi
reviewdeep / review: design_review design_doc review_the_design architecture_review review_the_whole review_our
  code_review_of_the review_this_system review_everything proposal rfc
implement / implement: implement implementa implémen implementier wdroż zaimplem realizz realis realiza umsetz uygula
  implementasi cài_đặt hiện_thực terapkan реализ реаліз 実装 实现 實作 구현 लागू نفذ
write / implement: write$ writes schreib escrib escreva escrever écri ecri scriv napisz napiš schrijf scrie yaz$ yazar
  skriv viết tulis buatkan напиш 書いて 書く 作成 写$ 写一 写个 編寫 编写 작성 लिखो लिख اكتب code_up
create / implement: create creates crea$ crear crée creer créer crie criar creare erstell anleg stwórz utwórz vytvoř
  oluştur maak creează skapa tạo buat$ созда створ 作って 创建 新建 만들어 बनाओ बना أنشئ build_a build_me bau$ baue make_a
  make_me generate_a
add / implement: add$ adding füge fueg hinzufüg ergänz ergaenz agrega añad anad ajout adicion aggiun dodaj přidej ekle
  voeg toevoeg adaug lägg_till thêm tambah добав дода 追加 加上 添加 增加 新增 추가 जोड़ أضف extend$ support_for hook_up wire_up
  integrate integrat integrier intégr zintegr einbind anbind подключ 接続 接入 연동
codeunit / implement: function$ functions$ funktion$ funktionen funcion función funç funzion fonction funkcj funkc
  fonksiyon functie funcți hàm fungsi функци функці 関数 函数 函數 함수 फ़ंक्शन دالة class$ klasse$ clase classe$ klas$ klasy
  clasă класс клас$ クラス 类$ 클래스 method$ methods methode$ método méthode metodo метод メソッド 方法 메서드 hook$ hooks component$
  komponente componente composant компонент コンポーネント 组件 컴포넌트 decorator interface$ struct$ trait$ genserver coroutine
  middleware script$ skript cli$ adapter parser$ handler$ helper$ util$ validator
feature / implement: feature$ endpoint route$ controller form$ formular formulario formulaire formulário modulo$ формы
  форм$ форму フォーム 表单 폼 फॉर्म page$ seite$ página pagina$ sayfa страниц 画面 ページ 页面 페이지 button$ knopf botón bouton
  pulsante кнопк ボタン 按钮 버튼 column$ spalte columna colonne coluna колонк столбец 列$ 컬럼 table$ tabelle tabla tableau
  tabela тaблиц таблиц 表格 テーブル 테이블 modal dialog dropdown toggle filter paginier 分页 ページネーション search_bar sidebar upload
  download export csv pdf email_ notification toast dark_mode login_page signup crud webhook cron job$ widget chart$
  story$ spec$ ticket user_story acceptance
apiuse / implement: rest_api api$ apis$ http_client fetch axios stripe graphql resolver swagger openapi payload
  json_schema sdk client$ jwt token$ websocket smtp s3 redis_cache
test / test: test$ tests$ tester testen unit-test unittest unit_test pytest jest vitest junit playwright cypress mock$
  mocks pruebas prueba essais testes teste$ testy test_ testler testleri prøve тест тесты テスト 测试 測試 테스트 टेस्ट اختبار
  coverage table-driven table_driven fixture assert
teststrategy / strategy: test_strategy teststrategie estrategia_de_pruebas stratégie_de_test strategia_di_test
  strategia_test стратегия_тест стратегию_тест テスト戦略 测试策略 測試策略 테스트_전략 test_plan test_pyramid characterization
  test_levels how_should_we_test what_to_fake risk-based
fix / bugfix: fix$ fixes fixing fixe$ repar répar repari corrig korrig beheb behebe reparier napraw oprav düzelt
  herstel repara rätta åtgärda sửa perbaiki исправ поправ почин виправ 直して 修正 修复 修一下 修$ 修復 고쳐 수정 ठीक أصلح resolve$
  solve$
bug / bugfix: bug$ bugs$ error$ errors$ fehler fehlermeld erro$ errore error_ erreur błąd bład chyb hata$ hatayı fout$
  eroare fel$ lỗi kesalahan ошибк помилк エラー バグ 报错 错误 異常 异常 에러 오류 त्रुटि خطأ exception nullpointer null_pointer
  undefined_is cannot_read typeerror keyerror valueerror stack_trace stacktrace traceback segfault panic:
  compile_error doesn't_work doesnt_work not_working does_not funktioniert_nicht reagiert_nicht no_funciona ne_marche
  ne_fonctionne não_funciona non_funziona nie_działa nefunguje çalışmıyor werkt_niet не_работает не_працює 動かない 動作しない
  不工作 不起作用 没反应 안_돼 안돼 wrong$ broken fails$ failing fail$ falla échoue
refactor / refactor: refactor refaktor refactoris refatora rifattor рефактор リファクタ 重构 리팩터 리팩토 रीफैक्टर clean_up
  cleanup tidy simplif vereinfach simplifi semplific uprość упрост 簡潔 简化 단순 split_this extract_method readable lesbar
  legible lisible leggibil deduplicat restructure_this
explain / explain: explain erklär erklaer explic explíc expliqu spiega wyjaśn vysvětl açıkla leg_uit uitleg förklara
  giải_thích jelaskan объясн поясн 説明 解释 解釋 解説 설명 समझा اشرح what_does_this what_this_code was_macht was_dieser
  qué_hace que_hace que_fait cosa_fa o_que_faz co_robi co_dělá ne_yapıyor wat_doet что_делает що_робить 何をして 做什么 什么意思
  무슨 how_does_this how_it_works understand verstehen entender comprendre capire понять 理解 이해
example / explain: example ejemplo exemple esempio exemplo beispiel voorbeeld przykład příklad örnek пример приклад 例を
  例子 示例 예제 예시 उदाहरण مثال tutorial guide$ best_practice difference_between unterschied diferencia différence
  differenza różnic rozdíl fark разниц 違い 区别 차이 when_should_i how_do_i_use how_to_use junior
docs / docs: document$ documentation dokumentation dokumentier documenta docstrings documentación documentação
  documentazione dokumentacj dokumentac belge документац 文档 ドキュメント 문서 दस्तावेज़ readme javadoc jsdoc tsdoc
  release_notes changelog_entry user_guide how-to write_docs api_docs swagger_docs blog email_to
review / review: review$ reviews$ reviewe code_review überprüf ueberpruef revisa révis revis relis przejrzyj
  zkontroluj incele gözden nagaan beoordeel проверь ревью перевір レビュー 评审 审查 看一下 리뷰 검토 समीक्षा راجع diff$ pull_request
  pr$ obvious_mistake anything_wrong
sql / implement: query$ queries abfrage consulta requête requete zapytani dotaz sorgu запрос запит クエリ 查询 쿼리 select_
  join$ index$ migration_file orm stored_procedure
infra / implement: workflow dockerfile docker-compose github_actions gitlab ci$ pipeline_yaml terraform helm nginx
  deployment$ k8s kubernetes ansible systemd cronjob makefile
typing / implement: types_for typed interface_for generics zod pydantic dataclass schema$ validate validat validier
  validação validación validazion walidacj doğrula 検証 校验 검증 error_handling fehlerbehandlung manejo_de_err
  gestion_des_err gestione_degli tratamento_de_err obsług обработк_ошиб エラー処理 错误处理 예외_처리 loading_state retry logging
rename / naming: rename umbenenn benenn renombr renomm renome rinomin zmień_nazw přejmen adını_değ hernoem redenum
  byt_namn đổi_tên ganti_nama переимен перейменуй переименуй 名前を変 改名 改个名 重命名 이름_바꿔 이름을_바꿔 नाम_बदल غير_اسم غيّر_اسم
  اسم_هذا better_name name_for a_name naming name$ namen nombre$ nom_pour meilleur_nom nome_melhor un_nome lepsz
  variablennam 変数名 命名 变量名 변수_이름 변수명 call_it called$
variable / naming: variable$ variables$ variabel variabile variável zmienn proměnn değişken biến variabel_ переменн
  змінн 変数 变量 變量 변수 वेरिएबल متغير identifier param$ parameter_name
format / formatting: format$ formatting formatier formatea formata formate$ formatta sformatuj naformátuj biçimlendir
  formateaz formatera định_dạng rapikan отформатир форматир 整形 フォーマット 格式化 포맷 prettif pretty beautif indent einrück
  einrueck sangr indentaz wcięci odsazen girinti відступ отступ インデント 缩进 縮排 들여쓰기 इंडेंट whitespace trailing semicolon
  strichpunkt punto_y_coma comma$ komma quote_style quotes$ anführ align$ align_the gofmt lint$ linter eslint prettier
  black$ style$ uppercase lowercase upper_case lower_case snake_case camelcase camel_case kebab großbuch line_length
  tabs$ spaces$ blank_line wrap_at casing code_style
sort / formatting: sort$ sort_the sort_these sortier ordena$ ordina trie$ trier$ posortuj seřaď sırala sorteer
  sortează sortera sắp_xếp urutkan отсортир сортир 並べ替 ソート 排序 排列 정렬 alphabet alfabet abc$ 字母 アルファベット organize_using
  organise_import imports$ import$ importe reorder
typo / formatting: typo typos tippfehler schreibfehler rechtschreib errata ortograf orthograph faute coquille
  ortograph literówk překlep yazım greșel stavfel chính_tả опечатк описк 誤字 タイポ 拼写 错别字 오타 वर्तनी misspel spelling
  spell$ spell_check spelled grammar grammatik
comment / comment: comment$ comments$ commentaire kommentar comentario comentário commento komentarz komentář yorum$
  comentariu komentar комментар коментар コメント 注释 註解 주석 टिप्पणी تعليق docstring one-line_comment inline_comment
  header_comment todo_comment
commit / comment: commit$ commit-nachricht commit_message commit-message commitnachricht mensaje_de_commit
  message_de_commit mensagem_de_commit messaggio_di_commit コミット 提交信息 提交说明 커밋 коммит коміт title$ titel título titre
  titolo tytuł başlık заголов タイトル 标题 제목 branch_name branchname changelog_line pr_title subject_line staged
  squash_message
boilerplate / boilerplate: boilerplate skeleton gerüst getter setter getters setters accessor konstruktor$
  constructor$ costruttore starter$ template$ vorlage plantilla modèle_de szablon šablon şablon шаблон テンプレート 模板 雛形
  템플릿 stub scaffold gitignore editorconfig hello_world main_class empty_class equals_and_hashcode tostring
  license_header placeholder dummy lorem enum$
remove / oneliner: remove$ remove_the delete$ delete_the lösche entfern elimina borra$ quita$ supprim enlève retire
  remova apague rimuov usuń smaż odstraň kaldır$ sil$ verwijder șterge ta_bort xóa hapus удали убери видали 削除 消して 删除
  去掉 삭제 지워 हटा احذف drop_the console.log console_log print_statement debug_print unused ungenutzt commented_out
  auskommentier dead_import
lookup / lookup: syntax$ syntax_ sintaxis syntaxe sintassi sintaxe składnia syntaxi söz_dizimi синтаксис 構文 文法 语法 語法
  문법 सिंटैक्स what_is what's$ whats$ what_are what_was was_ist wie_heißt wie_war welche$ welcher$ welches$ qué_es
  que_es cuál cual$ quelle quel$ qu'est-ce o_que_é qual$ qual_é cos'è qual_è co_to jaki jaká nedir wat_is welk ce_este
  vad_är là_gì apa_itu какой$ какая что_такое який що_таке とは 何ですか は何 書き方 是什么 怎么写 怎麼寫 뭐야 뭐지 क्या_है ما_هو ما_هي
  how_do_i_write how_to_write how_do_you cheat_sheet cheatsheet keyword_for operator$ operator_for operateur оператор
  演算子 运算符 연산자 flag$ flag_for command_for command_to shortcut default_port port$ which_port stand_for stands_for meaning_of
  abbreviat symbol regex_token wie_schreibt cómo_se_escribe como_se_escribe comment_on_écrit comment_écrire jak_się
  jak_w nasıl_yazılır hur_skriver как_написать does_it is_it is_this is_there
where / lookup: which_file what_file in_which_file where_is where's name_of_the the_name_of file_name filename
  list_the list_all just_tell_me tell_me_which only_need count_the how_many wie_viele welcher_datei qué_archivo
  en_qué_archivo quel_fichier qual_arquivo quale_file któr_plik v_jakém hangi_dosya în_ce_fișier в_каком_файле どのファイル
  哪个文件 어느_파일 line_number version$
minimal / trivial: just$ only$ nothing_else simple$ simply small$ tiny$ quick$ quickly one_line one-line one-liner
  oneline single_line short$ shorten shorter brief$ nit$ nur$ bitte_nur kurz kurze kurzer kleine$ kleiner einfach$
  solo$ sólo simplemente corto breve pequeñ rápid juste$ seulement petit court$ rapide só$ apenas curto pequen
  soltanto semplice tylko krótk prost jen$ jednoduch sadece kısa basit alleen korte simpel doar scurt bara$ kort$ chỉ$
  ngắn hanya singkat только просто коротк быстр лише швидк だけ 一行 簡単 短く ちょっと 只$ 只要 简短 一句 快速 一条 만$ 간단 짧게 한_줄 बस छोटा फقط
  فقط easy$ minor$ trivial again$ pls$ btw
swap / convert: change_to turn_this_into turn_into convert_this convert_px hex_to json_to yaml_to to_yaml to_json
  to_rem to_rgb to_decimal to_binary decimal hexadecimal arrow_function f-string template_literal ternary one_liner_if
  const$ let$ var$ readonly$ nullable non-null optional_chaining use_strict type_hint magic_number constant$ konstante
  constante string_literal replace_the_magic prefix_all double_quotes single_quotes override$ include_guard
  translate_this translate_the übersetz tradu$ traduc tradui traduz przetłum переведи_стр 翻訳 翻译 번역 extract_all
  extract_the classify label_each categor as_json json_array timestamp
complete / oneliner: complete_this complete_the finish_the finish_this fill_in fill_the continue_this vervollständ
  complet$ complète completa$ uzupełnij doplň tamamla дополни 補完 补全 완성 missing$ fehlend faltan manquant falt mancant
  brakuj chybě eksik недостающ 足りない 缺少 빠진
singular / oneliner: this_line that_line this_variable this_function this_method this_file this_string this_query
  this_loop this_if diese_zeile diese_variable diese_funktion dieser_funktion esta_variable esta_función este_método
  cette_fonction cette_variable ce_composant essa_função essa_variável questa_funz questa_classe tę_funk tuto_metod
  bu_fonksiyon deze_functie această эту_перемен этот_код этого_класс цю_функ この関数 この変数 このクラス このコード 这段代码 这个变量 这个类 这个函数
  이_함수 이_변수 이_코드 इस_फ़ इस_वेर هذه_الدالة هذا_المتغير line_14 on_line
plural / breadth: our$ our_ we$ unser unsere unserem wir$ nuestr nosotros notre nos$ nosso nossa nostr nasz naše bizim
  ons$ onze noastr vår наш наши наша мы$ 弊社 我々 私たち 我们 我們 우리 हमारे हमारी لدينا نظامنا kita$ chúng_tôi
howwould / planning: how_should how_would how_can_we how_do_we what_would what_should wie_würd wie_sollt cómo_debería
  cómo_podemos comment_devr como_deveria come_dovr jak_powin как_лучше як_краще どうすれば どう設計 怎么设计 如何设计 如何 어떻게_설계 어떻게_하면
  cara_terbaik where_would_you what_do_we_give_up what_now propose suggest_a_struct proponer propón propone proponi
  vorschlag schlag_vor zapropon navrhni предлож запропон 提案 提出 제안 प्रस्ताव اقترح sketch
symptom / mystery: every_time each_time jedes_mal nach_jedem cada_vez chaque_fois ogni_volta każdym_razem каждый_раз
  после_каждого 毎回 每次 twice double_ doppelt zweimal dos_veces duplicad deux_fois double due_volte doppi dwa_razy
  podwójn dvakrát iki_kez två_gånger dubbel de_două_ori dubl nhân_đôi dua_kali дважды задваива двічі подві 二重に 重複 两次
  重复 두_번 중복 दो_बार مرتين duplicate lose_ loses get_lost go_missing verlor verschwind se_pierden perdid perdu perdent
  perdono gubi zgub terten теря пропада потер 消える 失われ 丢失 丢 사라 손실 stale out_of_sync drift diverg mismatch differ$
  differs different_results abweich unterschiedliche_ergebn no_cuadran ne_correspond non_tornano rozjeżdża не_сходятся
  не_сходится расход 合わない ずれ 对不上 不一致 안_맞 맞지_않 don't_add_up wrong_balance resurrect reappear disappear vanish locks_up
  lock_up blow_up blows_up went_up go_up goes_up keeps_ keep_running dies$ melt fill_up since_we since_the seit_dem
  seit_der seit_wir desde_que depuis_la depuis_le depuis_que od_kiedy с_тех_пор после_обновл 以来 から遅 上线后 이후로 not_every
  one_of_six one_of_the_nodes some_users some_customers some_devices some_jobs some_orders einige_kunden einzelne_
  algunos_usuarios algunos_meses certains_client certaines_comm alcuni_utenti niektórz некоторые_ 一部の 部分用户 일부
  never_for_us works_on_my locally lokal en_local localmente hourly at_peak bei_spitzen in_the_morning at_night
  last_night after_hours after_days after_a_while nach_einer_weile overnight over_time impossible_
  should_be_impossible suspicious weird strange seltsam raro bizarre strano dziwn странн おかしい 奇怪 이상
nobody / mystery: nobody no_one noone keiner personne ninguem nikdo nimeni ingen không_ai tidak_ada_yang ніхто わからない
  分からない 不知道 모르 किसी_को पता_नहीं لا_أحد can't_explain can't_say unexplained don't_know we_can't unclear_why fine_to_me
  nothing_obvious
people / stakes: people$ person_team devs$ engineers ops_people customers clients users' tenants doctors clerks
  company companies agency$ consultants regulator auditors bank$ banks enterprise leute kunden mandanten personen
  entwickler equipo clientes somos_ personas équipe nous_sommes squadra clienti persone zespół klientów osób zákazn
  ekip müşteri kişi klanten takım команд клиент клієнт нас_п человек людей チーム 人の 人で 人月 顧客 お客 团队 人的 客户 租户 팀 고객 명이 명_팀
  टीम ग्राहक فريق عملاء khách_hàng pelanggan tim_
judge / planning: good_idea bad_idea smart$ wise$ overkill over-engineer overengineer reasonable sensible worth$
  yay_or trust$ would_you_trust convince argue_for argue_against either_way lohnt sinnvoll überhaupt vale_la_pena
  tiene_sentido es_buena_idea raisonnable vaut_il vaut-il ça_vaut bonne_idée vale_a_pena faz_sentido ha_senso
  conviene_pas ma_sens warto opłaca má_smysl vyplatí mantıklı değer_mi heeft_zin zinvol are_sens merită är_det_värt
  có_nên có_đáng apakah_perlu apakah_layak нужен_ли нужна_ли имеет_смысл оправдан чи_варто чи_потріб 必要か 過剰 妥当 有必要 值得
  值不值 要不要 该用 필요할까 필요한가 과한 괜찮을까 क्या_सही هل_من_المفيد هل_يستحق build_or on_premise own_auth or_buy eigenbau
  selbst_bauen
openq / planning: where_do_i_start where_to_start where_do_we what_would_you what_would_it how_do_we_get
  how_do_we_sort how_should_the what_should_it what_stands what_will_hurt what_will_bite what_do_they_really
  what_happens_if what_happens_in what_if how_could_someone what_could what_can_go wo_fange_ich womit_fange was_würd
  wie_bilden wie_könnte wie_kommen_wir was_wären wo_anfangen por_dónde cómo_empezar qué_haría qué_pasa_si par_où
  que_se_passe comment_réorgan comment_faire_pour da_dove cosa_succede_se come_organizz od_czego co_się_stanie odkud
  nereden ne_olur waar_begin wat_gebeurt de_unde ce_se_întâmplă var_börjar bắt_đầu_từ mulai_dari с_чего_нач
  что_будет_если где_искать как_перестроить з_чого_поч どこから 何から どう直す どうなる 从哪 先从 怎么从根本 会不会 怎么建模 어디서부터 어떻게_바꿔 어떻게_막
  어떻게_될 कहाँ_से من_أين ماذا_يحدث come_up_with options? what_path the_path path$ ways_to things_that_you semantics
  enumerate in_which_cases in_welchen_fällen dans_quels_cas en_qué_casos under_what
takeover / migration: took_over taken_over take_over i'm_new_here new_here new_to_this_code heredé j'ai_repris
  ho_ereditato odziedzicz zdědil devral devraldım am_preluat tog_över мне_достал унаслед дістав 引き継 接手 接管 인수 넘겨받
  विरासत ورثت lay_of_the_land agency_that used_to_work_here without_documentation no_documentation sans_doc ohne_doku
  sin_document senza_document без_документац ドキュメントがない 没有文档 map_the baustell biggest_problem worry_about dangerous
  gefährlich peligros dangereux pericolos niebezpiecz опасн небезпечн 危ない 危険 最危险 隐患 위험한
bigmove / migration: get_off get_us_off get_rid_of getting_rid off_of big_bang nach_und_nach without_a_big white_label
  tirar_o quitar_todo se_débarrasser sbarazz pozbyć zbavit kurtul избавит позбут 脱却 やめたい 摆脱 去掉整个 걷어내 serverless
  on_prem to_the_cloud in_die_cloud a_la_nube dans_le_cloud nel_cloud в_облако クラウドに 上云 클라우드로 kubernetes_path rails_4
  angular_to vue_2 struts swap_the_logging whole_thing all_of_it the_whole the_entire in_one_place to_one_place
  operated out_of_sap
business / -: billing ledger$ invoice payment checkout orders inventory stock$ shipping settlement balance account
  booking payroll price pricing contract refund rechnung zahlung buchung bestellung lager factura pago pedido saldo
  facture paiement commande fattura pagament ordin faktur płatno zamówien objednáv sipariş ödeme bestelling pedidos
  order$ beställ đơn_hàng pesanan заказ замовлен платеж баланс склад счет 注文 在庫 決済 請求 订单 库存 支付 账单 주문 재고 결제 ऑर्डर طلبات
ui / implement: screen$ view$ field$ fields$ feld$ campo champ pole поле フィールド 字段 필드 list$ liste$ lista listan lijst
  seznam список 一覧 リスト 列表 목록 सूची القائمة avatar tab$ scroll keyboard spinner image$ images bild bilder imagen
  imágenes immagin obraz resim изображ картин 画像 图片 이미지 photo foto$ gallery menu$ menü tooltip card$ cart$ header$
  footer$ wizard layout css$ style_with responsive mobile$ icon$ label$ input$ checkbox selector search_field search$
  suche busca recherche ricerca wyszuki arama zoeken поиск пошук 検索 搜索 검색 खोज بحث saved speicher guardar enregistr
  salvar salvat zapis ulož kaydet opslaan spar сохран збереж 保存 저장 सेव حفظ reload refresh neu_laden aktualis actualiz
  mise_à_jour aggiorna odświeża obnov yenile ververs uppdater cập_nhật diperbarui обновл онов 更新 刷新 새로고침 अपडेट
  email_template render$ click
behaviour / bugfix: instead_of statt en_lugar au_lieu invece zamiast místo yerine in_plaats i_stället вместо замість
  ではなく 而不是 대신 should_not should_be should_also should_only should_start should_ignore shouldn't soll$ sollte$ debe_
  deberia_ doit_ devrait_ deve_ powinien měl_by должен_ должна_ повинен しないように ようにして 应该显示 되게_해 when_i when_the_user
  if_the_user wenn_der let_users let_the_user allow_users fall_back off_by_one off_by nan$ crashes$ crash$ stürzt_ab
  plante se_cierra resets lost_on edge_case case-insensitive timezone rounding
data / implement: parse$ read_the reads reading einles lies$ leer_el lire$ leggi wczytaj načti oku$ lees läs прочита
  読み込 读取 읽어 convert$ konvertier convierte convertir converti zamień_na převeď dönüştür преобраз перетвор 変換 转换 转成 변환
  map$ mapping group$ gruppier agrup regroup raggrupp grupuj 集計 分组 汇总 그룹 merge$ zusammenführ combin chunk split_a
  flatten sort_by filtern filtrar filtrer excel xml$ json$ date$ dates datum$ fecha regex reguläre aggregate sum$
  count_words plot$ dataframe pandas numpy loop$ schleife bucle boucle ciclo$ pętl smyčk döngü цикл ループ 循环 반복문 array$
  string$ file$ datei$ archivo$ fichier$ files_in
pairtests / test: and_tests with_tests plus_tests w/_tests incl_tests mit_tests samt_tests con_tests con_un_par
  avec_des_tests avec_deux con_test z_testami с_тестами пара_тестов テストも 带几个测试 带测试 테스트도 a_few_asserts cover
literal / oneliner: word$ words$ wort keyword$ letter$ buchstab lettre capital quote anführungszeich comillas
  guillemets virgolette cudzysł tırnak aanhalings лапк кавычк クォート 引号 따옴표 bracket parenthes klammer empty_line blank$
  space$ line$ zeile línea ligne riga$ linea linii řádek satır regel$ rad$ строк рядок 行 行尾 줄 heading überschrift
  alias alt_text annotation semicolons crlf opposite synonym plural singular better_word capitalize digit$ character
  [derive final$ private$ expression_body list_comprehension getter_and ending
asklist / lookup: count$ which_of_these which_of_the who_is wer_ist is_imported imported_in minimum_version
  build_number what_version author abbreviation for_short stands steht_für wofür_steht significa signifie veut_dire
  znamená oznacza ne_demek betekent înseamnă betyder nghĩa_là artinya что_значит що_означає とは何 の略 무슨_뜻 का_मतलब
  ماذا_يعني code_for shortcut_for how_many_spaces how_long_is iso_code timestamp_for bytes? spelled_how in_decimal
  in_hex raccourci atajo tastenk
smalledit / oneliner: take_out flip$ flip_them in_the_wrong_order two_lines adjust_the set_replicas instead_of_14
  redundant stray put_this put_it put_these pon$ mach$ mets$ ustaw$ muda$ set$ nimm yap$ level_3 bold$ replace_
  replace$ ersetz reemplaz remplac substitu sostitui zamień zastąp nahraď değiştir vervang înlocuie ersätt thay_bằng
  ganti замени замін 置き換え に変えて にして 换成 改成 替换 取代 바꿔 बदलो استبدل bump hochzieh hochsetz swap$ swap_the collapse wrap_this
  wrap_these wrap_the destructure unpack unexport export_this make_this make_the make_it make_these optional$ nullptr
  tostring_gener slots capitali group_the number_the number_these turn_these turn_this change_all change_the
  change_let cambia$ cambiar_let troca$ trocar cambia_let uncomment prepend append_a swap_them upgrade_the_version
  version_auf バージョンを 版本号 версию_до raise_the
howto / lookup: how_to how_do_i how_can_i how_does_one wie_bekomme wie_kann_ich wie_mache_ich wie_geht cómo_ como_
  comment_obtenir comment_faire comment_ come_si come_faccio jak_ как_ як_ nasıl_ hoe_ hur_ cum_ làm_thế_nào cách_
  bagaimana cara_ するには やり方 方法は どうやって 怎么 怎麼 하는_방법 방법 어떻게 कैसे كيف which_flag which_tag which_git which_command
  what_does_the command_that
brevity / trivial: yes_or_no one_word in_one_sentence one_sentence is_enough just_the_name only_the_name nothing_more
  ja_oder_nein in_einem_satz sí_o_no oui_ou_non sì_o_no да_или_нет 一言で 一句话 是或否 briefly_in please_change roughly_how
adversary / security: hostile untrusted malicious attacker's abuse tamper forge replay spoof inject leak_data
  isolation_could memory_safety use-after-free overflow feindlich hostil malveill враждебн 敵対 恶意 악의 sanitiz bypass
  opens_up user_input_reaches
hypothesis / mystery: hypothes hipótesis hipotes hipotez гипотез 仮説 假设 가설 theory$ ideas$ experiments measure_tonight
  rule_out evidence suspect subtle$ collapsed drops_after degrad bricht_der einbruch sink$ trace_how
  sequence_of_events explain_the_sequence reconstruct identify_where
blockers / migration: blocker hindernis obstácul obstacle ostacol przeszk překáž engel_ препятств перешкод 障害になる 障碍
  장애물 incremental_path umstieg_auf upgrade_to upgrading actualizar_de aktualisier_von passer_de aggiornare_da
  обновить_с アップグレード 升级 업그레이드 分步 replacement without_a_rewrite freeze_ in_the_meantime coexist parallel_run
  framework_4
modular / architecture: modulari modularis independent unabhängig indépend independient indipend niezależn nezávisl
  bağımsız независим незалежн 独立 독립 deployable deploy_independ release_independ seams ports_and evolve extensib
  configurab by_configuration new_sources plug_in policy_engine compensation flows explicit decomposition aufteilung
  zuschnitt notification_system reservation_system engine$ delivery_guarantee
magnitude / stakes: millionen millones milhões milioni milion milyon миллион мільйон 億 万台 千万 亿 천만 억
  requests_per_second rps$ qps per_second pro_sekunde por_segundo par_seconde al_secondo na_sekundę saniyede в_секунду
  毎秒 每秒 초당 years_of_data budget devices$ technicians thousand tausend geräte dispositivos appareils dispositivi urządz
  устройств 端末 设备 기기
narrated / mystery: overwrite überschreib sobrescrib écras sobrescrev sovrascriv nadpis üzerine_yaz overschrij
  перезапис 上書き 覆盖 덮어 come_back wieder_da same_number same_rows same_seat same_customer grew_apart keep_coming
  keeps_coming half_written invalid_state possible$ möglich posible possibile mümkün mogelijk возможно ありえ 可能性 가능성
  overtake disagree each_other einander retries crashes_ clock_ nodes$ knoten nodos nœuds nodi węzł uzly düğüm узел
  узла узлы ノード 节点 노드 everything_depends depends_on_it how_is_that was_heißt what_changes changes_for_us side_effects
  choices from_scratch von_null desde_cero de_zéro da_zero od_zera sıfırdan с_нуля 一から 从头 처음부터 a_way_back
  piece_by_piece aos_poucos petit_à_petit poco_a_poco stückweise step_by_step_plan screen_by_screen reviewable
  nobody_dares think_of_ consider_every imagine_you which_one_is_wrong tolerable fork$ forks propose_a suggest_a
`;
