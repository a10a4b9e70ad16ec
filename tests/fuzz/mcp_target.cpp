// What clients of MCP send us, and what servers of MCP do.
#include "nodes/doors/mcp_words.hpp"
#include "src/mcp/sse.hpp"
#include "src/mcp/words.hpp"
#include "src/wire/codec.hpp"
#include "tests/fuzz/target.hpp"

#include <troupe/json_read.hpp>

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  static const std::vector<skill_offer> offers{{"desk", "desk", "", "", nullptr}};
  const auto parameters = json::parse(text, nullptr, false);
  if (parameters.is_object()) {
    std::string why;
    const auto task = read_tool_call(parameters, offers, why);
    fuzz::demand(task ? !task->text.empty() : !why.empty(),
                 "a call asks for something, or is refused");
    static_cast<void>(mcp_welcome({}, parameters));
  }
  const auto take = [](std::string_view message) {
    const auto x = mcp::read_message(message);
    if (!x)
      return;
    fuzz::demand(json_fits(x->body, json_depth_max), "what is read nests no deeper than it may");
    static_cast<void>(mcp::read_tool_result(x->body, effects::none));
    for (const auto& t : mcp::read_tools(x->body))
      fuzz::demand(!t.name.empty() && mcp::plain_name(t.name).size() <= 64, "tools have names");
    static_cast<void>(mcp::defaults_of(x->body));
    const auto said = mcp::read_texts(x->body);
    fuzz::demand(mcp::piece_of(said, said.size() / 3, 100).size() <= 100, "pieces are bounded");
    for (const auto& r : mcp::read_resources(x->body))
      fuzz::demand(r.contains("uri") != r.contains("uri_template"), "resources have an address");
  };
  take(text);
  mcp::event_reader events;
  static_cast<void>(events.feed(text, take));
  return 0;
}
