#include "actors/supervisor.hpp"

namespace troupe {

// What a supervisor shows of itself and of everybody below it.

tree_node supervisor_state::leaf(std::uint32_t i) const {
  const auto& c = children_[i];
  std::string state = c.handle ? "up" : run_->isolated(i) ? "quarantined" : "down";
  if (!c.handle && c.spec.place && c.spec.place->now_for() == duty::stopped)
    state = "stopped";
  if (c.handle && c.spec.place)
    state = to_string(c.spec.place->state.load(std::memory_order_relaxed));
  return {c.spec.rules.id,
          c.spec.kind,
          c.spec.detail,
          std::move(state),
          c.spec.restarts_before + run_->restarts(i),
          {}};
}

namespace {

/// The tree that somebody has asked for. It is told when nobody is left who may add to it: when all
/// children have answered, or with whom it has when their supervisor ends before.
struct whole_tree {
  caf::response_promise told;
  std::shared_ptr<tree_node> view = std::make_shared<tree_node>();

  explicit whole_tree(caf::response_promise to)
      : told(std::move(to)) {}
  whole_tree(const whole_tree&) = delete;
  whole_tree& operator=(const whole_tree&) = delete;
  ~whole_tree() { told.deliver(tree_viewed{0, view}); }
};

} // namespace

caf::response_promise supervisor_state::on_view() {
  auto promise = self_->make_response_promise();
  const auto whole = std::make_shared<whole_tree>(promise);
  auto& view = *whole->view;
  view = {config_.name, "supervisor", std::string{to_string(config_.strategy)}, "up", 0, {}};
  std::vector<std::uint32_t> shown;
  for (std::uint32_t i = 0; i < children_.size(); ++i)
    if (children_[i].handle || !children_[i].gone)
      shown.push_back(i);
  view.children.reserve(shown.size());
  for (const auto i : shown)
    view.children.push_back(leaf(i));
  for (std::size_t at = 0; at < shown.size(); ++at) {
    const auto& c = children_[shown[at]];
    if (!c.spec.is_supervisor || !c.handle)
      continue;
    view.children[at].state = "silent"; // until it answers
    self_->request(c.handle, std::chrono::seconds{2}, view_tree{})
        .then(
            [whole, at](const tree_viewed& x) {
              auto& part = whole->view->children[at];
              // The child does not know how often it has been restarted; we do.
              const auto restarts = part.restarts;
              part = *x.tree;
              part.restarts = restarts;
            },
            [whole](const caf::error&) {});
  }
  if (config_.absent)
    for (auto& missing : config_.absent())
      view.children.push_back(std::move(missing));
  return promise;
}

} // namespace troupe
