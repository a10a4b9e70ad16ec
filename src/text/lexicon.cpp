#include "src/text/lexicon.hpp"

#include <array>
#include <string>
#include <unordered_map>

namespace troupe::text {

namespace {

// Each line: the forms that no rule gives, then the first form.
constexpr std::array irregular = {
    "was were been being am is are be",
    "had has having have",
    "did does done doing do",
    "went gone goes go",
    "got gotten get",
    "paid pay",
    "sent send",
    "made make",
    "took taken take",
    "bought buy",
    "told tell",
    "said say",
    "lost lose",
    "found find",
    "spent spend",
    "kept keep",
    "left leave",
    "felt feel",
    "thought think",
    "knew known know",
    "gave given give",
    "came come",
    "saw seen see",
    "withdrew withdrawn withdraw",
    "stole stolen steal",
    "broke broken break",
    "forgot forgotten forget",
    "chose chosen choose",
    "wrote written write",
    "ate eaten eat",
    "drove driven drive",
    "flew flown fly",
    "spoke spoken speak",
    "began begun begin",
    "sold sell",
    "held hold",
    "heard hear",
    "met meet",
    "ran run",
    "wore worn wear",
    "woke woken wake",
    "children child",
    "people person",
    "better best good",
    "worse worst bad",
    "frozen froze freeze",
    "declined decline",
    "refused refuse",
    "dying die",
    "sang sung sing",
    "slept sleep",
    "taught teach",
    "brought bring",
    "caught catch",
    "built build",
    "lent lend",
    "grew grown grow",
    "fell fallen fall",
    "rode ridden ride",
    "wont willnot",
    "cant cannot",
};

// Each line is one idea in service talk; the first word names it.
constexpr std::array ideas = {
    "cancel terminate abort discontinue revoke undo",
    "buy purchase acquire",
    "begin start commence initiate",
    "repair fix mend resolve",
    "phone telephone cellphone cell mobile smartphone",
    "car vehicle automobile auto",
    "show display view",
    "change modify alter edit adjust update amend",
    "picture photo image photograph",
    "want wish desire",
    "like love enjoy",
    "delete erase remove wipe",
    "rob steal theft thief",
    "help assist aid assistance support",
    "issue problem trouble",
    "reimburse refund repay",
    "cost price fee charge rate",
    "decline reject refuse deny",
    "wrong incorrect inaccurate mistaken erroneous",
    "holiday vacation",
    "job work occupation",
    "film movie",
    "joke funny laugh hilarious",
    "big large huge",
    "small little tiny",
    "quick fast rapid speedy",
    "many lot lots plenty",
    "exchange swap convert trade",
    "pin passcode password",
    "need require must",
    "hi hello hey greetings howdy",
    "bye goodbye farewell",
    "thank thanks thankyou appreciate grateful",
    "yes yeah yep yup sure affirmative",
    "no nope nah negative",
    "ok okay alright",
    "mother mom mum",
    "father dad",
    "money cash funds",
    "bill invoice",
    "rest sleep nap",
    "food meal dish",
    "fuel gas petrol gasoline",
    "tyre tire",
    "weather forecast",
    "answer reply respond response",
    "area region",
    "road street",
    "nearby near close nearest closest",
    "luggage baggage suitcase",
    "plane flight airplane",
    "reservation booking book reserve",
    "suggest recommend recommendation suggestion advise",
    "shop store",
    "shirt clothes",
    "doctor physician",
    "tv television",
    "song music tune track",
    "volume loud louder",
    "repeat again",
    "silly stupid dumb",
    "talk speak chat converse",
    "transfer send wire",
    "receive get obtain",
    "arrive come deliver delivery arrival",
    "lose misplace",
    "break damage",
    "verify confirm validate check",
    "explain describe clarify",
    "tell inform notify",
    "allow permit enable let",
    "block freeze lock disable deactivate suspend",
    "unblock unfreeze unlock",
    "activate enable",
    "topup top-up reload",
    "atm cashpoint",
    "error mistake fault",
    "create make generate produce",
    "find locate discover",
    "ability able can could",
    "estimate guess approximate",
    "finish complete end",
    "country nation",
    "currency monies",
    "wallet purse",
    "identity id identification",
    "speed pace",
    "duplicate twice double",
    "pending waiting processing",
    "recipient beneficiary payee",
    "human person agent representative operator",
    "complain complaint grievance",
    "meeting appointment",
    "remind reminder remember",
    "list lists todo",
    "language tongue",
    "spell spelling",
    "define meaning mean definition",
    "time clock hour",
    "date day",
    "salary income wage earnings",
    "tax taxes",
    "insurance coverage cover",
    "calorie calories nutrition nutritional",
    "cook bake prepare",
    "recipe instructions directions",
    "restaurant diner eatery",
    "traffic congestion",
    "distance far",
    "maintenance service tuneup",
    "card plastic",
};

struct tables {
  std::unordered_map<std::string, std::string> first_form;
  std::unordered_map<std::string, std::string> idea;
};

template <class F>
void each_word(std::string_view line, F&& use) {
  while (!line.empty()) {
    auto blank = line.find(' ');
    use(line.substr(0, blank));
    line = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
  }
}

bool cut(std::string& word, std::string_view ending, std::size_t keep = 3) {
  if (word.size() < ending.size() + keep || !word.ends_with(ending))
    return false;
  word.resize(word.size() - ending.size());
  return true;
}

std::string regular_stem(std::string word) {
  if (cut(word, "ies", 2))
    word += 'y';
  else if (!word.ends_with("ss") && !word.ends_with("us"))
    cut(word, "s", 2);
  if (!cut(word, "ing"))
    cut(word, "ed");
  if (word.size() > 3 && word.back() == 'e')
    word.pop_back();
  if (word.size() > 3 && word[word.size() - 1] == word[word.size() - 2])
    word.pop_back();
  if (word.size() > 3 && word.back() == 'y')
    word.back() = 'i';
  return word;
}

const tables& lexicon() {
  static const tables built = [] {
    tables out;
    for (std::string_view line : irregular) {
      auto first = regular_stem(std::string(line.substr(line.rfind(' ') + 1)));
      each_word(line, [&](std::string_view word) { out.first_form.emplace(word, first); });
    }
    for (std::string_view line : ideas) {
      std::string name(line.substr(0, line.find(' ')));
      each_word(line, [&](std::string_view word) {
        auto form = out.first_form.find(std::string(word));
        out.idea.emplace(
            form == out.first_form.end() ? regular_stem(std::string(word)) : form->second, name);
      });
    }
    return out;
  }();
  return built;
}

} // namespace

std::string stem_of(std::string_view word) {
  std::string own(word);
  auto& forms = lexicon().first_form;
  if (auto form = forms.find(own); form != forms.end())
    return form->second;
  return regular_stem(std::move(own));
}

std::string_view concept_of(std::string_view stem) {
  auto& names = lexicon().idea;
  auto found = names.find(std::string(stem));
  return found == names.end() ? std::string_view() : std::string_view(found->second);
}

} // namespace troupe::text
