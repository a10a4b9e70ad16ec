#include "nodes/local/control.hpp"

#include "nodes/local/cluster_folder.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

namespace troupe::local {

namespace asio = boost::asio;
using stream = asio::local::stream_protocol;

namespace {

constexpr std::size_t order_max = 64u << 10;
constexpr std::size_t visitors_max = 16;
constexpr std::size_t socket_name_max = 107; ///< sockaddr_un::sun_path, with its end

stream::endpoint endpoint_of(const std::filesystem::path& file) {
  if (file.string().size() > socket_name_max)
    throw local_error{"the name of the folder " + file.parent_path().string() +
                      " is too long for a socket in it"};
  return {file.string()};
}

} // namespace

struct control_door::visitor : std::enable_shared_from_this<visitor> {
  visitor(stream::socket s, std::shared_ptr<answer_fn> a, std::shared_ptr<std::size_t> n)
      : socket(std::move(s))
      , answer(std::move(a))
      , count(std::move(n)) {
    ++*count;
  }
  ~visitor() { --*count; }
  visitor(const visitor&) = delete;
  visitor& operator=(const visitor&) = delete;

  void start() {
    asio::async_read_until(
        socket, asio::dynamic_buffer(text, order_max), '\n',
        [me = shared_from_this()](const auto& e, std::size_t) {
          if (e)
            return;
          const auto order = json::parse(me->text, nullptr, false);
          me->text = (order.is_object() ? (*me->answer)(order)
                                        : json{{"ok", false}, {"why", "this is no JSON object"}})
                         .dump() +
                     "\n";
          asio::async_write(me->socket, asio::buffer(me->text), [me](const auto&, std::size_t) {});
        });
  }

  stream::socket socket;
  std::shared_ptr<answer_fn> answer;
  std::shared_ptr<std::size_t> count;
  std::string text;
};

control_door::control_door(asio::io_context& io, const std::filesystem::path& file,
                           answer_fn answer)
    : acceptor_(io)
    , answer_(std::make_shared<answer_fn>(std::move(answer)))
    , visitors_(std::make_shared<std::size_t>(0)) {
  const auto at = endpoint_of(file);
  std::error_code none;
  std::filesystem::remove(file, none);
  try {
    acceptor_.open(at.protocol());
    // Nobody else may connect, not even for the moment before a change of the rights.
    const auto before = ::umask(0177);
    boost::system::error_code e;
    acceptor_.bind(at, e);
    ::umask(before);
    if (e)
      throw boost::system::system_error{e};
    acceptor_.listen();
  } catch (const boost::system::system_error& e) {
    throw local_error{file.string() + " cannot be made: " + e.code().message()};
  }
  accept();
}

void control_door::accept() {
  acceptor_.async_accept([this](const auto& e, stream::socket s) {
    if (e == asio::error::operation_aborted)
      return;
    if (!e && *visitors_ < visitors_max)
      std::make_shared<visitor>(std::move(s), answer_, visitors_)->start();
    accept();
  });
}

json ask_cluster(const std::filesystem::path& folder, const json& order, milliseconds most) {
  const cluster_folder at{folder};
  asio::io_context io;
  stream::socket socket{io};
  try {
    socket.open();
    const timeval limit{most.count() / 1000, (most.count() % 1000) * 1000};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    socket.connect(endpoint_of(at.control()));
  } catch (const boost::system::system_error&) {
    throw local_error{"no cluster of `troupe up` runs in " + at.dir().string()};
  }
  std::string text = order.dump() + "\n";
  // Asio's own reads would wait for ever, whatever the socket's limit is.
  const auto fail = [&] {
    throw local_error{"the cluster in " + at.dir().string() + " does not answer"};
  };
  for (std::size_t sent = 0; sent < text.size();) {
    const auto n =
        ::send(socket.native_handle(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0)
      fail();
    sent += static_cast<std::size_t>(n);
  }
  std::string got;
  while (!got.ends_with('\n')) {
    char piece[4096];
    const auto n = ::recv(socket.native_handle(), piece, sizeof piece, 0);
    if (n <= 0)
      fail();
    got.append(piece, static_cast<std::size_t>(n));
  }
  auto out = json::parse(got, nullptr, false);
  if (!out.is_object())
    fail();
  return out;
}

} // namespace troupe::local
