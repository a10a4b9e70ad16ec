#include "nodes/sim/network.hpp"

#include "src/wire/frames.hpp"

#include <algorithm>

namespace troupe::sim {

namespace {

constexpr std::size_t outbox = 2000; ///< envelopes that may be under way on a link and direction
constexpr std::size_t unread_most = 8;
constexpr std::size_t body_most = 1u << 20;
constexpr milliseconds frame_least{1};
constexpr milliseconds frame_most{8};
constexpr milliseconds slow_most{400};
constexpr milliseconds dial_least{5};
constexpr milliseconds dial_most{400};
constexpr milliseconds silent_least{1000};
constexpr milliseconds silent_most{1250};
constexpr milliseconds reset_most{5};

} // namespace

/// The carrier of one end.
class sim_carrier final : public links::carrier {
 public:
  sim_carrier(network& net, std::string node, std::uint64_t incarnation)
      : net_(net)
      , node_(std::move(node))
      , incarnation_(incarnation) {}
  ~sim_carrier() override { stop(); }

  void start(links::carrier_events events) override {
    // One that was not stopped is gone with its post.
    if (const auto old = net_.ends_.find(node_); old != net_.ends_.end())
      net_.stop(node_, old->second.number);
    number_ = ++net_.numbers_;
    net_.ends_[node_] = {number_, incarnation_, std::move(events), {}};
    for (const auto& [other, e] : net_.ends_)
      if (other != node_)
        net_.try_later(network::key_of(node_, other));
  }
  void reach(std::vector<links::endpoint> nodes) override {
    auto* me = self();
    if (!me)
      return;
    std::set<std::string> wanted;
    for (auto& n : nodes)
      wanted.insert(std::move(n.node));
    const auto before = std::exchange(me->wanted, wanted);
    for (const auto& node : before)
      if (!wanted.contains(node))
        net_.take_down(network::key_of(node_, node), link_loss::closed, link_loss::closed,
                       "not a member");
    for (const auto& node : wanted)
      net_.try_later(network::key_of(node_, node));
  }
  links::offered offer(std::string_view node, const envelope& what) override {
    const auto k = network::key_of(node_, std::string{node});
    const auto hit = net_.links_.find(k);
    if (!self() || hit == net_.links_.end() || hit->second.number == 0)
      return links::offered::unlinked;
    if (what.body.size() > body_most)
      return links::offered::too_large;
    auto& w = net_.way_of(hit->second, k, node_);
    if (w.waiting.size() + w.under_way >= outbox)
      return links::offered::busy;
    w.waiting.push_back(what);
    return links::offered::taken;
  }
  void flush() override {
    if (!self())
      return;
    for (auto& [k, l] : net_.links_) {
      if (l.number == 0 || (k.first != node_ && k.second != node_))
        continue;
      auto& w = net_.way_of(l, k, node_);
      // One batch may become several frames.
      while (!w.waiting.empty()) {
        const auto n = static_cast<std::ptrdiff_t>(1 + net_.world_.draw(w.waiting.size()));
        envelope_batch frame{std::make_move_iterator(w.waiting.begin()),
                             std::make_move_iterator(w.waiting.begin() + n)};
        w.waiting.erase(w.waiting.begin(), w.waiting.begin() + n);
        w.under_way += frame.size();
        w.last = std::max(
            w.last, net_.world_.now() +
                        net_.world_.between(frame_least, net_.slow_ ? slow_most : frame_most));
        net_.world_.at(w.last, [&net = net_, k = k, from = node_, number = l.number,
                                bytes = encode_batch(frame)] {
          // What the wire would make of it.
          auto what = decode_batch(bytes);
          if (what)
            net.arrive(k, from, number, *std::move(what));
        });
      }
    }
  }
  void consumed(std::string_view node, std::size_t batches) override {
    const auto k = network::key_of(node_, std::string{node});
    const auto hit = net_.links_.find(k);
    if (!self() || hit == net_.links_.end())
      return;
    auto& w = net_.way_of(hit->second, k, std::string{node});
    w.unread -= std::min(w.unread, batches);
    net_.hand_over(k, std::string{node});
  }
  void cut(std::string_view node, std::string_view why) override {
    net_.take_down(network::key_of(node_, std::string{node}), link_loss::closed, link_loss::closed,
                   std::string{why});
  }
  void stop() override { net_.stop(node_, number_); }

