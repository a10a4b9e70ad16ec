#include "nodes/sim/workload.hpp"

#include "src/text/tsv.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace troupe::sim {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t conversations = 5;
constexpr milliseconds gives_up_within{20000};

const domain_spec* domain_at(const std::vector<domain_spec>& in, const std::string& path) {
  for (const auto& d : in) {
    if (d.path == path)
      return &d;
    if (const auto* inner = domain_at(d.domains, path))
      return inner;
  }
  return nullptr;
}

} // namespace

std::vector<task_request> requests_for(const fleet_spec& fleet) {
  std::vector<task_request> out;
  const auto* entry = domain_at(fleet.domains, fleet.entry);
  if (!entry)
    return out;
  for (const auto& a : entry->agents) {
    if (a.card.name != entry->understanding.agent || !a.settings.is_object())
      continue;
    const auto file = a.settings.value("examples", std::string{});
    if (file.empty())
      continue;
    for (const auto& row : text::read_labelled(fs::path{fleet.dir} / entry->path / file)) {
      task_request r;
      r.text = row.text;
      out.push_back(std::move(r));
    }
  }
  if (!out.empty())
    return out;
  std::set<std::string> skills;
  for (const auto& a : entry->agents)
    skills.insert(a.card.skills.begin(), a.card.skills.end());
  for (const auto& [skill, plan] : entry->plans)
    skills.insert(skill);
  if (entry->fixed_plan)
    skills.insert("");
  for (const auto& skill : skills) {
    task_request r;
    r.skill = skill;
    r.text = "please " + (skill.empty() ? "help" : skill);
    out.push_back(std::move(r));
  }
  return out;
}

std::vector<order> draw_orders(dice_box& dice, const std::vector<task_request>& kinds,
                               std::size_t count, milliseconds span) {
  std::vector<order> out;
  const auto whole = static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 1));
  for (std::size_t i = 0; i < count; ++i) {
    order o;
    o.at = milliseconds{static_cast<std::int64_t>(dice.draw() % whole)};
    o.what = kinds[dice.draw() % kinds.size()];
    const auto d = dice.draw();
    if (o.what.context_id.empty() && d % 3 == 0)
      o.what.context_id = "conversation-" + std::to_string(scramble(d) % conversations);
    if (o.what.idempotency_key.empty() && dice.draw() % 2 == 0)
      o.what.idempotency_key = "key-" + std::to_string(i);
    if (const auto c = dice.draw(); c % 12 == 0)
      o.cancel_after = milliseconds{static_cast<std::int64_t>(
          scramble(c) % static_cast<std::uint64_t>(gives_up_within.count()))};
    // Now and then the same request comes again from somebody who does not know of the first.
    if (const auto again = dice.draw(); !out.empty() && again % 10 == 0)
      if (const auto& other = out[scramble(again) % out.size()];
          !other.what.idempotency_key.empty()) {
        o.what = other.what;
        // From another conversation it is another request, and its key is taken.
        if (const auto where = scramble(again + 1); where % 4 == 0)
          o.what.context_id = "conversation-" + std::to_string(scramble(where) % conversations);
      }
    out.push_back(std::move(o));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const order& a, const order& b) { return a.at < b.at; });
  return out;
}

} // namespace troupe::sim
