#pragma once

#include "src/wire/codec.hpp"

#include <troupe_v1.pb.h>

/// The two halves of the codec, message by message: for `codec.cpp` and the codec of the post.
namespace troupe::wire {

void put(const task& x, v1::Task& out);
void put(const failure& x, v1::Failure& out);
void put(const outcome& x, v1::Outcome& out);
void put(const plan_node& x, v1::PlanNode& out, std::size_t depth);
void put(const plan& x, v1::Plan& out);
void put(const route& x, v1::Route& out);
void put(const event& x, v1::Event& out);
void put(const task_record& x, v1::TaskRecord& out);
void put(const session_snapshot& x, v1::Session& out);

/// What a message holds that no encoder writes; caught by `codec.cpp`, which answers with its text.
class malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The value of an enumeration that a number in a message stands for.
template <named_enum E>
E enum_of(std::uint32_t code, const char* field) {
  if (code >= enum_names<E>::value.size())
    throw malformed{std::string{field} + ": unknown value " + std::to_string(code)};
  return static_cast<E>(code);
}

// All of them may throw `malformed`. They take what they can out of the message instead of copying
// it.
task take(v1::Task& in);
failure take(v1::Failure& in);
outcome take(v1::Outcome& in);
plan_node take(v1::PlanNode& in, std::size_t depth);
plan take(v1::Plan& in);
route take(v1::Route& in);
event take(v1::Event& in);
task_record take(v1::TaskRecord& in);
session_snapshot take(v1::Session& in);

} // namespace troupe::wire
