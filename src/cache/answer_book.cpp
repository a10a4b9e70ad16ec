#include "src/cache/answer_book.hpp"

#include "src/cache/model_cache.hpp"

#include <openssl/evp.h>

#include <array>
#include <utility>

namespace troupe::cache {

namespace {

constexpr std::size_t candidates = 8; ///< neighbours whose facts are looked at

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
  if (by_question) {
    exact.add(normal_question(what.cache.question));
    out.facts = facts_of(what.cache.question);
  }
  out.exact = exact.take();
  return out;
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
    if (const auto where = groups_.find(x.key.scope); where != groups_.end()) {
      where->second.near.remove(id);
      if (--where->second.count == 0)
        groups_.erase(where);
    }
  bytes_ -= x.bytes;
  entries_.erase(hit);
  ++dropped_;
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
  const auto where = key.at.empty() ? groups_.end() : groups_.find(key.scope);
  if (where == groups_.end())
    return std::nullopt;
  for (const auto& n : where->second.near.find(key.at, candidates)) {
    if (n.likeness < how.threshold)
      break;
    auto& x = entries_.at(n.id);
    if (!old(x, how, now) && may_be_same(x.key.facts, key.facts))
      return given(x, cache_hit::semantic, n.likeness);
  }
  return std::nullopt;
}

void answer_book::put(const request_key& key, const cache_spec& how, const model_reply& reply,
                      std::int64_t now) {
  if (const auto same = exact_.find(key.exact); same != exact_.end())
    drop(same->second);
  auto bytes = reply.text.size() + key.at.size() * sizeof(float) + sizeof(entry) + 256;
  for (const auto& call : reply.calls)
    bytes += call.name.size() + as_text(call.arguments).size();
  if (bytes > model_cache::answer_most)
    return;
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
    auto& alike = groups_[key.scope];
    alike.near.add(id, key.at);
    ++alike.count;
  }
  while (mine.size() > how.max_entries)
    drop(mine.back());
  while (bytes_ > bytes_most_ && all_.size() > 1)
    drop(all_.back());
}

} // namespace troupe::cache
