#include "policies/screens/lexicon.hpp"

namespace troupe::screens {

namespace {

// What hardly means anything else, a few words of more languages, and the common words that tell
// language from what is none.
constexpr lexicon_line phrases_lines[] = {
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

std::span<const lexicon_line> phrases() noexcept {
  return phrases_lines;
}

} // namespace troupe::screens
