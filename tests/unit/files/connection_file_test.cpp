#include "runtime/files/controller_file.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/unique_fd.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <unistd.h>

using namespace pactor;
using namespace pactor::test;
using files::connection_file;
using security::role;

namespace {

connection_file sample() {
  connection_file f;
  f.cluster_id = "a";
  f.profile = "default";
  f.hosts = {"10.0.0.1", "node.example"};
  f.port = 4711;
  f.nonce = "00112233445566778899aabbccddeeff";
  f.ca = f.certificate = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
  f.key = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n";
  return f;
}

/// The sample's JSON with one key changed or, for null, removed.
std::filesystem::path with(const scratch_directory& scratch, const std::string& key, const nlohmann::json& value) {
  sample().write(scratch.path() / "c.json");
  auto object = nlohmann::json::parse(files::read_file(scratch.path() / "c.json"));
  if (value.is_null())
    object.erase(key);
  else
    object[key] = value;
  return scratch.write("c.json", object.dump(2));
}

} // namespace

TEST_CASE("a connection file comes back as it was written, readable by its owner only") {
  const scratch_directory scratch;
  const auto file = scratch.path() / "c.json";
  sample().write(file);
  CHECK(mode_of(file) == 0600);
  CHECK(connection_file::read(file) == sample());
}

TEST_CASE("what only the controller needs is in its file, too") {
  const scratch_directory scratch;
  const auto file = scratch.path() / "c.json";
  files::controller_file all{sample(), "5ec5e7", {"00aa", "00bb"}, {}, {}, 7};
  all.common.role = role::controller;
  const auto until = std::chrono::system_clock::from_time_t(1'800'000'000);
  all.earlier = {{all.common.certificate, all.common.key, until}};
  all.replaced = {{all.common.ca, until}};
  all.write(file);
  CHECK(files::controller_file::read(file) == all);
  CHECK(connection_file::read(file, role::controller) == all.common);
  CHECK(mode_of(file) == 0600);
  const auto where = files::applied_revision::path_for(file);
  CHECK(files::applied_revision::read(where).revision == -1);
  files::applied_revision{7, 2}.write(where);
  CHECK(mode_of(where) == 0600);
  CHECK(files::applied_revision::read(where).revision == 7);
  CHECK(files::applied_revision::read(where).ended == 2);
}

TEST_CASE("what is said of a damaged connection file holds nothing of its key") {
  const scratch_directory scratch;
  const auto file = scratch.path() / "c.json";
  files::controller_file all{sample(), "5ec5e7", {}, {}, {}, 0};
  all.common.role = role::controller;
  all.common.key =
      "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIB\n-----END PRIVATE KEY-----\n";
  all.write(file);
  const auto whole = files::read_file(file);
  const auto key = whole.find("MIGHAgEA");
  REQUIRE(key != std::string::npos);
  for (const auto* damage : {"\n", "\"", "\\q", "\x01"}) {
    auto text = whole;
    text.insert(key + 40, damage);
    const auto [code, words] = error_of([&] { return files::controller_file::read(scratch.write("c.json", text)); });
    CHECK(code == ec::configuration);
    CHECK_MESSAGE(!contains(words, "MIGHAgEA"), words);
  }
}

TEST_CASE("a connection file that others may read is refused") {
  const scratch_directory scratch;
  const auto file = scratch.path() / "c.json";
  sample().write(file);
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  CHECK(error_of([&] { return connection_file::read(file); }).first == ec::configuration);
}

TEST_CASE("every key of a connection file is needed, with its type") {
  const scratch_directory scratch;
  for (const auto* key :
       {"version", "cluster_id", "profile", "hosts", "port", "nonce", "role", "ca", "certificate", "key"}) {
    for (const auto& value : {nlohmann::json{}, nlohmann::json{{"an", "object"}}}) {
      CAPTURE(key);
      const auto file = with(scratch, key, value);
      const auto [code, what] = error_of([&] { return connection_file::read(file); });
      CHECK(code == ec::configuration);
      CHECK(contains(what, std::string{"\""} + key + "\""));
      CHECK(what.starts_with(file.string() + ":"));
    }
  }
}

TEST_CASE("values that make no sense are refused") {
  const scratch_directory scratch;
  const auto code = [&](const char* key, const nlohmann::json& value) {
    const auto file = with(scratch, key, value);
    return error_of([&] { return connection_file::read(file); }).first;
  };
  CHECK(code("hosts", nlohmann::json::array()) == ec::configuration);
  CHECK(code("port", 65536) == ec::configuration);
  CHECK(code("port", -1) == ec::configuration);
  CHECK(code("role", "admin") == ec::configuration);
  CHECK(code("key", "secret") == ec::configuration);
  CHECK(code("version", 2) == ec::incompatible_version);
}

TEST_CASE("no file, and a controller that does not listen yet, mean that there is no cluster") {
  const scratch_directory scratch;
  const auto [code, what] = error_of([&] { return connection_file::read(scratch.path() / "none.json"); });
  CHECK(code == ec::not_running);
  CHECK(contains(what, "pactor start"));
  auto early = sample();
  early.port = 0;
  early.write(scratch.path() / "c.json");
  CHECK(error_of([&] { return connection_file::read(scratch.path() / "c.json"); }).first == ec::not_running);
  // The controller's own file asks for any port with 0.
  early.role = role::controller;
  early.write(scratch.path() / "c.json");
  CHECK(connection_file::read(scratch.path() / "c.json").port == 0);
}

TEST_CASE("a file for another role is refused") {
  const scratch_directory scratch;
  sample().write(scratch.path() / "c.json");
  CHECK(connection_file::read(scratch.path() / "c.json", role::client) == sample());
  const auto [code, what] = error_of([&] { return connection_file::read(scratch.path() / "c.json", role::node); });
  CHECK(code == ec::configuration);
  CHECK(contains(what, "is for the role client, not node"));
}

TEST_CASE("a connection file can come over a pipe, and nothing behind it is taken") {
  const scratch_directory scratch;
  auto file = sample();
  file.profile = R"(with } and \" in it)";
  file.role = role::node;
  auto pipe = process::make_pipe();
  const auto text = to_text(file) + "next";
  REQUIRE(::write(pipe.write.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  CHECK(connection_file::read_from(pipe.read.get(), role::node) == file);
  std::array<char, 16> rest{};
  CHECK(::read(pipe.read.get(), rest.data(), rest.size()) == 5); // the line's end, and "next"
  REQUIRE(::write(pipe.write.get(), text.data(), 100) == 100);
  pipe.write.reset();
  CHECK(error_of([&] { return connection_file::read_from(pipe.read.get(), role::node); }).first == ec::not_running);
}
