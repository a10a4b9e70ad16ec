#include "nodes/cli/chaos_load.hpp"

#include "nodes/cli/http_client.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::cli {

namespace {

using load_clock = std::chrono::steady_clock;

constexpr milliseconds again_after{50};
constexpr std::size_t wrong_max = 20;

bool under_way(const std::string& state) {
  return state == "submitted" || state == "working";
}

} // namespace

struct chaos_load::attempt {
  std::string key, door;
  long status = 0;
  json said;
  std::string state; ///< of the task; empty: none was said
  double took_ms = 0;
};

chaos_load::chaos_load(chaos_load_settings x)
    : settings_(std::move(x))
    , began_(load_clock::now()) {
  for (std::size_t i = 0; i < settings_.sessions; ++i)
    threads_.emplace_back([this, i] { talk(i); });
}

chaos_load::~chaos_load() {
  over_ = true;
  for (auto& t : threads_)
    if (t.joinable())
      t.join();
}

std::uint64_t chaos_load::answered() const {
  const std::lock_guard hold{mutex_};
  return result_.answered;
}

chaos_load_result chaos_load::stop() {
  over_ = true;
  for (auto& t : threads_)
    t.join();
  threads_.clear();
  std::sort(result_.waits_ms.begin(), result_.waits_ms.end());
  return std::move(result_);
}

void chaos_load::talk(std::size_t session) {
  std::int64_t counter = 0;
  for (std::uint64_t turn = 1; !over_; ++turn) {
    if (!ask(session, turn, counter))
      return; // A session goes on only behind an answer.
    std::this_thread::sleep_for(settings_.pause);
  }
}

bool chaos_load::ask(std::size_t session, std::uint64_t turn, std::int64_t& counter) {
  {
    const std::lock_guard hold{mutex_};
    ++result_.asked;
  }
  attempt x;
  x.key = settings_.run + "-" + std::to_string(session) + "-" + std::to_string(turn);
  auto body = settings_.body;
  body["context_id"] = settings_.run + "-" + std::to_string(session);
  http_call call;
  call.method = "POST";
  call.body = body.dump();
  call.headers = {{"Idempotency-Key", x.key}};
  const auto began = load_clock::now();
  bool accepted = false;
  for (std::size_t n = 0; load_clock::now() - began < settings_.patience; ++n) {
    const auto doors = settings_.doors();
    if (doors.empty()) {
      std::this_thread::sleep_for(again_after);
      continue;
    }
    x.door = doors[(session + turn + n) % doors.size()];
    call.url = x.door + "/v1/tasks?wait=5s";
    const auto answer = send(call);
    x.status = answer.status;
    x.said = json::parse(answer.body, nullptr, false);
    x.took_ms = std::chrono::duration<double, std::milli>(load_clock::now() - began).count();
    x.state.clear();
    if (x.said.is_object() && x.said.contains("status") && x.said["status"].is_object())
      x.state = x.said["status"].value("state", "");
    note(x);
    accepted = accepted || (x.status >= 200 && x.status < 300);
    if (take(x, counter))
      return true;
    std::this_thread::sleep_for(again_after);
  }
  const std::lock_guard hold{mutex_};
  result_.open.push_back(x.key + (accepted ? "" : ", which nobody accepted"));
  return false;
}

/// Whether this was the answer.
bool chaos_load::take(const attempt& x, std::int64_t& counter) {
  const std::lock_guard hold{mutex_};
  if (x.status == 0) {
    ++result_.broken;
    return false;
  }
  if (x.status == 429 || (x.status >= 500 && x.status < 600)) {
    ++result_.refused;
    if (x.status == 500)
      wrong("status 500: " + x.said.dump().substr(0, 200));
    return false;
  }
  if (x.status < 200 || x.status >= 300 || x.state.empty()) {
    wrong("status " + std::to_string(x.status) + ": " + x.said.dump().substr(0, 200));
    return false;
  }
  if (under_way(x.state))
    return false;
  ++result_.answered;
  result_.waits_ms.push_back(x.took_ms);
  if (x.state != "completed") {
    ++result_.failed;
    return true;
  }
  const auto data = x.said.value("/result/data"_json_pointer, json{});
  if (data.is_object() && data.contains("count") && data["count"].is_number_integer()) {
    const auto now = data["count"].get<std::int64_t>();
    ++result_.counted;
    if (now > counter + 1)
      ++result_.skipped;
    else if (now <= counter)
      ++result_.repeated;
    if (now != counter + 1)
      wrong(x.key + " was counted as " + std::to_string(now) + " behind " +
            std::to_string(counter));
    counter = now;
  }
  return true;
}

void chaos_load::wrong(const std::string& what) {
  if (result_.wrong.size() < wrong_max)
    result_.wrong.push_back(what);
}

void chaos_load::note(const attempt& x) {
  if (!settings_.log)
    return;
  const std::chrono::duration<double> at = load_clock::now() - began_;
  json line{{"at_s", at.count()}, {"key", x.key},     {"door", x.door},
            {"status", x.status}, {"state", x.state}, {"took_ms", x.took_ms}};
  if (x.said.is_object() && x.said.contains("id"))
    line["task"] = x.said["id"];
  const std::lock_guard hold{mutex_};
  *settings_.log << line.dump() << '\n';
}

} // namespace troupe::cli
