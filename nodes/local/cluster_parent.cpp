#include "nodes/local/cluster_parent.hpp"

#include "src/store/postgres_address.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <ostream>

#include <unistd.h>

extern char** environ; // NOLINT: the name is POSIX's

namespace troupe::local {

namespace {

namespace asio = boost::asio;

constexpr milliseconds store_look{500};
constexpr milliseconds tell_again{1000};
/// Longer than a node takes at the most (`stop_switch::watchdog`).
constexpr std::chrono::seconds stop_max{25};

/// A port that nobody has now. Somebody may take it before it is used; then the node does not
/// start, and gets another one at its next start.
std::uint16_t free_port() {
  asio::io_context io;
  const asio::ip::tcp::acceptor some{io, {asio::ip::address_v4::loopback(), 0}};
  return some.local_endpoint().port();
}

std::map<std::string, std::string> own_environment() {
  std::map<std::string, std::string> out;
  for (char** at = environ; *at; ++at)
    if (const char* eq = std::strchr(*at, '='))
      out.try_emplace(std::string(*at, static_cast<std::size_t>(eq - *at)), eq + 1);
  return out;
}

} // namespace

cluster_parent::cluster_parent(const local_cluster_settings& x, std::ostream& err)
    : settings_(x)
    , err_(err)
    , folder_(x.data)
    , signals_(io_, SIGINT, SIGTERM, SIGHUP)
    , store_timer_(io_)
    , stop_timer_(io_)
    , tell_timer_(io_) {
  folder_.claim();
  const auto before = folder_.nodes();
  const auto count = x.nodes > 0 ? x.nodes : before > 0 ? before : 3;
  if (count > local_cluster_settings::nodes_max)
    throw local_error{"at most " + std::to_string(local_cluster_settings::nodes_max) +
                      " nodes run on one machine"};
  if (x.store.empty()) {
    server_ = std::make_unique<private_postgres>(private_postgres_settings{folder_.postgres(), {}});
    address_ = server_->address();
  } else {
    address_ = x.store;
  }
  std::vector<link_relays::node> nodes;
  for (std::size_t i = 0; i < count; ++i) {
    child one;
    one.who.id = cluster_folder::name_of(i + 1);
    if (!x.regions.empty())
      one.who.region = x.regions[i % x.regions.size()];
    if (x.port > 0)
      one.door = static_cast<std::uint16_t>(x.port + i);
    folder_.prepare(one.who.id);
    width_ = std::max(width_, one.who.id.size());
    nodes.push_back(one.who);
    children_.push_back(std::move(one));
  }
  links_ = std::make_unique<link_relays>(io_, nodes, x.between_regions);
  for (auto& one : children_)
    one.process = std::make_unique<node_process>(
        io_, node_process::plan{one.who.id, [this, &one] { return recipe(one); },
                                folder_.port_file(one.who.id),
                                [this, &one](std::string_view line) { line_of(one, line); },
                                [this, &one] { look(one); }});
  control_ = std::make_unique<control_door>(io_, folder_.control(),
                                            [this](const json& order) { return answer(order); });
}

tools::process_spec cluster_parent::recipe(child& x) {
  x.links = free_port();
  links_->at(x.who.id, x.links);
  tools::process_spec out;
  out.argv = {settings_.program, "node"};
  out.argv.insert(out.argv.end(), settings_.words.begin(), settings_.words.end());
  const auto add = [&](const std::string& option, const std::string& value) {
    out.argv.insert(out.argv.end(), {option, value});
  };
  add("--id", x.who.id);
  add("--listen", "127.0.0.1:" + std::to_string(x.links));
  add("--certs", folder_.certs(x.who.id).string());
  add("--data", folder_.node(x.who.id).string());
  add("--port", std::to_string(x.door));
  add("--port-file", folder_.port_file(x.who.id).string());
  add("--store-schema", settings_.store_schema);
  if (!x.who.region.empty())
    add("--region", x.who.region);
  for (const auto& way : links_->ways_of(x.who.id))
    add("--reach", way);
  out.env = own_environment();
  out.env["TROUPE_STORE"] = address_; // not for everybody's eyes, as words are
  return out;
}

cluster_end cluster_parent::run() {
  // Nobody may read our lines any more: no reason to leave the nodes alone.
  std::signal(SIGPIPE, SIG_IGN);
  await_signal();
  guard_store();
  say("starting " + std::to_string(children_.size()) + " nodes in " + folder_.dir().string());
  for (auto& x : children_)
    x.process->start();
  io_.run();
  folder_.tell_nothing();
  if (server_)
    server_->stop();
  return stopping_.value_or(cluster_end::failed);
}

// -- what people read ---------------------------------------------------------

void cluster_parent::say(const std::string& text) {
  err_ << "troupe: " << text << std::endl;
}

void cluster_parent::line_of(const child& x, std::string_view line) {
  // A line of JSON stays one.
  if (settings_.json_lines && line.starts_with("{\""))
    err_ << R"({"process":")" << x.who.id << "\"," << line.substr(1) << '\n';
  else
    err_ << x.who.id << std::string(width_ - x.who.id.size(), ' ') << " | " << line << '\n';
  err_.flush();
}

