#include "nodes/cli/last_acts.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <thread>

namespace troupe::cli {

namespace {

constexpr milliseconds look_again{10};

bool somebody_acts(const client& node) {
  const auto agents = node.agents();
  return std::any_of(agents.begin(), agents.end(), [](const agent_view& a) {
    return a.load > 0 && a.spec && a.spec->card.does != effects::none;
  });
}

/// Whoever answers this has read what agents told him before.
void hear_everybody(client& node) {
  auto heard = std::make_shared<std::promise<void>>();
  task_filter one;
  one.limit = 1;
  node.list_tasks(one, [heard](const auto&, const refused&) { heard->set_value(); });
  heard->get_future().wait_for(client::request_timeout);
}

} // namespace

bool let_acts_end(client& node, milliseconds most) {
  if (!somebody_acts(node))
    return true;
  const auto until = std::chrono::steady_clock::now() + most;
  while (somebody_acts(node)) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    std::this_thread::sleep_for(look_again);
  }
  hear_everybody(node);
  return true;
}

} // namespace troupe::cli
