// What agents of others send us as parameters, and what they answer.
#include "nodes/doors/a2a_list.hpp"
#include "nodes/doors/a2a_request.hpp"
#include "src/a2a/exchange.hpp"
#include "tests/fuzz/target.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  static const std::vector<skill_offer> offers{
      {"desk/words.count", "desk", "words.count", "", nullptr}};
  const auto parameters = json::parse(text, nullptr, false);
  a2a_fault why;
  if (const auto x = read_a2a_message(parameters, offers, "k", why)) {
    fuzz::demand(!x->what.context_id.empty(), "every message has a conversation");
    fuzz::demand(!x->what.text.empty() || !x->what.skill.empty(), "and asks for something");
  } else {
    fuzz::demand(!why.detail.empty(), "a refusal says why");
  }
  if (const auto list = read_a2a_list(parameters, why))
    fuzz::demand(list->page_size >= 1 && list->page_size <= 100, "pages have a size");
  if (const auto place = read_page_token(text)) {
    const auto again = read_page_token(page_token(*place));
    fuzz::demand(again && again->before == place->before && again->id == place->id,
                 "a token says where a page begins");
  }
  std::string no;
  static_cast<void>(a2a::pick_endpoint(text, "https://a.example", no));
  for (const bool rpc : {false, true}) {
    const auto x = a2a::read_reply({"https://a.example", "", rpc}, 200, text, true);
    fuzz::demand(x.over || !x.task.empty(), "what goes on has a task to look at");
  }
  return 0;
}
