#pragma once

#include "policies/membership.hpp"

#include "tests/policies/member_books.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace troupe::testing {

/// Some nodes on one table whose store answers at once, on one clock, with links as the test says.
struct town {
  struct inhabitant {
    std::unique_ptr<membership> is;
    std::vector<membership_action> told; ///< stop and refuse
    bool running = true;
    bool has_store = true;
  };
  member_books books;
  std::map<std::string, inhabitant> nodes;
  timestamp now{std::chrono::hours{1}};
  std::uint64_t tokens = 0;
  membership_settings settings;

  void carry_out(const std::string& id, membership::actions todo) {
    auto& n = nodes.at(id);
    while (!todo.empty()) {
      const auto a = todo.front();
      todo.erase(todo.begin());
      membership::actions more;
      if (a.what == membership_action::kind::stop || a.what == membership_action::kind::refuse) {
        n.told.push_back(a);
      } else if (a.what == membership_action::kind::tell) {
        for (auto& [other, x] : nodes)
          if (other != id && x.running && linked(id, other)) {
            membership::actions theirs;
            x.is->on_version_heard(a.version, now, theirs);
            carry_out(other, std::move(theirs));
          }
      } else if (a.op != 0 && !n.has_store) {
        n.is->on_store_failed(a.op, now, more);
      } else if (a.what == membership_action::kind::read) {
        n.is->on_table(a.op, books.read(now), now, more);
      } else if (a.what == membership_action::kind::write) {
        n.is->on_written(a.op, books.apply(a.write, now), now, more);
      } else if (a.what == membership_action::kind::renew) {
        n.is->on_renewed(a.op, books.renew(a.write.row, now), now, more);
      }
      todo.insert(todo.end(), more.begin(), more.end());
    }
  }

  bool linked(const std::string& a, const std::string& b) {
    const auto* row = nodes.at(a).is->table() ? nodes.at(a).is->table()->find(b) : nullptr;
    return row && nodes.at(a).is->linked_to(*row);
  }

  void start(const std::string& id) {
    member m;
    m.node = id;
    m.token = ++tokens;
    nodes[id] = {std::make_unique<membership>(m, settings), {}, true, true};
    membership::actions todo;
    nodes[id].is->start(now, todo);
    carry_out(id, std::move(todo));
  }

  void link(const std::string& a, const std::string& b) {
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      membership::actions todo;
      nodes.at(from).is->on_link_up(to, nodes.at(to).is->incarnation(), now, todo);
      carry_out(from, std::move(todo));
    }
  }

  void lose(const std::string& who, const std::string& peer, link_loss how) {
    membership::actions todo;
    const auto* row = nodes.at(who).is->table()->find(peer);
    nodes.at(who).is->on_link_down(peer, row ? row->incarnation : 0, how, now, todo);
    carry_out(who, std::move(todo));
  }

  void run(milliseconds time) {
    for (const auto end = now + time; now < end; now += milliseconds{50})
      for (auto& [id, n] : nodes)
        if (n.running) {
          membership::actions todo;
          n.is->tick(now, todo);
          carry_out(id, std::move(todo));
        }
  }

  /// Starts and links all of them.
  void found(std::initializer_list<const char*> ids) {
    for (const auto* id : ids) {
      start(id);
      for (const auto& [other, n] : nodes)
        if (other != id)
          link(id, other);
      run(milliseconds{200});
    }
    run(milliseconds{4000}); // until ages count
    for (const auto* id : ids)
      ASSERT_EQ(state(id), member_state::up) << id;
  }

  member_state state(const std::string& id) {
    const auto* row = books.now().find(id);
    return row ? row->state : member_state::down;
  }
  membership& of(const std::string& id) { return *nodes.at(id).is; }
};

} // namespace troupe::testing
