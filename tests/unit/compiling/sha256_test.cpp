#include "runtime/snippets/sha256.hpp"

#include <doctest/doctest.h>

#include <string>

using pactor::snippets::sha256;

namespace {

std::string of(std::string_view text) {
  sha256 hash;
  hash.add(text);
  return hash.hex();
}

} // namespace

TEST_CASE("SHA-256 gives what its standard says") {
  CHECK(of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("parts make no difference, fields do") {
  for (const std::size_t at : {1U, 55U, 56U, 63U, 64U, 65U, 128U}) {
    const std::string text(200, 'x');
    sha256 parts;
    parts.add(text.substr(0, at));
    parts.add(text.substr(at));
    CHECK(parts.hex() == of(text));
  }
  sha256 a, b;
  for (const auto* part : {"a", "bc"}) a.add_field(part);
  for (const auto* part : {"ab", "c"}) b.add_field(part);
  CHECK(a.hex() != b.hex());
}
