#include "actors/boundary.hpp"
#include "bench/benches.hpp"
#include "bench/report.hpp"
#include "src/telemetry/log.hpp"

#include <chrono>
#include <cstdlib>

namespace troupe::bench {

namespace {

constexpr int repeats = 7;
constexpr int checks = 20'000;

/// Nanoseconds of one `work()`, the median of all repeats.
template <class Work>
double nanoseconds(Work work) {
  std::vector<double> found;
  for (int round = 0; round < repeats; ++round) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < checks; ++i)
      work();
    found.push_back(
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count() /
        checks);
  }
  return median(found);
}

agent_spec with_schemas() {
  agent_spec a;
  a.card.name = "pay";
  a.card.domain = "d";
  a.takes = json::parse(R"({"type": "object", "required": ["text", "input"], "properties": {
    "text": {"type": "string", "minLength": 1, "maxLength": 4000},
    "input": {"type": "object", "required": ["order_id", "amount_cents"], "properties": {
      "order_id": {"type": "string", "pattern": "^LF-[0-9]{5}$"},
      "amount_cents": {"type": "integer", "minimum": 1, "maximum": 1000000},
      "currency": {"enum": ["USD", "EUR", "GBP"]}}}}})");
  a.gives = json::parse(R"({"type": "object", "required": ["text", "data"], "properties": {
    "text": {"type": "string", "minLength": 10},
    "data": {"type": "object", "required": ["status", "refund_id"], "properties": {
      "status": {"enum": ["refunded", "refused"]}, "refund_id": {"type": "string"},
      "amount_cents": {"type": "integer", "minimum": 1}}}}})");
  return a;
}

} // namespace

/// What a step costs more when its agent declares both schemas: the call and the answer are put
/// together as documents and checked. The floor is the copy of the call's input alone.
void validate_overhead() {
  const auto border = boundary::of(with_schemas(), nullptr);
  agent_call call;
  call.skill = "pay";
  call.text = "I want my money back for order LF-10234, please.";
  call.input = {{"order_id", "LF-10234"}, {"amount_cents", 4900}, {"currency", "USD"}};
  call.context = {{"customer_id", "C-1001"}, {"tier", "gold"}};
  outcome answer;
  answer.text = "We have refunded $49.00 for order LF-10234.";
  answer.data = {{"status", "refunded"}, {"refund_id", "RF-9001"}, {"amount_cents", 4900}};
  const double copy = nanoseconds([&] {
    const json input = call.input;
    const json data = answer.data;
    if (input.size() + data.size() != 6)
      std::_Exit(1);
  });
  const double both = nanoseconds([&] {
    if (border->refused_input(call) || border->refused_output(answer))
      std::_Exit(1);
  });
  report("validate_overhead/schemas", both, "ns", copy,
         "a step's call and answer against schemas of 6 and 4 properties; none declared: one "
         "branch; floor: copying the input and the data");
  std::vector<std::string> known;
  for (int i = 0; i < 8; ++i)
    known.push_back("a-secret-that-is-not-there-" + std::to_string(i));
  const redactor masks{known};
  const double secrets = nanoseconds([&] {
    if (masks.finds(answer.text) || masks.finds_in(answer.data))
      std::_Exit(1);
  });
  report("validate_overhead/secrets", secrets, "ns", copy,
         "looking for secrets in an answer that holds none; floor as above");
}

} // namespace troupe::bench
