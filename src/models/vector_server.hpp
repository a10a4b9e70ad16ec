#pragma once

#include "src/text/sentence_vectors.hpp"
#include "src/tools/http.hpp"

#include <troupe/model.hpp>

#include <memory>
#include <string>

namespace troupe::models {

/// Sentence vectors from a server that speaks OpenAI's `/embeddings`. What it answers is checked
/// and bounded: other numbers of vectors or dimensions than were asked for count as no answer. Keys
/// appear nowhere.
[[nodiscard]] std::shared_ptr<const text::sentence_vectors>
make_vector_server(std::shared_ptr<tools::http_port> http, provider_spec provider,
                   std::string model);

inline constexpr std::size_t vector_dimensions_max = 8192;

} // namespace troupe::models
