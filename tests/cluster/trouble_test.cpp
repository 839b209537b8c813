// Bad input of the commands that start and find clusters: files, ports, directories, words.

#include <nlohmann/json.hpp>

#include "tests/support/caught.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace pactor;
using namespace pactor::test;
using security::role;

namespace {

/// A port that someone else listens at.
class taken_port {
public:
  taken_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_.get(), 1) == 0);
    REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    number_ = std::to_string(ntohs(address.sin_port));
  }
  [[nodiscard]] const std::string& number() const { return number_; }

private:
  process::unique_fd fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string number_;
};

} // namespace

TEST_SUITE_BEGIN("trouble");

TEST_CASE("a port that is taken is named") {
  const pactor_home home;
  const taken_port port;
  for (const auto* daemonize : {"", "--daemonize"}) {
    std::vector<std::string> arguments{"start", "-n", "1", "--port", port.number()};
    if (*daemonize != '\0') arguments.emplace_back(daemonize);
    const auto started = home.pactor(arguments);
    CHECK(started.exit_code == 16);
    CHECK(contains(started.err, port.number()));
    CHECK(contains(started.err, "Address already in use"));
    CHECK(home.leftovers() == "");
  }
}

TEST_CASE("a directory that can't be written is named") {
  const temporary_directory place;
  write_file(place.path() / "file", "");
  // Also for root: nothing can be made below a file.
  const auto below = (place.path() / "file" / "pactor").string();
  for (const auto* daemonize : {"", "--daemonize"}) {
    std::vector<std::string> argv{PACTOR_TEST_PROGRAM, "start", "-n", "1"};
    if (*daemonize != '\0') argv.emplace_back(daemonize);
    const auto started = run(argv, {{"PACTOR_DIR", below}});
    CHECK(started.exit_code == 16);
    CHECK(contains(started.err, below));
    CHECK(contains(started.err, "Not a directory"));
  }
}

TEST_CASE("a connection file of another version is named, with what to do") {
  const temporary_cluster cluster{1};
  for (const auto role : {security::role::client, security::role::node}) {
    const auto file = cluster.connection_file(role);
    auto content = nlohmann::json::parse(content_of(file));
    content["version"] = content["version"].get<int>() + 1;
    write_file(file, content.dump());
    const auto result =
        role == security::role::client ? cluster.pactor({"apply", "hello"}) : cluster.pactor({"node", "-n", "1"});
    CHECK(result.exit_code == 15);
    CHECK(contains(result.err, file.string() + " has format version 2"));
    CHECK(contains(result.err, "use the pactor that started the cluster"));
    CHECK(result.out == "");
  }
  CHECK(cluster.pactor({"stop"}).exit_code == 0);
}

TEST_CASE("config show says what holds and where it comes from, config check what is wrong in a file") {
  const pactor_home home;
  const auto profile = home.profile().config_file();
  write_file(profile, "{\"hwm\": 7, \"port\": 1}");
  const auto cluster = profile.parent_path() / "lab.json";
  write_file(cluster, "{\"port\": 2}");
  const auto shown = home.pactor({"config", "show", "--json", "--config", cluster.string()});
  REQUIRE(shown.exit_code == 0);
  const auto options = nlohmann::json::parse(shown.out);
  CHECK(options.at("hwm") == nlohmann::json{{"value", 7}, {"from", profile.string() + ":1:2"}});
  CHECK(options.at("port") == nlohmann::json{{"value", 2}, {"from", cluster.string() + ":1:2"}});
  CHECK(options.at("engines").at("from") == "default");

  CHECK(home.pactor({"config", "check", cluster.string()}).exit_code == 0);
  write_file(cluster, "{\n\"prot\": 2,\n\"engines\": true}");
  const auto checked = home.pactor({"config", "check", cluster.string()});
  CHECK(checked.exit_code == 2);
  CHECK(contains(checked.err, "lab.json:2:1: unknown key \"prot\"; did you mean \"port\"?"));
  CHECK(contains(checked.err, "lab.json:3:1: \"engines\" must be a whole number"));
  // An error is never passed over.
  CHECK(home.pactor({"start", "--config", cluster.string()}).exit_code == 2);
}

TEST_CASE("what is wrong in a configuration file is said with file, line and key") {
  const pactor_home home;
  const auto file = home.profile().config_file();
  const auto complaint = [&](const std::string& text) {
    write_file(file, text);
    const auto started = home.pactor({"start"});
    CHECK(started.exit_code == 2);
    CHECK(contains(started.err, file.string() + ":"));
    return started.err;
  };
  CHECK(contains(complaint("{\n  \"engines\": 2,\n  oops\n}\n"), "config.json:3:"));
  CHECK(contains(complaint("{\n  \"engines\": \"two\"\n}\n"), "config.json:2:"));
  CHECK(contains(complaint("{\n\n\n  \"engins\": 2\n}\n"), "config.json:4:"));
  CHECK(contains(complaint("{\"engins\": 2}"), "engines")); // the near name
  CHECK(contains(complaint("{\"engines\": -1}"), "engines"));
  CHECK(contains(complaint("[]"), "config.json:1:"));
  complaint("");
  CHECK(home.leftovers() == "");
}

TEST_CASE("the command line overrides the configuration file") {
  const pactor_home home;
  write_file(home.profile().config_file(), "{\"engines\": 3} // three\n");
  REQUIRE(home.pactor({"start", "-n", "1", "--daemonize"}).exit_code == 0);
  CHECK(home.pids("worker").size() == 1);
  REQUIRE(home.pactor({"stop"}).exit_code == 0);
  REQUIRE(home.pactor({"start", "--daemonize"}).exit_code == 0);
  CHECK(home.pids("worker").size() == 3);
}

