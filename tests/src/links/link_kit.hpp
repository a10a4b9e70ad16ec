#pragma once

#include "src/links/certificates.hpp"
#include "src/links/mesh.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Real meshes on loopback with real certificates, and what they report.
namespace troupe::links::test {

using namespace std::chrono_literals;

constexpr auto patience = 30s;

inline timestamp now() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

/// A folder of its own that goes with it.
class scratch {
 public:
  scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "troupe_links_XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error{"no scratch folder"};
    path_ = pattern;
  }
  ~scratch() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A cluster's authority, and certificates for whoever asks.
class authority {
 public:
  authority() { make_authority(dir_.path(), now()); }
  /// The files of a node, made when they are first asked for.
  [[nodiscard]] certificate_files of(const std::string& node) const {
    const auto out = dir_.path() / node;
    const auto files = node_files(out, node);
    if (!std::filesystem::exists(files.certificate))
      make_node_certificate(dir_.path(), node, out, now());
    return files;
  }
  [[nodiscard]] std::string file() const { return authority_files(dir_.path()).certificate; }
  [[nodiscard]] const std::filesystem::path& dir() const { return dir_.path(); }

  /// One for all tests of a program: keys take time.
  static const authority& shared() {
    static const authority one;
    return one;
  }

 private:
  scratch dir_;
};

inline link_settings settings_for(const std::string& node,
                                  const authority& of = authority::shared()) {
  const auto files = of.of(node);
  link_settings s;
  s.node = node;
  s.region = "here";
  s.incarnation = 1;
  s.certificate = files.certificate;
  s.key = files.key;
  s.authority = of.file();
  // A loaded machine may keep a thread waiting for longer than a node should.
  s.heartbeats_missed = 20;
  return s;
}

inline envelope letter(std::uint64_t number, std::string body = "hello") {
  envelope x;
  x.number = number;
  x.from = {address_kind::node, "from"};
  x.to = {address_kind::agent, "to"};
  x.kind = "test";
  x.body = std::move(body);
  return x;
}

/// A mesh with all that it reports.
class station {
 public:
  explicit station(link_settings s)
      : node(s.node)
      , mesh_(std::move(s),
              [this](const link_notice& x) { change([&] { notices.push_back(x); }); }) {}
  ~station() { stop(); }

  void start() {
    carrier_events events;
    events.up = [this](const peer& p) {
      change([&] {
        said.push_back("up " + p.node);
        up = p;
      });
    };
    events.down = [this](const peer& p, link_loss how, const std::string& why) {
      change([&] {
        said.push_back("down " + p.node);
        downs.push_back(why);
        losses.push_back(how);
        up.reset();
      });
    };
    events.arrived = [this](const peer& p, envelope_batch_ptr batch) {
      bool consume = true;
      milliseconds freeze{0};
      change([&] {
        batches += 1;
        for (const auto& x : *batch) {
          if (count > 0 && x.number != last + 1)
            in_order = false;
          last = x.number;
          count += 1;
          if (echo)
            mesh_.offer(p.node, x);
        }
        consume = consuming;
        freeze = std::exchange(freeze_for, 0ms);
      });
      if (freeze > 0ms)
        (void)std::promise<void>{}.get_future().wait_for(freeze);
      if (echo)
        mesh_.flush();
      if (consume)
        mesh_.consumed(p.node, 1);
    };
    events.refused = [this](const std::string& to) { change([&] { refusals.push_back(to); }); };
    mesh_.start(std::move(events));
  }
  void stop() { mesh_.stop(); }
  mesh& operator*() { return mesh_; }
  mesh* operator->() { return &mesh_; }

  [[nodiscard]] endpoint here() const {
    return {node, {"127.0.0.1:" + std::to_string(mesh_.port())}};
  }

  /// Waits until `holds` is true of what has been reported.
  template <class F>
  [[nodiscard]] bool until(F holds) {
    std::unique_lock lock{guard_};
    return changed_.wait_for(lock, patience, [&] { return holds(*this); });
  }
  [[nodiscard]] bool until_up() {
    return until([](station& s) { return s.up.has_value(); });
  }
  [[nodiscard]] bool until_down() {
    return until([](station& s) { return !s.downs.empty(); });
  }
  /// A notice of this kind that holds `text`.
  [[nodiscard]] bool until_told(notice_kind kind, const std::string& text) {
    const bool ok = until([&](station& s) {
      for (const auto& x : s.notices)
        if (x.kind == kind && x.text.find(text) != std::string::npos)
          return true;
      return false;
    });
    if (!ok)
      for (const auto& x : notices)
        ADD_FAILURE() << "told: " << x.text;
    return ok;
  }

  template <class F>
  void change(F what) {
    const std::lock_guard lock{guard_};
    what();
    changed_.notify_all();
  }

  /// Offers again until it is taken; false when the link is gone or time is over.
  [[nodiscard]] bool send(const std::string& to, const envelope& x) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
      const auto said_to_it = mesh_.offer(to, x);
      if (said_to_it == offered::taken)
        return true;
      if (said_to_it != offered::busy)
        return false;
      mesh_.flush();
      std::this_thread::yield();
    }
    return false;
  }

  const std::string node;
  // Guarded by `until` and `change`.
  std::vector<std::string> said;
  std::vector<std::string> downs;    ///< why
  std::vector<link_loss> losses;     ///< of the same links
  std::vector<std::string> refusals; ///< nodes
  std::vector<link_notice> notices;
  std::optional<peer> up;
  std::uint64_t batches = 0;
  std::uint64_t count = 0;
  std::uint64_t last = 0;
  bool in_order = true;
  bool consuming = true;
  bool echo = false;
  milliseconds freeze_for{0}; ///< the next batch's receiver stands still for so long

 private:
  std::mutex guard_;
  std::condition_variable changed_;
  mesh mesh_; ///< last: it calls back until it is gone
};

/// Waits for something that nobody reports.
template <class F>
[[nodiscard]] bool eventually(F holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < end) {
    if (holds())
      return true;
    std::this_thread::yield();
  }
  return holds();
}

/// Two nodes that are linked: `a` dials `b`.
struct pair_of_nodes {
  station a;
  station b;
  explicit pair_of_nodes(link_settings for_a = settings_for("a"),
                         link_settings for_b = settings_for("b"))
      : a(std::move(for_a))
      , b(std::move(for_b)) {
    b.start();
    a.start();
    b->reach({{"a", {}}});
    a->reach({b.here()});
  }
  [[nodiscard]] bool up() { return a.until_up() && b.until_up(); }
};

} // namespace troupe::links::test
