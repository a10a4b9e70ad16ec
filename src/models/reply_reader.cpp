#include "src/models/reply_reader.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <utility>

namespace troupe::models {

bool reply_reader::feed(std::string_view bytes) {
  if (kind_ == body_kind::unknown) {
    const auto first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos)
      return true;
    kind_ = bytes[first] == '{' ? body_kind::whole : body_kind::events;
    // Neither an event nor JSON begins so: somebody on the way answers in the provider's place, who
    // is as good as not there.
    if (bytes[first] == '<') {
      fail(model_error::broken, "a page came, and no answer of a model");
      return false;
    }
  }
  if (kind_ == body_kind::whole) {
    whole_ += bytes;
    return true;
  }
  const bool good = events_.feed(bytes, [this](std::string_view name, std::string_view data) {
    return take_event(name, data);
  });
  if (!good)
    fail(model_error::bad_output, "an event of the stream is too large");
  return good && reply_.ok();
}

bool reply_reader::take_event(std::string_view name, std::string_view data) {
  if (data == "[DONE]")
    return true;
  const auto event = parse_bounded(data);
  if (!event.is_object()) {
    fail(model_error::bad_output, "an event of the stream is no JSON object");
    return true;
  }
  on_event(name, event);
  return true;
}

reply_reader::unfinished_call* reply_reader::call_at(std::uint64_t number) {
  if (calls_.size() >= calls_max && !calls_.contains(number)) {
    fail(model_error::bad_output, "it asks for too many tools at once");
    return nullptr;
  }
  return &calls_[number];
}

void reply_reader::fail(model_error why, std::string detail) {
  if (!reply_.ok())
    return;
  reply_.error = why;
  reply_.detail = std::move(detail);
}

void reply_reader::set_refused(std::string detail) {
  fail(model_error::refused, "the model refuses" + (detail.empty() ? detail : ": " + detail));
}

void reply_reader::set_tokens(const usage& said) {
  // Providers repeat the numbers as they grow.
  auto& used = reply_.used;
  used.input_tokens = std::max(used.input_tokens, said.input_tokens);
  used.output_tokens = std::max(used.output_tokens, said.output_tokens);
  // Both are parts of the input, whatever a server says.
  used.cached_tokens =
      std::min(std::max(used.cached_tokens, said.cached_tokens), used.input_tokens);
  used.cache_write_tokens = std::min(std::max(used.cache_write_tokens, said.cache_write_tokens),
                                     used.input_tokens - used.cached_tokens);
}

model_reply reply_reader::finish() {
  if (kind_ == body_kind::whole) {
    const auto answer = parse_bounded(whole_);
    if (answer.is_object())
      on_whole(answer);
    else
      fail(model_error::bad_output, "the answer is no JSON object");
  }
  std::string answer;
  for (auto& [number, call] : calls_) {
    if (!answer_tool_.empty() && call.name == answer_tool_) {
      answer = std::move(call.arguments);
      continue;
    }
    tool_call out{std::move(call.id), std::move(call.name), json::object()};
    // Tools without arguments are called with none at all by some servers.
    if (!call.arguments.empty()) {
      out.arguments = parse_bounded(call.arguments);
      if (!out.arguments.is_object())
        out.arguments = nullptr;
    }
    if (out.id.empty())
      out.id = "call_" + std::to_string(number);
    reply_.calls.push_back(std::move(out));
  }
  if (reply_.calls.empty() && !answer.empty())
    reply_.text = std::move(answer);
  if (reply_.ok() && !ended_)
    fail(model_error::broken, begun() ? "the answer broke off" : "the answer is empty");
  if (reply_.ok() && cut_off_)
    fail(model_error::bad_output, "the answer was cut off at the limit of tokens");
  if (reply_.ok() && reply_.text.empty() && reply_.calls.empty())
    fail(model_error::bad_output, "the model said nothing");
  return std::move(reply_);
}

} // namespace troupe::models
