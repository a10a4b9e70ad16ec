#include "nodes/sim/disk.hpp"

#include <string>

namespace troupe::sim {

namespace {

constexpr double written_in_doubt = 0.3;

std::string_view word_of(store_write::kind k) {
  switch (k) {
  case store_write::kind::open:
    return "open";
  case store_write::kind::append:
    return "append";
  case store_write::kind::close:
    return "close";
  case store_write::kind::session:
    return "session";
  case store_write::kind::effect:
    return "effect";
  case store_write::kind::audit:
    return "audit";
  case store_write::kind::key:
    return "key";
  case store_write::kind::version_used:
    return "version_used";
  case store_write::kind::version_left:
    return "version_left";
  case store_write::kind::key_revoked:
    return "key_revoked";
  case store_write::kind::spend:
    return "spend";
  }
  return "other";
}

class sim_store final : public store {
 public:
  explicit sim_store(disk& on)
      : disk_(on) {
    check();
    if (disk_.failing == store_error::kind::io)
      throw store_error{store_error::kind::io, "the disk is broken"};
  }

  void apply(std::span<const store_write> batch) override {
    check();
    if (disk_.failing) {
      if (disk_.doubtful && *disk_.failing == store_error::kind::io &&
          disk_.around.chance(written_in_doubt))
        write(batch);
      throw store_error{*disk_.failing, "the disk takes nothing at the moment"};
    }
    if (++disk_.writes == disk_.crash_at) {
      disk_.crashed = true;
      if (disk_.crash_applies)
        write(batch);
      throw store_error{store_error::kind::io, "the machine stops here"};
    }
    if (disk_.lies > 0) {
      --disk_.lies;
      return;
    }
    write(batch);
  }
  std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard) override {
    check();
    return disk_.kept->open_tasks(domain, shard);
  }
  std::optional<stored_task> task(std::string_view id) override {
    check();
    return disk_.kept->task(id);
  }
  std::optional<std::string> task_by_key(std::string_view domain, std::string_view key) override {
    check();
    return disk_.kept->task_by_key(domain, key);
  }
  std::vector<key_holder> claim_keys(std::string_view domain, std::uint32_t shard,
                                     std::uint64_t epoch,
                                     std::span<const key_claim> claims) override {
    check();
    if (disk_.failing)
      throw store_error{*disk_.failing, "the disk takes nothing at the moment"};
    return disk_.kept->claim_keys(domain, shard, epoch, claims);
  }
  void release_key(std::string_view domain, std::string_view key, std::string_view id) override {
    check();
    if (disk_.failing)
      throw store_error{*disk_.failing, "the disk takes nothing at the moment"};
    disk_.kept->release_key(domain, key, id);
  }
  std::optional<std::string> session(std::string_view domain, std::string_view id) override {
    check();
    return disk_.kept->session(domain, id);
  }
  std::vector<std::string> sessions(const session_filter& filter) override {
    check();
    return disk_.kept->sessions(filter);
  }
  std::uint64_t take_shard(std::string_view domain, std::uint32_t shard) override {
    check();
    if (disk_.failing)
      throw store_error{*disk_.failing, "the disk takes nothing at the moment"};
    const auto epoch = disk_.kept->take_shard(domain, shard);
    disk_.owners->owners[{std::string{domain}, shard, epoch}] = self();
    disk_.around.note("takes " + std::string{domain} + "#" + std::to_string(shard) + " epoch " +
                      std::to_string(epoch));
    return epoch;
  }
  std::vector<stored_effect> effects(const effect_filter& filter) override {
    check();
    return disk_.kept->effects(filter);
  }
  void keep_order(const standing_order& x) override {
    check();
    if (disk_.failing)
      throw store_error{*disk_.failing, "the disk takes nothing at the moment"};
    disk_.kept->keep_order(x);
  }
  std::vector<standing_order> orders() override {
    check();
    return disk_.kept->orders();
  }
  void keep_learned(std::span<const learned_row> rows) override {
    check();
    if (disk_.failing)
      throw store_error{*disk_.failing, "the disk takes nothing at the moment"};
    disk_.kept->keep_learned(rows);
  }
  std::vector<learned_row> learned() override {
    check();
    return disk_.kept->learned();
  }
  budget_table* budgets() override {
    check();
    if (disk_.failing)
      throw store_error{*disk_.failing, "the disk takes nothing at the moment"};
    return disk_.kept->budgets();
  }
  std::vector<cost_row> costs(const cost_query& query) override {
    check();
    return disk_.kept->costs(query);
  }
  std::vector<audit_row> audit(std::uint64_t after, std::size_t most) override {
    check();
    return disk_.kept->audit(after, most);
  }
  std::optional<std::vector<stored_key>> keys(std::uint64_t& mark) override {
    check();
    return disk_.kept->keys(mark);
  }
  std::uint64_t bytes() override {
    check();
    return disk_.kept->bytes();
  }
  std::vector<stored_task> tasks(const task_filter& filter) override {
    check();
    return disk_.kept->tasks(filter);
  }
  std::size_t prune(const prune_limits& limits, std::size_t most) override {
    check();
    return disk_.kept->prune(limits, most);
  }

 private:
  void check() const {
    if (disk_.crashed)
      throw store_error{store_error::kind::io, "the machine has stopped"};
  }
  void write(std::span<const store_write> batch) {
    if (disk_.unfenced) {
      std::vector<store_write> all{batch.begin(), batch.end()};
      for (auto& w : all)
        w.epoch = 0;
      disk_.kept->apply(all);
    } else {
      disk_.kept->apply(batch);
    }
    for (const auto& w : batch) {
      look_at_owner(w);
      disk_.around.note("disk " + std::string{word_of(w.what)} + " " + w.id + " " +
                        std::to_string(w.n) + " " + std::string{to_string(w.state)} + " " +
                        std::to_string(stable_hash(w.body)));
    }
  }
  [[nodiscard]] std::string self() const {
    return disk_.around.name() + " process " + std::to_string(disk_.process);
  }
  void look_at_owner(const store_write& w) {
    if (w.epoch == 0 || w.what == store_write::kind::audit)
      return;
    const auto& owners = disk_.owners->owners;
    const auto name = w.domain + "#" + std::to_string(w.shard);
    const auto say = [&](const std::string& what) {
      disk_.owners->broken.push_back(self() + " wrote to " + name + " under epoch " +
                                     std::to_string(w.epoch) + what);
    };
    if (const auto hit = owners.find({w.domain, w.shard, w.epoch});
        hit != owners.end() && hit->second != self())
      say(", which " + hit->second + " has taken");
    const auto newer = owners.upper_bound({w.domain, w.shard, w.epoch});
    if (newer != owners.end() && newer->first.domain == w.domain && newer->first.shard == w.shard)
      say(" after " + newer->second + " has taken the next one");
  }
  disk& disk_;
};

} // namespace

std::unique_ptr<store> open_store_on(disk& where) {
  return std::make_unique<sim_store>(where);
}

} // namespace troupe::sim
