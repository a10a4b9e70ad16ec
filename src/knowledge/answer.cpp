#include "src/knowledge/answer.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::knowledge {

namespace {

constexpr double unsure = 0.1;
/// A further passage must be so much as good as the best to be worth its length.
constexpr double nearly_as_good = 0.9;

std::string own_heading(const passage& x) {
  const auto at = x.heading.rfind(" > ");
  return at == std::string::npos ? x.heading : x.heading.substr(at + 3);
}

double rounded(double x) {
  return std::round(x * 1000) / 1000;
}

} // namespace

std::string cite(const passage& x) {
  const auto heading = own_heading(x);
  return heading.empty() ? x.source : x.source + "#" + heading;
}

std::vector<hit> findings(std::vector<hit> found, const knowledge_use& use) {
  std::erase_if(found, [&](const hit& x) { return x.fit < use.least; });
  if (found.size() > use.passages)
    found.resize(use.passages);
  return found;
}

outcome answer_from(const knowledge_base& base, const std::vector<hit>& found,
                    const std::string& question, const knowledge_use& use) {
  outcome out;
  auto sources = json::array();
  if (found.empty()) {
    out.text =
        use.nothing.empty() ? "I have found nothing about that in our documents." : use.nothing;
    out.data = {{"source", "documents"}, {"found", false}, {"sources", std::move(sources)}};
    out.confidence = unsure;
    return out;
  }
  const auto best = std::max_element(found.begin(), found.end(),
                                     [](const hit& a, const hit& b) { return a.fit < b.fit; });
  std::vector<std::string> said;
  const auto add = [&](const hit& x) {
    const auto source = cite(x.what);
    auto words = base.extract(x.what, question, answer_bytes);
    if (std::find(said.begin(), said.end(), words) != said.end())
      return;
    out.text += (out.text.empty() ? "" : "\n\n") + words + " (Source: " + source + ")";
    said.push_back(std::move(words));
    sources.push_back({{"source", source},
                       {"document", x.what.source},
                       {"heading", x.what.heading},
                       {"collection", x.collection},
                       {"fit", rounded(x.fit)}});
  };
  add(*best);
  for (auto i = found.begin(); i != found.end(); ++i)
    if (i != best && i->fit >= nearly_as_good * best->fit)
      add(*i);
  out.data = {{"source", "documents"}, {"found", true}, {"sources", std::move(sources)}};
  out.confidence = std::clamp(best->fit, 0.0, 1.0);
  return out;
}

json shown_to_model(const std::vector<hit>& found) {
  auto out = json::array();
  for (const auto& x : found)
    out.push_back({{"source", cite(x.what)}, {"text", x.what.text}});
  return out;
}

std::string with_sources(std::string text, const std::vector<std::string>& sources) {
  std::string list;
  for (const auto& x : sources)
    if (text.find(x) == std::string::npos && list.find(x) == std::string::npos)
      list += (list.empty() ? "" : ", ") + x;
  if (!list.empty())
    text += " (Source: " + list + ")";
  return text;
}

} // namespace troupe::knowledge
