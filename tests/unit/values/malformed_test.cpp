// Whatever the bytes are, decoding them gives a value or an error{bad_payload | signature_mismatch}.

#include "pactor/codec.hpp"
#include "pactor/detail/argument.hpp"
#include "pactor/detail/failure.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace pactor;
using namespace std::string_view_literals;

namespace {

struct shape {
  std::string name;
  std::vector<double> points;
  ndarray<float> image;
  MSGPACK_DEFINE_MAP(name, points, image)
};

std::vector<std::string> seeds() {
  const auto text = [](const detail::bytes& b) { return std::string{b.data(), b.size()}; };
  failure f;
  f.what = "what";
  f.engine = 3;
  const std::vector<std::pair<std::size_t, failure>> failures{{1, f}};
  return {text(encode(42)),
          text(encode(-2.5)),
          text(encode(std::string(300, 'a'))),
          text(encode(std::vector<double>{1, 2, 3})),
          text(encode(ndarray<std::int16_t>{{2, 3}})),
          text(encode(std::tuple{1, std::string{"x"}, std::vector<int>{1, 2}, true})),
          text(encode(std::map<std::string, std::vector<float>>{{"a", {1}}, {"b", {}}})),
          text(encode(shape{"n", {1, 2}, ndarray<float>{{2, 2}}})),
          text(encode(std::vector<std::string>(40, "word"))),
          text(detail::encode_failure(f)),
          text(detail::encode_partial(std::vector<double>{1}, failures))};
}

/// @return whether it was accepted; anything but an error of these two codes fails the test
template <class F>
bool tolerated(F&& read) {
  try {
    read();
    return true;
  } catch (const error& e) {
    const auto expected = e.code() == ec::bad_payload || e.code() == ec::signature_mismatch;
    CHECK_MESSAGE(expected, e.what());
    return false;
  }
}

std::size_t read_as_everything(std::string_view bytes) {
  // An exact allocation, so that a sanitizer sees the first byte that is read behind it.
  const auto own = detail::bytes::copy(bytes.data(), bytes.size());
  const auto* data = own.data();
  const auto size = bytes.size();
  std::size_t accepted = 0;
  accepted += tolerated([&] { static_cast<void>(encode(decode<value>(data, size))); });
  accepted += tolerated([&] { static_cast<void>(decode<value>(data, size).type_name()); });
  accepted += tolerated([&] { static_cast<void>(decode<double>(data, size)); });
  accepted += tolerated([&] { static_cast<void>(decode<std::string>(data, size)); });
  accepted += tolerated([&] { static_cast<void>(decode<std::vector<double>>(data, size)); });
  accepted += tolerated([&] { static_cast<void>(decode<ndarray<std::int16_t>>(data, size)); });
  accepted += tolerated([&] { static_cast<void>(decode<std::map<std::string, std::vector<float>>>(data, size)); });
  accepted += tolerated([&] { static_cast<void>(decode<std::vector<std::optional<std::string>>>(data, size)); });
  accepted += tolerated([&] { static_cast<void>(decode<shape>(data, size)); });
  accepted += tolerated([&] { static_cast<void>(detail::decode_failure(data, size)); });
  accepted += tolerated([&] { static_cast<void>(detail::decode_partial<double>(data, size)); });
  accepted += tolerated([&] {
    const detail::message m{data, size};
    detail::argument<std::span<const double>> span;
    span.load(m.root());
  });
  accepted += tolerated([&] {
    const detail::message m{data, size};
    detail::sequence<value> elements{m.root()};
    detail::argument<value> element;
    for (std::size_t i = 0; i < elements.size(); ++i) elements.load(i, element);
  });
  return accepted;
}

} // namespace

TEST_CASE("every beginning of a payload is refused") {
  for (const auto& seed : seeds())
    for (std::size_t size = 0; size < seed.size(); ++size)
      CHECK(read_as_everything(std::string_view{seed}.substr(0, size)) == 0);
}

TEST_CASE("mutated payloads are read or refused, never anything else") {
  std::mt19937 random{20'240'229}; // NOLINT(cert-msc51-cpp): the same payloads every time
  const auto pick = [&random](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random); };
  const auto all = seeds();
  std::size_t accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    auto bytes = all[pick(all.size())];
    for (auto changes = 1 + pick(4); changes > 0; --changes) {
      switch (pick(4)) {
      case 0:
        bytes[pick(bytes.size())] = static_cast<char>(pick(256));
        break;
      case 1:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(pick(bytes.size())), static_cast<char>(pick(256)));
        break;
      case 2:
        bytes.resize(1 + pick(bytes.size()));
        break;
      default:
        bytes += all[pick(all.size())].substr(0, 8);
        break;
      }
    }
    accepted += read_as_everything(bytes);
  }
  CHECK(accepted > 0);
}

TEST_CASE("random bytes are read or refused") {
  std::mt19937 random{7}; // NOLINT(cert-msc51-cpp): the same payloads every time
  std::uniform_int_distribution<int> byte{0, 255}, size{0, 64};
  for (int round = 0; round < 4000; ++round) {
    std::string bytes(static_cast<std::size_t>(size(random)), '\0');
    for (auto& b : bytes) b = static_cast<char>(byte(random));
    read_as_everything(bytes);
  }
}

TEST_CASE("sizes that the payload can't have are refused before anything is allocated") {
  CHECK(read_as_everything("\xdd\xff\xff\xff\xff"sv) == 0); // an array of 4 billion
  CHECK(read_as_everything("\xdd\x0f\xff\xff\xff\xc0"sv) == 0);
  CHECK(read_as_everything("\xdf\xff\xff\xff\xff"sv) == 0);     // a map
  CHECK(read_as_everything("\xdb\xff\xff\xff\xff"sv) == 0);     // a string
  CHECK(read_as_everything("\xc6\xff\xff\xff\xff"sv) == 0);     // a binary
  CHECK(read_as_everything("\xc9\xff\xff\xff\xff\x10"sv) == 0); // an ext
  std::string nested;
  for (int i = 0; i < 50; ++i) nested += "\xdd\x00\xff\xff\xff"sv;
  CHECK(read_as_everything(nested) == 0);
}

TEST_CASE("blocks with wrong heads are refused") {
  auto good = encode(std::vector<double>{1, 2});
  const std::string bytes{good.data(), good.size()};
  const auto broken = [&bytes](std::size_t at, char byte) {
    auto copy = bytes;
    copy[at] = byte;
    return copy;
  };
  constexpr std::size_t dtype_at = 6, rank_at = 7, lead_at = 8, shape_at = 10;
  CHECK(read_as_everything(broken(dtype_at, 0)) == 0);
  CHECK(read_as_everything(broken(dtype_at, 11)) == 0);
  CHECK(read_as_everything(broken(dtype_at, 1)) == 0); // too many bytes for that type
  CHECK(read_as_everything(broken(rank_at, 17)) == 0);
  CHECK(read_as_everything(broken(lead_at, 16)) == 0);
  CHECK(read_as_everything(broken(shape_at, 3)) == 0);
  CHECK(read_as_everything(broken(shape_at + 7, '\x80')) == 0); // 2^63 + 2 elements
}
