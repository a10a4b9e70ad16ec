#include "src/store/layout_table.hpp"

#include "src/store/store.hpp"

#include <troupe/json.hpp>

namespace troupe {

std::string text_of(const kept_layout& x) {
  return json{{"fleet", x.fleet}, {"shards", x.shards}, {"regions", x.regions}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

kept_layout kept_layout_of(std::string_view text) {
  try {
    const auto x = json::parse(text);
    return {x.at("fleet").get<std::string>(), x.at("shards").get<std::uint32_t>(),
            x.at("regions").get<std::vector<std::string>>()};
  } catch (const json::exception&) {
    throw store_error{store_error::kind::corrupt,
                      "what the store says of its fleet and its shards cannot be read"};
  }
}

} // namespace troupe
