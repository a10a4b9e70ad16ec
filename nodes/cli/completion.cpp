#include "nodes/cli/completion.hpp"

#include <stdexcept>
#include <vector>

namespace troupe::cli {

namespace {

struct option_words {
  std::vector<std::string> names; ///< with their dashes
  std::string about;
  bool takes_value = false;
  std::vector<std::string> values; ///< when there is a fixed set of them
};

struct verb_words {
  std::string path; ///< `human list`
  std::string about;
  std::vector<option_words> options;
  std::vector<std::string> verbs;  ///< further verbs below this one
  std::vector<std::string> values; ///< of its first argument, when there is a fixed set of them
};

/// The words of an `IsMember` check, off the text that describes it: `{text,json}`.
std::vector<std::string> values_of(const CLI::Option& x) {
  std::vector<std::string> out;
  const auto text = x.get_type_name();
  const auto open = text.find('{');
  const auto close = text.find('}', open);
  if (open == std::string::npos || close == std::string::npos)
    return out;
  auto from = open + 1;
  while (from <= close) {
    const auto end = std::min(text.find(',', from), close);
    out.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

option_words words_of(const CLI::Option& x) {
  option_words out;
  for (const auto& name : x.get_lnames())
    out.names.push_back("--" + name);
  for (const auto& name : x.get_snames())
    out.names.push_back("-" + name);
  out.about = x.get_description();
  out.takes_value = x.get_expected_min() > 0 && x.get_type_size() > 0;
  out.values = values_of(x);
  return out;
}

void collect(std::vector<verb_words>& to, const CLI::App& app, const std::string& path) {
  verb_words out;
  out.path = path;
  out.about = app.get_description();
  for (const auto* o : app.get_options()) {
    if (!o->get_positional())
      out.options.push_back(words_of(*o));
    else if (out.values.empty())
      out.values = values_of(*o);
  }
  const auto inner = app.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* sub : inner)
    out.verbs.push_back(sub->get_name());
  to.push_back(std::move(out));
  for (const auto* sub : inner)
    collect(to, *sub, path.empty() ? sub->get_name() : path + " " + sub->get_name());
}

std::string with_blanks(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words)
    out += (out.empty() ? "" : " ") + w;
  return out;
}

std::string option_list(const verb_words& v) {
  std::string out;
  for (const auto& o : v.options)
    out += (out.empty() ? "" : " ") + with_blanks(o.names);
  return out;
}

/// `text` in single quotes, as all three shells take it.
std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

/// Which verb the words so far name: shared by bash and zsh, where `words` is the array of them.
std::string find_verb(const std::vector<verb_words>& all, const std::string& first) {
  std::string paths;
  for (const auto& v : all)
    if (!v.path.empty())
      paths += (paths.empty() ? "" : "|") + shell_quoted(v.path);
  return "  local verb='' i\n"
         "  for ((i = " +
         first +
         "; i < at; i++)); do\n"
         "    case \"${verb:+$verb }${words[i]}\" in\n"
         "      " +
         paths +
         ") verb=\"${verb:+$verb }${words[i]}\" ;;\n"
         "    esac\n"
         "  done\n";
}

/// The branches that say what may stand next; `give` writes one list of words in the shell's way.
template <class Give>
std::string branches(const std::vector<verb_words>& all, Give give, const std::string& files) {
  std::string out = "  case \"$verb:$before\" in\n";
  for (const auto& v : all)
    for (const auto& o : v.options)
      if (o.takes_value)
        for (const auto& name : o.names)
          out += "    " + shell_quoted(v.path + ":" + name) + ") " +
                 (o.values.empty() ? files : give(with_blanks(o.values))) + "; return ;;\n";
  out += "  esac\n  case \"$verb\" in\n";
  for (const auto& v : all) {
    const auto words = with_blanks(v.verbs.empty() ? v.values : v.verbs);
    out += "    " + shell_quoted(v.path) + ")\n      if [[ \"$current\" == -* ]]; then " +
           give(option_list(v)) + "; " + (words.empty() ? "else " + files : "else " + give(words)) +
           "; fi ;;\n";
  }
  return out + "  esac\n";
}

std::string for_bash(const std::vector<verb_words>& all) {
  return "# Completion of troupe for bash.\n"
         "_troupe() {\n"
         "  local words=(\"${COMP_WORDS[@]}\") at=$COMP_CWORD\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n" +
         find_verb(all, "1") +
         branches(
             all,
             [](const std::string& words) {
               return "COMPREPLY=($(compgen -W " + shell_quoted(words) + " -- \"$current\"))";
             },
             "COMPREPLY=($(compgen -f -- \"$current\"))") +
         "}\n"
         "complete -o filenames -F _troupe troupe\n";
}

std::string for_zsh(const std::vector<verb_words>& all) {
  return "#compdef troupe\n"
         "# Completion of troupe for zsh.\n"
         "_troupe() {\n"
         "  local at=$CURRENT\n"
         "  local current=\"${words[CURRENT]}\" before=\"${words[CURRENT-1]}\"\n" +
         find_verb(all, "2") +
         branches(
             all, [](const std::string& list) { return "compadd -- " + list; }, "_files") +
         "}\n"
         "if [[ \"$funcstack[1]\" == _troupe ]]; then _troupe \"$@\"; else compdef _troupe troupe; "
         "fi\n";
}

std::string for_fish(const std::vector<verb_words>& all) {
  std::string out = "# Completion of troupe for fish.\n";
  for (const auto& v : all) {
    std::string where = "__fish_use_subcommand";
    if (const auto blank = v.path.find(' '); blank != std::string::npos)
      where = "__fish_seen_subcommand_from " + v.path.substr(0, blank) +
              "; and __fish_seen_subcommand_from " + v.path.substr(blank + 1);
    else if (!v.path.empty())
      where = "__fish_seen_subcommand_from " + v.path;
    const auto line = [&](const std::string& rest) {
      out += "complete -c troupe -n " + shell_quoted(where) + " " + rest + "\n";
    };
    for (const auto& name : v.verbs)
      for (const auto& sub : all)
        if (sub.path == (v.path.empty() ? name : v.path + " " + name))
          line("-f -a " + name + " -d " + shell_quoted(sub.about));
    if (v.verbs.empty() && !v.values.empty())
      line("-f -a " + shell_quoted(with_blanks(v.values)));
    for (const auto& o : v.options) {
      std::string names;
      for (const auto& n : o.names)
        names += n.starts_with("--") ? " -l " + n.substr(2) : " -s " + n.substr(1);
      line(names.substr(1) + (o.takes_value ? " -r" : "") +
           (o.values.empty() ? "" : " -f -a " + shell_quoted(with_blanks(o.values))) + " -d " +
           shell_quoted(o.about));
    }
  }
  return out;
}

} // namespace

std::string completion_script(const CLI::App& program, const std::string& for_shell) {
  std::vector<verb_words> all;
  collect(all, program, "");
  if (for_shell == "bash")
    return for_bash(all);
  if (for_shell == "zsh")
    return for_zsh(all);
  if (for_shell == "fish")
    return for_fish(all);
  throw std::invalid_argument{"there is no completion for " + for_shell};
}

} // namespace troupe::cli
