#include "src/text/nearest.hpp"

#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <unordered_map>

namespace troupe::text {

// hnswlib 0.6 defines functions in its headers: no other file of the house may include them.
namespace {

constexpr std::size_t links = 16;        ///< of each vector in the graph
constexpr std::size_t build_width = 100; ///< candidates that are kept while a vector is put in
constexpr std::size_t search_width = 64;

} // namespace

/// The vectors stand in a table; the graph, once there is one, knows them by their places. hnswlib
/// 0.6 cannot take a vector out of the graph: what is gone is marked there, and the graph is made
/// anew when half of it is marked.
struct nearest::state {
  struct entry {
    sentence_vector x;
    std::size_t place = 0; ///< in the graph; 0: it is not there
  };
  std::unordered_map<std::uint64_t, entry> all;
  std::size_t dimensions = 0;
  std::unique_ptr<hnswlib::InnerProductSpace> space;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;
  std::unordered_map<std::size_t, std::uint64_t> ids; ///< by place
  std::size_t last_place = 0;
  std::size_t capacity = 0;

  void build() {
    graph.reset();
    ids.clear();
    last_place = 0;
    if (all.size() <= one_by_one) {
      for (auto& [id, e] : all)
        e.place = 0;
      return;
    }
    capacity = all.size() * 2;
    space = std::make_unique<hnswlib::InnerProductSpace>(dimensions);
    graph = std::make_unique<hnswlib::HierarchicalNSW<float>>(space.get(), capacity, links,
                                                              build_width);
    graph->setEf(search_width);
    for (auto& [id, e] : all)
      put(id, e);
  }

  void put(std::uint64_t id, entry& e) {
    e.place = ++last_place;
    graph->addPoint(e.x.data(), e.place);
    ids[e.place] = id;
  }
};

nearest::nearest()
    : state_(std::make_unique<state>()) {}
nearest::~nearest() = default;
nearest::nearest(nearest&&) noexcept = default;
nearest& nearest::operator=(nearest&&) noexcept = default;

std::size_t nearest::size() const noexcept {
  return state_->all.size();
}

void nearest::add(std::uint64_t id, sentence_vector x) {
  auto& s = *state_;
  const bool shows_nothing = std::all_of(x.begin(), x.end(), [](float v) { return v == 0; });
  if (x.empty() || shows_nothing || (s.dimensions != 0 && x.size() != s.dimensions))
    return;
  remove(id);
  s.dimensions = x.size();
  auto& e = s.all[id];
  e.x = std::move(x);
  if (!s.graph || s.last_place + 1 >= s.capacity)
    s.build();
  else
    s.put(id, e);
}

void nearest::remove(std::uint64_t id) {
  auto& s = *state_;
  const auto hit = s.all.find(id);
  if (hit == s.all.end())
    return;
  if (hit->second.place != 0 && s.graph) {
    s.graph->markDelete(hit->second.place);
    s.ids.erase(hit->second.place);
  }
  s.all.erase(hit);
  if (s.graph && s.last_place > 2 * s.all.size())
    s.build();
}

std::vector<nearest::neighbour> nearest::find(const sentence_vector& x, std::size_t most) const {
  const auto& s = *state_;
  std::vector<neighbour> out;
  if (x.size() != s.dimensions || most == 0)
    return out;
  const auto better = [](const neighbour& a, const neighbour& b) {
    return a.likeness != b.likeness ? a.likeness > b.likeness : a.id < b.id;
  };
  if (s.graph) {
    auto found = s.graph->searchKnn(x.data(), std::min(most, s.all.size()));
    for (; !found.empty(); found.pop())
      if (const auto id = s.ids.find(found.top().second); id != s.ids.end())
        out.push_back({id->second, 1.0 - static_cast<double>(found.top().first)});
  } else {
    for (const auto& [id, e] : s.all)
      out.push_back({id, likeness(x, e.x)});
  }
  std::sort(out.begin(), out.end(), better);
  if (out.size() > most)
    out.resize(most);
  return out;
}

} // namespace troupe::text
