#include "src/telemetry/flight_recorder.hpp"

#include <algorithm>
#include <mutex>
#include <tuple>

namespace troupe {

namespace {

/// Microseconds since 1970 in more than a hundred thousand years. A node that was broken into must
/// not be able to wind the clock of all the others to its end.
constexpr std::uint64_t latest_stamp = std::uint64_t{1} << 62;

template <std::size_t N>
std::size_t put(std::array<char, N>& in, std::size_t at, std::string_view text) noexcept {
  const auto n = std::min(N - at, text.size());
  std::copy_n(text.data(), n, in.data() + at); // An empty text may be nowhere.
  return at + n;
}

template <std::size_t N>
void end(std::array<char, N>& in, std::size_t at) noexcept {
  if (at < N)
    in[at] = '\0';
}

template <std::size_t N>
void keep(std::array<char, N>& in, std::string_view text) noexcept {
  end(in, put(in, 0, text));
}

/// An address as it is written.
template <std::size_t N>
void keep(std::array<char, N>& in, const flight_party& who) noexcept {
  if (who.name.empty())
    return end(in, 0);
  end(in, put(in, put(in, put(in, 0, to_string(who.kind)), ":"), who.name));
}

/// Asks for the memory of the entry that will be written over next: a lane is larger than the
/// caches, and whoever notes would wait for each line of it.
void fetch(const flight_recorder::entry& next) noexcept {
  constexpr std::size_t line = 64;
  const auto* at = reinterpret_cast<const char*>(&next);
  for (std::size_t i = 0; i < sizeof next; i += line)
    __builtin_prefetch(at + i, 1);
}

/// A lane for each thread, in turn: with few threads no two share one.
std::size_t own_lane() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1) % flight_recorder::lanes;
  return mine;
}

} // namespace

struct flight_recorder::lane {
  explicit lane(std::size_t most)
      : size(most) {}
  const std::size_t size;
  std::mutex mutex;
  std::vector<entry> kept;
  std::size_t next = 0; ///< the oldest, once all places are taken
};

flight_recorder::flight_recorder(std::size_t per_lane) {
  for (auto& x : lanes_)
    x = std::make_unique<lane>(std::max<std::size_t>(per_lane, 1));
}

flight_recorder::~flight_recorder() = default;

std::uint64_t flight_recorder::stamp(timestamp now) noexcept {
  const auto us = static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(now.time_since_epoch().count(), 0, latest_stamp));
  auto before = clock_.load(std::memory_order_relaxed);
  auto mine = std::max(before + 1, us);
  while (!clock_.compare_exchange_weak(before, mine, std::memory_order_relaxed))
    mine = std::max(before + 1, us);
  return mine;
}

void flight_recorder::observe(std::uint64_t theirs) noexcept {
  if (theirs > latest_stamp)
    return;
  auto ours = clock_.load(std::memory_order_relaxed);
  while (ours < theirs && !clock_.compare_exchange_weak(ours, theirs, std::memory_order_relaxed)) {
  }
}

void flight_recorder::note(const flight_note& x) {
  const auto mine = x.stamp != 0 ? x.stamp : stamp(x.at);
  auto& l = *lanes_[own_lane()];
  const std::lock_guard hold{l.mutex};
  if (l.kept.size() < l.size) {
    l.kept.reserve(l.size); // Once: pages that are not written to cost nothing.
    l.kept.emplace_back();
  }
  auto& e = l.kept[l.next];
  e.at = x.at;
  e.stamp = mine;
  e.bytes = x.bytes;
  e.cost_micros = x.cost_micros;
  e.step = x.step;
  e.attempt = x.attempt;
  e.how = x.how;
  keep(e.from, x.from);
  keep(e.to, x.to);
  keep(e.kind, x.kind);
  keep(e.task, x.task);
  keep(e.trace, x.trace);
  keep(e.why, x.why);
  if (++l.next == l.size)
    l.next = 0;
  if (l.next < l.kept.size())
    fetch(l.kept[l.next]);
}

std::vector<flight_recorder::entry> flight_recorder::last(timestamp since, std::string_view trace,
                                                          std::size_t most) const {
  std::vector<entry> out;
  for (const auto& x : lanes_) {
    const std::lock_guard hold{x->mutex};
    for (const auto& e : x->kept)
      if (e.at >= since && (trace.empty() || text_in(e.trace) == trace))
        out.push_back(e);
  }
  std::sort(out.begin(), out.end(), [](const entry& a, const entry& b) {
    return std::tie(a.stamp, a.at) < std::tie(b.stamp, b.at);
  });
  if (out.size() > most)
    out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
  return out;
}

} // namespace troupe
