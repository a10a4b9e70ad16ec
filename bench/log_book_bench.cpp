// How large a book of ten million lines of sixty agents is, how fast it is written, and how long
// searches take: a JSON line per figure. Usage: bench_log_book FOLDER [LINES]. The folder is kept,
// so that a second run only searches.

#include "bench/report.hpp"
#include "src/telemetry/log_book.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace troupe;
using seconds = std::chrono::duration<double>;

constexpr std::int64_t start_of_log = 1700000000000000;
constexpr std::int64_t lines_apart = 250; // microseconds: 4000 lines a second
constexpr std::size_t lines_per_task = 12;

std::string hex(std::uint64_t x, int digits) {
  char out[24];
  std::snprintf(out, sizeof out, "%0*llx", digits, static_cast<unsigned long long>(x));
  return out;
}

/// Line `i` of the log: lines of some hundred tasks that run at the same time are interleaved.
log_entry make_line(std::uint64_t i) {
  constexpr std::uint64_t together = 256;
  constexpr std::array<const char*, 6> events{"task.accepted", "step.assigned", "agent.answered",
                                              "step.retried",  "agent.failed",  "task.ended"};
  constexpr std::array<const char*, 6> texts{"task accepted",      "step goes to an agent",
                                             "agent has answered", "step is tried again",
                                             "agent has failed",   "task has ended"};
  const auto task = i / (together * lines_per_task) * together + i % together;
  const auto step = i / together % lines_per_task;
  std::mt19937_64 dice{task * 977 + step};
  const auto event = step == 0                    ? 0u
                     : step + 1 == lines_per_task ? 5u
                     : dice() % 500 == 0          ? 4u
                     : dice() % 50 == 0           ? 3u
                                                  : 1u + step % 2;
  log_entry out;
  out.at = timestamp{microseconds{start_of_log + static_cast<std::int64_t>(i) * lines_apart}};
  out.level = event == 4 ? log_level::error : event == 3 ? log_level::warning : log_level::info;
  out.event = events[event];
  out.task = hex(1700000000000 + task, 12) + hex(task * 0x9E3779B97F4A7C15ull, 14).substr(0, 14) +
             hex(task % 8, 2);
  out.session = "session-" + hex(task / 4 * 0xD1B54A32D192ED03ull, 16);
  out.customer = "customer-" + std::to_string(task % 20000);
  out.task_type = "intent_" + std::to_string(task % 12);
  const auto agent = dice() % 60;
  out.domain = "domain" + std::to_string(agent / 10);
  out.agent = out.domain + "/agent" + std::to_string(agent % 10);
  // Half of the messages are always the same, half name something of their own.
  out.message = dice() % 2
                    ? texts[event]
                    : texts[event] + std::string{" for order "} + std::to_string(dice() % 10000000);
  out.fields = {{"step", step}, {"attempt", 1 + (event == 3)}, {"took_us", dice() % 2000000}};
  return out;
}

double ms_of(const log_book& book, const log_filter& f, std::size_t& found) {
  const auto before = std::chrono::steady_clock::now();
  found = book.search(f).size();
  return seconds{std::chrono::steady_clock::now() - before}.count() * 1000;
}

/// The longest of so many searches, each for something else, against the second that is allowed.
void measure(const log_book& book, const std::string& what,
             log_filter (*make)(std::mt19937_64&, std::uint64_t), std::uint64_t lines) {
  constexpr int searches = 25;
  constexpr double allowed_ms = 1000;
  std::mt19937_64 dice{11};
  std::vector<double> took;
  std::size_t found = 0;
  for (int i = 0; i < searches; ++i)
    took.push_back(ms_of(book, make(dice, lines), found));
  char note[160];
  std::snprintf(note, sizeof note,
                "longest of %d searches in %llu lines of 60 agents; first %.2f ms, median %.2f ms; "
                "the last one found %zu",
                searches, static_cast<unsigned long long>(lines), took.front(), bench::median(took),
                found);
  bench::report("logs/" + what, *std::max_element(took.begin(), took.end()), "ms", allowed_ms,
                note);
}

