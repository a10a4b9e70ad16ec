#include "src/links/certificates.hpp"

#include "src/links/expiry_warnings.hpp"
#include "src/links/kept_certificate.hpp"
#include "src/links/tls_context.hpp"
#include "tests/src/links/link_kit.hpp"
#include "tests/src/links/stranger.hpp"

#include <fstream>
#include <iterator>

#include <sys/stat.h>

namespace {

using namespace troupe;
using namespace troupe::links;
using namespace troupe::links::test;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// As an operator does it: a new file takes the old one's place in one step.
void put_in_place(const fs::path& from, const fs::path& to) {
  const auto beside = to.string() + ".new";
  fs::copy_file(from, beside, fs::copy_options::overwrite_existing);
  fs::rename(beside, to);
}

/// What `f` throws.
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const certificate_error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(certificates, an_authority_signs_nodes_and_nothing_below_them) {
  const authority a;
  const auto ca = read_certificate(a.file());
  EXPECT_TRUE(ca.authority);
  EXPECT_EQ(ca.subject, ca.issuer);
  const auto node = read_certificate(a.of("n1").certificate);
  EXPECT_FALSE(node.authority);
  EXPECT_EQ(node.issuer, ca.subject);
  EXPECT_THAT(node.names, ElementsAre("n1"));
  EXPECT_THAT(node.subject, HasSubstr("CN=n1"));
  EXPECT_LT(node.begins, now());
  EXPECT_GT(node.ends, now() + std::chrono::hours{24 * 364});
  EXPECT_NE(node.serial, ca.serial);
  EXPECT_EQ(node.fingerprint.size(), 64u);
  EXPECT_TRUE(fs::exists(a.dir() / "n1" / "ca.pem"));
  EXPECT_FALSE(fs::exists(a.dir() / "n1" / "ca.key"));
}

TEST(certificates, keys_are_their_owners_only) {
  const authority a;
  for (const auto& key : {authority_files(a.dir()).key, a.of("n1").key}) {
    struct stat s {};
    ASSERT_EQ(::stat(key.c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0777, 0600u) << key;
    EXPECT_THAT(text_of(key), HasSubstr("BEGIN PRIVATE KEY"));
  }
}

TEST(certificates, nothing_is_written_over) {
  const authority a;
  const auto files = a.of("n1");
  const auto before = text_of(files.key);
  EXPECT_THAT(error_of([&] { make_authority(a.dir(), now()); }), HasSubstr("already there"));
  EXPECT_THAT(error_of([&] { make_node_certificate(a.dir(), "n1", a.dir() / "n1", now()); }),
              HasSubstr("already there"));
  EXPECT_EQ(text_of(files.key), before);
  // Half of a pair is not touched either, and nothing is put beside it.
  fs::remove(files.certificate);
  EXPECT_THAT(error_of([&] { make_node_certificate(a.dir(), "n1", a.dir() / "n1", now()); }),
              HasSubstr("n1.key is already there"));
  EXPECT_FALSE(fs::exists(files.certificate));
}

TEST(certificates, another_authority_in_the_folder_is_not_mixed_in) {
  const authority a;
  const authority b;
  (void)a.of("n1");
  EXPECT_THAT(error_of([&] { make_node_certificate(b.dir(), "n2", a.dir() / "n1", now()); }),
              HasSubstr("not the authority's certificate"));
  EXPECT_FALSE(fs::exists(a.dir() / "n1" / "n2.key"));
}

TEST(certificates, what_is_asked_wrongly_is_said) {
  const authority a;
  const scratch out;
  for (const auto* id : {"", "a b", "../x", "ca", ".n", "n\n"})
    EXPECT_THAT(error_of([&] { make_node_certificate(a.dir(), id, out.path(), now()); }),
                HasSubstr("a node's id is"));
  EXPECT_THAT(error_of([&] { make_node_certificate(out.path(), "n", out.path(), now()); }),
              HasSubstr("ca.pem: No such file"));
  EXPECT_THAT(error_of([&] { (void)read_certificate(a.of("n1").key); }),
              HasSubstr("no certificate"));
  EXPECT_TRUE(fs::is_empty(out.path()));
}

TEST(certificates, a_certificate_ends_no_later_than_its_authority) {
  const scratch dir;
  make_authority(dir.path(), now(), std::chrono::hours{48});
  const auto files = make_node_certificate(dir.path(), "n1", dir.path(), now());
  EXPECT_EQ(read_certificate(files.certificate).ends,
            read_certificate(authority_files(dir.path()).certificate).ends);
  EXPECT_THAT(error_of([&] {
                make_node_certificate(dir.path(), "n2", dir.path(), now() + std::chrono::hours{72});
              }),
              HasSubstr("has expired"));
}

// -- what a node accepts as its own -------------------------------------------

std::string refused(const link_settings& s) {
  return error_of([&] {
    certificate_facts facts;
    (void)make_tls_context(s, facts);
  });
}

TEST(own_certificate, what_no_peer_would_accept_is_refused_at_the_start) {
  const authority a;
  const authority other;
  auto s = settings_for("n1", a);
  EXPECT_EQ(refused(s), "nothing was thrown");
  s.node = "n2";
  EXPECT_THAT(refused(s), HasSubstr("is not the certificate of node n2"));
  s = settings_for("n1", a);
  s.authority = other.file();
  EXPECT_THAT(refused(s), HasSubstr("is refused under"));
  s = settings_for("n1", a);
  s.key = a.of("n2").key;
  EXPECT_THAT(refused(s), HasSubstr("n2.key"));
  s.key = "/nowhere/n1.key";
  EXPECT_THAT(refused(s), HasSubstr("/nowhere/n1.key"));
  s = settings_for("n1", a);
  s.authority = a.of("n2").key;
  EXPECT_THAT(refused(s), HasSubstr("no certificates of an authority"));
  // An authority's own certificate is no node's.
  s = settings_for("n1", a);
  s.certificate = a.file();
  EXPECT_NE(refused(s), "nothing was thrown");
}

TEST(own_certificate, an_expired_one_is_refused) {
  const authority a;
  const scratch out;
  const auto files = make_node_certificate(a.dir(), "n1", out.path(),
                                           now() - std::chrono::hours{30}, std::chrono::hours{24});
  auto s = settings_for("n1", a);
  s.certificate = files.certificate;
  s.key = files.key;
  EXPECT_THAT(refused(s), HasSubstr("expired"));
  station n{s};
  EXPECT_THROW(n.start(), std::runtime_error);
}

TEST(own_certificate, the_end_is_warned_of) {
  const authority a;
  const scratch out;
  const auto files =
      make_node_certificate(a.dir(), "n1", out.path(), now(), std::chrono::hours{24 * 10 + 1});
  auto s = settings_for("n1", a);
  s.certificate = files.certificate;
  s.key = files.key;
  station n{s};
  n.start();
  EXPECT_TRUE(n.until_told(notice_kind::certificate_expires, "n1.pem expires in 10 days"));
  EXPECT_EQ(n->certificate().ends, read_certificate(files.certificate).ends);
  station healthy{settings_for("n2", a)};
  healthy.start();
  healthy.stop();
  EXPECT_TRUE(healthy.notices.empty());
}

TEST(own_certificate, its_last_day_is_counted_in_hours_and_its_end_is_told) {
  using std::chrono::hours;
  using std::chrono::minutes;
  expiry_warnings w;
  expiry_warnings::steady::time_point t{hours{1000}};
  const auto after = [&](std::chrono::steady_clock::duration wait,
                         std::chrono::system_clock::duration left) {
    return w.look(t += wait, left);
  };
  EXPECT_EQ(after(minutes{0}, hours{24 * 31}), "");
  EXPECT_EQ(after(minutes{0}, hours{24 * 2}), " expires in 2 days");
  EXPECT_EQ(after(hours{23}, hours{25}), "");
  EXPECT_EQ(after(hours{1}, hours{24}), " expires in 24 hours");
  EXPECT_EQ(after(minutes{59}, hours{23}), "");
  EXPECT_EQ(after(minutes{1}, hours{23}), " expires in 23 hours");
  EXPECT_EQ(after(hours{21}, minutes{119}), " expires in 1 hour");
  EXPECT_EQ(after(minutes{10}, minutes{0}), " has expired: no new link can be made");
  EXPECT_EQ(after(minutes{1}, minutes{-1}), "") << "once";
  w.reset();
  EXPECT_EQ(after(minutes{1}, hours{24 * 10}), " expires in 10 days");
}

/// The serial number of the certificate that a node shows to a stranger.
std::string shown_by(mesh& x, const authority& by) {
  const auto files = by.of("0");
  impostor asks{x.port(), {files.certificate, files.key, TLS1_3_VERSION}};
  EXPECT_TRUE(asks.shaken());
  return asks->serial_of_peer();
}

TEST(own_certificate, one_that_is_kept_is_used_while_the_files_cannot_be) {
  const authority ca;
  auto s = settings_for("b", ca);
  s.kept = keep_certificate(s);
  const auto files = ca.of("b");
  const auto old_serial = read_certificate(files.certificate).serial;
  { std::ofstream{files.certificate} << "no certificate"; }
  station b{s};
  // It begins anew while the file is broken.
  b.start();
  EXPECT_TRUE(b.until_told(notice_kind::certificate_unusable, "b.pem"));
  EXPECT_NE(b->certificate().error, "");
  EXPECT_EQ(shown_by(*b, ca), old_serial);
  // Nothing was kept for a node that never had one.
  s.kept = nullptr;
  station bare{s};
  EXPECT_THROW(bare.start(), std::runtime_error);
  EXPECT_THAT(error_of([&] { (void)keep_certificate(s); }), HasSubstr("b.pem"));
  // Files that can be used are taken up.
  const scratch fresh;
  const auto renewed = make_node_certificate(ca.dir(), "b", fresh.path(), now());
  put_in_place(renewed.key, files.key);
  put_in_place(renewed.certificate, files.certificate);
  EXPECT_EQ(shown_by(*b, ca), read_certificate(files.certificate).serial);
  EXPECT_TRUE(b.until_told(notice_kind::certificate_renewed, "b.pem"));
}

// -- reload -------------------------------------------------------------------

TEST(reload, the_next_handshake_shows_the_new_certificate_and_links_stay) {
  const authority ca;
  pair_of_nodes n{settings_for("a", ca), settings_for("b", ca)};
  ASSERT_TRUE(n.up());
  const auto files = ca.of("b");
  const auto old_serial = read_certificate(files.certificate).serial;
  EXPECT_EQ(shown_by(*n.b, ca), old_serial);
  const scratch fresh;
  const auto renewed = make_node_certificate(ca.dir(), "b", fresh.path(), now());
  put_in_place(renewed.key, files.key);
  put_in_place(renewed.certificate, files.certificate);
  const auto new_serial = read_certificate(files.certificate).serial;
  ASSERT_NE(new_serial, old_serial);
  EXPECT_EQ(shown_by(*n.b, ca), new_serial);
  EXPECT_TRUE(n.b.until_told(notice_kind::certificate_renewed, "b.pem"));
  EXPECT_TRUE(n.a.downs.empty());
  // A link made anew has it, too.
  n.a->cut("b", "again");
  ASSERT_TRUE(n.a.until([](station& s) { return s.said.size() == 3; }));
  EXPECT_EQ(n.a.said.back(), "up b");
}

TEST(reload, files_that_do_not_belong_together_leave_the_last_good_ones_in_use) {
  const authority ca;
  station b{settings_for("b", ca)};
  b.start();
  const auto files = ca.of("b");
  const auto old_serial = read_certificate(files.certificate).serial;
  const scratch fresh;
  const auto renewed = make_node_certificate(ca.dir(), "b", fresh.path(), now());
  put_in_place(renewed.certificate, files.certificate);
  EXPECT_EQ(shown_by(*b, ca), old_serial);
  EXPECT_TRUE(b.until_told(notice_kind::certificate_unusable, "b.key"));
  EXPECT_NE(b->certificate().error, "");
  { std::ofstream{files.certificate} << "no certificate"; }
  EXPECT_EQ(shown_by(*b, ca), old_serial);
  // When the rest has come, all of it is used.
  put_in_place(renewed.certificate, files.certificate);
  put_in_place(renewed.key, files.key);
  EXPECT_EQ(shown_by(*b, ca), read_certificate(files.certificate).serial);
  EXPECT_EQ(b->certificate().error, "");
}

TEST(reload, a_new_authority_is_taken_up) {
  const authority old;
  const authority fresh;
  const scratch dir;
  const auto trusted = dir.path() / "ca.pem";
  fs::copy_file(old.file(), trusted);
  auto s = settings_for("b", old);
  s.authority = trusted;
  station b{s};
  b.start();
  b->reach({{"0", {}}});
  const auto files = fresh.of("0");
  const papers of_fresh{files.certificate, files.key, TLS1_3_VERSION};
  {
    impostor x{b->port(), of_fresh};
    x->say_hello("0");
    EXPECT_FALSE(x->hear());
  }
  // Both for a while: that is how an authority is replaced.
  { std::ofstream{trusted, std::ios::app} << text_of(fresh.file()); }
  impostor x{b->port(), of_fresh};
  x->say_hello("0");
  EXPECT_TRUE(x->hear());
  EXPECT_TRUE(b.until_up());
}

} // namespace
