#include "actors/front_desk.hpp"

#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

void front_desk_state::find_session(std::string id, const domain_scope& within,
                                    std::function<void(session_found, const refused&)> then) {
  // Wherever it is at home: whoever does not know it says so.
  auto places = orchestrators_of_shard(parts_->layout.shard_of(id, {}), within);
  for (std::size_t i = 1; i < parts_->layout.regions.size(); ++i) {
    const auto more =
        orchestrators_of_shard(parts_->layout.shard_of(id, parts_->layout.regions[i]), within);
    places.insert(places.end(), more.begin(), more.end());
  }
  auto missing = std::make_shared<std::size_t>(places.size());
  auto shared =
      std::make_shared<std::function<void(session_found, const refused&)>>(std::move(then));
  const auto request = seat_guest<session_found>(
      sessions_,
      [this, id, within, missing, shared](const session_found& x) {
        if (x.what) {
          (*shared)(x, {});
          return true;
        }
        if (--*missing > 0)
          return false;
        if (!journal_) {
          (*shared)({}, {refusal::unknown_session, "there is no session " + id, {}});
          return true;
        }
        auto me = caf::actor_cast<caf::actor>(self_);
        std::vector<std::string> paths;
        for (const auto& [path, shards] : parts_->versions->orchestrators())
          if (is_within(path, within))
            paths.push_back(path);
        const auto now = parts_->now(self_);
        send_to(
            self_, journal_, journal_ask{[me, id, shared, paths, now, p = parts_](store& where) {
              session_found found;
              for (const auto& path : paths) {
                auto body = where.session(path, id);
                auto stored = body ? decode_session(*body) : decoded<session_snapshot>{};
                if (!stored)
                  continue;
                found.domain = path;
                found.what = std::make_shared<const session_snapshot>(*std::move(stored));
                found.shard = p->layout.shard_of(
                    id, p->layout.regions.empty()
                            ? std::string{}
                            : where.claim_home(id, p->layout.regions.front(), now));
                break;
              }
              caf::anon_send(me, at_front_desk{[found, shared, id](front_desk_state&) {
                               (*shared)(found, found.what ? refused{}
                                                           : refused{refusal::unknown_session,
                                                                     "there is no session " + id,
                                                                     {}});
                             }});
            }});
        return true;
      },
      [shared](const refused& why) { (*shared)({}, why); });
  std::size_t asked = 0;
  for (const auto& place : places)
    asked += send_to(self_, place, troupe::find_session{id, request}) ? 1 : 0;
  *missing = asked;
  if (asked == 0) {
    *missing = 1;
    sessions_.take({request, nullptr, {}, {}, 0, 0});
  }
}

void front_desk_state::list_sessions(
    std::size_t limit, const domain_scope& within,
    std::function<void(std::vector<std::shared_ptr<const session_snapshot>>, const refused&)>
        then) {
  struct gathered {
    std::vector<std::shared_ptr<const session_snapshot>> found;
    std::size_t missing = 0;
  };
  auto all = std::make_shared<gathered>();
  const auto finish = [all, limit, then = std::move(then)] {
    auto& found = all->found;
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a->updated > b->updated; });
    found.resize(std::min(found.size(), limit));
    then(std::move(found), {});
  };
  const auto request = seat_guest<shard_seen>(
      views_,
      [all, finish](const shard_seen& x) {
        all->found.insert(all->found.end(), x.sessions.begin(), x.sessions.end());
        if (--all->missing > 0)
          return false;
        finish();
        return true;
      },
      [finish](const refused&) { finish(); });
  for (const auto& place : orchestrators({}, within))
    all->missing += send_to(self_, place, view_shard{request, limit}) ? 1 : 0;
  if (all->missing == 0) {
    views_.dismiss(request);
    finish();
  }
}

} // namespace troupe
