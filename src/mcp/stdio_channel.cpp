#include "src/mcp/channel.hpp"

namespace troupe::mcp {

namespace {

class stdio_channel final : public channel {
 public:
  stdio_channel(tools::process_spec what, tools::process_port& port, channel_ears ears)
      : port_(port)
      , ears_(std::make_shared<const channel_ears>(std::move(ears))) {
    what.stdout_max_bytes = line_max;
    process_ = port_.start(
        std::move(what),
        [heard = ears_](std::string_view line) {
          if (!line.empty())
            heard->message(line);
        },
        [heard = ears_](const tools::process_result& r) {
          auto why = "the server's process ended: " + std::string{to_string(r.end)};
          if (!r.detail.empty())
            why += ": " + r.detail;
          heard->broken(std::move(why));
        });
  }
  ~stdio_channel() override { port_.cancel(process_); }

  void send(std::string message, std::uint64_t request, std::chrono::milliseconds) override {
    const auto fate = port_.write_line(process_, std::move(message));
    if (fate != tools::line_fate::queued && request != 0)
      ears_->lost(request, tools::why_not_taken(fate, "the server's process"));
  }
  void agreed(std::string) override {}
  void forget(std::uint64_t) override {}

 private:
  static constexpr std::size_t line_max = 4u << 20;
  tools::process_port& port_;
  const std::shared_ptr<const channel_ears> ears_;
  tools::process_id process_ = 0;
};

} // namespace

channel_ptr open_stdio(tools::process_spec what, tools::process_port& port, channel_ears ears) {
  return std::make_shared<stdio_channel>(std::move(what), port, std::move(ears));
}

} // namespace troupe::mcp