 private:
  network::end* self() {
    const auto hit = net_.ends_.find(node_);
    return hit != net_.ends_.end() && hit->second.number == number_ ? &hit->second : nullptr;
  }
  network& net_;
  const std::string node_;
  const std::uint64_t incarnation_;
  std::uint64_t number_ = 0;
};

std::unique_ptr<links::carrier> network::open(const std::string& node, std::uint64_t incarnation) {
  return std::make_unique<sim_carrier>(*this, node, incarnation);
}

void network::tell(const std::string& node, timestamp at, std::function<void(end&)> what) {
  const auto here = ends_.find(node);
  if (here == ends_.end())
    return;
  auto& last = told_[node];
  last = std::max(last, at);
  world_.at(last, [this, node, number = here->second.number, what = std::move(what)] {
    auto now = [this, node, number, what] {
      if (const auto hit = ends_.find(node); hit != ends_.end() && hit->second.number == number)
        what(hit->second);
    };
    if (frozen_.contains(node))
      asleep_[node].push_back(std::move(now));
    else
      now();
  });
}

void network::try_later(const pair& k) {
  if (trying_.insert(k).second)
    world_.after(world_.between(dial_least, dial_most), [this, k] {
      trying_.erase(k);
      try_now(k);
    });
}

void network::try_now(const pair& k) {
  auto& l = links_[k];
  const auto a = ends_.find(k.first);
  const auto b = ends_.find(k.second);
  // The lower id dials, again and again while it wants to.
  if (l.number != 0 || a == ends_.end() || !a->second.wanted.contains(k.second))
    return;
  if (b == ends_.end() || !passes(k)) {
    try_later(k);
    return;
  }
  l = {};
  l.number = ++numbers_;
  world_.note("link " + k.first + " " + k.second);
  const auto up = [this](const std::string& to, const std::string& from, const end& peer, way& in) {
    in.last = world_.now() + world_.between(frame_least, frame_most);
    const links::peer who{from, peer.incarnation, "here", "simulated"};
    tell(to, in.last, [who](end& e) { e.events.up(who); });
    in.last = told_[to];
  };
  up(k.first, k.second, b->second, l.ways[1]);
  up(k.second, k.first, a->second, l.ways[0]);
}

void network::take_down(const pair& k, std::optional<link_loss> first,
                        std::optional<link_loss> second, const std::string& why) {
  const auto hit = links_.find(k);
  if (hit == links_.end() || hit->second.number == 0)
    return;
  world_.note("unlink " + k.first + " " + k.second);
  hit->second = {};
  const auto down = [&](const std::string& to, const std::string& from,
                        std::optional<link_loss> how) {
    const auto peer = ends_.find(from);
    if (!how)
      return;
    const links::peer who{from,
                          peer == ends_.end() ? incarnations_[from] : peer->second.incarnation,
                          "here", "simulated"};
    tell(to, world_.now() + world_.between(frame_least, reset_most),
         [who, how = *how, why](end& e) { e.events.down(who, how, why); });
  };
  down(k.first, k.second, first);
  down(k.second, k.first, second);
  try_later(k);
}

void network::look_whether_it_passes(const pair& k) {
  auto hit = links_.find(k);
  if (hit == links_.end() || hit->second.number == 0)
    return;
  auto& l = hit->second;
  const bool bad = l.bad % 2 == 1;
  if (passes(k) == !bad)
    return;
  ++l.bad;
  if (bad) {
    // What the sender has sent again and again arrives at last.
    hand_over(k, k.first);
    hand_over(k, k.second);
    return;
  }
  world_.after(
      world_.between(silent_least, silent_most), [this, k, number = l.number, since = l.bad] {
        const auto now = links_.find(k);
        if (now == links_.end() || now->second.number != number || now->second.bad != since)
          return;
        // The other end finds out by itself, within the same time.
        take_down(k, link_loss::silent, link_loss::silent, "silent");
      });
}

void network::arrive(const pair& k, const std::string& from, std::uint64_t number,
                     envelope_batch what) {
  const auto hit = links_.find(k);
  if (hit == links_.end() || hit->second.number != number)
    return;
  way_of(hit->second, k, from).held.push_back(std::move(what));
  hand_over(k, from);
}

void network::hand_over(const pair& k, const std::string& from) {
  const auto hit = links_.find(k);
  if (hit == links_.end() || hit->second.number == 0 || !passes(k))
    return;
  auto& w = way_of(hit->second, k, from);
  const auto& to = from == k.first ? k.second : k.first;
  const auto sender = ends_.find(from);
  if (sender == ends_.end())
    return;
  const links::peer who{from, sender->second.incarnation, "here", "simulated"};
  while (!w.held.empty() && w.unread < unread_most) {
    auto batch = std::make_shared<const envelope_batch>(std::move(w.held.front()));
    w.held.pop_front();
    w.under_way -= std::min(w.under_way, batch->size());
    ++w.unread;
    tell(to, world_.now(), [who, batch](end& e) { e.events.arrived(who, batch); });
  }
}

void network::stop(const std::string& node, std::uint64_t number) {
  const auto hit = ends_.find(node);
  if (hit == ends_.end() || hit->second.number != number)
    return;
  incarnations_[node] = hit->second.incarnation;
  const auto told = [&](const std::string& to) {
    return to == node ? std::nullopt : std::optional{link_loss::goodbye};
  };
  for (auto& [k, l] : links_)
    if (k.first == node || k.second == node)
      take_down(k, told(k.first), told(k.second), "it stops");
  ends_.erase(node);
}

void network::process_gone(const std::string& node) {
  const auto hit = ends_.find(node);
  if (hit == ends_.end())
    return;
  incarnations_[node] = hit->second.incarnation;
  frozen_.erase(node);
  asleep_.erase(node);
  for (auto& [k, l] : links_) {
    if (k.first != node && k.second != node)
      continue;
    // Whoever is parted from it, or asleep, hears nothing of its end.
    const bool heard = passes(k);
    const auto how = std::optional{heard ? link_loss::closed : link_loss::silent};
    const auto first = k.first == node ? std::nullopt : how;
    const auto second = k.second == node ? std::nullopt : how;
    if (heard || l.number == 0)
      take_down(k, first, second, "connection reset");
    else
      world_.after(
          world_.between(silent_least, silent_most), [this, k, was = l.number, first, second] {
            if (const auto now = links_.find(k); now != links_.end() && now->second.number == was)
              take_down(k, first, second, "silent");
          });
  }
  ends_.erase(node);
}

void network::freeze(const std::string& node, bool yes) {
  if (yes)
    frozen_.insert(node);
  else
    frozen_.erase(node);
  for (auto& [k, l] : links_)
    if (k.first == node || k.second == node)
      look_whether_it_passes(k);
  if (yes)
    return;
  auto found = std::exchange(asleep_[node], {});
  for (auto& what : found)
    what();
}

void network::part(const std::string& a, const std::string& b) {
  parted_.insert(key_of(a, b));
  look_whether_it_passes(key_of(a, b));
}

void network::join(const std::string& a, const std::string& b) {
  parted_.erase(key_of(a, b));
  look_whether_it_passes(key_of(a, b));
}

void network::reset(const std::string& a, const std::string& b) {
  const auto k = key_of(a, b);
  if (passes(k))
    take_down(k, link_loss::closed, link_loss::closed, "connection reset");
}

void network::heal() {
  slow_ = false;
  const auto all = std::exchange(parted_, {});
  for (const auto& k : all)
    look_whether_it_passes(k);
}

} // namespace troupe::sim
