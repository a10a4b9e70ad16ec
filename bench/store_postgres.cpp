#include "bench/benches.hpp"
#include "bench/report.hpp"

#include "src/store/postgres_store.hpp"
#include "src/store/private_postgres.hpp"

#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <vector>

namespace troupe::bench {

namespace {

constexpr std::size_t body_bytes = 256;
constexpr int rounds = 7;
constexpr double round_seconds = 0.7;

/// A server in a folder of its own, with its own settings for durability: every commit is synced.
class server {
 public:
  server() {
    std::string pattern = (std::filesystem::temp_directory_path() / "troupe-bench-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw std::runtime_error{"no temporary folder"};
    folder_ = pattern;
    std::filesystem::permissions(folder_, std::filesystem::perms{0711});
    private_postgres_settings settings;
    settings.folder = folder_ / "db";
    process_ = std::make_unique<private_postgres>(std::move(settings));
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server() {
    process_.reset();
    std::error_code none;
    std::filesystem::remove_all(folder_, none);
  }
  [[nodiscard]] const std::string& address() const { return process_->address(); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<private_postgres> process_;
};

std::string id_of(std::uint64_t i) {
  char id[40];
  std::snprintf(id, sizeof id, "%012llx%014llx%02x",
                static_cast<unsigned long long>(1'700'000'000'000 + i / 20),
                static_cast<unsigned long long>(0x9E3779B97F4Aull * (i + 1) % (1ull << 56)),
                static_cast<unsigned>(i % 8));
  return id;
}

/// Ours: a batch opens its tasks and closes those of the batch before, as a node under load does.
class ours {
 public:
  explicit ours(const std::string& address) {
    postgres_settings settings;
    settings.address = address;
    store_ = open_postgres_store(settings);
    for (std::uint32_t shard = 0; shard < 8; ++shard)
      epochs_[shard] = store_->take_shard("support", shard);
  }
  void commit(std::size_t tasks) {
    std::vector<store_write> batch;
    batch.reserve(tasks * 2);
    for (std::size_t i = 0; i < tasks; ++i)
      batch.push_back(row(next_ + i, store_write::kind::open));
    for (auto i = ended_; i < next_; ++i)
      batch.push_back(row(i, store_write::kind::close));
    ended_ = next_;
    next_ += tasks;
    store_->apply(batch);
  }

 private:
  store_write row(std::uint64_t i, store_write::kind what) const {
    store_write w;
    w.what = what;
    w.id = id_of(i);
    w.domain = "support";
    w.shard = static_cast<std::uint32_t>(i % 8);
    w.epoch = epochs_[w.shard];
    w.state = what == store_write::kind::open ? task_state::submitted : task_state::completed;
    w.at = timestamp{milliseconds{1'700'000'000'000 + static_cast<std::int64_t>(i) / 20}};
    w.body.assign(body_bytes, 'x');
    return w;
  }
  std::unique_ptr<store> store_;
  std::array<std::uint64_t, 8> epochs_{};
  std::uint64_t next_ = 0;
  std::uint64_t ended_ = 0;
};

/// The floor: the same two rows of a task into two tables with the same keys, a prepared insert for
/// each, all of a batch in one pipeline between BEGIN and COMMIT. It knows no owners, no open tasks
/// and no repetitions.
class floor_writer {
 public:
  explicit floor_writer(const std::string& address)
      : c_(PQconnectdb(address.c_str()), PQfinish) {
    run("CREATE SCHEMA floor");
    run("SET search_path = floor");
    run("CREATE TABLE tasks(key int8, state int2, shard int8, created int8, id bytea, domain bytea,"
        " body bytea, PRIMARY KEY(key, id))");
    run("CREATE TABLE ends(key int8, state int2, at int8, id bytea, body bytea,"
        " PRIMARY KEY(key, id))");
    prepare("task", "INSERT INTO tasks VALUES($1::int8, 0, 1, $1::int8, $2::bytea, 'support',"
                    " $3::bytea)");
    prepare("end", "INSERT INTO ends VALUES($1::int8, 3, $1::int8, $2::bytea, $3::bytea)");
    prepare("begin", "BEGIN");
    prepare("commit", "COMMIT");
    PQsetnonblocking(c_.get(), 1);
    PQenterPipelineMode(c_.get());
  }
  void commit(std::size_t tasks) {
    send("begin", 0);
    std::size_t sent = 2;
    for (std::size_t i = 0; i < tasks; ++i, ++sent)
      send("task", next_ + i, 3);
    for (auto i = ended_; i < next_; ++i, ++sent)
      send("end", i, 3);
    ended_ = next_;
    next_ += tasks;
    send("commit", 0);
    PQpipelineSync(c_.get());
    while (PQflush(c_.get()) == 1)
      PQconsumeInput(c_.get());
    for (std::size_t i = 0; i < sent; ++i)
      while (PGresult* r = PQgetResult(c_.get())) {
        const bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
        PQclear(r);
        if (!good)
          throw std::runtime_error{PQerrorMessage(c_.get())};
      }
    PQclear(PQgetResult(c_.get()));
  }

 private:
  void run(const char* sql) { PQclear(PQexec(c_.get(), sql)); }
  void prepare(const char* name, const char* sql) {
    PGresult* r = PQprepare(c_.get(), name, sql, 0, nullptr);
    const bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    if (!good)
      throw std::runtime_error{PQerrorMessage(c_.get())};
  }
  void send(const char* name, std::uint64_t i, int count = 0) {
    char key[8];
    for (int k = 0; k < 8; ++k)
      key[k] = static_cast<char>(i >> (56 - 8 * k) & 0xFF);
    const auto id = id_of(i);
    const char* values[]{key, id.data(), body_.data()};
    const int lengths[]{8, static_cast<int>(id.size()), static_cast<int>(body_.size())};
    const int formats[]{1, 1, 1};
    PQsendQueryPrepared(c_.get(), name, count, values, lengths, formats, 1);
  }
  std::unique_ptr<PGconn, void (*)(PGconn*)> c_;
  std::string body_ = std::string(body_bytes, 'x');
  std::uint64_t next_ = 0;
  std::uint64_t ended_ = 0;
};

/// Tasks per second over one round.
template <class Writer>
double measure(Writer& w, std::size_t batch) {
  using clock = std::chrono::steady_clock;
  const auto began = clock::now();
  double took = 0;
  std::size_t done = 0;
  do {
    w.commit(batch);
    done += batch;
    took = std::chrono::duration<double>(clock::now() - began).count();
  } while (took < round_seconds);
  return static_cast<double>(done) / took;
}

} // namespace

void store_postgres() {
  const server where;
  ours mine{where.address()};
  floor_writer bare{where.address()};
  for (const std::size_t batch : {std::size_t{1}, std::size_t{64}, std::size_t{512}}) {
    mine.commit(batch);
    bare.commit(batch);
    std::vector<double> a, b;
    // In turns, so that whatever else the machine does hits both.
    for (int i = 0; i < rounds; ++i) {
      a.push_back(measure(mine, batch));
      b.push_back(measure(bare, batch));
    }
    report("store_postgres/" + std::to_string(batch), median(a), "tasks/s", median(b),
           "apply of batches of " + std::to_string(batch) +
               " tasks with two rows of 256 bytes, beside pipelined prepared inserts of the same "
               "rows; private server on a unix socket, synced commits, median of " +
               std::to_string(rounds) + " rounds in turns");
  }
}

} // namespace troupe::bench
