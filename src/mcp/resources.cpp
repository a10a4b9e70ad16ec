#include "src/mcp/resources.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace troupe::mcp {

namespace {

using shared_servers = std::shared_ptr<const resource_tools::servers>;

tool_result wrong_wish(std::string why) {
  tool_result out;
  out.failed = {reason::invalid_input, std::move(why), {}};
  return out;
}

json described(const char* type, const char* what) {
  return {{"type", type}, {"description", what}};
}

/// A tool that asks one of the servers, which its argument `server` names. An id holds the
/// request's at that server and the server's place, because every server counts its own.
class asking_tool : public tools::tool {
 public:
  explicit asking_tool(shared_servers all)
      : all_(std::move(all)) {}

  void cancel(std::uint64_t id) override {
    const auto at = std::next(all_->begin(), static_cast<std::ptrdiff_t>(id % all_->size()));
    at->second->server().cancel(id / all_->size());
  }

 protected:
  static constexpr std::uint64_t nobody = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] json parameters_with(json others, json required) const {
    auto names = json::array();
    for (const auto& [name, server] : *all_)
      names.push_back(name);
    others["server"] = {{"type", "string"}, {"enum", std::move(names)}};
    required.push_back("server");
    return {{"type", "object"},
            {"properties", std::move(others)},
            {"required", std::move(required)},
            {"additionalProperties", false}};
  }

  /// Asks the server that is named, if it is one of ours.
  std::uint64_t ask(const tool_request& what, const char* method, json parameters, done_fn done,
                    std::function<tool_result(const json&)> read) const {
    const auto hit = all_->find(text_at(what.arguments, "server"));
    if (hit == all_->end()) {
      done(wrong_wish("there is no such server"));
      return nobody;
    }
    const auto place = static_cast<std::uint64_t>(std::distance(all_->begin(), hit));
    const auto id =
        hit->second->server().ask(method, std::move(parameters), what.deadline,
                                  [done = std::move(done), read = std::move(read)](answer a) {
                                    if (!a.failed)
                                      return done(read(a.result));
                                    tool_result out;
                                    out.failed = std::move(a.failed);
                                    done(std::move(out));
                                  });
    return id * all_->size() + place;
  }

 private:
  const shared_servers all_;
};

/// Where a list goes on: after so many entries of the page that the server gives for its cursor.
/// A page of a server's may be longer than what a model is shown at once.
struct list_place {
  std::size_t skip = 0;
  std::string cursor;

  [[nodiscard]] std::string text() const { return std::to_string(skip) + "@" + cursor; }
  static std::optional<list_place> of(std::string_view text) {
    list_place out;
    if (text.empty())
      return out;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.skip);
    if (error != std::errc{} || end == text.data() + text.size() || *end != '@')
      return std::nullopt;
    out.cursor = text.substr(static_cast<std::size_t>(end - text.data()) + 1);
    return out;
  }
};

tool_result listed(const json& page, const list_place& from) {
  const auto all = read_resources(page);
  auto shown = json::array();
  auto at = std::min(from.skip, all.size());
  for (std::size_t bytes = 0; at < all.size(); ++at) {
    bytes += as_text(all[at]).size();
    if (bytes > resource_words_max && !shown.empty())
      break;
    shown.push_back(all[at]);
  }
  tool_result out;
  out.data = {{"resources", std::move(shown)}};
  if (at < all.size())
    out.data["more"] = list_place{at, from.cursor}.text();
  else if (auto next = text_at(page, "nextCursor"); !next.empty())
    out.data["more"] = list_place{0, std::move(next)}.text();
  return out;
}

class list_tool final : public asking_tool {
 public:
  using asking_tool::asking_tool;

  [[nodiscard]] tool_card card() const override {
    return {"list_resources", "Lists what a server has to read, by its address (URI).",
            parameters_with(
                {{"templates",
                  described("boolean", "the patterns of further addresses, instead of those that "
                                       "the server names")},
                 {"more", described("string", "from a list before: the rest of it")}},
                json::array()),
            effects::none};
  }

  std::uint64_t call(tool_request what, done_fn done) override {
    auto from = list_place::of(text_at(what.arguments, "more"));
    if (!from) {
      done(wrong_wish("'more' is not from a list before"));
      return nobody;
    }
    const bool patterns = part_of(what.arguments, "templates") == true;
    auto parameters = from->cursor.empty() ? json::object() : json{{"cursor", from->cursor}};
    return ask(what, patterns ? "resources/templates/list" : "resources/list",
               std::move(parameters), std::move(done),
               [from = *std::move(from)](const json& page) { return listed(page, from); });
  }
};

tool_result piece_read(const json& result, std::size_t from) {
  const auto whole = read_texts(result);
  const auto piece = piece_of(whole, from, resource_words_max);
  tool_result out;
  out.text = piece;
  const auto end = piece.empty()
                       ? whole.size()
                       : static_cast<std::size_t>(piece.data() - whole.data()) + piece.size();
  if (end < whole.size())
    out.data = {{"bytes", whole.size()}, {"goes_on_from", end}};
  else if (out.text.empty())
    out.data = {{"bytes", whole.size()}};
  return out;
}

class read_tool final : public asking_tool {
 public:
  using asking_tool::asking_tool;

  [[nodiscard]] tool_card card() const override {
    return {"read_resource", "Reads something that a server has, by its address (URI).",
            parameters_with({{"uri", described("string", "its address")},
                             {"from",
                              {{"type", "integer"},
                               {"minimum", 0},
                               {"description", "the byte to read from, of a long one"}}}},
                            json::array({"uri"})),
            effects::none};
  }

  std::uint64_t call(tool_request what, done_fn done) override {
    const auto& given = part_of(what.arguments, "from");
    const auto from = given.is_number_unsigned() ? given.get<std::size_t>() : 0;
    return ask(what, "resources/read", {{"uri", text_at(what.arguments, "uri")}}, std::move(done),
               [from](const json& result) { return piece_read(result, from); });
  }
};

} // namespace

resource_tools::resource_tools(servers from) {
  const auto all = std::make_shared<const servers>(std::move(from));
  both_ = {std::make_shared<list_tool>(all), std::make_shared<read_tool>(all)};
}

} // namespace troupe::mcp
