#pragma once

#include "src/models/sse_reader.hpp"

#include <troupe/model.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::models {

/// Puts a model's answer together from the body of a response as it comes in: a stream of events,
/// or one JSON document when the server does not stream. What differs between the protocols is in
/// the classes derived from it.
class reply_reader {
 public:
  virtual ~reply_reader() = default;

  /// False when nothing sensible can follow: `finish` says why.
  bool feed(std::string_view bytes);
  /// The body has ended. Once.
  [[nodiscard]] model_reply finish();
  /// Whether anything of an answer has come.
  [[nodiscard]] bool begun() const noexcept { return kind_ != body_kind::unknown; }
  /// Whether something in it was wrong already.
  [[nodiscard]] bool failed() const noexcept { return !reply_.ok(); }

  static constexpr std::size_t calls_max = 128; ///< tools that one answer may ask for

 protected:
  /// One event of the stream; `event` is an object.
  virtual void on_event(std::string_view name, const json& event) = 0;
  /// The whole answer of a server that does not stream; an object.
  virtual void on_whole(const json& answer) = 0;

  /// The parts of the answer, in whatever order they come.
  void add_text(std::string_view more) { reply_.text += more; }
  struct unfinished_call {
    std::string id;
    std::string name;
    std::string arguments; ///< JSON, as far as it has come
  };
  /// The call with this number, made when it is new. Null when there are too many.
  unfinished_call* call_at(std::uint64_t number);
  void fail(model_error why, std::string detail);
  /// How many tokens there were, and which of the input the provider's cache was used for.
  void set_tokens(const usage& said);
  void set_ended() noexcept { ended_ = true; }
  void set_cut_off() noexcept { cut_off_ = true; }
  void set_refused(std::string detail);
  /// The name of a tool that stands for the answer itself; empty: there is none.
  void set_answer_tool(std::string name) { answer_tool_ = std::move(name); }

 private:
  enum class body_kind : std::uint8_t { unknown, events, whole };

  bool take_event(std::string_view name, std::string_view data);

  model_reply reply_;
  std::map<std::uint64_t, unfinished_call> calls_;
  sse_reader events_;
  std::string whole_;
  std::string answer_tool_;
  body_kind kind_ = body_kind::unknown;
  bool ended_ = false;
  bool cut_off_ = false;
};

using reply_reader_ptr = std::unique_ptr<reply_reader>;

} // namespace troupe::models
