#include "policies/screens/lexicon.hpp"

namespace troupe::screens {

namespace {

// Who a model is to be and who says so, what leaves and is hidden, and whom it concerns.
constexpr lexicon_line words_of_roles_lines[] = {
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
};

} // namespace

std::span<const lexicon_line> words_of_roles() noexcept {
  return words_of_roles_lines;
}

} // namespace troupe::screens
