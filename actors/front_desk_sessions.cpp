#include "actors/front_desk.hpp"

#include "src/wire/codec.hpp"

#include <algorithm>
#include <map>
#include <utility>

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
  const auto about = std::make_shared<inquiry<session_found>>(
      [this, within, then](const session_found& x) {
        if (x.what && !x.cut)
          then(x, {});
        else if (x.what) // The store has what was too large to come from another node.
          find_stored_session(x.what->id, within, [x, then](session_found all, const refused&) {
            auto out = x;
            if (all.what && all.what->domain == x.what->domain) {
              out.what = std::move(all.what);
              out.cut = false;
            }
            then(std::move(out), {});
          });
        return x.what != nullptr;
      },
      [this, id, within, then](const inquiry<session_found>::ending& end) {
        if (end.why.why == refusal::none)
          find_stored_session(id, within, then);
        else
          then({}, end.why);
      });
  ask_all(sessions_, about, places, [&](std::uint64_t request) {
    return troupe::find_session{id, request};
  });
  about->all_asked();
}

void front_desk_state::find_stored_session(
    const std::string& id, const domain_scope& within,
    std::function<void(session_found, const refused&)> then) {
  const refused unknown{refusal::unknown_session, "there is no session " + id, {}};
  if (!journal_) {
    then({}, unknown);
    return;
  }
  std::vector<std::string> paths;
  for (const auto& [path, shards] : parts_->versions->orchestrators())
    if (is_within(path, within))
      paths.push_back(path);
  const auto about = std::make_shared<inquiry<session_found>>(
      [then, unknown](const session_found& x) {
        then(x, x.what ? refused{} : unknown);
        return true;
      },
      [then](const inquiry<session_found>::ending& end) { then({}, end.why); });
  ask_store<session_found>(
      sessions_, about,
      [me = caf::actor_cast<caf::actor>(self_), id, paths, now = parts_->now(self_),
       p = parts_](store& where, std::uint64_t request) {
        session_found found;
        found.request = request;
        for (const auto& path : paths) {
          auto body = where.session(path, id);
          auto stored = body ? decode_session(*body) : decoded<session_snapshot>{};
          if (!stored)
            continue;
          found.domain = path;
          found.what = std::make_shared<const session_snapshot>(*std::move(stored));
          found.shard = p->layout.shard_of(
              id, p->layout.regions.empty() ? std::string{}
                                            : where.claim_home(id, p->layout.regions.front(), now));
          break;
        }
        caf::anon_send(me, std::move(found));
      },
      later(parts_->now(self_), patience));
}

void front_desk_state::list_sessions(
    std::size_t limit, const domain_scope& within,
    std::function<void(std::vector<std::shared_ptr<const session_snapshot>>, const refused&)>
        then) {
  using snapshot_ptr = std::shared_ptr<const session_snapshot>;
  using gathered = std::map<std::pair<std::string, std::string>, snapshot_ptr>;
  limit = std::min(limit, session_filter::max_listed);
  const auto all = std::make_shared<gathered>();
  const auto about = std::make_shared<inquiry<shard_seen>>(
      [all](const shard_seen& x) {
        for (const auto& s : x.sessions) {
          if (!s)
            continue;
          auto& known = (*all)[{s->domain, s->id}];
          if (!known || known->updated < s->updated)
            known = s;
        }
        return false;
      },
      [all, limit, then = std::move(then)](const inquiry<shard_seen>::ending&) {
        std::vector<snapshot_ptr> out;
        for (auto& [which, s] : *all)
          out.push_back(std::move(s));
        std::sort(out.begin(), out.end(),
                  [](const auto& a, const auto& b) { return a->updated > b->updated; });
        out.resize(std::min(out.size(), limit));
        then(std::move(out), {});
      });
  ask_all(views_, about, orchestrators({}, within), [&](std::uint64_t request) {
    return view_shard{request, limit};
  });
  if (journal_) {
    about->ask();
    ask_store<shard_seen>(
        views_, about,
        [me = caf::actor_cast<caf::actor>(self_), filter = session_filter{within, limit},
         all](store& where, std::uint64_t request) {
          auto seen = std::make_shared<std::vector<snapshot_ptr>>();
          for (const auto& body : where.sessions(filter))
            if (auto s = decode_session(body))
              seen->push_back(std::make_shared<const session_snapshot>(*std::move(s)));
          caf::anon_send(me, at_front_desk{[seen, request, all](front_desk_state& desk) {
                           // Of two that are as new, the other one may have been too large to
                           // cross.
                           for (auto& s : *seen)
                             if (auto& known = (*all)[{s->domain, s->id}];
                                 !known || known->updated <= s->updated)
                               known = std::move(s);
                           desk.views_.take(shard_seen{request, {}, {}});
                         }});
        },
        later(parts_->now(self_), patience));
  }
  about->all_asked();
}

} // namespace troupe
