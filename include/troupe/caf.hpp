#pragma once

// All that differs between CAF 0.17.6 and CAF 1.x, but for the scheduler of troupe's own processes,
// which no embedding application needs (nodes/caf_scheduler.hpp). Everything else in the house
// includes this header instead of CAF's own, and uses only what both versions have in common.

#include <caf/all.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

// CAF_VERSION cannot be compared in 1.1.0 (its definition is an octal number), the major version
// can.
#define TROUPE_CAF_LEGACY (CAF_MAJOR_VERSION == 0)

// Messages between actors of one node are C++ values whose payload is a shared pointer; they are
// never serialised, since what crosses nodes does so as Protobuf between posts. A header names
// those that it defines after the namespace, between TROUPE_BEGIN_MESSAGES(block, first) and
// TROUPE_END_MESSAGES(block), each as TROUPE_MESSAGE(block, type). `first` is TROUPE_FIRST_TYPE_ID
// plus a distance; blocks do not overlap.
#define TROUPE_ALLOW_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
#if TROUPE_CAF_LEGACY
#define TROUPE_BEGIN_MESSAGES(block, first)
#define TROUPE_MESSAGE(block, type)                                                                \
  TROUPE_ALLOW_LOCAL_MESSAGE(type)                                                                 \
  TROUPE_MESSAGE_CODE(extern, type)
#define TROUPE_END_MESSAGES(block)
// CAF makes some forty functions for every type of message wherever one is sent. They are compiled
// once, in actors/messages.cpp, which takes a third off the time of whatever sends; `where` is
// `extern`, or nothing there.
#define TROUPE_MESSAGE_CODE(where, type)                                                           \
  where template class caf::detail::type_erased_value_impl<type>;                                  \
  where template class caf::detail::tuple_vals_impl<caf::detail::message_data, type>;              \
  where template class caf::detail::tuple_vals_impl<caf::type_erased_tuple, type>;                 \
  where template class caf::detail::tuple_vals<type>;
/// Stands for TROUPE_MESSAGE where that code is made.
#define TROUPE_MESSAGE_HERE(block, type)                                                           \
  TROUPE_ALLOW_LOCAL_MESSAGE(type)                                                                 \
  TROUPE_MESSAGE_CODE(, type)
#else
#define TROUPE_BEGIN_MESSAGES(block, first) CAF_BEGIN_TYPE_ID_BLOCK(block, first)
#define TROUPE_MESSAGE(block, type) CAF_ADD_TYPE_ID(block, (type)) TROUPE_ALLOW_LOCAL_MESSAGE(type)
#define TROUPE_MESSAGE_HERE(block, type)                                                           \
  CAF_ADD_TYPE_ID(block, (type)) TROUPE_ALLOW_LOCAL_MESSAGE(type)
#define TROUPE_END_MESSAGES(block) CAF_END_TYPE_ID_BLOCK(block)
/// First type id of troupe's messages; an application that uses ids of its own keeps clear of the
/// 250 that follow.
#define TROUPE_FIRST_TYPE_ID (caf::first_custom_type_id + 700)
#endif

namespace troupe {

/// The state of a stateful actor.
template <class State, class Base>
State& state_of(caf::stateful_actor<State, Base>* self) {
#if TROUPE_CAF_LEGACY
  return self->state;
#else
  return self->state();
#endif
}

/// An error in words.
inline std::string describe(const caf::actor_system& sys, const caf::error& e) {
#if TROUPE_CAF_LEGACY
  return sys.render(e);
#else
  static_cast<void>(sys);
  return caf::to_string(e);
#endif
}

/// An actor of ours that fails ends with such an error; `text` says why and reaches its supervisor.
inline caf::error failure_error(std::string text) {
#if TROUPE_CAF_LEGACY
  return caf::error{1, caf::atom("troupe"), caf::make_message(std::move(text))};
#else
  return caf::make_error(caf::sec::runtime_error, std::move(text));
#endif
}

/// The text of a `failure_error`, or the error in CAF's words.
inline std::string failure_text(const caf::actor_system& sys, const caf::error& e) {
  if (!e)
    return "ended normally";
#if TROUPE_CAF_LEGACY
  if (e.category() == caf::atom("troupe") && e.context().match_elements<std::string>())
    return e.context().get_as<std::string>(0);
#endif
  return describe(sys, e);
}

/// The category of an error as it crosses between nodes. Both of them are of the same version of
/// CAF.
inline std::string category_text(const caf::error& e) {
#if TROUPE_CAF_LEGACY
  return caf::to_string(e.category());
#else
  return std::to_string(e.category());
#endif
}

/// The error that another node has told of; `text` may be empty. Nothing: `category` cannot be one
/// of CAF's.
inline std::optional<caf::error> error_from(std::uint8_t code, const std::string& category,
                                            std::string text) {
#if TROUPE_CAF_LEGACY
  // An atom holds ten characters.
  if (category.size() > 10)
    return std::nullopt;
  const auto in = caf::atom_from_string(category);
#else
  const auto in = static_cast<caf::type_id_t>(std::strtoul(category.c_str(), nullptr, 10));
#endif
  return text.empty() ? caf::error{code, in}
                      : caf::error{code, in, caf::make_message(std::move(text))};
}

/// The name of one of CAF's settings, which is `scheduler.max-threads` or the like.
inline std::string caf_setting(const std::string& name) {
#if TROUPE_CAF_LEGACY
  return name;
#else
  return "caf." + name;
#endif
}

/// CAF's own log lines would go to stdout; what matters of them reaches the log through our
/// handlers.
inline void silence(caf::actor_system_config& config) {
#if TROUPE_CAF_LEGACY
  config.set("logger.console", caf::atom("none"));
#else
  static_cast<void>(config); // It says nothing unless it is told to.
#endif
}

/// Kinds of exit that are no failure: `quit()` and an orderly shutdown.
inline bool is_normal_exit(const caf::error& e) {
  return !e;
}
inline bool is_shutdown_exit(const caf::error& e) {
  return e == caf::exit_reason::user_shutdown;
}

} // namespace troupe
