#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "src/links/certificates.hpp"

#include <fmt/chrono.h>

namespace troupe::cli {

namespace {

using links::certificate_facts;
using links::certificate_files;

using days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

/// Longer than any machine lives, and far from where times cannot be written.
constexpr long long most_days = 36500;

struct cert_settings {
  std::string file, node, authority, out;
  long long valid_days = 0;
};

timestamp now() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

std::string utc(timestamp t) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(t)));
}

json document_of(const certificate_facts& x) {
  const auto left = x.ends - now();
  return {{"subject", x.subject},
          {"issuer", x.issuer},
          {"nodes", x.names},
          {"authority", x.authority},
          {"begins", utc(x.begins)},
          {"ends", utc(x.ends)},
          {"days_left", std::chrono::floor<days>(left).count()},
          {"expired", left.count() <= 0},
          {"serial", x.serial},
          {"fingerprint_sha256", x.fingerprint}};
}

std::string text_of(const certificate_facts& x) {
  const auto left = x.ends - now();
  const auto whole = std::chrono::floor<days>(left).count();
  auto ends = utc(x.ends);
  if (left.count() <= 0)
    ends += ", expired";
  else
    ends += ", in " + std::to_string(whole) + (whole == 1 ? " day" : " days") +
            (left < links::expiry_warning ? ": make a new one" : "");
  std::string out;
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty())
      out += padded(name, 13) + plain(value) + "\n";
  };
  line("subject", x.subject);
  line("issuer", x.issuer);
  line("kind", x.authority ? "authority: signs nodes' certificates" : "node");
  std::string names;
  for (const auto& n : x.names)
    names += (names.empty() ? "" : " ") + n;
  line("nodes", names);
  line("begins", utc(x.begins));
  line("ends", ends);
  line("serial", x.serial);
  line("fingerprint", x.fingerprint);
  return out;
}

/// Says where the new files are; with `-o json` also what is in the certificate.
exit_code show_made(const shell& s, const certificate_files& made, const std::string& then) {
  const auto facts = links::read_certificate(made.certificate);
  if (s.as_json()) {
    auto out = document_of(facts);
    out["certificate_file"] = made.certificate.string();
    out["key_file"] = made.key.string();
    s.print(out);
  } else {
    s.print("certificate  " + made.certificate.string() + "\nkey          " + made.key.string() +
            "\nends         " + utc(facts.ends) + "\n" + then);
  }
  return exit_ok;
}

void check_days(long long x) {
  if (x < 1 || x > most_days)
    throw cli_error{exit_usage, "--days must be between 1 and " + std::to_string(most_days)};
}

std::chrono::hours hours_of(long long valid_days) {
  return std::chrono::hours{24 * valid_days};
}

CLI::Option* add_days(CLI::App& verb, const std::shared_ptr<cert_settings>& x) {
  return verb.add_option("--days", x->valid_days, "how long it is valid")->capture_default_str();
}

void add_authority(CLI::App& to, shell& s) {
  auto* verb =
      add_verb(to, "init", "Make a cluster's authority, which signs its nodes' certificates",
               "troupe certs init --out certs");
  const auto x = std::make_shared<cert_settings>();
  x->valid_days = 3650;
  verb->add_option("--out", x->out, "the folder; made if it is missing")->required();
  add_days(*verb, x);
  add_output(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      check_days(x->valid_days);
      const auto made = links::make_authority(x->out, now(), hours_of(x->valid_days));
      return show_made(s, made,
                       "keep the key away from the nodes: whoever has it can be any node\nnext:\n"
                       "  troupe certs node ID --ca " +
                           x->out + " --out FOLDER");
    };
  });
}

void add_node(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "node", "Make a node's key and certificate",
                        "troupe certs node n1 --ca certs --out n1\n"
                        "troupe certs node n1 --ca certs --out n1-renewed --days 90");
  const auto x = std::make_shared<cert_settings>();
  x->valid_days = 365;
  verb->add_option("ID", x->node, "the node's id: the only name in the certificate")->required();
  verb->add_option("--ca", x->authority, "the folder that certs init made")->required();
  verb->add_option("--out", x->out, "the folder; made if it is missing")->required();
  add_days(*verb, x);
  add_output(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      check_days(x->valid_days);
      const auto made = links::make_node_certificate(x->authority, x->node, x->out, now(),
                                                     hours_of(x->valid_days));
      return show_made(s, made,
                       "authority    " + links::authority_files(x->out).certificate.string() +
                           "\nbring these three files to node " + x->node);
    };
  });
}

void add_show(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "show", "Show what a certificate says, and when it ends",
                        "troupe certs show n1/n1.pem\n"
                        "troupe certs show n1/n1.pem -o json");
  const auto x = std::make_shared<cert_settings>();
  verb->add_option("FILE", x->file, "a certificate in PEM")->required();
  add_output(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      const auto facts = links::read_certificate(x->file);
      if (s.as_json())
        s.print(document_of(facts));
      else
        s.print(text_of(facts));
      return exit_ok;
    };
  });
}

} // namespace

void add_certs(CLI::App& to, shell& s) {
  auto* certs = add_verb(to, "certs", "Make and show the certificates of a cluster's nodes",
                         "troupe certs init --out certs\n"
                         "troupe certs node n1 --ca certs --out n1\n"
                         "troupe certs show n1/n1.pem");
  certs->require_subcommand(1);
  add_authority(*certs, s);
  add_node(*certs, s);
  add_show(*certs, s);
}

} // namespace troupe::cli
