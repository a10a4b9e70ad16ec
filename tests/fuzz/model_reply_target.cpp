// What a language model's server answers, in either protocol, streamed or whole, in pieces of any
// size.
#include "policies/llm_talk.hpp"
#include "src/models/protocol.hpp"
#include "tests/fuzz/target.hpp"

using namespace troupe;

namespace {

model_reply read(models::reply_reader_ptr reader, std::string_view body, std::size_t piece) {
  bool good = true;
  for (std::size_t at = 0; good && at < body.size(); at += piece)
    good = reader->feed(body.substr(at, piece));
  return reader->finish();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body{fuzz::text_of(data, size)};
  for (const bool openai : {true, false}) {
    const auto make = [&] {
      return openai ? models::make_openai_reader() : models::make_anthropic_reader(true);
    };
    const auto x = read(make(), body, 7);
    // What follows a mistake is not read when it comes later.
    const auto whole = read(make(), body, body.size() + 1);
    fuzz::demand(whole.error == x.error && (!x.ok() || whole.calls == x.calls),
                 "the pieces in which it comes do not matter");
    fuzz::demand(x.calls.size() <= models::reply_reader::calls_max, "tools are counted");
    for (const auto& call : x.calls)
      fuzz::demand(call.arguments.is_null() || call.arguments.is_object(),
                   "arguments are an object or nothing");
    fuzz::demand(!x.ok() || !x.text.empty() || !x.calls.empty(), "an answer says something");
    static_cast<void>(read_answer(x.text));
  }
  return 0;
}
