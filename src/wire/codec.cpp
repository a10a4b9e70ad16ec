#include "src/wire/codec.hpp"

#include "src/wire/messages.hpp"

#include <google/protobuf/arena.h>

#include <limits>

namespace troupe {

namespace {

/// Most messages fit into a block on the stack, which spares an allocation for every part of them.
template <class Message, class F>
auto with_message(F&& work) {
  alignas(std::max_align_t) char first_block[4096];
  google::protobuf::ArenaOptions options;
  options.initial_block = first_block;
  options.initial_block_size = sizeof first_block;
  google::protobuf::Arena arena{options};
  return work(*google::protobuf::Arena::CreateMessage<Message>(&arena));
}

template <class Message, class T, class... Depth>
std::string encoded(const T& x, Depth... depth) {
  return with_message<Message>([&](Message& m) {
    wire::put(x, m, depth...);
    const auto size = m.ByteSizeLong();
    if (size > static_cast<std::size_t>(std::numeric_limits<int>::max()))
      throw encode_error{"value is larger than 2 GiB"};
    std::string out(size, '\0');
    m.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data()));
    return out;
  });
}

template <class T, class Message, class... Depth>
decoded<T> read(std::string_view bytes, const char* what, Depth... depth) {
  decoded<T> out;
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    out.error = std::string{what} + ": larger than 2 GiB";
    return out;
  }
  return with_message<Message>([&](Message& m) {
    if (!m.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      out.error = std::string{what} + ": malformed or nested too deeply";
      return std::move(out);
    }
    try {
      out.value.emplace(wire::take(m, depth...));
    } catch (const wire::malformed& e) {
      out.error = std::string{what} + ": " + e.what();
    }
    return std::move(out);
  });
}

} // namespace

std::string encode(const task& x) {
  return encoded<v1::Task>(x);
}
std::string encode(const event& x) {
  return encoded<v1::Event>(x);
}
std::string encode(const outcome& x) {
  return encoded<v1::Outcome>(x);
}
std::string encode(const plan& x) {
  return encoded<v1::Plan>(x);
}
std::string encode(const plan_node& x) {
  return encoded<v1::PlanNode>(x, std::size_t{1});
}
std::string encode(const task_record& x) {
  return encoded<v1::TaskRecord>(x);
}
std::string encode_session(const session_snapshot& x) {
  return encoded<v1::Session>(x);
}

decoded<task> decode_task(std::string_view bytes) {
  return read<task, v1::Task>(bytes, "task");
}

decoded<event> decode_event(std::string_view bytes) {
  return read<event, v1::Event>(bytes, "event");
}

decoded<outcome> decode_outcome(std::string_view bytes) {
  return read<outcome, v1::Outcome>(bytes, "outcome");
}

decoded<plan> decode_plan(std::string_view bytes) {
  return read<plan, v1::Plan>(bytes, "plan");
}

decoded<plan_node> decode_plan_node(std::string_view bytes) {
  return read<plan_node, v1::PlanNode>(bytes, "plan", std::size_t{1});
}

decoded<task_record> decode_task_record(std::string_view bytes) {
  return read<task_record, v1::TaskRecord>(bytes, "record");
}

decoded<session_snapshot> decode_session(std::string_view bytes) {
  return read<session_snapshot, v1::Session>(bytes, "session");
}

} // namespace troupe
