#pragma once

#include <troupe/event.hpp>
#include <troupe/json.hpp>
#include <troupe/plan.hpp>
#include <troupe/session.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// The one place that turns the runtime's words into bytes and back: `troupe_v1.proto` is the
/// format, for the wire and for the store. All functions are pure and may be called from any
/// thread.
namespace troupe {

/// What came out of bytes: a value, or the reason why there is none.
template <class T>
struct decoded {
  std::optional<T> value;
  std::string error; ///< for people, naming the field; empty when there is a value

  [[nodiscard]] explicit operator bool() const noexcept { return value.has_value(); }
  [[nodiscard]] T& operator*() & { return *value; }
  [[nodiscard]] const T& operator*() const& { return *value; }
  [[nodiscard]] T&& operator*() && { return *std::move(value); }
  [[nodiscard]] T* operator->() { return &*value; }
  [[nodiscard]] const T* operator->() const { return &*value; }
};

/// How deep JSON values may nest that are stored or sent: `[]` is one level, `[[]]` two. Twice what
/// strangers may send (`json_depth_max`), since plans wrap what they hand on.
inline constexpr std::size_t max_json_depth = 128;

/// Whether `value` nests at most so deep. It is asked of all tasks and results before they go on.
[[nodiscard]] bool json_fits(const json& value, std::size_t levels = max_json_depth);

/// `encode` could not write a value in such a way that it can be read again: JSON nests too deep, a
/// plan is too large or deep, or the bytes would exceed 2 GiB. What passed the doors never does.
class encode_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The bytes of a value. Null JSON, empty texts and zeroes take none. JSON strings that are not
/// UTF-8 are written with U+FFFD where they break it; all other texts are kept byte for byte. All
/// of them throw `encode_error`.
[[nodiscard]] std::string encode(const task& x);
[[nodiscard]] std::string encode(const event& x);
[[nodiscard]] std::string encode(const outcome& x);
[[nodiscard]] std::string encode(const plan& x);
[[nodiscard]] std::string encode(const plan_node& x); ///< with its children, as a tree
[[nodiscard]] std::string encode(const task_record& x);
[[nodiscard]] std::string encode_session(const session_snapshot& x);

/// The value that `encode` wrote. Bytes of any kind are answered by a value or by an error, never
/// by a crash: malformed bytes, numbers that no enum has, bad or too deep JSON and plans that are
/// no tree are errors; fields of a newer version are skipped. Nothing is thrown but
/// `std::bad_alloc`.
[[nodiscard]] decoded<task> decode_task(std::string_view bytes);
[[nodiscard]] decoded<event> decode_event(std::string_view bytes);
[[nodiscard]] decoded<outcome> decode_outcome(std::string_view bytes);
[[nodiscard]] decoded<plan> decode_plan(std::string_view bytes);
[[nodiscard]] decoded<plan_node> decode_plan_node(std::string_view bytes);
[[nodiscard]] decoded<task_record> decode_task_record(std::string_view bytes);
[[nodiscard]] decoded<session_snapshot> decode_session(std::string_view bytes);

} // namespace troupe
