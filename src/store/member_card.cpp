#include "src/store/member_card.hpp"

#include "src/store/store.hpp"

#include <nlohmann/json.hpp>

namespace troupe {

using nlohmann::json;

std::string card_of(const member& row) {
  // Names come from configurations; a broken character must not keep a node out.
  return json{{"region", row.region},   {"reached_at", row.reached_at}, {"labels", row.labels},
              {"offers", row.offers},   {"serves", row.serves},         {"weight", row.weight},
              {"version", row.version}, {"cut_off", row.cut_off},       {"why", row.why}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

void read_card(std::string_view text, member& into) {
  try {
    const auto card = json::parse(text);
    const auto take = [&](const char* name, auto& field) {
      if (const auto x = card.find(name); x != card.end())
        x->get_to(field);
    };
    take("region", into.region);
    take("reached_at", into.reached_at);
    take("labels", into.labels);
    take("offers", into.offers);
    take("serves", into.serves);
    take("weight", into.weight);
    take("version", into.version);
    take("cut_off", into.cut_off);
    take("why", into.why);
  } catch (const json::exception& e) {
    throw store_error{store_error::kind::corrupt,
                      "the row of node " + into.node + " cannot be read: " + e.what()};
  }
}

} // namespace troupe