timestamp moment_of(std::uint64_t line) {
  return make_line(line).at;
}

int run(const std::filesystem::path& dir, std::uint64_t lines) {
  log_book_settings settings;
  settings.dir = dir;
  const bool fresh = !std::filesystem::exists(dir / "logs.db");
  const auto opened = std::chrono::steady_clock::now();
  log_book book{settings};
  bench::report("logs/open", seconds{std::chrono::steady_clock::now() - opened}.count() * 1000,
                "ms", 0, fresh ? "an empty book" : "a book of a former run");
  if (fresh) {
    const auto before = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < lines; ++i) {
      // Slower than the queue fills: a node would drop lines here, a benchmark must not.
      if (i % 60000 == 0)
        static_cast<void>(book.flush(milliseconds{60000}));
      if (!book.append(make_line(i)))
        throw log_error("the queue is full");
    }
    static_cast<void>(book.flush(milliseconds{60000}));
    const seconds took = std::chrono::steady_clock::now() - before;
    bench::report("logs/write", static_cast<double>(lines) / took.count(), "lines/s",
                  1e6 / static_cast<double>(lines_apart),
                  std::to_string(lines) +
                      " lines; the floor is the rate that their times stand for");
  }
  std::error_code none;
  auto bytes = std::filesystem::file_size(dir / "logs.db");
  if (const auto wal = std::filesystem::file_size(dir / "logs.db-wal", none); !none)
    bytes += wal;
  bench::report("logs/size", static_cast<double>(bytes) / static_cast<double>(lines),
                "bytes a line", 0, std::to_string(bytes / 1'000'000) + " MB in all");
  using dice_t = std::mt19937_64;
  measure(
      book, "newest", [](dice_t&, std::uint64_t) { return log_filter{}; }, lines);
  measure(
      book, "session",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.session = make_line(d() % n).session;
        return f;
      },
      lines);
  measure(
      book, "task",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.task = make_line(d() % n).task;
        return f;
      },
      lines);
  measure(
      book, "customer",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.customer = make_line(d() % n).customer;
        return f;
      },
      lines);
  measure(
      book, "task_type",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.task_type = make_line(d() % n).task_type;
        return f;
      },
      lines);
  measure(
      book, "agent",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.agent = make_line(d() % n).agent;
        return f;
      },
      lines);
  measure(
      book, "errors",
      [](dice_t&, std::uint64_t) {
        log_filter f;
        f.least = log_level::error;
        return f;
      },
      lines);
  measure(
      book, "agent_type_level_time",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.agent = make_line(d() % n).agent;
        f.task_type = "intent_3";
        f.least = log_level::warning;
        f.until = moment_of(d() % n);
        return f;
      },
      lines);
  measure(
      book, "ten_minutes",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.from = moment_of(d() % n);
        f.until = f.from + std::chrono::minutes{10};
        f.limit = 1000;
        return f;
      },
      lines);
  measure(
      book, "10000_of_an_agent",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.agent = make_line(d() % n).agent;
        f.limit = 10000;
        return f;
      },
      lines);
  measure(
      book, "unwritten_text",
      [](dice_t&, std::uint64_t) {
        log_filter f;
        f.contains = "nobody wrote this";
        return f;
      },
      lines);
  measure(
      book, "unwritten_text_of_an_agent",
      [](dice_t& d, std::uint64_t n) {
        log_filter f;
        f.agent = make_line(d() % n).agent;
        f.contains = "nobody wrote this";
        return f;
      },
      lines);
  const auto before = std::chrono::steady_clock::now();
  const auto gone = book.prune(moment_of(20000));
  bench::report("logs/prune", seconds{std::chrono::steady_clock::now() - before}.count() * 1000,
                "ms", 0, std::to_string(gone) + " lines");
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [LINES]\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10000000);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
