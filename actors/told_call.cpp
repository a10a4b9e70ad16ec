#include "actors/told_call.hpp"

#include <algorithm>
#include <map>

namespace troupe {

namespace {

/// Whether the event says that an attempt of its step has come to nothing.
bool tells_failure(const event& e) {
  switch (e.kind) {
  case event_kind::step_failed:
  case event_kind::unroutable:
  case event_kind::interrupted:
  case event_kind::time_up:
    return e.step != whole_task;
  case event_kind::step_completed:
  case event_kind::answered: {
    const auto* x = e.get<outcome>();
    return x && !x->ok();
  }
  default:
    return false;
  }
}

bool tells_success(const event& e) {
  const auto* x = e.get<outcome>();
  return (e.kind == event_kind::step_completed || e.kind == event_kind::answered ||
          e.kind == event_kind::reconciled) &&
         x && x->ok();
}

} // namespace

const route* told_call(const std::vector<event>& history, bool went_well) {
  std::map<std::uint32_t, const route*> had; ///< by step: who had it last; null: no agent
  auto failed = whole_task; ///< the step that failed last and was not mended; the whole task: none
  const route* last = nullptr;
  for (const auto& e : history) {
    if (e.triage)
      continue;
    if (e.kind == event_kind::assigned) {
      const auto* r = e.get<route>();
      if (went_well)
        return r;
      had[e.step] = last = r;
    } else if (e.kind == event_kind::delegated) {
      had[e.step] = nullptr;
    } else if (e.kind == event_kind::asked) {
      had.emplace(e.step, nullptr);
    } else if (tells_failure(e)) {
      // A group whose time is up says nothing of who was still at work in it.
      if (e.kind != event_kind::time_up || had.contains(e.step))
        failed = e.step;
    } else if (tells_success(e)) {
      had.erase(e.step);
      if (failed == e.step)
        failed = whole_task;
    }
  }
  if (failed != whole_task) {
    const auto who = had.find(failed);
    return who == had.end() ? nullptr : who->second;
  }
  // Its time was up, or it was given up: whoever had it last and has not answered.
  const auto open =
      std::find_if(had.begin(), had.end(), [&](const auto& h) { return h.second == last; });
  return open == had.end() ? nullptr : last;
}

} // namespace troupe
