#include "nodes/cli/completion.hpp"
#include "nodes/cli/program.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

void add_completion(CLI::App& to, shell& s) {
  auto* verb =
      add_verb(to, "completion", "Print a script that completes troupe's verbs and options",
               "troupe completion bash > ~/.local/share/bash-completion/completions/troupe\n"
               "troupe completion zsh > ~/.zfunc/_troupe\n"
               "troupe completion fish > ~/.config/fish/completions/troupe.fish");
  const auto which = std::make_shared<std::string>();
  verb->add_option("SHELL", *which, "for which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add_output(*verb, s);
  verb->callback([&s, which] {
    s.run = [&s, which] {
      shell none{s.out, s.err};
      const auto script = completion_script(*make_program(none), *which);
      if (s.as_json())
        s.print(json{{"shell", *which}, {"script", script}});
      else
        s.print(script);
      return exit_ok;
    };
  });
}

} // namespace troupe::cli
