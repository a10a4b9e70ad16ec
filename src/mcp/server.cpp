#include "src/mcp/server.hpp"

namespace troupe::mcp {

namespace {

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
    return client_->ask("tools/call", std::move(parameters), what.deadline,
                        [done = std::move(done)](answer a) {
                          if (!a.failed)
                            return done(read_tool_result(a.result));
                          tool_result out;
                          out.failed = std::move(a.failed);
                          done(std::move(out));
                        });
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

tools::tool_ptr tool_server::tool_named(std::string name) const {
  const auto does = effects_of(rules_, name);
  return std::make_shared<server_tool>(client_, tool_description{std::move(name), {}, {}, {}},
                                       does);
}

} // namespace troupe::mcp
