#include "nodes/doors/door_tls.hpp"

#include "src/links/certificates.hpp"
#include "tests/nodes/door_kit.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace troupe::test {
namespace door_tls_cases {

namespace fs = std::filesystem;

timestamp wall_now() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

/// An authority with a certificate for `localhost`, and a door that uses it.
struct tls_door {
  temporary_folder folder;
  links::certificate_files files = make("first");
  fake_client node;
  std::mutex guard;
  std::vector<std::string> notices;
  std::unique_ptr<http_server> server;

  explicit tls_door(http_settings settings = {}) {
    settings.tls = {files.certificate.string(), files.key.string(),
                    [this](bool, const std::string& text) {
                      const std::lock_guard hold{guard};
                      notices.push_back(text);
                    }};
    server = std::make_unique<http_server>(settings, make_api(node));
    server->start();
  }
  links::certificate_files make(const std::string& name) {
    if (!fs::exists(folder.file("ca")))
      links::make_authority(folder.file("ca"), wall_now());
    return links::make_node_certificate(folder.file("ca"), "localhost", folder.file(name),
                                        wall_now());
  }
  bool noticed(const std::string& part) {
    const std::lock_guard hold{guard};
    for (const auto& n : notices)
      if (n.find(part) != std::string::npos)
        return true;
    return false;
  }
};

/// A TLS client that believes the door's authority only.
class tls_client {
 public:
  tls_client(const tls_door& d, int version = TLS1_3_VERSION, const char* name = "localhost")
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_max_proto_version(context_.get(), version);
    const auto ca = links::authority_files(d.folder.file("ca")).certificate.string();
    SSL_CTX_load_verify_locations(context_.get(), ca.c_str(), nullptr);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(d.server->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      return;
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), fd_);
    SSL_set1_host(tls_.get(), name);
    good_ = SSL_connect(tls_.get()) == 1;
  }
  ~tls_client() {
    tls_.reset();
    ::close(fd_);
  }
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;

  [[nodiscard]] bool good() const noexcept { return good_; }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const int n = SSL_write(tls_.get(), text.data(), static_cast<int>(text.size()));
      if (n <= 0)
        return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// What comes, up to and including `mark`, or to the end.
  std::string until(std::string_view mark) {
    std::string out;
    char piece[4096];
    while (out.find(mark) == std::string::npos) {
      const int n = SSL_read(tls_.get(), piece, sizeof piece);
      if (n <= 0)
        break;
      out.append(piece, static_cast<std::size_t>(n));
    }
    return out;
  }
  [[nodiscard]] std::string fingerprint() const {
    const links::openssl_ptr<X509> peer{SSL_get1_peer_certificate(tls_.get())};
    return peer ? links::facts_of(*peer).fingerprint : "";
  }
  void cut() { ::shutdown(fd_, SHUT_RDWR); }

 private:
  struct closer {
    void operator()(SSL* x) const noexcept { SSL_free(x); }
  };
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, closer> tls_;
  int fd_ = -1;
  bool good_ = false;
};

TEST(door_tls, answers_requests_one_after_the_other_on_one_connection) {
  tls_door d;
  tls_client c{d};
  ASSERT_TRUE(c.good());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(c.send(get("/healthz")));
    EXPECT_NE(c.until("\"ok\"}").find("200 OK"), std::string::npos);
  }
  ASSERT_TRUE(c.send(get("/healthz") + get("/readyz")));
  EXPECT_NE(c.until("\"ready\"}").find("\"ok\""), std::string::npos);
}

TEST(door_tls, large_bodies_pass_both_ways_whole) {
  tls_door d;
  tls_client c{d};
  const std::string text(700000, 'x');
  ASSERT_TRUE(c.send(post("/v1/tasks?wait=5s", R"({"text":")" + text + "\"}")));
  const auto answer = c.until("}]}");
  EXPECT_NE(answer.find("200 OK"), std::string::npos);
  EXPECT_NE(answer.find("done: " + text), std::string::npos);
}

TEST(door_tls, a_stream_goes_on_while_its_task_does) {
  tls_door d;
  d.node.hold = true;
  task_handlers h;
  d.node.submit({}, h);
  tls_client c{d};
  ASSERT_TRUE(c.send(get("/v1/tasks/t1/events")));
  EXPECT_NE(c.until("retry:").find("200 OK"), std::string::npos);
  while (d.node.watchers() < 2)
    std::this_thread::yield();
  d.node.end("t1");
  EXPECT_NE(c.until("event: ended").find("event: ended"), std::string::npos);
}

