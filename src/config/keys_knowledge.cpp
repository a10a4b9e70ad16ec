#include "src/config/make_shape.hpp"

#include <troupe/cache.hpp>
#include <troupe/knowledge.hpp>

namespace troupe::config {

using namespace make;

const record& collection_keys() {
  static const record r{
      "collection",
      "Documents that agents of the domain answer from: Markdown, text and HTML. `NAME: [PATH]` is "
      "short for `NAME: {files: [PATH]}`.",
      {{"files",
        list(text(text_rule::filled), 1),
        "files and folders, relative to the domain's folder and within the fleet's",
        {},
        true}}};
  return r;
}

const record& knowledge_keys() {
  static const record r{
      "knowledge",
      "Which documents an agent answers from. `[NAME]` is short for `{collections: [NAME]}`.",
      {{"collections",
        list(text(text_rule::name), 1),
        "collections of its domain; it is never shown others",
        {},
        true},
       {"passages", integer(1, 20), "at most so many passages for a request",
        "4; 2 for kind knowledge"},
       {"least", number(0, 1),
        "a passage that holds less of the question, each word by its rarity, is no finding", "0.5"},
       {"use", one_of({"prompt", "tool", "both"}),
        "kind llm: passages are put beside the request, or the model searches with a tool",
        "prompt"},
       {"nothing", text(text_rule::filled), "kind knowledge: said when nothing is found",
        "a sentence of the house's"}}};
  return r;
}

const record& cache_keys() {
  static const record r{
      "cache",
      "Answers of models that are given again. What an agent does not say its domain says, and "
      "what that does not say the fleet. Only for agents without effects.",
      {{"mode", word<cache_mode>(),
        "`exact`: to the same conversation; `semantic`: also to a question that means the same",
        "off"},
       {"ttl", duration(1 * second, 30 * day), "no answer is given again when it is older", "1h"},
       {"threshold", number(0.5, 1), "cosine from which on two questions may mean the same",
        "0.75"},
       {"max", integer(1, 1e6),
        "answers that a node keeps for an agent; the one that was not used "
        "for longest goes",
        "10000"},
       {"per_customer", truth(), "nobody gets what another customer was answered", "false"}}};
  return r;
}

const record& vectors_keys() {
  static const record r{
      "vectors",
      "A server of sentence vectors, in place of those that nodes learn by themselves.",
      {{"provider",
        text(text_rule::name),
        "one of `providers` that speaks `openai`: it is asked at `/embeddings`",
        {},
        true},
       {"model", text(text_rule::filled), "by which its provider knows it", {}, true}}};
  return r;
}

} // namespace troupe::config
