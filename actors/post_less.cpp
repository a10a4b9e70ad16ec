#include "actors/post_less.hpp"

#include "actors/call_messages.hpp"
#include "actors/question_messages.hpp"
#include "actors/seat_messages.hpp"
#include "actors/task_messages.hpp"

#include "policies/context_forward.hpp"

#include <limits>
#include <utility>

namespace troupe {

namespace {

/// Of a text that only explains.
constexpr std::size_t words_most = 1024;

std::string few_words(const std::string& text) {
  return text.size() <= words_most ? text : beginning_of(text, words_most) + " (cut)";
}

/// In bytes, as it would cross; the most there is when it cannot be written.
std::size_t size_of(caf::message what) {
  try {
    const auto bytes = pack({0, 0, 0, std::move(what)});
    return bytes ? bytes->body.size() : 0;
  } catch (const encode_error&) {
    return std::numeric_limits<std::size_t>::max();
  }
}

outcome_ptr without_answer(const outcome& x, const std::string& why) {
  outcome out;
  out.confidence = 0;
  out.partial = x.partial;
  out.used = x.used;
  out.failed = x.ok() ? failure{reason::invalid_output,
                                "the answer cannot cross between nodes: " + few_words(why),
                                {}}
                      : failure{x.failed.why, few_words(x.failed.detail), x.failed.retry_after};
  out.acted = x.acted;
  return std::make_shared<const outcome>(std::move(out));
}

refused briefly(const refused& x) {
  return {x.why, few_words(x.detail), x.retry_after, {}};
}

task_ptr without_request(const task& x) {
  auto out = std::make_shared<task>(x);
  out->text = few_words(x.text);
  out->data = nullptr;
  return out;
}

/// How far a record may be cut: its events go at once.
enum class record_rest : std::uint8_t { all_but_events, request_and_result, result, nothing };
constexpr record_rest smaller_records[]{record_rest::all_but_events,
                                        record_rest::request_and_result, record_rest::result,
                                        record_rest::nothing};

task_record_ptr less_of(const task_record& x, record_rest keep, const std::string& why) {
  auto out = std::make_shared<task_record>();
  out->what = keep < record_rest::result ? x.what : without_request(*x.what);
  out->state = x.state;
  out->phase = x.phase;
  out->how = keep == record_rest::all_but_events ? x.how : nullptr;
  out->before = x.before + x.history.size();
  out->result =
      keep == record_rest::nothing && x.result ? without_answer(*x.result, why) : x.result;
  out->updated = x.updated;
  out->cut = true;
  return out;
}

using session_ptr = std::shared_ptr<const session_snapshot>;

/// With so many of the newest turns as `fits` lets it have.
template <class Fits>
session_ptr less_of(const session_snapshot& x, const Fits& fits) {
  auto out = std::make_shared<session_snapshot>(x);
  while (!out->turns.empty() && !fits(out))
    out->turns.erase(out->turns.begin(),
                     out->turns.begin() + static_cast<std::ptrdiff_t>((out->turns.size() + 1) / 2));
  if (!fits(out))
    out->context = nullptr;
  return out;
}

question_ptr less_of(const question& x, const std::string& why) {
  auto out = std::make_shared<question>(x);
  out->text = few_words(x.text);
  out->context = {{"left_out", few_words(why)}};
  return out;
}

/// Each has its share, and only what takes more than that becomes less.
shard_seen less_of(const shard_seen& x, std::size_t most, const std::string& why) {
  auto out = x;
  const auto share = most / (x.tasks.size() + x.sessions.size() + 1);
  const auto of_task = [](const task_record_ptr& t) {
    return size_of(caf::make_message(shard_seen{0, {t}, {}}));
  };
  const auto of_session = [](const session_ptr& s) {
    return size_of(caf::make_message(shard_seen{0, {}, {s}}));
  };
  for (auto& t : out.tasks) {
    const auto whole = t;
    for (const auto keep : {record_rest::result, record_rest::nothing})
      if (of_task(t) > share)
        t = less_of(*whole, keep, why);
  }
  for (auto& s : out.sessions)
    if (of_session(s) > share)
      s = less_of(*s, [&](const session_ptr& y) { return of_session(y) <= share; });
  return out;
}

questions_seen less_of(const questions_seen& x, std::size_t most, const std::string& why) {
  auto out = x;
  const auto share = most / (x.open.size() + 1);
  for (auto& q : out.open)
    if (size_of(caf::make_message(questions_seen{0, {q}})) > share)
      q = less_of(*q, why);
  return out;
}

/// Tries one after the other, each with less in it.
class lesser_forms {
 public:
  lesser_forms(const parcel& x, std::size_t most, const std::string& why)
      : x_(x)
      , most_(most)
      , why_(why) {}

