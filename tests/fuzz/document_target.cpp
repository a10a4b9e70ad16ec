// A document that is taken into a knowledge base, in each of its forms.
#include "src/knowledge/document.hpp"
#include "src/knowledge/html_text.hpp"
#include "tests/fuzz/target.hpp"

#include <utf8proc.h>

#include <string>

using namespace troupe;

namespace {

bool is_utf8(const std::string& text) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  utf8proc_int32_t point = 0;
  while (left > 0) {
    const auto n = utf8proc_iterate(at, left, &point);
    if (n <= 0)
      return false;
    at += n;
    left -= n;
  }
  return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  using knowledge::document_form;
  for (const auto form : {document_form::markdown, document_form::text, document_form::html})
    for (const auto& x : knowledge::passages_of("file", bytes, form)) {
      fuzz::demand(!x.text.empty(), "a passage says something");
      fuzz::demand(is_utf8(x.text) && is_utf8(x.heading), "what is not UTF-8 is left out");
    }
  return 0;
}
