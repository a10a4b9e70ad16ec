#include "src/cache/answer_book.hpp"

#include "src/text/normalize.hpp"

#include <openssl/evp.h>

#include <array>
#include <utility>

namespace troupe::cache {

namespace {

constexpr std::size_t candidates = 8; ///< neighbours whose facts are looked at
/// What the lists and tables take that an answer stands in, its digests included.
constexpr std::size_t of_entry = 1024;

/// SHA-256 over parts, each with its length before it.
class digest {
 public:
  digest()
      : at_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(at_.get(), EVP_sha256(), nullptr);
  }
  digest& add(std::string_view part) {
    const auto length = static_cast<std::uint64_t>(part.size());
    EVP_DigestUpdate(at_.get(), &length, sizeof length);
    EVP_DigestUpdate(at_.get(), part.data(), part.size());
    return *this;
  }
  std::string take() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    EVP_DigestFinal_ex(at_.get(), out.data(), &size);
    return {reinterpret_cast<const char*>(out.data()), size};
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> at_;
};

void add_conversation(digest& to, const model_request& what) {
  for (const auto& m : what.messages) {
    to.add(to_string(m.role)).add(m.text).add(m.answers);
    for (const auto& call : m.calls)
      to.add(call.id).add(call.name).add(as_text(call.arguments));
  }
}

std::size_t bytes_of(const model_reply& x) {
  auto out = x.text.size();
  for (const auto& call : x.calls)
    out += call.id.size() + call.name.size() + as_text(call.arguments).size();
  return out;
}

std::size_t bytes_of(const std::vector<std::string>& x) {
  auto out = x.capacity() * sizeof(std::string);
  for (const auto& one : x)
    out += one.size();
  return out;
}

std::size_t bytes_of(const hard_facts& x) {
  auto out = x.asked.size() + x.sides.capacity() * sizeof(side);
  for (const auto* all : {&x.numbers, &x.names, &x.turns, &x.firm, &x.words, &x.strange})
    out += bytes_of(*all);
  return out;
}

} // namespace

request_key key_of(const model_request& what) {
  request_key out;
  out.owner = what.by.domain + "/" + what.by.agent;
  digest scope;
  scope.add(out.owner).add(what.model).add(as_text(what.schema));
  scope.add(std::to_string(what.max_output));
  scope.add(what.temperature ? std::to_string(*what.temperature) : std::string{});
  for (const auto& tool : what.tools)
    scope.add(tool.name).add(tool.description).add(as_text(tool.parameters));
  if (what.cache.spec.per_customer)
    scope.add(what.by.about ? what.by.about->who.id : std::string{});
  scope.add(what.cache.about);
  const bool by_question = !what.cache.question.empty();
  if (!by_question)
    add_conversation(scope, what);
  out.scope = scope.take();
  digest exact;
  exact.add(out.scope);
  if (by_question)
    exact.add(normal_question(what.cache.question));
  out.exact = exact.take();
  if (!may_mean_the_same(what.cache))
    return out;
  digest group;
  // Vectors of two spaces say nothing about each other, and entries outlive a changed classifier.
  out.group = group.add(out.scope).add(what.cache.vectors->space()).take();
  out.facts = facts_of(what.cache.question, what.cache.vectors.get());
  return out;
}

bool may_mean_the_same(const cache_use& use) {
  // Of a longer question vectors see the beginning only.
  return use.spec.mode == cache_mode::semantic && use.vectors && !use.question.empty() &&
         use.question.size() <= text::max_message_bytes;
}

bool answer_book::old(const entry& x, const cache_spec& how, std::int64_t now) {
  return now - x.made >= how.ttl.count();
}

void answer_book::touch(entry& x) {
  all_.splice(all_.begin(), all_, x.in_all);
  auto& used = owners_[x.key.owner].used;
  used.splice(used.begin(), used, x.in_owner);
}

void answer_book::drop(std::uint64_t id) {
  const auto hit = entries_.find(id);
  auto& x = hit->second;
  all_.erase(x.in_all);
  auto& mine = owners_[x.key.owner];
  mine.used.erase(x.in_owner);
  if (mine.used.empty())
    owners_.erase(x.key.owner);
  exact_.erase(x.key.exact);
  if (!x.key.at.empty())
    if (const auto where = groups_.find(x.key.group); where != groups_.end()) {
      where->second.near.remove(id);
      if (--where->second.count == 0)
        groups_.erase(where);
    }
  bytes_ -= x.bytes;
  entries_.erase(hit);
}

std::optional<answer_book::found> answer_book::find(const request_key& key, const cache_spec& how,
                                                    std::int64_t now) {
  const auto given = [&](entry& x, cache_hit as, double likeness) {
    touch(x);
    found out;
    out.reply = x.reply;
    out.reply.cached = as;
    out.reply.likeness = likeness;
    out.reply.spared = x.reply.used;
    out.reply.used = {};
    return out;
  };
  if (const auto hit = exact_.find(key.exact); hit != exact_.end()) {
    auto& x = entries_.at(hit->second);
    if (!old(x, how, now))
      return given(x, cache_hit::exact, 1);
    drop(hit->second);
  }
  if (key.at.empty())
    return std::nullopt;
  // Those that are too old are dropped on the way, so that they do not hide others; each time more
  // of them at once, because there may be thousands.
  bool hidden = true;
  for (auto most = candidates; hidden; most *= 2) {
    hidden = false;
    const auto where = groups_.find(key.group);
    if (where == groups_.end())
      break;
    std::size_t looked_at = 0;
    for (const auto& n : where->second.near.find(key.at, most)) {
      if (n.likeness < how.threshold)
        break;
      auto& x = entries_.at(n.id);
      if (old(x, how, now)) {
        drop(n.id);
        hidden = true;
      } else if (++looked_at <= candidates && may_be_same(x.key.facts, key.facts)) {
        return given(x, cache_hit::semantic, n.likeness);
      }
    }
    hidden = hidden && looked_at < candidates;
  }
  return std::nullopt;
}

void answer_book::put(const request_key& key, const cache_spec& how, const model_reply& reply,
                      std::int64_t now) {
  if (const auto same = exact_.find(key.exact); same != exact_.end())
    drop(same->second);
  const auto answer = bytes_of(reply);
  if (answer > answer_most)
    return;
  // A vector stands here, in the table of its group and in its graph, which keeps as much free.
  const auto bytes =
      answer + bytes_of(key.facts) + 4 * key.at.size() * sizeof(float) + sizeof(entry) + of_entry;
  const auto id = ++last_;
  auto& x = entries_[id];
  x.key = key;
  x.reply = reply;
  x.made = now;
  x.bytes = bytes;
  bytes_ += bytes;
  exact_[key.exact] = id;
  all_.push_front(id);
  x.in_all = all_.begin();
  auto& mine = owners_[key.owner].used;
  mine.push_front(id);
  x.in_owner = mine.begin();
  if (!key.at.empty()) {
    auto& alike = groups_[key.group];
    alike.near.add(id, key.at);
    ++alike.count;
  }
  while (mine.size() > how.max_entries)
    drop(mine.back());
  while (bytes_ > bytes_most_ && all_.size() > 1)
    drop(all_.back());
}

} // namespace troupe::cache
