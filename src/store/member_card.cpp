#include "src/store/member_card.hpp"

#include <nlohmann/json.hpp>

namespace troupe {

using nlohmann::json;

std::string card_of(const member_row& row) {
  auto votes = json::array();
  for (const auto& v : row.votes)
    votes.push_back({{"by", v.accuser}, {"at", v.at.time_since_epoch().count()}});
  // Names come from configurations; a broken character must not keep a node out.
  return json{{"region", row.region},
              {"labels", row.labels},
              {"addresses", row.addresses},
              {"votes", std::move(votes)}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

void read_card(std::string_view text, member_row& into) {
  try {
    const auto card = json::parse(text);
    into.region = card.at("region").get<std::string>();
    into.labels = card.at("labels").get<std::map<std::string, std::string>>();
    into.addresses = card.at("addresses").get<std::vector<std::string>>();
    into.votes.clear();
    for (const auto& v : card.at("votes"))
      into.votes.push_back(
          {v.at("by").get<std::string>(), timestamp{microseconds{v.at("at").get<std::int64_t>()}}});
  } catch (const json::exception& e) {
    throw store_error{store_error::kind::corrupt,
                      "the row of node " + into.node + " cannot be read: " + e.what()};
  }
}

} // namespace troupe
