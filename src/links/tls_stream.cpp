// The only file that reads Asio's TLS headers, which cost more to compile than all else here.
#include "src/links/stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace troupe::links {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

/// Asio's own words for it name a category and no cause; a peer that refuses a certificate sends an
/// alert, which is the most useful thing to know.
std::string tls_reason(const error_code& e) {
  if (!e)
    return {};
  if (e == ssl::error::stream_truncated)
    return "closed by the peer";
  if (e.category() == boost::asio::error::get_ssl_category()) {
    const char* why = ERR_reason_error_string(static_cast<unsigned>(e.value()));
    return why ? std::string{"TLS: "} + why : "TLS failed";
  }
  return reason_of(e);
}

ssl::context shared(SSL_CTX* from) {
  SSL_CTX_up_ref(from);
  return ssl::context{from};
}

class tls_stream final : public byte_stream {
 public:
  tls_stream(link_socket socket, SSL_CTX* context)
      : context_(shared(context))
      , stream_(std::move(socket), context_) {}

  void handshake(link_side side, done then) override {
    stream_.async_handshake(side == link_side::dialler ? ssl::stream_base::client
                                                       : ssl::stream_base::server,
                            [this, then = std::move(then)](const error_code& e) {
                              then(e ? handshake_reason(e) : std::string{});
                            });
  }

  std::vector<std::string> peer_names() const override {
    auto* handle = const_cast<tls_stream*>(this)->stream_.native_handle();
    const openssl_ptr<X509> peer{SSL_get1_peer_certificate(handle)};
    if (!peer || SSL_get_verify_result(handle) != X509_V_OK)
      return {};
    return names_of(*peer);
  }

  void read(std::span<char> to, done_some then) override {
    stream_.async_read_some(
        boost::asio::buffer(to.data(), to.size()),
        [then = std::move(then)](const error_code& e, std::size_t n) { then(tls_reason(e), n); });
  }

  void write(std::span<const char> from, done then) override {
    boost::asio::async_write(
        stream_, boost::asio::buffer(from.data(), from.size()),
        [then = std::move(then)](const error_code& e, std::size_t) { then(tls_reason(e)); });
  }

  void drain(done_some then) override {
    stream_.next_layer().async_read_some(
        boost::asio::buffer(waste_),
        [then = std::move(then)](const error_code& e, std::size_t n) { then(reason_of(e), n); });
  }

  link_socket& socket() noexcept override { return stream_.next_layer(); }

 private:
  /// What was wrong with the peer's certificate, if that was it.
  std::string handshake_reason(const error_code& e) {
    const auto verdict = SSL_get_verify_result(stream_.native_handle());
    if (verdict == X509_V_OK)
      return tls_reason(e);
    return std::string{"its certificate is refused: "} + X509_verify_cert_error_string(verdict);
  }

  ssl::context context_;
  ssl::stream<link_socket> stream_;
  std::array<char, 4096> waste_;
};

} // namespace

std::unique_ptr<byte_stream> make_tls_stream(link_socket socket, tls_context_ptr context) {
  return std::make_unique<tls_stream>(std::move(socket), context.get());
}

} // namespace troupe::links
