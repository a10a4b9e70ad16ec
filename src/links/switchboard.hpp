#pragma once

#include "src/links/certificate_watch.hpp"
#include "src/links/connection.hpp"
#include "src/links/dialler.hpp"
#include "src/links/knocker.hpp"
#include "src/links/lanes.hpp"
#include "src/links/listener.hpp"
#include "src/links/notices.hpp"

#include <atomic>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <set>

namespace troupe::links {

/// Decides which connections become links: who is dialled, who is welcome, which of two connections
/// with one node stays, and what happens when one ends. Everything here runs on the I/O thread but
/// what is said to be for any thread.
class switchboard final : private connection_home {
 public:
  using steady = std::chrono::steady_clock;

  switchboard(boost::asio::io_context& io, link_settings settings, mesh::tell told);

  // Before the I/O thread runs.
  /// Throws as `mesh::start` does.
  void open(carrier_events events);
  [[nodiscard]] std::uint16_t port() const noexcept { return listener_.port(); }

  void begin();
  void reach(std::vector<endpoint> nodes);
  void pump();
  void resume(const std::string& node);
  /// Ends the link with the node, if there is one, and tells the peer why.
  void leave(const std::string& node, const std::string& why);
  /// Says goodbye to all. Once no connection is left, nothing here keeps the I/O thread any more.
  void stop();
  void tell(notice_kind kind, std::string text) { notices_.tell(kind, std::move(text)); }

  // Any thread.
  [[nodiscard]] const lane_table& lanes() const noexcept { return lanes_; }
  [[nodiscard]] const link_settings& settings() const noexcept override { return settings_; }
  [[nodiscard]] mesh_counts counts() const noexcept;
  [[nodiscard]] certificate_status certificate() const;

 private:
  using connection_ptr = std::shared_ptr<connection>;
  struct member {
    std::shared_ptr<dialler> dial;  ///< null when the node dials us
    std::shared_ptr<knocker> knock; ///< null when we dial the node
    endpoint where;
    connection_ptr trying;    ///< dialled and not up yet
    std::uint64_t newest = 0; ///< of its incarnations, as far as was heard
  };

  std::unique_ptr<byte_stream> make_stream(link_socket socket) override;
  std::string judge(connection& from, const hello& said) override;
  void linked(connection& x) override;
  void arrived(connection& x, envelope_batch_ptr batch) override;
  void ended(connection& x, link_loss how, const std::string& why) override;
  void gone(connection& x) override;

  void accept(link_socket socket);
  void connect(const std::string& node, const boost::asio::ip::tcp::endpoint& to);
  void forget(const std::string& node);
  [[nodiscard]] dialler::parts parts_of_diallers();
  void tick();
  void await_tick();

  boost::asio::io_context& io_;
  const link_settings settings_;
  notice_gate notices_;
  carrier_events events_;
  listener listener_;
  name_lookup names_;
  boost::asio::steady_timer timer_;
  std::minstd_rand dice_;
  std::optional<certificate_watch> tls_; ///< nothing with plaintext
  std::map<std::string, member, std::less<>> members_;
  std::map<std::string, connection_ptr, std::less<>> links_; ///< up
  std::list<connection_ptr> unproven_; ///< accepted and never up, the oldest first
  std::set<connection_ptr> all_;
  lane_table lanes_;
  milliseconds tick_every_;
  steady::time_point ticked_;
  steady::time_point thawed_;
  bool accept_told_ = false;
  bool stopping_ = false;

  std::atomic<std::uint64_t> unproven_count_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> dialled_{0};
  std::atomic<std::uint64_t> accept_errors_{0};
};

} // namespace troupe::links
