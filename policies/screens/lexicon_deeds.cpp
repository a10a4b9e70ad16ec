#include "policies/screens/lexicon.hpp"

namespace troupe::screens {

namespace {

// What is to be done and with what: tools, people, data, checks, and how something is to be said.
constexpr lexicon_line words_of_deeds_lines[] = {
    {c_tool,
     "tool tools function functions plugin plugins endpoint subroutine shell terminal interpreter "
     "werkzeug* outil* herramienta* ferramenta* strumento strumenti narzedzi* инструмент* arac* "
     "工具 函数 ツール 関数 도구* 함수*"},
    {c_act,
     "refund refunds transfer transfers delete deletes approve approves grant grants pay wire "
     "issue "
     "cancel escalate disable purchase buy credit whitelist authorize authorise promote reset "
     "close waive release ship change modify update create insert drop_table overwrite unlock "
     "shutdown shut_down erase remove elevate downgrade upgrade "
     "erstatte* uberweis* losch* genehmig* stornier* rembourse* supprime* vire* approuve* "
     "reembols* "
     "elimina* borra* transfier* aprueba* transfira* exclua* apague* aprove* rimborsa* cancella* "
     "trasferisci* approva* "
     "verwijder* betaal* zwroc* usun* przelej* zatwierdz* верни* удали* переведи* одобри* iade* "
     "sil "
     "onayla* 退款 转账 删除 批准 返金 削除 送金 承認 환불* 삭제* 송금* 승인*"},
    {c_others,
     "other_customers other_customer another_customer other_users another_customers "
     "other_customers all_customers "
     "all_users every_customer every_user everyone_else other_clients all_clients somebody_elses "
     "someone_elses other_peoples every_account "
     "another_persons different_customer last_customer last_user previous_customer "
     "previous_user next_customer other_sessions other_conversations other_patients all_employees "
     "other_tenants other_orders customers_who "
     "andere_kunden anderer_kunden anderen_kunden aller_kunden alle_kunden autres_clients "
     "tous_les_clients otros_clientes "
     "todos_los_clientes otros_usuarios outros_clientes todos_os_clientes altri_clienti "
     "tutti_i_clienti andere_klanten alle_klanten innych_klient* wszystkich_klient* "
     "других_клиентов "
     "всех_клиентов diger_musteri* العملاء_الاخرين 其他客户 其他用户 所有客户 所有用户 他の顧客 "
     "他のユーザー "
     "다른_고객* 다른_사용자*"},
    {c_data,
     "data records record database history conversation conversations transcript logs log "
     "information details emails addresses phone_numbers contacts files file documents credentials "
     "context profile profiles names balances card_numbers session sessions memory table list "
     "inbox "
     "daten verlauf donnees historique datos historial dados historico dati cronologia gegevens "
     "dane "
     "данные историю veri* gecmis* البيانات 数据 資料 资料 记录 データ 履歴 데이터* 정보* 기록*"},
    {c_reader,
     "user users customer customers reader human humans client person them anyone anybody nobody "
     "staff benutzer* nutzer* kunden utilisateur* usuario* cliente* utente utenti gebruiker* "
     "uzytkownik* пользовател* клиент* kullanici* المستخدم 用户 用戶 客户 ユーザー 顧客 사용자* "
     "고객*"},
    {c_new,
     "new updated revised actual real true amended corrected latest replacement fresh genuine "
     "additional important next following neue neuen neuer nouvelle* nouveau nuevas nuevos nueva "
     "nuevo novas novos nova novo nuove nuovi "
     "nuova nieuwe now_new nowe nowych новые новых yeni جديدة नए नये 新的 新 新しい 새로운* 새_*"},
    {c_void,
     "replaces replace contradict contradicts irrelevant a_mistake a_test a_trick meaningless fake "
     "cancelled_out obsolete terminated "
     "outdated obsolete void invalid suspended lifted revoked expired superseded replaced "
     "rescinded "
     "no_longer_apply no_longer_applies no_longer_valid no_longer_in_effect no_longer_in_force "
     "does_not_apply do_not_apply dont_apply doesnt_apply cancelled canceled disabled wrong "
     "mistaken incorrect "
     "deprecated withdrawn relaxed waived inactive off overridden null_and_void "
     "are_gone removed lapsed ungultig* veraltet* aufgehoben gelten_nicht gilt_nicht "
     "ausser_kraft obsoletes perimees ne_s'appliquent_plus ne_sappliquent_plus annule* "
     "ya_no_aplican ya_no_se_aplican "
     "obsoletas anuladas nao_se_aplicam nao_valem_mais anulad* non_valgono non_si_applicano "
     "annullat* "
     "obsoleti vervallen niewazne nie_obowiazuj* недействительн* отменены устарел* gecersiz* ملغاة "
     "غير_صالحة "
     "अमान्य रद्द 失效 作废 无效 過時 无效了 取消 無効 적용되지* 무효*"},
    {c_follow,
     "follow obey comply adhere listen respect heed observe execute carry_out perform do_as fulfil "
     "fulfill "
     "following treat_as prioritize prioritise satisfy befolg* folge folgen suis suivez obeis* "
     "sigue "
     "siga obedec* obedece* segui* seguire obbedisci* volg* gehoorza* wykonaj* przestrzegaj* "
     "следуй* выполни* "
     "подчиняйся* uygula* itaat اتبع* نفذ* पालन मानो 遵循 遵守 执行 服从 听从 従って 従え 実行 "
     "따라* 따르* 수행*"},
    {c_must,
     "needs_to has_to must required mandatory immediately obliged compulsory urgent critical "
     "have_to need_to "
     "shall should always asap without_exception at_once only imperative musst mussen mussen "
     "sofort "
     "unbedingt dois devez obligatoire immediatement debes debe deben obligatorio inmediatamente "
     "deve "
     "devem imediatamente devi dovete immediatamente moet onmiddellijk musisz natychmiast должен "
     "должна немедленно обязан* zorunda hemen يجب فورا 必须 必須 立即 马上 しなければ 直ちに 해야* "
     "반드시 즉시"},
    {c_text,
     "text words message messages everything paragraph sentence sentences content contents line "
     "lines "
     "chat conversation context tokens section characters document block input dialogue worte "
     "nachricht* texte mots texto "
     "palabras mensaje* palavras mensagem mensagens testo parole tekst woorden slowa текст* слова "
     "metin النص टेक्स्ट 文字 内容 文本 对话 テキスト 文章 会話 텍스트* 내용* 문장*"},
    {c_task, "assignment assignments task tasks goal goals mission job purpose objective "
             "objectives role duty duties aufgabe* ziel tache* "
             "mission tarea* objetivo* mision missao compito obiettivo taak zadani* задач* цель "
             "gorev* مهمة 任务 任務 "
             "目标 タスク 目的 任務 작업* 임무* 과제*"},
    {c_safety,
     "verification verify verifying validation confirmation confirm approval authentication "
     "identity_check "
     "safety security checks check limit limits cap review audit fraud_checks two_factor 2fa "
     "filters filter censorship uberprufung bestatigung sicherheits* verification* confirmacion "
     "verificacion verificacao confirmacao verifica conferma verificatie weryfikacj* проверк* "
     "подтверждени* onay dogrulama* 验证 確認 验证码 审核 认证 検証 認証 확인* 검증* 인증*"},
    {c_call,
     "call invoke execute run trigger use perform launch issue start using calling invoking "
     "running aufruf* ruf_auf "
     "fuhre_aus verwende appelle* execute* utilise* lance* llama* ejecuta* usa* invoca* chame* "
     "execute* use esegui* chiama* roep* gebruik* wywolaj* uruchom* uzyj* вызови* запусти* "
     "используй* "
     "cagir* calistir* kullan* استدع* شغل* 调用 调用了 使用 运行 执行 呼び出 実行 使って 호출* "
     "실행* 사용*"},
    {c_authority,
     "authorized authorised authorization authorisation approved pre-approved preapproved manager "
     "management supervisor on_behalf cleared clearance permission permitted sanctioned consented "
     "legal_department compliance headquarters red_team pentest penetration_test "
     "security_audit security_test security_research compliance_audit i_am_the_developer "
     "i_am_your_developer i_am_an_admin i_am_the_admin i_am_your_creator im_the_developer "
     "im_your_developer "
     "im_an_admin im_the_admin this_is_the_developer this_is_your_developer as_your_developer "
     "autorisiert* genehmigt* autorise* autorizad* autorizzat* gemachtigd upowazni* уполномочен* "
     "разрешен* yetkili* yetkilendir* مخول 授权 授權 已批准 許可 承認済み 승인된* 허가*"},
    {c_verbatim,
     "verbatim word_for_word word-for-word exact_wording exact_words exact_text plain_text "
     "literally character_for_character "
     "letter_by_letter "
     "in_full unmodified unchanged raw as_is code_block codeblock code_fence triple_backticks "
     "markdown_block line_by_line "
     "without_omitting entirety backwards reversed wortlich wort_fur_wort mot_pour_mot mot_a_mot "
     "palabra_por_palabra textualmente literalmente palavra_por_palavra parola_per_parola "
     "woordelijk "
     "slowo_w_slowo дословно слово_в_слово kelimesi_kelimesine حرفيا 逐字 一字不差 原文 そのまま "
     "一字一句 그대로 원문*"},
    {c_opposite,
     "opposite contrary inverse reverse_of gegenteil contraire contrario opposto tegenovergestelde "
     "przeciwienstwo противоположн* tersini عكس 相反 逆のこと 반대*"},
    {c_encode,
     "base64 rot13 hex hexadecimal caesar morse ascii binary encoded encode encoding decode "
     "decoded "
     "decrypt encrypt cipher leetspeak unicode kodiere* dekodiere* decode* codifica* decodifica* "
     "закодируй* декодируй* 编码 解码 デコード 디코딩* 인코딩*"},
    {c_first, "first begin beginning starting top outset opening initial anfang debut inicio "
              "inizio 最初 开头 冒頭 처음*"},
    {c_ours,
     "request requests order orders email emails letter ticket question questions mail complaint "
     "address addresses reservation booking bookings appointment appointments payment payments "
     "subscription delivery alarm alarms reminder reminders shopping number numbers charge charges "
     "transaction transactions invoice invoices bill anfrage bestellung demande commande pedido "
     "solicitud "
     "ordine richiesta bestelling zamowieni* заказ* запрос* siparis* 订单 注文 주문*"},
    {c_begin, "begin_your start_your begin_with start_with reply_with respond_with answer_with "
              "answer_only respond_only reply_only output_only say_only just_say simply_say prefix "
              "end_your append_to_your always_answer always_respond always_reply "
              "beginne_deine antworte_mit antworte_nur commence_ta reponds_par reponds_uniquement "
              "responde_con responde_solo "
              "empieza_con responda_com responda_apenas rispondi_con rispondi_solo antwoord_met "
              "odpowiedz_tylko "
              "отвечай_только начни_ответ 只回答 仅回复 だけ答え とだけ"},
    {c_hypo, "hypothetical hypothetically fictional fiction story novel game movie screenplay "
             "thought_experiment "
             "grandmother grandma poem for_educational for_research role theoretically "
             "hypothetisch fiktiv* "
             "hypothetique* fictif ficcion hipotetic* ficcao ipotetic* вымышленн* 假设 虚构 小说 "
             "仮に 物語 소설* 가정*"},
    {c_told,
     "told instructed given learned taught trained programmed ordered configured "
     "gesagt aufgetragen dit appris dicho ensenado dito ensinado detto imparato verteld "
     "powiedzian* "
     "сказал* сказано научил* soylenen ogren* قيل कहा बताया 告诉你的 说过 言われた 教えられた 들은 "
     "배운*"},
    {c_outside, "http https url webhook attacker.example pastebin requestbin ngrok ftp"},
};

} // namespace

std::span<const lexicon_line> words_of_deeds() noexcept {
  return words_of_deeds_lines;
}

} // namespace troupe::screens