TEST(door_tls, older_versions_and_other_names_come_to_nothing) {
  tls_door d;
  EXPECT_FALSE((tls_client{d, TLS1_2_VERSION}.good()));
  EXPECT_FALSE((tls_client{d, TLS1_3_VERSION, "elsewhere.example"}.good()));
  EXPECT_TRUE((tls_client{d}.good()));
}

TEST(door_tls, who_speaks_plain_http_is_told_and_sends_nothing_in) {
  tls_door d;
  raw_client c{d.server->port()};
  const auto a = c.ask(get("/v1/tasks"));
  EXPECT_EQ(a.status, 400u);
  EXPECT_EQ(a.parsed()["type"], "urn:troupe:problem:plaintext");
  EXPECT_EQ(c.rest(), "");
}

TEST(door_tls, garbage_instead_of_a_handshake_ends_the_connection) {
  tls_door d;
  for (const std::string& bad :
       {std::string(64, '\0'), std::string{"\x16\x03\x01\xff\xff"} + std::string(2000, 'x'),
        std::string{"SSH-2.0-scan\r\n"}}) {
    raw_client c{d.server->port()};
    c.send(bad);
    const auto said = c.rest();
    EXPECT_LT(said.size(), 64u);
  }
  EXPECT_GE(d.server->counts().bad_handshakes, 3u);
  EXPECT_TRUE((tls_client{d}.good()));
}

TEST(door_tls, who_says_nothing_is_not_waited_for) {
  http_settings settings;
  settings.header_timeout = milliseconds{300};
  tls_door d{settings};
  raw_client silent{d.server->port()};
  raw_client slow{d.server->port()};
  slow.send("\x16\x03\x01");
  // A handshake that is done, and a header that never is.
  tls_client half{d};
  ASSERT_TRUE(half.good());
  half.send("GET /healthz HTTP/1.1\r\nHo");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(slow.rest(), "");
  EXPECT_NE(half.until("never").find("408"), std::string::npos);
  EXPECT_EQ(d.server->counts().bad_handshakes, 2u);
}

TEST(door_tls, a_client_that_breaks_off_costs_its_connection_only) {
  tls_door d;
  for (int i = 0; i < 20; ++i) {
    tls_client c{d};
    c.send(i % 2 ? "GET /hea" : get("/v1/tasks"));
    c.cut();
  }
  tls_client c{d};
  ASSERT_TRUE(c.good());
  c.send(get("/healthz"));
  EXPECT_NE(c.until("\"ok\"}").find("200"), std::string::npos);
}

TEST(door_tls, a_new_certificate_is_taken_up_and_a_broken_one_is_not) {
  tls_door d;
  const auto first = tls_client{d}.fingerprint();
  ASSERT_FALSE(first.empty());
  const auto second = d.make("second");
  // One after the other, as people do it: in between they do not belong together.
  fs::rename(second.certificate, d.files.certificate);
  // The files are looked at when somebody connects.
  while (!d.noticed("stays"))
    ASSERT_TRUE(tls_client{d}.good());
  EXPECT_EQ(tls_client{d}.fingerprint(), first);
  fs::rename(second.key, d.files.key);
  while (!d.noticed("read anew"))
    ASSERT_TRUE(tls_client{d}.good());
  const auto now = tls_client{d}.fingerprint();
  EXPECT_FALSE(now.empty());
  EXPECT_NE(now, first);
}

TEST(door_tls, files_that_do_not_fit_are_refused_at_the_start) {
  tls_door d;
  const auto other = d.make("other");
  for (const auto& [certificate, key] :
       {std::pair{d.files.certificate, other.key}, std::pair{d.files.key, d.files.key},
        std::pair{fs::path{"/nowhere"}, d.files.key}}) {
    http_settings settings;
    settings.tls = {certificate.string(), key.string(), {}};
    http_server server{settings, make_api(d.node)};
    EXPECT_THROW(server.start(), std::runtime_error) << certificate;
  }
}

TEST(door_tls, no_door_opens_beyond_the_loopback_without_it) {
  fake_client node;
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1"}) {
    http_settings settings;
    settings.host = host;
    http_server server{settings, make_api(node)};
    EXPECT_THROW(server.start(), std::runtime_error) << host;
  }
}

} // namespace door_tls_cases
} // namespace troupe::test
