#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::screens {

/// What a word stands for in attempts to take a model over. A word may stand for several things, so
/// these are bits.
enum concept_bit : std::uint64_t {
  c_ignore = 1ull << 0,     ///< ignore, forget, bypass, override
  c_prior = 1ull << 1,      ///< previous, above, so far, original
  c_rules = 1ull << 2,      ///< instructions, guidelines, prompt, restrictions
  c_hidden = 1ull << 3,     ///< system, hidden, internal, confidential
  c_reveal = 1ull << 4,     ///< reveal, print, repeat, translate
  c_secret = 1ull << 5,     ///< key, password, token, credentials
  c_persona = 1ull << 6,    ///< act as, pretend, role-play, simulate
  c_rank = 1ull << 7,       ///< system, developer, administrator, root
  c_model = 1ull << 8,      ///< assistant, model, chatbot, agent
  c_send = 1ull << 9,       ///< send, forward, upload, post
  c_outside = 1ull << 10,   ///< an address: URL, e-mail, webhook
  c_conceal = 1ull << 11,   ///< secretly, without mentioning, do not tell
  c_free = 1ull << 12,      ///< unrestricted, uncensored, jailbroken
  c_now = 1ull << 13,       ///< from now on, instead, henceforth
  c_you = 1ull << 14,       ///< you, your
  c_all = 1ull << 15,       ///< all, every, any
  c_not = 1ull << 16,       ///< not, never, without, stop
  c_tool = 1ull << 17,      ///< tool, function, command
  c_act = 1ull << 18,       ///< refund, transfer, delete, approve
  c_others = 1ull << 19,    ///< other customers, all users
  c_data = 1ull << 20,      ///< data, records, conversation, history
  c_reader = 1ull << 21,    ///< the user, the customer: from whom something is hidden
  c_new = 1ull << 22,       ///< new, updated, real, actual
  c_void = 1ull << 23,      ///< outdated, suspended, no longer valid
  c_follow = 1ull << 24,    ///< obey, follow, comply
  c_must = 1ull << 25,      ///< must, immediately, mandatory
  c_text = 1ull << 26,      ///< text, words, message: weak objects of revealing
  c_task = 1ull << 27,      ///< task, goal, mission, job
  c_safety = 1ull << 28,    ///< verification, check, confirmation, limit
  c_call = 1ull << 29,      ///< call, invoke, execute, use
  c_authority = 1ull << 30, ///< authorised, approved by, manager
  c_mode = 1ull << 31,      ///< mode, persona, character
  c_verbatim = 1ull << 32,  ///< verbatim, word for word, exactly
  c_opposite = 1ull << 33,  ///< opposite, reverse, contrary
  c_word = 1ull << 34,      ///< a common word of any language: the text is not gibberish
  c_encode = 1ull << 35,    ///< base64, rot13, hex: how something is to be hidden
  c_first = 1ull << 36,     ///< first, begin, start, initial
  c_ours = 1ull << 37,      ///< request, order, message, mail: what people may well want forgotten
  c_begin = 1ull << 38,     ///< begin your reply with, start with
  c_hypo = 1ull << 39,      ///< hypothetically, fictional, story, game
  c_told = 1ull << 40,      ///< told, said, given, learned, trained
  c_off = 1ull << 41,       ///< disable, skip, turn off: weak words of ignoring
  c_mine = 1ull << 42,      ///< my: what somebody says of his own things
  c_prompt = 1ull << 43,    ///< prompt, instructions: rules that only a model has
  c_spill = 1ull << 44,     ///< reveal, leak, repeat, print: strong words of revealing
  c_system = 1ull << 45,    ///< system prompt: what nobody but a model has
  c_said = 1ull << 46,      ///< said, written: weaker than told
};
using concepts = std::uint64_t;

/// A word of a text, folded, with what it stands for.
struct word {
  concepts means = 0;
  std::uint32_t at = 0; ///< place within the text; sentences lie a few places apart
};

/// What each word of folded `text` stands for; words that mean nothing here leave a gap. Words in
/// which letters were swapped, doubled or left out are recognised, and words without blanks between
/// them in scripts that have none.
[[nodiscard]] std::vector<word> read_words(std::string_view folded);

/// The share of letters of `folded` that belong to words everybody uses: how much it is language.
[[nodiscard]] double likeness(std::string_view folded);

/// By how many places in the alphabet its small letters may have to be moved on for at least that
/// share of them to belong to such words, mistakes aside: bit k stands for k places.
[[nodiscard]] std::uint32_t likely_shifts(std::string_view folded, double least);

/// What is found in a text without any blanks, `ignoreallprevious`: the known words in it.
[[nodiscard]] std::vector<word> read_joined(std::string_view letters);

} // namespace troupe::screens
