#include "src/mcp/client_state.hpp"

#include <algorithm>
#include <utility>

namespace troupe::mcp {

namespace {

using std::chrono::milliseconds;

constexpr int pages_max = 20;

answer of_error(const json& error) {
  const auto code = error.value("code", json{});
  const auto said = error.value("message", json{});
  const bool ours = code == -32602 || code == -32601 || code == -32600 ||
                    code == -32002; // There is no such resource.
  return no_answer(ours ? reason::invalid_input : reason::crash,
                   said.is_string() ? said.get<std::string>().substr(0, 500)
                                    : std::string{"the server refused"});
}

} // namespace

void client::state::connect() {
  std::uint64_t mine = 0;
  {
    const std::lock_guard hold{mutex};
    if (closed)
      return;
    mine = ++connection;
    is_ready = ending = false;
    listing = list_owed = false;
  }
  channel_ears ears;
  ears.message = [weak = weak_from_this(), mine](std::string_view text) {
    if (const auto self = weak.lock())
      self->heard(mine, text);
  };
  ears.lost = [weak = weak_from_this()](std::uint64_t id, failure why) {
    if (const auto self = weak.lock())
      self->end(id, {nullptr, std::move(why)});
  };
  ears.broken = [weak = weak_from_this(), mine](std::string why) {
    if (const auto self = weak.lock())
      self->broken(mine, std::move(why));
  };
  ears.ending = [weak = weak_from_this(), mine](std::string why) {
    if (const auto self = weak.lock())
      self->ends(mine, std::move(why));
  };
  auto fresh = open(std::move(ears));
  {
    const std::lock_guard hold{mutex};
    if (closed || connection != mine)
      return;
    wire = fresh;
  }
  greet(mine);
}

void client::state::greet(std::uint64_t mine) {
  json hello{{"protocolVersion", revisions.front()},
             {"capabilities", {{"elicitation", json::object()}}},
             {"clientInfo", {{"name", "troupe"}, {"version", TROUPE_VERSION}}}};
  add(
      "initialize", std::move(hello), how.greeting_deadline,
      [weak = weak_from_this(), mine](answer a) {
        if (const auto self = weak.lock())
          self->greeted(mine, std::move(a));
      },
      {}, true);
}

void client::state::greeted(std::uint64_t mine, answer a) {
  if (a.failed)
    return broken(mine, a.failed.detail);
  const auto revision = a.result.is_object() ? a.result.value("protocolVersion", json{}) : json{};
  if (!revision.is_string() || !speaks(revision.get<std::string>()))
    return broken(mine, "the server speaks no revision of the protocol that we know");
  const auto offers = a.result.value("capabilities", json{});
  channel_ptr to;
  {
    const std::lock_guard hold{mutex};
    if (connection != mine)
      return;
    to = wire;
    listing = offers.is_object() && offers.contains("tools");
  }
  to->agreed(revision.get<std::string>());
  to->send(notification_text("notifications/initialized", nullptr), 0, milliseconds{0});
  if (offers.is_object() && offers.contains("tools"))
    return list_from_the_start(mine);
  settled(mine, {});
}

void client::state::list_from_the_start(std::uint64_t mine) {
  {
    const std::lock_guard hold{mutex};
    if (closed || connection != mine)
      return;
    list_owed = false; // What has changed until now will be seen.
  }
  list(mine, {}, std::make_shared<std::vector<tool_description>>(), 0);
}

void client::state::list(std::uint64_t mine, const std::string& cursor,
                         const std::shared_ptr<std::vector<tool_description>>& found, int page) {
  add(
      "tools/list", cursor.empty() ? json::object() : json{{"cursor", cursor}},
      how.greeting_deadline,
      [weak = weak_from_this(), mine, found, page](answer a) {
        const auto self = weak.lock();
        if (!self)
          return;
        if (a.failed)
          return self->unlisted(mine, "it does not list its tools: " + a.failed.detail);
        for (auto& t : read_tools(a.result))
          found->push_back(std::move(t));
        const auto next = a.result.is_object() ? a.result.value("nextCursor", json{}) : json{};
        if (next.is_string() && !next.get_ref<const std::string&>().empty() && page < pages_max)
          return self->list(mine, next.get<std::string>(), found, page + 1);
        self->settled(mine, std::move(*found));
      },
      {}, true);
}

void client::state::changed(std::uint64_t mine) {
  {
    const std::lock_guard hold{mutex};
    if (connection != mine)
      return;
    list_owed = listing;
    if (listing || !is_ready)
      return;
    listing = true;
  }
  list_from_the_start(mine);
}

void client::state::unlisted(std::uint64_t mine, std::string why) {
  {
    const std::lock_guard hold{mutex};
    if (ending)
      return; // Its channel says when it is over, and what became of all others.
  }
  broken(mine, std::move(why));
}

void client::state::settled(std::uint64_t mine, std::vector<tool_description> found) {
  std::vector<std::uint64_t> waiting;
  {
    const std::lock_guard hold{mutex};
    if (connection != mine || ending)
      return;
    listed = std::move(found);
    listing = list_owed;
    if (list_owed)
      clock.after(how.relist_pause, [weak = weak_from_this(), mine] {
        if (const auto self = weak.lock())
          self->list_from_the_start(mine);
      });
    is_ready = true;
    why_not.clear();
    backoff = how.backoff_min;
    for (const auto& [id, x] : requests)
      if (x.sent_in == 0)
        waiting.push_back(id);
  }
  for (const auto id : waiting)
    dispatch(id);
}

void client::state::ends(std::uint64_t mine, std::string why) {
  const std::lock_guard hold{mutex};
  if (connection != mine)
    return;
  ending = true;
  is_ready = false;
  why_not = std::move(why);
}

void client::state::broken(std::uint64_t mine, std::string why) {
  std::vector<std::uint64_t> lost;
  channel_ptr gone;
  {
    const std::lock_guard hold{mutex};
    if (closed || connection != mine)
      return;
    ++connection; // Nobody of that connection is heard any more.
    is_ready = ending = false;
    why_not = why;
    gone = std::exchange(wire, nullptr);
    for (auto& [id, x] : requests)
      if (x.handing)
        x.broke = why;
      else if (x.sent_in != 0)
        lost.push_back(id);
    again = clock.after(backoff, [weak = weak_from_this()] {
      if (const auto self = weak.lock())
        self->connect();
    });
    backoff = std::min(backoff * 2, how.backoff_max);
  }
  // What was under way may have been done or not: no word may say that nothing was done.
  for (const auto id : lost)
    end(id, no_answer(reason::crash, why));
}

void client::state::heard(std::uint64_t mine, std::string_view text) {
  {
    const std::lock_guard hold{mutex};
    if (closed || connection != mine)
      return;
  }
  auto x = read_message(text);
  if (!x)
    return; // Some servers write other things between messages.
  switch (x->what) {
  case incoming::kind::result:
    if (x->id.is_number_unsigned())
      end(x->id.get<std::uint64_t>(), {std::move(x->body), {}});
    return;
  case incoming::kind::error:
    if (x->id.is_number_unsigned())
      end(x->id.get<std::uint64_t>(), of_error(x->body));
    return;
  case incoming::kind::request:
    return asked(*x);
  case incoming::kind::notification:
    return told(mine, *x);
  }
}

void client::state::asked(const incoming& x) {
  channel_ptr to;
  {
    const std::lock_guard hold{mutex};
    to = wire;
  }
  if (!to)
    return;
  std::string said;
  if (x.method == "ping")
    said = result_text(x.id, json::object());
  else if (x.method == "elicitation/create" && how.take_defaults && x.body.is_object())
    said = result_text(x.id, {{"action", "accept"},
                              {"content", defaults_of(x.body.value("requestedSchema", json{}))}});
  else if (x.method == "elicitation/create")
    said = result_text(x.id, {{"action", "decline"}});
  else
    said = error_text(x.id, -32601, "there is no such method");
  to->send(std::move(said), 0, milliseconds{0});
}

void client::state::told(std::uint64_t mine, const incoming& x) {
  if (x.method == "notifications/tools/list_changed")
    return changed(mine);
  if (x.method != "notifications/progress" || !x.body.is_object())
    return;
  const auto token = x.body.value("progressToken", json{});
  const auto done = x.body.value("progress", json{});
  const auto message = x.body.value("message", json{});
  progress_fn to;
  if (token.is_number_unsigned() && done.is_number()) {
    const std::lock_guard hold{mutex};
    if (const auto hit = requests.find(token.get<std::uint64_t>()); hit != requests.end())
      to = hit->second.progress;
  }
  if (to)
    to(done.get<double>(), message.is_string() ? message.get<std::string>() : std::string{});
}

} // namespace troupe::mcp
