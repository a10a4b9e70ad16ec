#include "nodes/flight_reader.hpp"

#include "nodes/time_text.hpp"
#include "src/telemetry/flight_recorder.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t limit_default = 1000;
constexpr std::size_t limit_max = 10000;

json entry_json(const flight_recorder::entry& x) {
  json out{{"at", time_text(x.at)},
           {"stamp", x.stamp},
           {"what", to_string(x.how)},
           {"kind", text_in(x.kind)},
           {"bytes", x.bytes}};
  const auto tell = [&out](const char* name, std::string_view text) {
    if (!text.empty())
      out[name] = text;
  };
  tell("from", text_in(x.from));
  tell("to", text_in(x.to));
  tell("task", text_in(x.task));
  tell("trace", text_in(x.trace));
  tell("why", text_in(x.why));
  if (x.attempt > 0) {
    out["step"] = x.step;
    out["attempt"] = x.attempt;
  }
  if (x.cost_micros > 0)
    out["costMicros"] = x.cost_micros;
  return out;
}

} // namespace

std::function<json(const json&)> flight_reader(std::shared_ptr<const flight_recorder> flights,
                                               std::function<timestamp()> now) {
  return [flights = std::move(flights), now = std::move(now)](const json& query) {
    const milliseconds last{query.value("last", std::int64_t{0})};
    const auto most = std::min(query.value("limit", limit_default), limit_max);
    const auto kept = flights->last(now() - last, query.value("trace", std::string{}), most);
    json out = json::array();
    for (auto x = kept.rbegin(); x != kept.rend(); ++x)
      out.push_back(entry_json(*x));
    return out;
  };
}

} // namespace troupe
