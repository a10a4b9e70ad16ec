#include "actors/llm_answer.hpp"

#include "actors/boundary.hpp"
#include "policies/failure_table.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t flaws_in_failure = 8;
constexpr std::size_t trail_bytes = 500;

/// What there is when the money has run out: true as far as it goes, and not all of it.
void mark_unfinished(outcome& x) {
  x.partial = true;
  if (x.data.is_null())
    x.data = json::object();
  if (x.data.is_object())
    x.data["unfinished"] = to_string(reason::budget_exhausted);
}

} // namespace

std::vector<flaw> llm_answer::flaws_of(const llm_call& t, const outcome& x) const {
  if (agreed_)
    if (auto why = agreed_->refused_output(x))
      return std::move(why.errors);
  if (grounded_)
    return t.known.flaws_in({{"text", x.text}, {"data", x.data}});
  return {};
}

read_reply llm_answer::read(const llm_call& t, std::string_view text) const {
  auto out = read_answer(text);
  if (out.flaws.empty())
    out.flaws = flaws_of(t, out.what);
  if (out.flaws.empty())
    out.flaws = t.search.flaws_in(out.what);
  if (out.flaws.empty())
    t.search.name_sources(out.what);
  return out;
}

std::optional<outcome> llm_answer::instead(llm_call& t, const failure& why) const {
  const bool no_money = why.why == reason::budget_exhausted;
  auto& deed = t.deeds.deed;
  if (deed && deed->ok() && !deed->text.empty() && why.why != reason::cancelled) {
    auto x = *deed;
    x.used = {};
    if (flaws_of(t, x).empty()) {
      t.trail += "answered in the tool's words, because: " + why.detail + "; ";
      deed = nullptr;
      if (no_money)
        mark_unfinished(x);
      return x;
    }
  }
  if (no_money && t.deeds.found) {
    auto x = *std::exchange(t.deeds.found, nullptr);
    x.used = {};
    mark_unfinished(x);
    if (flaws_of(t, x).empty()) {
      t.trail += "the best so far: what its tools said, because: " + why.detail + "; ";
      return x;
    }
  }
  return std::nullopt;
}

failure broken_agreement(std::vector<flaw> flaws) {
  failure out{reason::invalid_output, "the model's answer breaks what was agreed on", {}};
  out.detail += ": " + flaws.front().pointer + " " + flaws.front().message;
  out.errors = std::move(flaws);
  out.errors.resize(std::min(out.errors.size(), flaws_in_failure));
  return out;
}

failure after_deeds(const llm_call& t, failure why) {
  if (t.deeds.acted() && why.why != reason::cancelled && !default_line(why.why).may_have_acted)
    return {reason::invalid_output, "after its tools had acted: " + why.detail, why.retry_after};
  return why;
}

std::string note_of(const llm_call& t, const model_spec& model) {
  std::string out = "model ";
  for (const auto& [name, count] : t.answers)
    out += name + ": " + std::to_string(count) + (count == 1 ? " answer, " : " answers, ");
  if (t.answers.empty())
    out += model.name + ": no answer, ";
  out += std::to_string(t.used.input_tokens) + " + " + std::to_string(t.used.output_tokens) +
         " tokens, context " + std::to_string(static_cast<int>(std::lround(t.fullest * 100))) +
         " % full";
  auto trail = t.trail;
  if (trail.ends_with("; "))
    trail.resize(trail.size() - 2);
  if (!trail.empty())
    out += "; " + beginning_of(trail, trail_bytes);
  return out;
}

} // namespace troupe
