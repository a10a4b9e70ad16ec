#pragma once

#include "src/config/shape.hpp"

#include <troupe/enum_names.hpp>

#include <limits>

// Short spellings for the tables of keys (keys_*.cpp).
namespace troupe::config::make {

inline constexpr double ms = 1, second = 1000, minute = 60 * second, hour = 60 * minute,
                        day = 24 * hour;

inline shape text(text_rule rule = text_rule::free) {
  shape s;
  s.rule = rule;
  return s;
}

inline shape between(value_kind kind, double least, double most) {
  shape s;
  s.kind = kind;
  s.least = least;
  s.most = most;
  return s;
}

inline shape integer(double least, double most) {
  return between(value_kind::integer, least, most);
}
inline shape number() {
  return between(value_kind::number, -std::numeric_limits<double>::max(),
                 std::numeric_limits<double>::max());
}
inline shape number(double least, double most) {
  return between(value_kind::number, least, most);
}
inline shape size(double least, double most) {
  return between(value_kind::size, least, most);
}
inline shape duration(double least = 1 * ms, double most = 365 * day) {
  return between(value_kind::duration, least, most);
}

inline shape plain(value_kind kind) {
  shape s;
  s.kind = kind;
  return s;
}

inline shape truth() {
  return plain(value_kind::truth);
}
inline shape always_true() {
  return between(value_kind::truth, 1, 1);
}
inline shape any() {
  return plain(value_kind::any);
}
inline shape object() {
  return plain(value_kind::object);
}

inline shape one_of(std::vector<std::string_view> words) {
  auto s = plain(value_kind::word);
  s.words = std::move(words);
  return s;
}

template <named_enum E>
shape word() {
  return one_of({enum_names<E>::value.begin(), enum_names<E>::value.end()});
}

inline shape list(shape item, double least = 0) {
  auto s = plain(value_kind::list);
  s.least = least;
  s.item = std::make_shared<const shape>(std::move(item));
  return s;
}

inline shape map(text_rule keys, shape item) {
  auto s = plain(value_kind::map);
  s.rule = keys;
  s.item = std::make_shared<const shape>(std::move(item));
  return s;
}

inline shape fields(const record& (*keys)()) {
  auto s = plain(value_kind::fields);
  s.keys = keys;
  return s;
}

/// A map, or the short form in its place.
inline shape fields_or(const record& (*keys)(), shape short_form) {
  auto s = fields(keys);
  s.short_form = std::make_shared<const shape>(std::move(short_form));
  return s;
}

} // namespace troupe::config::make
