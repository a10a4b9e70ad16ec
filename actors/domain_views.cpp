#include "actors/domain_views.hpp"

#include <stdexcept>
#include <utility>

namespace troupe {

void domain_views::begin(parts_ptr parts, std::string domain) {
  parts_ = std::move(parts);
  domain_ = std::move(domain);
}

domain_view& domain_views::view_of(const fleet_version_ptr& version, const domain_spec& in) {
  auto& view = views_[version->number];
  if (!view) {
    view = std::make_unique<domain_view>(version, in,
                                         parts_->cluster ? parts_->fleet.node_id : std::string{});
    view->routes.use(routes_of(all_routes_, *version, in, *parts_->versions));
    if (view->learns)
      view->routes.learn_from(parts_->arms);
    view->routes.spare_from(stage_);
  }
  return *view;
}

bool domain_views::look() {
  const auto changes = parts_->versions->changes();
  if (changes == seen_)
    return false;
  seen_ = changes;
  const auto version = parts_->current();
  if (const auto* domain = version->domain(domain_)) {
    current_ = &view_of(version, *domain);
  } else if (!current_) {
    // It is on its way out: what is left of it goes by the last version that had it.
    for (const auto& former : parts_->versions->all())
      if (const auto* then = former->domain(domain_))
        current_ = &view_of(former, *then);
    if (!current_)
      throw std::runtime_error{"no version of the fleet has the domain " + domain_};
  }
  return true;
}

void domain_views::sweep() {
  std::erase_if(views_, [this](const auto& x) {
    return x.second.get() != current_ && x.second->tasks == 0 && !parts_->versions->find(x.first);
  });
}

domain_view& domain_views::of(const task& what) {
  if (what.fleet == 0 || what.fleet == current_->version->number)
    return *current_;
  if (const auto known = views_.find(what.fleet); known != views_.end())
    return *known->second;
  if (const auto version = parts_->versions->find(what.fleet))
    if (const auto* domain = version->domain(domain_))
      return view_of(version, *domain);
  parts_->log->warn(
      "task {}: version {} of the fleet, by which it was accepted, is not here; it is "
      "worked on by version {}",
      what.id, what.fleet, current_->version->number);
  return *current_;
}

void domain_views::use(routing_table_ptr all) {
  all_routes_ = std::move(all);
  has_routes_ = true;
  for (auto& [number, view] : views_)
    view->routes.use(routes_of(all_routes_, *view->version, view->domain, *parts_->versions));
}

void domain_views::spare_from(std::uint32_t stage) {
  stage_ = stage;
  for (auto& [number, view] : views_)
    view->routes.spare_from(stage);
}

} // namespace troupe
