#include "policies/synthesis.hpp"

#include "policies/grounding.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr const char* synthesis_key = "synthesis";
constexpr const char* disputed_key = "contradictions";

void note_synthesis(outcome& x, bool used, std::string why) {
  if (!x.data.is_object())
    x.data = json::object();
  x.data[synthesis_key] = {{"used", used}};
  if (!why.empty())
    x.data[synthesis_key]["why"] = std::move(why);
}

/// The member that a path of `aggregate` begins with.
std::string_view member_at(std::string_view path) {
  return path.substr(0, path.find('.'));
}

} // namespace

synthesis_choice may_synthesise(std::span<const contribution> parts, const json& agree_on) {
  synthesis_choice out;
  const auto answers =
      std::count_if(parts.begin(), parts.end(), [](const auto& p) { return p.what->ok(); });
  if (answers < 2) {
    out.why_not = "there are not two answers to make one of";
    return out;
  }
  const auto merged = aggregate(join::merge, parts);
  const auto found = merged.data.find(disputed_key);
  if (found == merged.data.end() || !found->is_object())
    return out;
  for (const auto& [path, voices] : found->items()) {
    const auto member = member_at(path);
    if (!agree_on.is_array() || std::any_of(agree_on.begin(), agree_on.end(), [&](const json& x) {
          return x.is_string() && x.get_ref<const std::string&>() == member;
        }))
      out.contradictions[path] = voices;
  }
  if (!out.contradictions.empty())
    out.why_not = "the answers contradict each other about " + out.contradictions.begin().key();
  return out;
}

outcome synthesised(outcome joined, std::span<const contribution> parts, const outcome& said,
                    const std::vector<std::string_view>& asked) {
  joined.used += said.used;
  if (!said.ok()) {
    note_synthesis(joined, false,
                   std::string{to_string(said.failed.why)} + ": " + said.failed.detail);
    return joined;
  }
  if (const auto x = said.data.is_object() ? said.data.find(disputed_key) : said.data.end();
      said.data.is_object() && x != said.data.end() && !x->empty()) {
    note_synthesis(joined, false,
                   "whoever was to join the answers found that they contradict each other");
    joined.data[disputed_key] = *x;
    joined.partial = true;
    return joined;
  }
  known_numbers known{2};
  for (const auto& p : parts) {
    known.add(p.what->text);
    known.add_all(p.what->data);
  }
  for (const auto text : asked)
    known.add(text);
  if (said.text.empty() || !known.flaws_in({{"text", said.text}}).empty()) {
    note_synthesis(joined, false,
                   said.text.empty() ? "it has no text"
                                     : "it speaks of a number that none of the answers has");
    return joined;
  }
  joined.text = said.text;
  joined.confidence = std::min(joined.confidence, said.confidence);
  note_synthesis(joined, true, {});
  return joined;
}

outcome not_synthesised(outcome joined, synthesis_choice why) {
  note_synthesis(joined, false, std::move(why.why_not));
  if (!why.contradictions.empty()) {
    joined.data[disputed_key] = std::move(why.contradictions);
    joined.partial = true;
  }
  return joined;
}

} // namespace troupe
