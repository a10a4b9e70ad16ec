// By which version of its domain an orchestrator works.
#include "actors/domain_views.hpp"
#include "tests/fixtures/little_fleet.hpp"
#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;

namespace domain_views_cases {

fleet_version_ptr version(std::uint64_t number, const std::string& path = "d") {
  auto x = std::make_shared<fleet_version>();
  x->number = number;
  x->fleet = a_fleet(a_domain(path, {an_agent("a")}));
  x->domains[path].spec = &x->fleet.domains.front();
  return x;
}

task under(std::uint64_t number) {
  task t;
  t.id = "t";
  t.fleet = number;
  return t;
}

struct viewed {
  viewed() {
    parts->log = post_stage::log();
    parts->versions->put(version(1));
    views.begin(parts, "d");
  }
  std::shared_ptr<node_parts> parts = std::make_shared<node_parts>();
  domain_views views;
};

TEST(domain_views, a_task_goes_by_the_version_that_it_names_and_others_by_the_current_one) {
  viewed x;
  EXPECT_TRUE(x.views.look());
  EXPECT_FALSE(x.views.look()) << "nothing has changed";
  auto& first = x.views.current();
  EXPECT_EQ(first.version->number, 1u);
  x.parts->versions->put(version(2));
  x.parts->versions->use(2);
  EXPECT_TRUE(x.views.look());
  EXPECT_EQ(x.views.current().version->number, 2u);
  EXPECT_EQ(&x.views.of(under(1)), &first);
  EXPECT_EQ(&x.views.of(under(0)), &x.views.current());
  EXPECT_EQ(&x.views.of(under(7)), &x.views.current()) << "it is not here";
}

TEST(domain_views, a_version_is_forgotten_when_it_is_gone_and_no_task_goes_by_it) {
  viewed x;
  x.views.look();
  const std::weak_ptr<const fleet_version> first = x.views.current().version;
  ++x.views.current().tasks;
  x.parts->versions->put(version(2));
  x.parts->versions->use(2);
  x.views.look();
  x.views.sweep();
  x.parts->versions->drop(1);
  x.views.look();
  x.views.sweep();
  EXPECT_EQ(x.views.of(under(1)).version->number, 1u);
  --x.views.of(under(1)).tasks;
  x.views.sweep();
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(x.views.of(under(1)).version->number, 2u);
}

TEST(domain_views, a_domain_that_is_on_its_way_out_goes_by_its_last_version) {
  viewed x;
  x.parts->versions->put(version(2));
  x.parts->versions->put(version(3, "other"));
  x.parts->versions->use(3);
  EXPECT_TRUE(x.views.look());
  EXPECT_EQ(x.views.current().version->number, 2u);
  domain_views nobodys;
  nobodys.begin(x.parts, "unknown");
  EXPECT_THROW(nobodys.look(), std::runtime_error);
}

TEST(domain_views, those_to_come_route_to_the_agents_that_are_there) {
  viewed x;
  x.views.look();
  EXPECT_FALSE(x.views.has_routes());
  const auto spec = std::make_shared<agent_spec>(x.views.current().domain.agents.front());
  spec->card.domain = "d";
  auto table = std::make_shared<routing_table>();
  table->agents.push_back(std::make_shared<seat>(address{address_kind::agent, "d/a"}, spec));
  x.views.use(table);
  EXPECT_TRUE(x.views.has_routes());
  EXPECT_EQ(x.views.current().routes.table()->agents.size(), 1u);
  x.parts->versions->put(version(2));
  x.parts->versions->use(2);
  x.views.look();
  EXPECT_EQ(x.views.current().routes.table()->agents.size(), 1u);
}

} // namespace domain_views_cases
