#pragma once

#include "actors/journal_line.hpp"
#include "actors/raised_flag.hpp"
#include "actors/seat.hpp"

#include <troupe/caf.hpp>
#include <troupe/clock.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace troupe {

/// An orchestrator's way to the store. Hands what is to be stored to the journal, in batches that
/// come again until they are on disk; asks the store until it has answered, through however many
/// journals; and knows since when nothing can be stored. What becomes of the tasks meanwhile is the
/// orchestrator's.
class journal_port {
 public:
  /// Whoever waits for longer than this because of the store has waited too long.
  static constexpr milliseconds stored_within{5000};
  static constexpr milliseconds slow_commit{1000}; ///< nobody thinks anything of a quicker one

  /// `self` is told to `flush` and when to look (`tick`), for the first time when a batch has
  /// waited for `first_look`; `among`: where those are counted that cannot store.
  void begin(caf::event_based_actor* self, seat_ptr journal,
             std::shared_ptr<std::atomic<std::uint32_t>> among,
             milliseconds first_look = stored_within);

  // What is to be stored.
  /// Goes into the next batch, which is the one that the task in this slot waits for from now on.
  void store(store_write&& w, std::uint32_t slot, std::uint32_t generation);
  /// Likewise, and no task waits for it.
  void store(store_write&& w);
  /// The batch with the newest write of the task in this slot; 0: there is none.
  [[nodiscard]] std::uint64_t awaited(std::uint32_t slot) const;
  /// The task in this slot has heard that batch `number` is on disk.
  void reached(std::uint32_t slot, std::uint64_t number);
  /// The task in this slot is over.
  void forget(std::uint32_t slot) { awaited_.erase(slot); }

  /// What the store is asked has to be answered by a message of its own.
  void ask(timestamp now, std::function<void(troupe::store&)> what);

  // What the orchestrator is told.
  void flush(timestamp now);
  /// Batch `number` is on disk, or, if that is 0, the store answers: who had a stake in it.
  [[nodiscard]] journal_line::stakes stored(std::uint64_t number, timestamp now);
  /// Batch `number` could not be stored, or, if that is 0, something else could not be done.
  void failed(std::uint64_t number, timestamp now);
  /// `wait`: its successor does not sit there yet.
  void down(bool wait, timestamp now);
  /// The store has answered a question. Of what has failed, only its own answers count.
  void answered(timestamp now);

  // What the store keeps waiting.
  /// Nothing can be stored at the moment.
  [[nodiscard]] bool is_out() const noexcept { return out_.raised(); }
  /// Since when; `no_deadline`: it can.
  [[nodiscard]] timestamp out_since() const noexcept { return is_out() ? since_ : no_deadline; }
  /// Since when the oldest batch waits that was handed over.
  [[nodiscard]] timestamp unconfirmed_since() const noexcept { return line_.unconfirmed_since(); }
  /// It is time to look whether somebody has waited for too long, and somebody waits. Whoever is
  /// told so says with `looked` what he has found.
  [[nodiscard]] bool wants_look(timestamp now);
  void looked(bool too_long, timestamp now);

 private:
  /// A question to the store that has to be answered, through however many journals.
  struct open_ask {
    enum class state : std::uint8_t {
      open,
      answered,
      failed, ///< the store was full or busy: it has to be asked again
    };
    std::shared_ptr<std::atomic<state>> now;
    std::function<void(troupe::store&)> what;
  };

  void flush_later();
  void send_ask(const open_ask& x, timestamp now);
  void ask_again(timestamp now);
  /// Asks the store something, only to hear whether it answers.
  void probe(timestamp now);
  void show(timestamp now);
  void look_later(milliseconds wait, timestamp now);

  caf::event_based_actor* self_ = nullptr;
  seat_ptr journal_;
  journal_line line_;
  std::unordered_map<std::uint32_t, std::uint64_t>
      awaited_; ///< by slot: the batch with its newest write
  std::vector<open_ask> asks_;
  bool flushing_ = false;
  bool failing_ = false;
  bool lost_ = false;       ///< what the journal was asked has to be asked again
  bool ask_failed_ = false; ///< some of `asks_` have failed
  bool late_ = false;       ///< it has let somebody wait for too long, and not answered since
  bool probing_ = false;    ///< it has been asked whether it answers
  raised_flag out_;
  timestamp since_{};
  milliseconds first_look_ = stored_within;
  timestamp look_at_ = no_deadline;
};

} // namespace troupe