  std::optional<packed> of_content() const {
    const auto& x = x_.what;
    if (x.match_elements<call_ended>())
      return of(x.get_as<call_ended>(0));
    if (x.match_elements<call_handed_over>()) {
      const auto& handed = x.get_as<call_handed_over>(0);
      return fitting(call_handed_over{handed.call, few_words(handed.question)});
    }
    if (x.match_elements<task_ended>())
      return of_record<task_ended>(*x.get_as<task_ended>(0).record);
    if (x.match_elements<task_progressed>())
      return of_record<task_progressed>(*x.get_as<task_progressed>(0).record);
    if (x.match_elements<task_found>())
      return of(x.get_as<task_found>(0));
    if (x.match_elements<session_found>())
      return of(x.get_as<session_found>(0));
    if (x.match_elements<shard_seen>())
      return fitting(less_of(x.get_as<shard_seen>(0), most_, why_));
    if (x.match_elements<questions_seen>())
      return fitting(less_of(x.get_as<questions_seen>(0), most_, why_));
    if (x.match_elements<question_done>()) {
      const auto& done = x.get_as<question_done>(0);
      return fitting(question_done{done.request, briefly(done.why),
                                   done.what ? less_of(*done.what, why_) : nullptr});
    }
    if (x.match_elements<question_answered>()) {
      const auto& said = x.get_as<question_answered>(0);
      return !said.x ? std::nullopt
                     : fitting(question_answered{said.task, said.step, said.attempt,
                                                 without_answer(*said.x, why_)});
    }
    if (x.match_elements<task_refused>()) {
      const auto& no = x.get_as<task_refused>(0);
      return fitting(task_refused{no.id, briefly(no.why)});
    }
    if (x.match_elements<cancel_task>()) {
      const auto& wish = x.get_as<cancel_task>(0);
      return fitting(cancel_task{wish.id, few_words(wish.why)});
    }
    if (x.match_elements<seat_down>()) {
      const auto& gone = x.get_as<seat_down>(0);
      return fitting(seat_down{gone.who, gone.incarnation, few_words(gone.why)});
    }
    if (x.match_elements<caf::exit_msg>())
      return fitting(caf::exit_msg{x.get_as<caf::exit_msg>(0).source, failure_error(why_)});
    return std::nullopt;
  }
  template <class T>
  std::optional<packed> fitting(T what) const {
    try {
      auto out = pack({x_.incarnation, x_.asks, x_.answers, caf::make_message(std::move(what))});
      if (out && out->body.size() <= most_)
        return out;
    } catch (const encode_error&) {
      // There is less to come.
    }
    return std::nullopt;
  }

 private:
  std::optional<packed> of(const call_ended& x) const {
    if (!x.x)
      return std::nullopt;
    const auto failed = without_answer(*x.x, why_);
    if (auto out = fitting(call_ended{x.call, failed, x.note}))
      return out;
    return fitting(call_ended{x.call, failed, nullptr});
  }
  template <class Told>
  std::optional<packed> of_record(const task_record& x) const {
    for (const auto keep : smaller_records)
      if (auto out = fitting(Told{less_of(x, keep, why_)}))
        return out;
    return std::nullopt;
  }
  std::optional<packed> of(const task_found& x) const {
    if (!x.record)
      return std::nullopt;
    for (const auto keep : smaller_records)
      if (auto out = fitting(task_found{x.request, less_of(*x.record, keep, why_)}))
        return out;
    return std::nullopt;
  }
  std::optional<packed> of(const session_found& x) const {
    if (!x.what)
      return std::nullopt;
    auto out = x;
    out.cut = true;
    out.what = less_of(*x.what, [&](const session_ptr& s) {
      auto with = out;
      with.what = s;
      return fitting(std::move(with)).has_value();
    });
    return fitting(std::move(out));
  }

  const parcel& x_;
  const std::size_t most_;
  const std::string& why_;
};

} // namespace

std::string too_many_bytes(std::size_t bytes) {
  return "its " + std::to_string(bytes) + " bytes are more than a message may have";
}

std::optional<packed> pack_less(const parcel& x, std::size_t most, const std::string& why) {
  if (x.asks != 0 || refusal_of(x.what, {}))
    return std::nullopt;
  const lesser_forms tries{x, most, why};
  auto out = tries.of_content();
  if (!out && x.answers != 0)
    out = tries.fitting(
        caf::error{failure_error("the answer cannot cross between nodes: " + few_words(why))});
  return out;
}

} // namespace troupe
