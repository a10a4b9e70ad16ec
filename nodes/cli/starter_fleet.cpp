#include "nodes/cli/starter_fleet.hpp"

namespace troupe::cli {

namespace {

std::string fleet_yaml(const std::string& name) {
  return "# A fleet: one folder per domain beside this file. Check it with `troupe validate`, run "
         "it\n"
         "# with `troupe dev`.\n"
         "fleet: " +
         name +
         "\n"
         "entry: desk              # the domain that takes tasks which name none\n"
         "shards: 2                # orchestrators per domain\n"
         "data: troupe-data        # tasks, sessions, logs and trained models; safe to delete\n"
         "door: {host: 127.0.0.1, port: 7420}\n"
         "humans:\n"
         "  people: {answer_timeout: 24h}   # `troupe human list` shows what waits for them\n";
}

constexpr auto domain_yaml = R"(# A domain: what one team owns.
domain: desk
description: Answers questions about opening hours and counts words.

# How free text is understood: the triage agent names the intent of a message, or of each part of it,
# and an intent leads to a skill of an agent.
understand:
  agent: triage
  unclear: human:people
  intents:
    opening_hours: {skill: hours.tell, priority: low}
    count_words: {skill: words.count}

# What may be kept in a conversation. Agents see the fields that they list under `reads`.
context:
  customer_id: string
)";

constexpr auto triage_yaml =
    R"(# Finds out what a message wants. Its model is trained from the examples when the node starts.
agent: triage
kind: triage
triage:
  model: desk.model
  examples: examples.tsv
)";

constexpr auto rules_yaml = R"(# Fixed answers: the first rule that matches gives its own.
agent: hours
description: Knows when we are open.
kind: rules
skills: [hours.tell]
rules:
  rules:
    - any: [sunday, weekend]
      text: "We are closed on Sundays, and open on Saturdays from 10:00 to 14:00."
    - text: "We are open Monday to Friday from 9:00 to 18:00."
)";

constexpr auto words_yaml =
    R"(# A program that stays running and speaks JSON, a line per call and a line per answer.
agent: words
description: Counts words.
kind: subprocess
skills: [words.count]
timeout: 5s
subprocess:
  command: [python3, workers/words.py]
  mode: worker
)";

constexpr auto words_py = R"("""Counts the words of a text: the smallest worker there is.

A call is a line of JSON on standard input; its members include "id", "skill", "text", "input" and
"context". The answer is a line on standard output with the same "id" and "text", "data" or both;
or with "error": {"reason": "...", "detail": "..."}.
"""

import json
import sys


def answer(call):
    text = call["text"]
    # "count the words: one two three" is about what stands behind the colon.
    counted = text.split(":", 1)[1] if ":" in text else text
    count = len(counted.split())
    return {"text": f"That is {count} word{'' if count == 1 else 's'}.", "data": {"words": count}, "confidence": 1.0}


for line in sys.stdin:
    call = json.loads(line)
    try:
        reply = answer(call)
    except Exception as problem:
        reply = {"error": {"reason": "crash", "detail": str(problem)}}
    print(json.dumps({"id": call["id"], **reply}), flush=True)
)";

// Few examples per intent are enough here; the rows labelled "oos" belong to none and teach
// caution.
constexpr auto examples_tsv = "intent\ttext\n"
                              "opening_hours\twhen are you open\n"
                              "opening_hours\twhat are your opening hours\n"
                              "opening_hours\tare you open on sunday\n"
                              "opening_hours\tdo you open at the weekend\n"
                              "opening_hours\tuntil what time is the shop open\n"
                              "opening_hours\twhen do you close today\n"
                              "opening_hours\tat what time do you open tomorrow\n"
                              "opening_hours\tis the shop open right now\n"
                              "opening_hours\tcan i come by on saturday, are you open\n"
                              "opening_hours\ttell me your hours please\n"
                              "opening_hours\tbusiness hours?\n"
                              "opening_hours\thow long are you open on friday\n"
                              "count_words\tcount the words: one two three\n"
                              "count_words\thow many words are in this text\n"
                              "count_words\tplease count the words of this sentence\n"
                              "count_words\tword count for: the quick brown fox\n"
                              "count_words\tcan you count words for me\n"
                              "count_words\tnumber of words in: hello there my friend\n"
                              "count_words\ti need a word count\n"
                              "count_words\tcount words: a b c d\n"
                              "count_words\thow many words does this have: good morning\n"
                              "count_words\ttell me how many words this is\n"
                              "count_words\twhat is the word count of this paragraph\n"
                              "count_words\tcount how many words i wrote\n"
                              "oos\twhat is the capital of france\n"
                              "oos\ttell me a joke\n"
                              "oos\tmy printer is on fire\n"
                              "oos\tplay some music\n"
                              "oos\thow tall is the eiffel tower\n"
                              "oos\ti want a refund\n"
                              "oos\tbook a flight to rome\n"
                              "oos\twhat is the weather like\n";

} // namespace

std::vector<starter_file> starter_fleet(const std::string& name) {
  return {{"fleet.yaml", fleet_yaml(name)},         {"desk/domain.yaml", domain_yaml},
          {"desk/agents/triage.yaml", triage_yaml}, {"desk/agents/hours.yaml", rules_yaml},
          {"desk/agents/words.yaml", words_yaml},   {"desk/examples.tsv", examples_tsv},
          {"workers/words.py", words_py},           {".gitignore", "troupe-data/\n"}};
}

} // namespace troupe::cli
