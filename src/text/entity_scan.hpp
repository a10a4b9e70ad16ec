#pragma once

#include "src/text/entities.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

/// Scanners for typed values. Each looks at `text` from `at` on, which must be the first byte of a
/// word or of a sign before one ('#', '$', '+', '('), and gives the entity that begins there. Each
/// looks a bounded number of bytes ahead.
std::optional<entity> scan_email(std::string_view text, std::size_t at);
std::optional<entity> scan_date(std::string_view text, std::size_t at);
std::optional<entity> scan_money(std::string_view text, std::size_t at);
std::optional<entity> scan_phone(std::string_view text, std::size_t at);

/// "txn_8f3", "INV-0042", "sub_19", "ord-77", "#12345", and ids that begin as one of `known`, whose
/// prefixes are in lower case.
std::optional<entity> scan_marked_id(std::string_view text, std::size_t at,
                                     const std::vector<id_prefix>& known = {});

/// "order number 12345", "invoice no. 42": the entity is the number, which the word before it gives
/// its type; `at` is the word.
std::optional<entity> scan_named_id(std::string_view text, std::size_t at,
                                    const std::vector<id_prefix>& known = {});

bool is_letter(char c);
bool is_digit(char c);
/// A letter, a digit or a byte of a character beyond ASCII.
bool is_word_part(char c);
/// The word that begins at `at`, at most 40 bytes of it, ASCII letters in lower case; empty if none
/// does.
std::string lower_word(std::string_view text, std::size_t at);

} // namespace troupe::text
