#include "src/mcp/server.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace troupe::mcp {

namespace {

/// How far a use of a tool is as its server tells, for whoever is to see why it came to nothing. It
/// does not put the use's end off.
class how_far {
 public:
  void note(double at, const std::string& message) {
    const std::lock_guard hold{mutex_};
    heard_ = true;
    at_ = at;
    message_ = piece_of(message, 0, 200);
  }
  /// Empty: nothing was told.
  [[nodiscard]] std::string words() const {
    const std::lock_guard hold{mutex_};
    if (!heard_)
      return {};
    return "; it last told that it was at " + as_text(json(at_)) +
           (message_.empty() ? "" : ": " + message_);
  }

 private:
  mutable std::mutex mutex_;
  bool heard_ = false;
  double at_ = 0;
  std::string message_;
};

class server_tool final : public tools::tool {
 public:
  server_tool(std::shared_ptr<client> to, tool_description what, effects does)
      : client_(std::move(to))
      , what_(std::move(what))
      , does_(does) {}

  [[nodiscard]] tool_card card() const override {
    return {plain_name(what_.name), what_.description.empty() ? what_.title : what_.description,
            what_.input, does_};
  }

  std::uint64_t call(tool_request what, done_fn done) override {
    json parameters{
        {"name", what_.name},
        {"arguments", what.arguments.is_object() ? std::move(what.arguments) : json::object()}};
    // Servers that know how can tell a repetition by it.
    if (!what.idempotency_key.empty())
      parameters["_meta"] = {{"troupe/idempotency-key", what.idempotency_key}};
    const auto far = std::make_shared<how_far>();
    return client_->ask(
        "tools/call", std::move(parameters), what.deadline,
        [done = std::move(done), far, does = does_](answer a) {
          if (!a.failed)
            return done(read_tool_result(a.result, does));
          tool_result out;
          out.failed = std::move(a.failed);
          out.failed.detail += far->words();
          done(std::move(out));
        },
        [far](double at, const std::string& message) { far->note(at, message); });
  }

  void cancel(std::uint64_t id) override { client_->cancel(id); }

 private:
  const std::shared_ptr<client> client_;
  const tool_description what_;
  const effects does_;
};

effects effects_of(const tool_rules& rules, const std::string& name) {
  const auto hit = rules.each.find(name);
  return hit == rules.each.end() ? rules.does : hit->second;
}

} // namespace

tool_server::tool_server(std::shared_ptr<client> to, tool_rules rules)
    : client_(std::move(to))
    , rules_(std::move(rules)) {}

std::vector<tools::tool_ptr> tool_server::tools() const {
  std::vector<tools::tool_ptr> out;
  for (auto& t : client_->tools())
    if (rules_.only.empty() || rules_.only.contains(t.name)) {
      const auto does = effects_of(rules_, t.name);
      out.push_back(std::make_shared<server_tool>(client_, std::move(t), does));
    }
  return out;
}

tools::tool_ptr tool_server::tool_named(std::string name, effects does) const {
  return std::make_shared<server_tool>(client_, tool_description{std::move(name), {}, {}, {}},
                                       does);
}

} // namespace troupe::mcp
