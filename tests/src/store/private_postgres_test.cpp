#include "src/store/private_postgres.hpp"

#include "tests/src/store/postgres_kit.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe {
namespace private_postgres_cases {

using testing::HasSubstr;

private_postgres_settings in(const std::filesystem::path& folder) {
  private_postgres_settings out;
  out.folder = folder;
  out.start_timeout = milliseconds{30000};
  return out;
}

TEST(private_postgres, keeps_its_data_and_listens_on_its_socket_only) {
  open_folder folder;
  std::string address;
  {
    private_postgres p{in(folder.path("db"))};
    address = p.address();
    plain_connection c{address};
    c.sql("CREATE TABLE x AS SELECT 7 AS n");
    EXPECT_EQ(c.sql("SHOW listen_addresses"), "");
    EXPECT_EQ(c.sql("SHOW data_checksums"), "on");
    EXPECT_EQ(c.sql("SHOW fsync"), "on");
    struct stat file {};
    ASSERT_EQ(::stat(folder.path("db/password").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
    EXPECT_EQ(file.st_uid, ::geteuid());
  }
  EXPECT_EQ(PQping(address.c_str()), PQPING_NO_RESPONSE);
  private_postgres p{in(folder.path("db"))};
  EXPECT_EQ(p.address(), address);
  EXPECT_EQ(plain_connection{address}.sql("SELECT n FROM x"), "7");
}

TEST(private_postgres, lets_nobody_in_without_the_password) {
  open_folder folder;
  private_postgres p{in(folder.path("db"))};
  for (const std::string with : {" password=wrong", " passfile=/nowhere"}) {
    PGconn* c = PQconnectdb(
        ("host='" + p.socket().string() + "' user=troupe dbname=postgres" + with).c_str());
    EXPECT_EQ(PQstatus(c), CONNECTION_BAD);
    PQfinish(c);
  }
}

TEST(private_postgres, a_second_one_in_the_same_folder_is_refused) {
  open_folder folder;
  private_postgres p{in(folder.path("db"))};
  auto settings = in(folder.path("db"));
  settings.start_timeout = milliseconds{300};
  try {
    private_postgres again{settings};
    ADD_FAILURE() << "two servers on the same files";
  } catch (const store_error& e) {
    EXPECT_EQ(e.why(), store_error::kind::busy);
    EXPECT_THAT(e.what(), HasSubstr("runs in"));
  }
  EXPECT_EQ(plain_connection{p.address()}.sql("SELECT 1"), "1");
}

TEST(private_postgres, recovers_from_a_crash_and_a_pid_file_with_a_strangers_number) {
  open_folder folder;
  private_postgres p{in(folder.path("db"))};
  plain_connection{p.address()}.sql("CREATE TABLE x AS SELECT 7 AS n");
  p.kill();
  EXPECT_FALSE(p.running());
  {
    // As if the machine had been started anew and the number belonged to us now.
    std::ifstream in{p.data() / "postmaster.pid"};
    std::string first, rest;
    std::getline(in, first);
    rest.assign(std::istreambuf_iterator<char>{in}, {});
    in.close();
    std::ofstream{p.data() / "postmaster.pid"} << ::getppid() << '\n' << rest;
  }
  p.start();
  EXPECT_EQ(plain_connection{p.address()}.sql("SELECT n FROM x"), "7");
}

TEST(private_postgres, says_what_is_wrong) {
  open_folder folder;
  auto settings = in(folder.path("db"));
  settings.parameters = {{"no_such_parameter", "1"}};
  try {
    private_postgres p{settings};
    ADD_FAILURE() << "was started";
  } catch (const store_error& e) {
    EXPECT_EQ(e.why(), store_error::kind::io);
    EXPECT_THAT(e.what(), HasSubstr("no_such_parameter"));
  }
  settings.folder = folder.path(std::string(100, 'l'));
  EXPECT_THROW(private_postgres{settings}, store_error);
  EXPECT_THROW((void)private_postgres::program("no_such_program"), store_error);
}

} // namespace private_postgres_cases
} // namespace troupe
