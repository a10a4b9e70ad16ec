#include "nodes/doors/a2a_request.hpp"

#include "nodes/doors/body_reader.hpp"
#include "src/digest/digest.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace troupe {

namespace {

constexpr std::size_t text_max = 1u << 20;
/// Shorter ones may be numbers that a client counts from one each time it starts.
constexpr std::size_t unique_id_min = 32;
constexpr std::size_t message_id_max = 128;

std::nullopt_t refuse_with(a2a_fault& why, a2a_error what, std::string detail) {
  why = {what, std::move(detail), {}};
  return std::nullopt;
}

bool is_clean(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// A session for a message that names none. The same message sent again has to come to the same
/// one, because its task is looked for where its session lives.
std::string fresh_context(const std::string& whose, const std::string& message) {
  if (message.size() >= unique_id_min)
    return "a2a-" + hex(sha256(whose + '\n' + message)).substr(0, 32);
  thread_local std::random_device chance;
  std::string bytes;
  for (int i = 0; i < 16; ++i)
    bytes += static_cast<char>(chance() & 0xFF);
  return "a2a-" + hex(bytes);
}

const json& member_of(const json& from, const char* name) {
  static const json none;
  const auto hit = from.is_object() ? from.find(name) : from.end();
  return from.is_object() && hit != from.end() ? *hit : none;
}

/// The texts of a message's parts, one after the other, and its one piece of data.
bool read_parts(const json& message, task_request& out, a2a_fault& why) {
  const auto& parts = member_of(message, "parts");
  if (!parts.is_array() || parts.empty()) {
    refuse_with(why, a2a_error::invalid_params,
                "message.parts must be a list with something in it");
    return false;
  }
  for (const auto& part : parts) {
    if (!member_of(part, "text").is_null() && !member_of(part, "data").is_null()) {
      refuse_with(why, a2a_error::invalid_params, "a part holds either a text or data");
      return false;
    }
    if (const auto& text = member_of(part, "text"); text.is_string()) {
      if (!out.text.empty())
        out.text += '\n';
      out.text += text.get_ref<const std::string&>();
    } else if (const auto& data = member_of(part, "data"); data.is_object() && out.data.is_null()) {
      out.data = data;
    } else {
      refuse_with(why, a2a_error::content_type,
                  "a message may hold texts and one object of data, and nothing else");
      return false;
    }
  }
  if (out.text.size() > text_max) {
    refuse_with(why, a2a_error::invalid_params, "the text is longer than 1 MiB");
    return false;
  }
  if (const auto& context = member_of(out.data, "context");
      !context.is_null() && !context.is_object()) {
    refuse_with(why, a2a_error::invalid_params, "data.context must be an object");
    return false;
  }
  return true;
}

/// Whether an answer of texts and data will do. Without a list anything will.
bool accepts_answers(const json& modes, a2a_fault& why) {
  if (modes.is_null() || (modes.is_array() && modes.empty()))
    return true;
  if (!modes.is_array() ||
      !std::all_of(modes.begin(), modes.end(), [](const json& x) { return x.is_string(); })) {
    refuse_with(why, a2a_error::invalid_params, "acceptedOutputModes must be a list of texts");
    return false;
  }
  static constexpr std::array<std::string_view, 5> ours{"text/plain", "application/json", "text/*",
                                                        "application/*", "*/*"};
  const bool any = std::any_of(modes.begin(), modes.end(), [](const json& x) {
    const std::string_view mode = x.get_ref<const std::string&>();
    return std::find(ours.begin(), ours.end(), mode.substr(0, mode.find(';'))) != ours.end();
  });
  if (!any)
    refuse_with(why, a2a_error::content_type, "answers are text/plain and application/json");
  return any;
}

} // namespace

std::optional<std::string> read_a2a_text(const json& from, const char* name, a2a_fault& why) {
  const auto& x = member_of(from, name);
  if (x.is_null())
    return std::string{};
  if (!x.is_string() || x.get_ref<const std::string&>().size() > name_max ||
      !is_clean(x.get_ref<const std::string&>()))
    return refuse_with(why, a2a_error::invalid_params,
                       std::string{name} + " must be a text of at most " +
                           std::to_string(name_max) + " bytes without control characters");
  return x.get<std::string>();
}

std::optional<std::size_t> read_history(const json& parameters, std::size_t usual, a2a_fault& why) {
  const auto& x = member_of(parameters, "historyLength");
  if (x.is_null())
    return usual;
  if (!x.is_number_integer() || x < 0)
    return refuse_with(why, a2a_error::invalid_params, "historyLength must be a whole number");
  return static_cast<std::size_t>(std::min<std::uint64_t>(x.get<std::uint64_t>(), 1000));
}

std::optional<a2a_message> read_a2a_message(const json& parameters,
                                            const std::vector<skill_offer>& offers,
                                            const std::string& whose, a2a_fault& why) {
  const auto& message = member_of(parameters, "message");
  if (!message.is_object())
    return refuse_with(why, a2a_error::invalid_params, "message must be an object");
  if (const auto& role = member_of(message, "role"); role != "ROLE_USER")
    return refuse_with(why, a2a_error::invalid_params, "message.role must be ROLE_USER");
  a2a_message out;
  auto& task = out.what;
  const auto domain = read_a2a_text(parameters, "tenant", why);
  const auto id = domain ? read_a2a_text(message, "messageId", why) : std::nullopt;
  auto context = id ? read_a2a_text(message, "contextId", why) : std::nullopt;
  auto continues = context ? read_a2a_text(message, "taskId", why) : std::nullopt;
  if (!continues || !read_parts(message, task, why))
    return std::nullopt;
  if (id->empty() || id->size() > message_id_max)
    return refuse_with(why, a2a_error::invalid_params,
                       "message.messageId must be a text of 1 to 128 bytes");
  out.continues = std::move(*continues);
  task.domain = *domain;
  const auto& about = member_of(message, "metadata");
  const auto skill = read_a2a_text(about, "skill", why);
  auto customer = skill ? read_a2a_text(about, "customer", why) : std::nullopt;
  auto tier = customer ? read_a2a_text(about, "tier", why) : std::nullopt;
  if (!tier)
    return std::nullopt;
  task.who = {std::move(*customer), std::move(*tier)};
  if (!skill->empty()) {
    const auto* hit = find_offer(offers, *skill);
    if (!hit || (!domain->empty() && hit->domain != *domain))
      return refuse_with(why, a2a_error::invalid_params,
                         "metadata.skill names no skill of the agent card");
    task.domain = hit->domain;
    task.skill = hit->skill;
  }
  if (task.text.empty() && task.skill.empty())
    return refuse_with(why, a2a_error::invalid_params,
                       "the message needs a text, unless its metadata names a skill");
  if (!context->empty() || id->size() >= unique_id_min)
    task.idempotency_key = "a2a/" + whose + "/" + *context + "/" + *id;
  task.context_id = context->empty() ? fresh_context(whose, *id) : std::move(*context);

  const auto& how = member_of(parameters, "configuration");
  if (!how.is_null() && !how.is_object())
    return refuse_with(why, a2a_error::invalid_params, "configuration must be an object");
  if (!accepts_answers(member_of(how, "acceptedOutputModes"), why))
    return std::nullopt;
  if (const auto& at_once = member_of(how, "returnImmediately"); at_once.is_boolean())
    out.at_once = at_once.get<bool>();
  else if (!at_once.is_null())
    return refuse_with(why, a2a_error::invalid_params, "returnImmediately must be true or false");
  out.push = member_of(how, "taskPushNotificationConfig");
  const auto history = read_history(how, 0, why);
  if (!history)
    return std::nullopt;
  out.shape.history = *history;
  return out;
}

} // namespace troupe