TEST_CASE("what is wrong in a connection file is said with file and line") {
  const temporary_cluster cluster{1};
  const auto file = cluster.connection_file(role::client);
  const auto good = content_of(file);
  const auto complaint = [&](const std::string& text) {
    write_file(file, text);
    const auto asked = cluster.pactor({"status"});
    CHECK(asked.exit_code == 2);
    CHECK(contains(asked.err, file.string() + ":"));
    return asked.err;
  };
  CHECK(contains(complaint("{\n\n  garbage\n}"), "pactor-client.json:3:"));
  complaint("");
  complaint("{}");
  complaint(good.substr(0, good.size() / 2));
  auto wrong_port = good;
  const auto at = wrong_port.find("\"port\"");
  REQUIRE(at != wrong_port.npos);
  wrong_port.replace(wrong_port.find(':', at) + 1, wrong_port.find_first_of(",\n}", at) - wrong_port.find(':', at) - 1,
                     " \"high\"");
  CHECK(contains(complaint(wrong_port), "port"));
  // A client finds the same fault.
  CHECK_THROWS_AS(cluster.client(), const error&);

  std::filesystem::remove(file);
  const auto none = cluster.pactor({"status"});
  CHECK(none.exit_code == 12);
  CHECK(contains(none.err, "is starting, or its connection file was removed: " + file.string()));

  write_file(file, good);
  CHECK(cluster.pactor({"status"}).exit_code == 0);
  ::chmod(file.c_str(), 0644);
  const auto exposed = cluster.pactor({"status"});
  CHECK(exposed.exit_code == 2);
  CHECK(contains(exposed.err, file.string()));
}

TEST_CASE("a connection file of a controller that is gone") {
  const pactor_home home;
  std::string copy;
  {
    const temporary_cluster cluster{1};
    copy = content_of(cluster.connection_file(role::client));
  }
  write_file(home.connection_file(role::client), copy);
  const auto asked = home.pactor({"status"});
  CHECK(asked.exit_code == 12);
  CHECK(contains(asked.err, "127.0.0.1:"));
}

TEST_CASE("of several addresses each tells why it is not the controller's") {
  const pactor_home home;
  nlohmann::json file;
  {
    const temporary_cluster cluster{1};
    file = nlohmann::json::parse(content_of(cluster.connection_file(role::client)));
  }
  file["hosts"] = {"no-such-host.invalid", "127.0.0.1"};
  write_file(home.connection_file(role::client), file.dump());
  const auto asked = home.pactor({"status"});
  CHECK(asked.exit_code == 12);
  CHECK(contains(asked.err, "the name no-such-host.invalid is not known here"));
  CHECK(contains(asked.err, "Connection refused"));
}

TEST_CASE("output that can't be written is an error, one that nobody reads any more is none") {
  const temporary_cluster cluster{1};
  const auto shell = [&](const std::string& words) {
    return run({"/bin/sh", "-c", words, PACTOR_TEST_PROGRAM}, {{"PACTOR_DIR", cluster.directory().string()}});
  };
  const auto full = shell("exec \"$0\" engines >/dev/full");
  CHECK(full.exit_code == 16);
  CHECK(contains(full.err, "standard output can't be written"));
  CHECK(shell("\"$0\" engines | true").err == "");
}

TEST_CASE("words that make no sense are refused with what may have been meant") {
  const pactor_home home;
  const auto refuse = [&](const std::vector<std::string>& words) {
    const auto result = home.pactor(words);
    CHECK(result.exit_code == 2);
    CHECK(result.out == "");
    return result.err;
  };
  CHECK(contains(refuse({"strat"}), "did you mean start?"));
  CHECK(contains(refuse({"start", "--engins", "3"}), "--engines"));
  CHECK(contains(refuse({}), "start"));
  refuse({"start", "-n", "0"});
  refuse({"start", "-n", "many"});
  refuse({"start", "--port", "99999"});
  refuse({"start", "--jobs", "/there/is/no/such/directory"});
  refuse({"start", "--config", "/there/is/no/such/file"});
  refuse({"start", "--profile", "../elsewhere"});
  refuse({"start", "--cluster-id", "a/b"});
  refuse({"stop", "now"});
  refuse({"apply"});
  CHECK(home.leftovers() == "");
  CHECK(home.pactor({"--help"}).exit_code == 0);
  CHECK(contains(home.pactor({"--version"}).out, "pactor 0.1.0"));
}

TEST_CASE("a node without its connection file, and one that is for clients, is told so") {
  const temporary_cluster cluster{1};
  const pactor_home elsewhere;
  CHECK(elsewhere.pactor({"node", "-n", "1", "--timeout", "2"}).exit_code == 12);
  const auto none = elsewhere.pactor({"node", "-n", "1", "--connection", "/no/such.json"});
  CHECK(none.exit_code == 2);
  CHECK(contains(none.err, "--connection: File does not exist: /no/such.json (see"));
  const auto wrong = elsewhere.pactor({"node", "-n", "1", "--connection", cluster.connection_file(role::client)});
  CHECK(wrong.exit_code == 2);
  CHECK(contains(wrong.err, "client"));
  CHECK(cluster.client().size() == 1);
}

TEST_SUITE_END();
