#pragma once

#include "nodes/local/cluster_folder.hpp"
#include "nodes/local/control.hpp"
#include "nodes/local/link_relays.hpp"
#include "nodes/local/local_cluster.hpp"
#include "nodes/local/node_process.hpp"
#include "src/store/private_postgres.hpp"

#include <troupe/json.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::local {

/// The PARENT of a cluster on one machine: it has the nodes as its children, and the server and
/// the links' relays in its own process. One thread.
class cluster_parent {
 public:
  cluster_parent(const local_cluster_settings& x, std::ostream& err);
  /// Until all has ended.
  [[nodiscard]] cluster_end run();

 private:
  struct child {
    link_relays::node who;
    std::uint16_t door = 0;  ///< asked for; 0: any
    std::uint16_t links = 0; ///< where it listens for those of others
    std::unique_ptr<node_process> process;
    phase told = phase::over; ///< what people have read of it last
  };

  [[nodiscard]] tools::process_spec recipe(child& x);
  void say(const std::string& text);
  void line_of(const child& x, std::string_view line);
  void look(child& x);
  void greet();
  /// Writes down how it stands, for who looks. A disk that takes nothing is no reason to end: it is
  /// tried again until it does.
  void tell();
  void await_signal();
  void stop(cluster_end how);
  /// SIGHUP: one node is told, and tells the others. False: it is an order to stop.
  [[nodiscard]] bool reload_one();
  void end_if_over();
  void guard_store();
  [[nodiscard]] json state() const;

  // Orders from the control socket: cluster_orders.cpp.
  [[nodiscard]] json answer(const json& order);
  [[nodiscard]] json strike(const std::string& what, const json& order);
  [[nodiscard]] child* find(const std::string& id);
  void kill_store(milliseconds down_for);

  const local_cluster_settings settings_;
  std::ostream& err_;
  cluster_folder folder_;
  boost::asio::io_context io_{1};
  std::unique_ptr<private_postgres> server_;
  std::string address_; ///< of the store
  std::vector<child> children_;
  std::unique_ptr<link_relays> links_;
  std::unique_ptr<control_door> control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer store_timer_;
  boost::asio::steady_timer stop_timer_;
  boost::asio::steady_timer tell_timer_;
  std::chrono::steady_clock::time_point store_down_until_{};
  std::size_t width_ = 0; ///< of the longest name
  bool greeted_ = false;
  bool untold_ = false; ///< what is written down is not how it stands
  std::optional<cluster_end> stopping_;
};

} // namespace troupe::local
