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
/// Share of the neighbours of a vector that has gone whose links are sought anew when another one
/// takes its place. With all of them a place costs five times as much and finds no better.
constexpr float sought_anew = 0.2F;

} // namespace

/// The vectors stand in a table; the graph, once there is one, knows them by their places. hnswlib
/// 0.6 cannot take a vector out of the graph: what is gone is marked there, and whoever comes next
/// takes its place. So the graph is made once, of `one_by_one` vectors, and grows from there on: no
/// `add` costs much more than another one, however many have come and gone.
struct nearest::state {
  struct entry {
    sentence_vector x;
    std::size_t place = 0; ///< in the graph
  };
  std::unordered_map<std::uint64_t, entry> all;
  std::size_t dimensions = 0;
  std::unique_ptr<hnswlib::InnerProductSpace> space;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;
  std::vector<std::uint64_t> ids; ///< by place
  std::vector<std::size_t> free;  ///< places whose vectors are gone

  void build() {
    space = std::make_unique<hnswlib::InnerProductSpace>(dimensions);
    graph = std::make_unique<hnswlib::HierarchicalNSW<float>>(space.get(), 2 * all.size(), links,
                                                              build_width);
    graph->setEf(search_width);
    for (auto& [id, e] : all)
      put(id, e);
  }

  void put(std::uint64_t id, entry& e) {
    if (!free.empty()) {
      e.place = free.back();
      free.pop_back();
      ids[e.place] = id;
      graph->unmarkDelete(e.place);
      graph->updatePoint(e.x.data(), graph->label_lookup_.at(e.place), sought_anew);
      return;
    }
    e.place = ids.size();
    if (e.place >= graph->max_elements_)
      graph->resizeIndex(2 * e.place);
    ids.push_back(id);
    graph->addPoint(e.x.data(), e.place);
  }

  /// Few are compared one by one again.
  void forget_graph() {
    graph.reset();
    ids.clear();
    free.clear();
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
  if (s.graph)
    s.put(id, e);
  else if (s.all.size() > one_by_one)
    s.build();
}

void nearest::remove(std::uint64_t id) {
  auto& s = *state_;
  const auto hit = s.all.find(id);
  if (hit == s.all.end())
    return;
  if (s.graph) {
    s.graph->markDelete(hit->second.place);
    s.free.push_back(hit->second.place);
  }
  s.all.erase(hit);
  // With so few left, a search through a graph of marks costs more than to look at all of them.
  if (s.graph && s.all.size() < one_by_one / 2)
    s.forget_graph();
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
      out.push_back({s.ids[found.top().second], 1.0 - static_cast<double>(found.top().first)});
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
