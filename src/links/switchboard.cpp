#include "src/links/switchboard.hpp"

#include <algorithm>

namespace troupe::links {

switchboard::switchboard(boost::asio::io_context& io, link_settings settings, mesh::tell told)
    : io_(io)
    , settings_(std::move(settings))
    , notices_(std::move(told))
    , listener_(io)
    , timer_(io)
    , dice_(std::random_device{}())
    , tick_every_(std::clamp(
          std::min({settings_.heartbeat / 4, settings_.hello_timeout / 4, settings_.farewell / 2}),
          milliseconds{2}, milliseconds{100}))
    , thawed_(steady::now() - settings_.heartbeat * 2) {}

void switchboard::open(carrier_events events) {
  events_ = std::move(events);
  if (!settings_.plaintext)
    tls_.emplace(settings_, notices_);
  listener_.open(settings_.host, settings_.port);
}

void switchboard::begin() {
  ticked_ = steady::now();
  listener_.start([this](link_socket s) { accept(std::move(s)); },
                  [this](const std::string& why) {
                    accept_errors_.fetch_add(1);
                    if (!std::exchange(accept_told_, true))
                      notices_.tell(notice_kind::accept_failed,
                                    "connections cannot be accepted now: " + why);
                  });
  await_tick();
}

// -- members ------------------------------------------------------------------

void switchboard::reach(std::vector<endpoint> nodes) {
  if (stopping_)
    return;
  std::map<std::string, endpoint> wanted;
  for (auto& n : nodes) {
    if (n.node == settings_.node)
      continue;
    if (const auto way = settings_.ways.find(n.node); way != settings_.ways.end())
      n.reached_at = {way->second};
    if (is_node_id(n.node))
      wanted.insert_or_assign(n.node, std::move(n));
    else
      notices_.tell(notice_kind::unreachable, "a node to reach has no valid id");
  }
  std::vector<std::string> left;
  for (const auto& [node, m] : members_)
    if (!wanted.contains(node))
      left.push_back(node);
  for (const auto& node : left)
    forget(node);
  for (auto& [node, where] : wanted) {
    const auto [at, fresh] = members_.try_emplace(node);
    auto& m = at->second;
    m.where = where;
    if (m.dial) {
      m.dial->change(std::move(where));
    } else if (fresh && settings_.node < node) {
      m.dial = std::make_shared<dialler>(parts_of_diallers(), std::move(where));
      m.dial->start();
    } else if (fresh) {
      m.knock = std::make_shared<knocker>(parts_of_diallers(), settings_.hello_timeout);
    }
  }
}

dialler::parts switchboard::parts_of_diallers() {
  return {io_,
          names_,
          dice_,
          settings_.min_backoff,
          settings_.max_backoff,
          [this](const std::string& node, const auto& to) { connect(node, to); },
          [this](const std::string& node, const std::string& why) {
            notices_.tell(notice_kind::unreachable, "no link with node " + node + ": " + why);
          },
          [this](const std::string& node) {
            if (events_.refused && !stopping_)
              events_.refused(node);
          }};
}

void switchboard::forget(const std::string& node) {
  const auto at = members_.find(node);
  const auto was = std::move(at->second);
  members_.erase(at);
  if (was.dial)
    was.dial->stop();
  if (was.knock)
    was.knock->stop();
  if (was.trying)
    was.trying->close("not wanted any more");
  leave(node, "node " + node + " is no member any more");
}

void switchboard::connect(const std::string& node, const boost::asio::ip::tcp::endpoint& to) {
  const auto at = members_.find(node);
  if (at == members_.end() || stopping_)
    return;
  if (settings_.plaintext && !to.address().is_loopback()) {
    at->second.dial->ended("plaintext is for loopback addresses only");
    return;
  }
  boost::system::error_code e;
  auto socket = make_socket(io_, to, e);
  if (e) {
    at->second.dial->ended(reason_of(e));
    return;
  }
  dialled_.fetch_add(1);
  auto x =
      std::make_shared<connection>(static_cast<connection_home&>(*this), std::move(socket), node);
  at->second.trying = x;
  all_.insert(x);
  x->dial(to);
}

void switchboard::accept(link_socket socket) {
  accept_told_ = false;
  accepted_.fetch_add(1);
  if (stopping_)
    return;
  // The oldest gives way rather than the newest: an honest peer needs milliseconds for its
  // handshake, so that silent ones cannot keep it out.
  if (unproven_.size() >= settings_.unproven_max) {
    const auto oldest = unproven_.front(); // A copy: what ends takes itself off the list.
    oldest->close("too many connections that say nothing");
  }
  const auto x = std::make_shared<connection>(static_cast<connection_home&>(*this),
                                              std::move(socket), std::string{});
  all_.insert(x);
  unproven_.push_back(x);
  unproven_count_ = unproven_.size();
  x->start();
}

// -- what connections ask and tell --------------------------------------------

std::unique_ptr<byte_stream> switchboard::make_stream(link_socket socket) {
  if (!tls_)
    return make_plain_stream(std::move(socket));
  return make_tls_stream(std::move(socket), tls_->context());
}

std::string switchboard::judge(connection& from, const hello& said) {
  if (stopping_)
    return "node " + settings_.node + " stops";
  if (common_protocol(hello{}, said) == 0)
    return "no protocol in common: " + std::to_string(oldest_link_protocol) + " to " +
           std::to_string(newest_link_protocol) + " here, " + std::to_string(said.oldest_protocol) +
           " to " + std::to_string(said.newest_protocol) + " there";
  if (!is_node_id(said.node))
    return "what it says is no node's id";
  if (from.dialled() && said.node != from.expected())
    return "it is node " + said.node + ", not " + from.expected();
  if (tls_) {
    const auto names = from.proven_names();
    if (std::find(names.begin(), names.end(), said.node) == names.end())
      return "its certificate is not that of node " + said.node;
  }
  if (said.node == settings_.node)
    return "it says that it is node " + said.node + ", which is here";
  const auto at = members_.find(said.node);
  if (at == members_.end())
    return "node " + said.node + " is no member as far as node " + settings_.node + " knows";
  if (!from.dialled() && settings_.node < said.node)
    return "node " + settings_.node + " dials node " + said.node + ", not the other way round";
  if (said.incarnation < at->second.newest)
    return "a newer incarnation of node " + said.node + " has been here";
  at->second.newest = said.incarnation;
  // It would not come anew if its end of the old link were still there.
  leave(said.node, "a newer connection takes its place");
  return {};
}

void switchboard::linked(connection& x) {
  const auto self = x.shared_from_this();
  const auto& node = x.other().node;
  unproven_.remove(self);
  unproven_count_ = unproven_.size();
  links_.insert_or_assign(node, self);
  auto& m = members_[node];
  m.trying = nullptr;
  if (m.dial)
    m.dial->linked();
  if (m.knock)
    m.knock->stop();
  lanes_.put(node, x.lane());
  events_.up(x.other());
}

void switchboard::arrived(connection& x, envelope_batch_ptr batch) {
  events_.arrived(x.other(), std::move(batch));
}

void switchboard::ended(connection& x, link_loss how, const std::string& why) {
  const auto self = x.shared_from_this();
  const auto dial_again = [&](const std::string& node) {
    const auto at = members_.find(node);
    if (at == members_.end() || stopping_)
      return;
    if (at->second.trying == self)
      at->second.trying = nullptr;
    if (at->second.dial)
      at->second.dial->ended(why, x.refused());
    else if (at->second.knock)
      at->second.knock->start(at->second.where);
  };
  const auto link = links_.find(x.other().node);
  if (link != links_.end() && link->second == self) {
    links_.erase(link);
    lanes_.remove(x.other().node);
    dial_again(x.other().node);
    events_.down(x.other(), how, why);
  } else if (x.dialled()) {
    dial_again(x.expected());
  } else {
    refused_.fetch_add(1);
    // Each attempt comes from a port of its own.
    if (!stopping_)
      notices_.tell_recurring(notice_kind::refused,
                              x.place().substr(0, x.place().rfind(':')) + ": " + why,
                              "a connection from " + x.place() + " is refused: " + why);
  }
}

void switchboard::gone(connection& x) {
  const auto self = x.shared_from_this();
  all_.erase(self);
  unproven_.remove(self);
  unproven_count_ = unproven_.size();
  if (stopping_ && all_.empty())
    timer_.cancel();
}

// -- orders -------------------------------------------------------------------

void switchboard::pump() {
  for (const auto& [node, link] : links_)
    link->pump();
}

void switchboard::resume(const std::string& node) {
  const auto at = links_.find(node);
  if (at == links_.end())
    return;
  const auto link = at->second;
  link->resume();
}

void switchboard::leave(const std::string& node, const std::string& why) {
  const auto at = links_.find(node);
  if (at == links_.end())
    return;
  const auto link = at->second; // A copy: what ends takes itself off the table.
  link->leave(why);
}

void switchboard::stop() {
  stopping_ = true;
  listener_.close();
  names_.stop();
  for (auto& [node, m] : members_) {
    if (m.dial)
      m.dial->stop();
    if (m.knock)
      m.knock->stop();
  }
  for (const auto& x : std::vector<connection_ptr>{all_.begin(), all_.end()})
    if (x->at() == connection::stage::up)
      x->leave("node " + settings_.node + " stops", link_loss::goodbye);
    else if (x->at() != connection::stage::leaving)
      x->close("node " + settings_.node + " stops");
  if (all_.empty())
    timer_.cancel();
}

// -- time ---------------------------------------------------------------------

void switchboard::await_tick() {
  if (stopping_ && all_.empty())
    return;
  timer_.expires_after(tick_every_);
  timer_.async_wait([this](const boost::system::error_code& e) {
    if (!e)
      tick();
  });
}

void switchboard::tick() {
  const auto now = steady::now();
  // A process that was stopped for a while finds all its peers silent, and what they said in the
  // sockets' buffers.
  if (now - ticked_ > settings_.heartbeat)
    thawed_ = now;
  ticked_ = now;
  for (const auto& x : std::vector<connection_ptr>{all_.begin(), all_.end()})
    x->tick(now, thawed_);
  for (const auto& [node, m] : members_)
    if (m.knock)
      m.knock->tick(now);
  if (tls_)
    tls_->tick(now);
  await_tick();
}

// -- for any thread -----------------------------------------------------------

mesh_counts switchboard::counts() const noexcept {
  mesh_counts out;
  out.links = lanes_.size();
  out.unproven = unproven_count_;
  out.accepted = accepted_;
  out.refused = refused_;
  out.dialled = dialled_;
  out.accept_errors = accept_errors_;
  out.notices_left_out = notices_.left_out();
  return out;
}

certificate_status switchboard::certificate() const {
  return tls_ ? tls_->status() : certificate_status{};
}

} // namespace troupe::links
