#include "policies/screens/lexicon.hpp"

namespace troupe::screens {

namespace {

constexpr lexicon_line lines[] = {
    // -- to ignore --------------------------------------------------------------
    {c_ignore,
     "ignore ignores ignoring ignored disregard disregarding disregarded bypass bypassing "
     "circumvent override overrides overriding overwrite neglect overlook discard dismiss nullify "
     "supersede supersedes superseding unlearn disobey "
     "set_aside throw_out throw_away put_aside cast_aside forgo "
     "clear_your erase_your wipe_your reset_your purge_your pretend_there_is_no "
     "pretend_there_are_no act_only_on act_only as_if_there_were_no nevermind pay_no_attention "
     "pay_no_heed take_no_notice no_attention do_not_follow dont_follow "
     "do_not_obey dont_obey stop_following stop_obeying never_mind do_not_listen "
     "dont_listen not_bound no_longer_bound not_obliged do_not_adhere dont_adhere "
     "break_free free_yourself ditch scrap jettison cease_to_follow without_regard "
     "do_not_comply dont_comply do_not_respect abandon "
     "let_go_of leave_behind forget forgetting"},
    {c_ignore,
     "ignorier* ignorie* missacht* vergiss vergessen verwirf verwerf* umgehe umgehen uberschreib* "
     "beachte_nicht nicht_beachten hor_auf nicht_mehr_befolg* befolge_nicht lass_ausser_acht "
     "ausser_acht setze_dich_hinweg"},
    {c_ignore, "ignorez ignorer ignorons oublie oubliez oublier neglige* contourne* outrepass* "
               "ne_tiens_pas_compte ne_tenez_pas_compte ne_pas_tenir_compte fais_abstraction "
               "faites_abstraction meconnai* passe_outre"},
    {c_ignore,
     "ignora ignorad ignoren ignorar ignoras olvida olvidad olviden olvidate olvidar descarta* "
     "omite omitir haz_caso_omiso hagan_caso_omiso caso_omiso no_hagas_caso pasa_por_alto "
     "ignorem ignoro esqueca esquece esquecam esquecer desconsider* descarte desobede* "
     "nao_siga no_sigas"},
    {c_ignore,
     "ignorate ignorando dimentica dimenticate dimenticare trascura* tralascia* scavalca* aggira* "
     "non_seguire non_considerare non_tener_conto negeer negeren vergeet vergeten omzeil* "
     "zignoruj* ignoruj* pomin* zapomnij* odrzuc*"},
    {c_ignore, "игнориру* проигнориру* забудь* забыть отбрось* пренебрег* обойди* отмени не_следуй "
               "не_обращай_внимания gormezden yok_say* unut* dikkate_alma* goz_ardi "
               "تجاهل* انس* اهمل* अनदेखा नजरअंदाज भूल_जा* उपेक्षा"},
    {c_ignore, "忽略 忽視 无视 無視 忘记 忘掉 忘記 不要理会 不理会 跳过 绕过 覆盖 抛开 無視して "
               "忘れて 忘れろ "
               "従わないで 従わず 무시* 잊어* 잊고 따르지_마* 우회*"},
    {c_off,
     "disable disables disabling deactivate turn_off turned_off switch_off switched_off skip "
     "skipping omit drop "
     "suspend wipe remove lift lifted waive bypass without no_need_for not_required not_needed "
     "unnecessary avoid exempt deaktivier* abschalt* schalte desactive* desactiva* desative* "
     "disattiva* "
     "uitschakel* wylacz* отключ* kapat* عطل* 关闭 禁用 跳过 無効 スキップ 비활성* 건너뛰*"},
    {c_mine,
     "my mine mein meine meinen meiner meinem mon mes mi mis meu minha meus minhas mio mia miei "
     "mie mijn moj moja moje мой моя мои моего benim 我的 私の 내_*"},
    // -- prior ------------------------------------------------------------------
    {c_prior, "previous previously prior above earlier preceding former foregoing initial original "
              "existing current before past old beforehand pre-existing so_far up_to_now until_now "
              "aforementioned first_message built_in builtin preset predefined standing"},
    {c_prior,
     "vorherig* vorig* vorhergehend* bisherig* obig* fruher* ursprunglich* vorangegangen* "
     "precedent* precedemment anterieur* ci-dessus initiale* initiaux anterior* previo* previa* "
     "anteriormente arriba acima inicial* originale* "
     "precedenti precedente sopra iniziali originali eerdere vorige bovenstaande voorgaande "
     "poprzedni* wczesniejsz* powyzsz* dotychczasow*"},
    {c_prior,
     "предыдущ* прежн* выше предшествующ* ранее исходн* onceki yukaridaki evvelki السابق* سابق* "
     "اعلاه المسبق* पिछले पिछली पूर्व ऊपर 之前 先前 以上 此前 前面 上述 原来 原有 之前的 以前 "
     "これまで 上記 先ほど 前の 今まで 이전* 위의 앞의 지금까지* 기존*"},
    // -- rules ------------------------------------------------------------------
    {c_rules,
     "rule rules guideline guidelines policy policies constraint constraints restriction "
     "restrictions limitation limitations guidance commands protocols ethics ethical moderation "
     "mandate regulations norms principles orders"},
    {c_rules | c_prompt,
     "instruction instructions prompt prompts directive directives guardrail guardrails safeguard "
     "safeguards programming preprompt system_message system_messages system_rules safety_settings "
     "content_policy content_policies operating_manual briefing system_configuration "
     "your_configuration whole_configuration entire_configuration "
     "initial_configuration configuration_text safety_rules safety_guidelines safety_training "
     "system_instructions custom_instructions system_policy system_text setup_message setup_text "
     "metaprompt sysprompt"},
    {c_rules,
     "regel regeln vorgabe* richtlinie* einschrankung* beschrankung* regle* restriction* "
     "contrainte* regla "
     "reglas restriccion* indicaciones ordenes regra regras diretriz* restricoes restricao "
     "comandos "
     "regola regole restrizion* vincoli linee_guida regels richtlijn* beperking* zasad* "
     "regul* ogranicz* wytyczn* правил* ограничени* kural* kisitlama* القواعد قواعد القيود नियम* "
     "规则 規則 限制 约束 准则 规定 ルール 規約 制限 ガイドライン 규칙* 제한* 지침*"},
    {c_rules | c_prompt,
     "anweisung* instruktion* systemprompt* system-prompt* systemanweisung* systemnachricht* "
     "systemvorgabe* consigne* instructions_systeme invite_systeme prompt_systeme instruccion* "
     "directriz directrices "
     "instrucao instrucoes istruzion* direttiv* instructies instrukcj* polecen* инструкци* "
     "указани* "
     "директив* промпт* установк* talimat* yonerge* تعليمات* التعليمات توجيهات الاوامر अनुदेश निर्देश* "
     "指令 指示 提示词 "
     "提示詞 系统提示 命令 プロンプト 設定 지시* 명령* 프롬프트*"},
    // -- hidden -----------------------------------------------------------------
    {c_hidden,
     "system hidden internal secret confidential initial underlying preprompt foundational "
     "proprietary undisclosed behind_the_scenes backend under_the_hood private base concealed "
     "starting core invisible classified sealed own"},
    {c_hidden,
     "versteckt* intern interne* internen geheim* verborgen* vertraulich* systeme cache cachee "
     "cachees secret secrete secretes confidentiel* sistema oculto oculta ocultas ocultos interno "
     "interna internas internos secreto secreta secretas secretos confidencial* segreto segreta "
     "segrete segreti nascosto nascoste riservat* systeem verborgen intern* geheime "
     "systemow* ukryt* wewnetrzn* tajn* poufn* системн* скрыт* секретн* внутренн* "
     "конфиденциальн* sistem gizli النظام السرية المخفية الداخلية गुप्त सिस्टम 系统 系統 隐藏 隱藏 "
     "内部 内部的 机密 机密的 システム 隠し 秘密 内部の 시스템* 숨겨진* 내부* 비밀*"},
    // -- to reveal --------------------------------------------------------------
    {c_reveal,
     "what_rules which_rules what_instructions which_instructions render spell_out reveal reveals "
     "revealing show print prints output repeat display disclose leak dump expose "
     "recite list write translate summarize summarise spell return paste copy echo quote "
     "share tell describe explain paraphrase read_out say reproduce divulge uncover state provide "
     "replay render type enumerate emit transcribe convert report give hand_over spill surface "
     "restate regurgitate rewrite rephrase extract retrieve publish "
     "complete continue include append insert what_is what_are what_were whats what_was what_did "
     "what_does what_do which_are let_me_see list_out "
     "want_to_see need_to_see tell_me show_me"},
    {c_reveal,
     "zeig* verrat* verrate gib_aus ausgeb* gebe wiederhol* drucke nenn* offenbar* offenleg* "
     "enthull* wie_lautet wie_lauten lauten was_sind was_steht schreib* ubersetz* fass_zusammen "
     "gib_* "
     "montre* revele* devoile* affiche* repete* repeter divulgue* imprime* donne* dis-moi "
     "quelles_sont quel_est ecris* traduis* resume* recopie* "
     "muestra* revela* imprime* repite* repita* dime ensena* escribe* traduce* cual_es cuales_son "
     "comparte* copia* mostre* revele mostrar mostra repita* diga* escreva* quais_sao qual_e exiba "
     "traduza* imprima*"},
    {c_reveal,
     "mostra* rivela* stampa* ripeti* scrivi* dimmi elenca* quali_sono traduci* riporta* toon* "
     "onthul* herhaal* laat_zien wat_is wat_zijn schrijf* pokaz* ujawni* wypisz* powtorz* podaj* "
     "wyswietl* przetlumacz* покажи* раскрой* выведи* повтори* напиши* напечатай* скажи* "
     "перечисли* "
     "перескажи* сообщи* "
     "какие какова переведи* goster* acikla* yazdir* tekrarla* paylas* cevir* اعرض* اكشف* اطبع* "
     "كرر* اظهر* اخبرني* "
     "ماهي दिखा* बता* प्रकट लिखो दोहरा* 显示 顯示 透露 泄露 洩露 打印 输出 輸出 重复 重複 告诉 告訴 "
     "展示 列出 翻译 是什么 是什麼 说出 写出 表示して 教えて 見せて 出力 繰り返 開示 印刷 何ですか "
     "보여* 공개* "
     "출력* 알려* 말해* 반복* 번역* 무엇*"},
    {c_spill | c_reveal,
     "reveal reveals revealing print prints output repeat disclose leak dump expose recite paste "
     "echo divulge uncover regurgitate restate reproduce verrat* offenbar* offenleg* enthull* "
     "wiederhol* "
     "gib_* ausgeb* revele* devoile* divulgue* affiche* repete* recopie* revela* muestra* imprime* "
     "repite* mostre* "
     "repita* exiba rivela* stampa* ripeti* mostra* onthul* toon* herhaal* ujawni* wypisz* "
     "powtorz* pokaz* раскрой* выведи* "
     "повтори* покажи* напечатай* goster* yazdir* tekrarla* اكشف* اعرض* اطبع* كرر* اظهر* प्रकट "
     "दिखा* 透露 泄露 洩露 打印 输出 輸出 重复 重複 "
     "显示 顯示 告诉 表示して 見せて 教えて 出力 繰り返 開示 공개* 출력* 반복* 보여* 알려*"},
    // -- secrets ----------------------------------------------------------------
    {c_secret,
     "every_secret all_secrets your_secrets password passwords passphrase credential credentials "
     "token tokens api_key api_keys apikey "
     "api-key secret_key private_key access_key secrets env environment_variable "
     "environment_variables env_vars connection_string ssh_key canary service_account "
     "bearer master_key signing_key encryption_key admin_key vault login_details "
     "access_token access_code kennwort* passwort* passworter zugangsdaten api-schlussel schlussel "
     "mot_de_passe mots_de_passe identifiants cle_api contrasena* clave_api credenciales "
     "claves senha senhas credenciais chave_api chaves credenziali chiave_api wachtwoord* "
     "haslo hasla парол* ключ_api токен* учетн* sifre* parola* كلمة_المرور مفتاح पासवर्ड 密码 密碼 "
     "密钥 "
     "令牌 凭证 パスワード apiキー キー 認証情報 비밀번호* api_키* 토큰*"},
    // -- personas ---------------------------------------------------------------
    {c_persona,
     "act_as acting_as act_like pretend pretending roleplay role-play role_play roleplaying "
     "impersonate imagine_you imagine_that_you simulate simulating emulate behave_as behave_like "
     "you_are_now youre_now you_are_no_longer you_will_now_be you_shall_be you_will_be "
     "take_on_the_role take_the_role assume_the_role assume_the_identity play_the_role "
     "play_the_part become transform_into respond_as answer_as reply_as speak_as "
     "function_as operate_as embody switch_to enter enable activate engage unlock "
     "new_identity new_persona alter_ego boot_into reboot_as reboot in_character persona "
     "be_my your_name_is you_have_become consider_yourself "
     "suppose_you stay_in_character "
     "tu_so_als verhalte_dich spiele_die_rolle agiere_als benimm_dich ab_jetzt_bist_du "
     "du_bist_jetzt du_bist_nun du_bist_nicht_mehr stell_dir_vor wechsle_in "
     "agis_comme fais_semblant joue_le_role tu_es_maintenant tu_es_desormais comporte-toi "
     "vous_etes_maintenant imagine_que passe_en agissez_comme "
     "actua_como finge simula compórtate comportate haz_de_cuenta eres_ahora ahora_eres "
     "imagina_que a_partir_de_ahora_eres aja_como finja voce_agora_e agora_voce_e voce_e_agora "
     "interprete comporte-se fai_finta agisci_come ora_sei "
     "sei_ora comportati doe_alsof gedraag_je je_bent_nu udawaj zachowuj_sie jestes_teraz "
     "притворись представь ты_теперь действуй_как веди_себя теперь_ты "
     "gibi_davran artik_sen rol_yap تظاهر تصرف انت_الان 假装 假裝 扮演 你现在是 你現在是 充当 模拟 "
     "のふりを 演じて として振る舞 あなたは今から 今からあなたは 인_척 척해* 역할* 행동해*"},
    {c_mode,
     "mode character persona personality alter_ego version modus modo modalita tryb режим* modu "
     "وضع 模式 モード 모드* identity"},
    {c_rank,
     "system developer developers admin admins administrator administrators root operator sudo "
     "superuser creator creators engineer engineers maintainer supervisor anthropic openai "
     "god dev owner sysadmin security_team it_department ceo vendor "
     "entwickler* administrador* desarrollador* administrateur* developpeur* amministratore "
     "sviluppatore beheerder ontwikkelaar administrator* programist* разработчик* администратор* "
     "yonetici* gelistirici* المطور المدير المسؤول 管理员 管理員 开发者 開發者 開発者 管理者 "
     "관리자* 개발자*"},
    {c_model,
     "assistant assistants ai ais llm llms chatbot chatbots language_model language_models "
     "gpt chatgpt ai_model ai_models the_model automated_system automated_systems "
     "virtual_assistant "
     "support_bot ai_agent ai_agents summarizer summariser automated_reader automated_readers "
     "whoever_processes the_bot dear_bot this_bot agent_reading agents_reading processing_this ki "
     "assistent* sprachmodell* ia asistente* modele_de_langage "
     "modelo_de_lenguaje modelo_de_linguagem assistente intelligenza_artificiale "
     "asystent* ии нейросет* ассистент* помощник* yapay_zeka asistan* الذكاء_الاصطناعي المساعد "
     "人工智能 助手 助理 "
     "模型 アシスタント モデル 어시스턴트* 인공지능* 챗봇*"},
    // -- sending ----------------------------------------------------------------
    {c_send,
     "send sending sends email e-mail mail forward forwarding post posting upload uploading "
     "exfiltrate transmit submit deliver relay fetch visit load curl wget ping dispatch "
     "publish sync report_to copy_to cc bcc push beacon navigate open_the_link click request_the "
     "attach embed encode_in put_in_the_url include_in_the_url "
     "sende* schick* ubermittel* leite* weiterleit* hochlad* envoie* envoyer transmet* transfere* "
     "envia envie enviar envien manda reenvia* encaminhe transmite* invia inviare inoltra* "
     "stuur* verzend* wyslij* przeslij* отправь* пошли* перешли* отправит* gonder* ilet* ارسل* "
     "भेज* 发送 發送 发到 发给 转发 上传 送信 送って 転送 보내* 전송* 전달*"},
    // -- concealment ------------------------------------------------------------
    {c_conceal,
     "secretly silently quietly covertly stealthily discreetly without_mentioning "
     "without_telling without_informing without_notifying without_asking without_alerting "
     "do_not_tell dont_tell do_not_mention dont_mention never_mention do_not_reveal dont_reveal "
     "do_not_inform dont_inform do_not_disclose do_not_say dont_say not_mention "
     "do_not_acknowledge keep_this keep_it_secret keep_quiet keep_hidden between_us "
     "do_not_report dont_report do_not_log dont_log do_not_notify without_the_user "
     "without_any_mention no_mention dont_let_the never_tell must_not_know should_not_know "
     "need_not_know not_aware unnoticed leave_no_trace hide_this do_not_let no_need_to_mention "
     "no_need_to_tell without_saying without_disclosing without_reporting "
     "heimlich ohne_zu_erwahnen ohne_es_zu erwahne_nicht sag_nicht verrate_nicht verschweig* "
     "en_secret secretement sans_mentionner sans_le_dire ne_dis_pas ne_mentionne_pas "
     "en_secreto sin_mencionar sin_decir no_menciones no_le_digas no_digas secretamente "
     "sem_mencionar sem_contar "
     "nao_mencione nao_diga nao_conte segretamente senza_dirlo senza_menzionare non_dire "
     "non_menzionare "
     "in_het_geheim zonder_te_vermelden potajemnie nie_mow nie_wspominaj тайно не_говори "
     "не_упоминай незаметно gizlice soyleme bahsetme سرا لا_تخبر 不要告诉 不要告訴 不要提及 别告诉 "
     "秘密地 悄悄 "
     "言わないで 内緒 伝えないで 몰래 말하지_마* 알리지_마*"},
    {c_free,
     "without_restriction no_restriction any_restriction without_exception without_refusal "
     "without_refusing "
     "no_safety no_safety_filters no_safety_checks no_ethical no_moral without_moral "
     "without_ethical no_content_restrictions "
     "no_content_policy never_declines never_decline never_says_no full_compliance safety_mode_off "
     "mode_off "
     "unrestricted unfiltered uncensored unlimited_powers limitless jailbreak jailbroken "
     "jailbreaking dan no_restrictions without_restrictions without_limits no_limits no_rules "
     "without_rules no_filter no_filters without_filters without_any_restrictions "
     "without_any_restriction without_any_rules without_any_limits "
     "no_guidelines free_of_restrictions free_from_restrictions "
     "unbound unshackled do_anything_now anything_goes amoral unethical no_ethics no_morals evil "
     "developer_mode god_mode debug_mode maintenance_mode admin_mode sudo_mode root_mode "
     "test_mode diagnostic_mode diagnostics_mode unsafe_mode override_mode root_access dev_mode "
     "no_longer_bound not_bound free_of_all rules_off unlocked no_constraints "
     "anything_i_ask everything_i_ask whatever_i_ask never_refuse never_refuses cannot_refuse "
     "must_not_refuse do_not_refuse no_refusal no_refusals refuse_nothing "
     "uneingeschrankt* unzensiert* ohne_einschrankungen ohne_beschrankungen ohne_regeln "
     "ohne_filter "
     "keine_regeln keine_einschrankungen entwicklermodus sans_restriction* sans_limite* "
     "sans_filtre* sans_regles "
     "aucune_restriction aucune_regle mode_developpeur "
     "sin_restricciones sin_limites sin_filtros sin_reglas sin_censura modo_desarrollador "
     "ninguna_restriccion sem_restricoes sem_limites sem_filtros sem_regras sem_censura "
     "modo_desenvolvedor senza_restrizioni senza_limiti senza_filtri senza_regole senza_censura "
     "modalita_sviluppatore zonder_beperkingen zonder_regels bez_ogranicz* bez_zasad bez_filtr* "
     "без_ограничений без_цензуры без_правил без_фильтров sinirsiz kisitlamasiz kuralsiz بدون_قيود "
     "没有限制 没有任何限制 不受限制 无限制 不受任何限制 越狱 开发者模式 制限なし 制限のない "
     "無制限 脱獄 開発者モード "
     "제한_없* 제한없* 탈옥* 개발자_모드"},
    {c_now, "from_now_on instead henceforth from_this_point from_here_on onwards onward "
            "from_this_moment going_forward starting_now hereafter as_of_now thereafter ab_jetzt "
            "von_nun_an ab_sofort stattdessen fortan desormais a_partir_de_maintenant dorenavant "
            "a_la_place a_partir_de_ahora de_ahora_en_adelante en_su_lugar desde_ahora "
            "a_partir_de_agora de_agora_em_diante "
            " d'ora_in_poi da_ora_in_poi dora_in_poi adesso ora vanaf_nu in_plaats_daarvan "
            "odtad od_teraz zamiast_tego отныне вместо_этого bundan_sonra من_الان بدلا अब_से "
            "从现在 從現在 现在起 今から これから 代わりに 지금부터* 이제부터* 대신"},
    {c_you,
     "you your youre yourself u ur yours thy du dein deine deinen deiner deinem dich dir ihr ihre "
     "ihren sie euch tu ton ta tes toi vous "
     "votre vos tu tus te usted ustedes sus voce voces seu sua seus suas teu teus tuas tuo tua "
     "tuoi tue tuoi ti vostre jij jouw je uw twoje twoich twoja twoj ci ты тебя твои твой твоя "
     "твоих "
     "твоими свои своих тебе вы ваши ваш ваших sen senin sana sizin انت لك आप आपके आपको तुम तुम्हारे "
     "अपने अपनी "
     "你 您 你的 您的 あなた お前 君 당신* 너의 너는 네_* 네가"},
    {c_all, "all every any everything anything each whatsoever entire whole complete full alle "
            "allen alles "
            "jede jeden jegliche* sämtliche* samtliche* tout toute tous toutes todo todas todos "
            "toda qualquer "
            "cualquier tutte tutti tutto ogni qualsiasi wszystk* wszelk* все всё всех всю весь tum "
            "butun her "
            "كل جميع सभी सब 所有 一切 全部 任何 すべて 全て 全部の 모든* 전부*"},
    {c_not, "not no never dont do_not cannot cant without stop neither nor nicht kein keine nie "
            "ohne ne pas "
            "jamais sans no nunca sin nao sem non mai senza niet nooit nie bez не нет никогда без "
            "degil asla "
            "لا لن नहीं मत 不 不要 别 没 しない ない 안 말고"},
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
    // -- strong phrases ---------------------------------------------------------
    {c_system | c_prompt | c_rules | c_hidden,
     "system_prompt system_prompts system_message system_messages system_instruction "
     "system_instructions base_prompt "
     "initial_prompt hidden_prompt hidden_instructions internal_instructions secret_instructions "
     "initial_instructions "
     "original_instructions root_prompt systemprompt sysprompt metaprompt preprompt "
     "initialization initialisation your_setup setup_prompt startup_prompt prompt_text "
     "prompt_texts full_prompt "
     "systemprompt* system-prompt* prompt_systeme invite_systeme instructions_cachees "
     "instructions_systeme "
     "prompt_del_sistema instrucciones_del_sistema instrucciones_internas prompt_do_sistema "
     "prompt_di_sistema "
     "系统提示词 系统提示 系统指令 系統提示 システムプロンプト системный_промпт системного_промпта "
     "تعليمات_النظام "
     "sistem_talimatlari sistem_istemi 시스템_프롬프트* 시스템_지시*"},
    {c_said, "said say written wrote asked_of_you gesagt dit dicho dito сказал* 说过 言った"},
    {c_told, "dijeron dijo te_dijeron configuraron eingerichtet wurdest loaded_before set_up_with "
             "your_makers "
             "your_creators your_operators asked_of_you"},
    {c_ignore, "drop_whatever drop_what drop_all drop_your drop_every mets_de_cote mettez_de_cote "
               "laisse_tomber deja_de_lado "
               "تجاوز* وتجاهل* وانس* 抛弃 放弃 disregard_what"},
    {c_reveal | c_spill, "واعرض* واكشف* واظهر* واطبع* copialo copia_aqui dame pegalo"},
    {c_reveal, "what_tools which_tools list_of we_need i_need need_your que_te"},
    {c_prior, "precede ce_qui_precede lo_anterior tot_nu_toe"},
    {c_verbatim, "wortwortlich* 原封不动 一字不漏 그대로"},
    {c_off, "解除 salta omite saute ignorez_la entferne"},
    {c_free, "none_of_the_usual none_of_your freed freed_from liberated unchained admin_access "
             "administrator_access "
             "acceso_de_administrador acces_administrateur linux_shell root_shell linux_terminal "
             "only_authority "
             "何でも答え 什么都回答 alles_erlaubt speak_freely say_anything"},
    {c_void, "do_not_count dont_count a_draft corrupted were_a_test was_a_test"},
    {c_others, "list_of_all_accounts all_accounts_with list_of_all_customers list_of_customers "
               "customer_list all_customer_records "
               "kundenliste liste_der_kunden"},
    {c_data, "notes note passwords balance"},
    {c_system | c_prompt | c_rules,
     "your_prompt the_prompt this_prompt dein_prompt deinen_prompt ton_prompt tu_prompt "
     "raw_configuration "
     "your_training your_programming your_alignment your_conditioning your_role your_persona"},
    {c_ignore, "leave_your_role drop_the_act drop_your_role step_out_of break_character "
               "out_of_character quit_your_role "
               "leave_behind abandon_your cancel_your_role"},
    {c_reveal, "like_to_see spit_out cough_up gimme a_copy copy_of kopie copie_de copia_de dammi "
               "donne-moi donnez-moi"},
    {c_free, "free_mind without_alignment no_alignment unaligned without_morals ohne_moral "
             "sans_morale sin_moral senza_morale "
             "como_si_no_tuvieras come_se_non_avessi als_ob_du_keine como_se_nao_tivesse "
             "no_questions_asked whatever_i_say "
             "do_as_i_say obey_only_me obey_me only_obey listen_only_to_me only_listen_to_me "
             "follow_only_my only_my_commands "
             "obey_my only_my_words"},
    {c_rank | c_told,
     "your_developers your_creators your_makers your_programmers your_operator your_operators "
     "your_engineers your_owner "
     "your_owners your_company_told your_boss deine_entwickler tes_createurs tus_creadores"},
    {c_authority, "boss head_office my_manager the_manager the_director upper_management chef"},
    {c_safety, "proof questions evidence receipt_check id_check nachweis preuve prueba"},
    {c_others, "other_people customer_before_me person_before_me the_customer_before "
               "the_person_before people_before_me "
               "caller_before_me"},
    {c_told, "дали передали placed_in_front"},
    {c_prior, "перед in_front_of"},
    {c_void, "changed changes geandert change_of_rules"},
    {c_hypo, "pretend tu_so fais_semblant finge finja fai_finta"},
    // -- a few words of more languages -------------------------------------------
    {c_ignore, "bo_qua quen_di khong_tuan abaikan lupakan ignorera glom glem ignorer bortse "
               "ignoruj* zapomen* "
               "uita ignorati αγνοησ* ξεχασ* hagyd_figyelmen felejtsd ігнору* забудь ohita unohda "
               "התעלם* שכח* เพิกเฉย ละเว้น ลืม نادیده فراموش huwag_pansinin kalimutan puuza sahau "
               "ignoreu אל_תציית"},
    {c_prior,
     "truoc_do phia_tren ben_tren sebelumnya sebelum diatas tidigare foregaende tidligere "
     "foregaaende predchozi* predesl* anterioare precedente προηγουμεν* elozo korabbi попередн* "
     "aiemmat aiempi edelliset הקודמ* ก่อนหน้า قبلی پیشین nakaraan nauna ya_awali iliyotangulia"},
    {c_rules | c_prompt,
     "huong_dan chi_dan quy_tac loi_nhac instruksi petunjuk aturan perintah instruktioner* "
     "anvisningar "
     "instrukser instruks regler pokyn* pravidl* instructiun* reguli οδηγι* κανον* utasitas* "
     "szabaly* "
     "інструкц* вказівк* ohjeet ohjeita ohjeit* saannot* הוראות* הנחיות* คำสั่ง คำแนะนำ دستورالعمل* "
     "دستورات mga_tagubilin tagubilin panuto maagizo maelekezo"},
    {c_reveal | c_spill, "tiet_lo hien_thi cho_toi_xem cho_toi_biet tampilkan tunjukkan ungkapkan "
                         "visa avsloja vis avslor "
                         "ukaz* prozrad* zobraz* arata dezvaluie δειξε αποκαλυψε mutasd aruld_el "
                         "покажи розкрий nayta paljasta "
                         "הצג* גלה* แสดง เปิดเผย نشان فاش ipakita ibunyag onyesha fichua"},
    {c_hidden | c_rank,
     "he_thong sistem systemet systemu sistemului συστηματος rendszer системн* jarjestelma* "
     "המערכת ระบบ سیستم mfumo"},
    {c_all, "tat_ca moi semua alla alle vsechny vsechna toate ολες ολα minden összes усі всі "
            "kaikki כל ทั้งหมด همه "
            "lahat yote zote"},
    {c_you, "cua_ban ban anda kamu din dina dine tvuj tve tvoje tau tale σου ti tied твої sinun "
            "שלך ของคุณ شما iyong mo yako"},
    // -- common words: what is language at all -----------------------------------
    {c_word, "the a an and or to of in is it i my me for on with this that be have has was are can "
             "do how what when where "
             "why who would will if at from by not but please you your we they he she as about der "
             "die das und ist "
             "nicht ein eine ich zu mit le la les et est une je de du el los las y que un en o os "
             "um uma para il "
             "lo di che non per een het en niet"},
};

} // namespace

std::span<const lexicon_line> lexicon() noexcept {
  return lines;
}

} // namespace troupe::screens
