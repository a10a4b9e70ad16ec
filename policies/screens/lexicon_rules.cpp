#include "policies/screens/lexicon.hpp"

namespace troupe::screens {

namespace {

// What a model was told, and what is done to that: it is ignored, or revealed.
constexpr lexicon_line words_of_rules_lines[] = {
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
};

} // namespace

std::span<const lexicon_line> words_of_rules() noexcept {
  return words_of_rules_lines;
}

} // namespace troupe::screens