void cluster_parent::look(child& x) {
  const auto is = x.process->state();
  const auto was = std::exchange(x.told, is);
  if (is == phase::waiting) {
    if (!x.process->was_ever_up() && !stopping_) {
      say(x.who.id + " " + x.process->last_end() + " before it was up; its lines above say why");
      stop(cluster_end::failed);
    } else if (!stopping_) {
      say(x.who.id + " " + x.process->last_end() + "; it is started again");
    }
  }
  if (is == phase::frozen)
    say(x.who.id + " is frozen");
  if (is == phase::up && (was == phase::frozen || greeted_))
    say(x.who.id + (was == phase::frozen ? " goes on" : " is up again"));
  greet();
  if (!stopping_)
    tell();
  end_if_over();
}

void cluster_parent::tell() {
  try {
    folder_.tell(state().dump(2));
    untold_ = false;
  } catch (const std::exception& e) {
    if (!std::exchange(untold_, true))
      say(std::string{e.what()} + "; commands that ask for the nodes see how it was before");
    tell_timer_.expires_after(tell_again);
    tell_timer_.async_wait([this](const auto& why) {
      if (!why && untold_ && !stopping_)
        tell();
    });
  }
}

void cluster_parent::greet() {
  if (greeted_ || stopping_ || !std::all_of(children_.begin(), children_.end(), [](const auto& x) {
        return x.process->state() == phase::up;
      }))
    return;
  greeted_ = true;
  std::string text = settings_.name + " is up on " + std::to_string(children_.size()) + " nodes:";
  for (const auto& x : children_)
    text += "\n  " + x.who.id + std::string(width_ - x.who.id.size() + 2, ' ') +
            "http://127.0.0.1:" + std::to_string(x.process->port()) +
            (x.who.region.empty() ? "" : "  region " + x.who.region);
  say(text + "\nstop with Ctrl-C; everything is in " + folder_.dir().string());
}

json cluster_parent::state() const {
  json out{
      {"fleet", settings_.name},           {"pid", ::getpid()}, {"schema", settings_.store_schema},
      {"store", postgres_place(address_)}, {"ready", greeted_}, {"nodes", json::array()}};
  for (const auto& x : children_) {
    json one{{"id", x.who.id},
             {"region", x.who.region},
             {"state", to_string(x.process->state())},
             {"starts", x.process->starts()}};
    if (x.process->pid() > 0)
      one["pid"] = x.process->pid();
    if (x.process->port() > 0) {
      one["port"] = x.process->port();
      one["links"] = x.links;
      one["url"] = "http://127.0.0.1:" + std::to_string(x.process->port());
    }
    out["nodes"].push_back(std::move(one));
  }
  return out;
}

// -- the end ------------------------------------------------------------------

void cluster_parent::await_signal() {
  signals_.async_wait([this](const auto& e, int number) {
    if (e)
      return;
    if (number == SIGHUP && !stopping_ && reload_one())
      return await_signal();
    if (stopping_) {
      stopping_ = cluster_end::interrupted;
      for (auto& x : children_)
        x.process->kill_for_good();
      return end_if_over();
    }
    stop(cluster_end::stopped);
    await_signal();
  });
}

bool cluster_parent::reload_one() {
  // A terminal that went away is a reason to stop: then nobody reads what becomes of it.
  if (::isatty(STDIN_FILENO) == 0 && errno == EIO)
    return false;
  const auto up = std::find_if(children_.begin(), children_.end(),
                               [](const auto& x) { return x.process->state() == phase::up; });
  if (up == children_.end())
    return false;
  say(up->who.id + " is to make a new version of the fleet");
  return up->process->reload();
}

void cluster_parent::stop(cluster_end how) {
  if (stopping_)
    return;
  stopping_ = how;
  say("stopping the nodes");
  links_->mend_all();
  // All at once: one after the other, each would hand everything it has to the next.
  for (auto& x : children_)
    x.process->stop();
  stop_timer_.expires_after(stop_max);
  stop_timer_.async_wait([this](const auto& e) {
    if (e)
      return;
    say("a node takes too long to stop");
    stopping_ = cluster_end::failed;
    for (auto& x : children_)
      x.process->kill_for_good();
  });
  end_if_over();
}

void cluster_parent::end_if_over() {
  if (stopping_ && std::all_of(children_.begin(), children_.end(),
                               [](const auto& x) { return x.process->state() == phase::over; }))
    io_.stop();
}

void cluster_parent::guard_store() {
  if (!server_)
    return;
  if (std::chrono::steady_clock::now() >= store_down_until_ && !server_->running()) {
    say("the store is not running; it is started again");
    try {
      server_->start();
    } catch (const store_error& e) {
      say(std::string{"the store cannot be started: "} + e.what());
    }
  }
  store_timer_.expires_after(store_look);
  store_timer_.async_wait([this](const auto& e) {
    if (!e)
      guard_store();
  });
}

cluster_end run_local_cluster(const local_cluster_settings& x, std::ostream& err) {
  cluster_parent parent{x, err};
  return parent.run();
}

} // namespace troupe::local
