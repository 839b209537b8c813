// Contiguous numbers travel as one aligned block, wherever they stand.

#include "pactor/codec.hpp"
#include "pactor/detail/argument.hpp"
#include "pactor/detail/encode_call.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

using namespace pactor;

namespace {

struct inner {
  int id = 0;
  std::vector<double> samples;
  MSGPACK_DEFINE(id, samples)
};
struct outer {
  std::string name;
  std::map<std::string, inner> parts;
  MSGPACK_DEFINE_MAP(name, parts)
};

/// How often `n` doubles 1, 2, ... lie in the buffer as they lie in memory, aligned.
template <class T>
std::size_t blocks_of(const detail::bytes& encoded, const std::vector<T>& v) {
  std::size_t count = 0;
  for (std::size_t at = 0; at + v.size() * sizeof(T) <= encoded.size(); at += 16)
    if (std::memcmp(encoded.data() + at, v.data(), v.size() * sizeof(T)) == 0) ++count;
  return count;
}

template <class P>
struct loaded {
  detail::message m;
  detail::argument<P> argument;
  explicit loaded(const detail::bytes& b) : m{b.data(), b.size()} { argument.load(m.root()); }
};

bool inside(const void* p, const detail::bytes& b) {
  return p >= b.data() && p < static_cast<const void*>(b.data() + b.size());
}

const std::vector<double> numbers{1.25, 2.5, 3.75, 5};

} // namespace

TEST_CASE("elements begin at a multiple of 16 whatever comes before them") {
  for (std::size_t before = 0; before < 40; ++before) {
    const auto encoded = encode(std::tuple{std::string(before, 'x'), numbers, numbers});
    CHECK(reinterpret_cast<std::uintptr_t>(encoded.data()) % 16 == 0);
    CHECK(blocks_of(encoded, numbers) == 2);
  }
}

TEST_CASE("arrays in structs, maps and values are blocks too") {
  CHECK(blocks_of(encode(inner{7, numbers}), numbers) == 1);
  CHECK(blocks_of(encode(outer{"n", {{"a", {1, numbers}}, {"b", {2, numbers}}}}), numbers) == 2);
  CHECK(blocks_of(encode(std::map<std::string, std::vector<double>>{{"k", numbers}}), numbers) == 1);
  CHECK(blocks_of(encode(value{value::array{"x", numbers}}), numbers) == 1);
  CHECK(blocks_of(encode(ndarray<double>{{2, 2}, numbers}), numbers) == 1);
  CHECK(blocks_of(encode(std::span<const double>{numbers}), numbers) == 1);
  CHECK(blocks_of(encode(std::array<double, 4>{1.25, 2.5, 3.75, 5}), numbers) == 1);
  const auto back = decode<outer>(encode(outer{"n", {{"a", {1, numbers}}}}));
  CHECK(back.parts.at("a").samples == numbers);
}

TEST_CASE("an array costs its elements and a few bytes") {
  CHECK(encode(std::vector<double>(1000)).size() <= 8000 + 40);
  CHECK(encode(std::vector<std::uint8_t>(1000)).size() <= 1000 + 5);
}

TEST_CASE("a span and a view read the payload in place") {
  const auto encoded = encode(numbers);
  loaded<std::span<const double>> span{encoded};
  CHECK(inside(span.argument.get().data(), encoded));
  CHECK(std::vector<double>(span.argument.get().begin(), span.argument.get().end()) == numbers);

  const auto matrix = encode(ndarray<double>{{2, 2}, numbers});
  loaded<const ndarray_view<double>&> view{matrix};
  CHECK(inside(view.argument.get().data(), matrix));
  CHECK(view.argument.get()(1, 0) == 3.75);

  const auto text = encode(std::string{"some text"});
  loaded<std::string_view> read{text};
  CHECK(inside(read.argument.get().data(), text));

  const auto raw = encode(std::vector<std::byte>(3));
  loaded<std::span<const std::byte>> bytes{raw};
  CHECK(inside(bytes.argument.get().data(), raw));
  loaded<std::span<const std::uint8_t>> octets{raw};
  CHECK(inside(octets.argument.get().data(), raw));
}

TEST_CASE("a span of another type, or of unaligned elements, is read from a copy") {
  const auto ints = encode(std::vector<int>{1, 2, 3});
  loaded<std::span<const double>> converted{ints};
  CHECK_FALSE(inside(converted.argument.get().data(), ints));
  CHECK(converted.argument.get()[2] == 3);

  const auto aligned = encode(numbers);
  auto shifted = detail::bytes::allocate(aligned.size() + 1);
  std::memcpy(shifted.data() + 1, aligned.data(), aligned.size());
  const detail::message m{shifted.data() + 1, aligned.size()};
  detail::argument<std::span<const double>> argument;
  argument.load(m.root());
  CHECK_FALSE(inside(argument.get().data(), shifted));
  CHECK(argument.get()[0] == 1.25);

  // A list of numbers, as the CLI's JSON becomes.
  loaded<std::span<const double>> listed{encode(value{value::array{1, 2.5}})};
  CHECK(listed.argument.get()[1] == 2.5);
  loaded<ndarray_view<double>> as_view{encode(value{value::array{1, 2.5}})};
  CHECK(as_view.argument.get().shape().size() == 1);
}

TEST_CASE("arrays are read from wherever they lie") {
  const std::vector<std::int16_t> small{1, -2, 3};
  const auto doubles = encode(numbers), shorts = encode(small);
  std::string memory(doubles.size() + 16, '\0');
  for (std::size_t at = 0; at < 16; ++at) {
    std::memcpy(memory.data() + at, doubles.data(), doubles.size());
    CHECK(decode<std::vector<double>>(memory.data() + at, doubles.size()) == numbers);
    std::memcpy(memory.data() + at, shorts.data(), shorts.size());
    CHECK(decode<std::vector<std::int16_t>>(memory.data() + at, shorts.size()) == small);
    CHECK(decode<std::vector<double>>(memory.data() + at, shorts.size()) == std::vector<double>{1, -2, 3});
  }
}

TEST_CASE("an ndarray needs as many values as its shape has elements") {
  CHECK_THROWS_AS((ndarray<int>{{2, 2}, {1, 2, 3}}), error);
  CHECK_THROWS_AS(ndarray<int>{std::vector<std::size_t>(max_rank + 1, 1)}, error);
  CHECK_THROWS_AS((ndarray<int>{{std::size_t{1} << 40, std::size_t{1} << 40}}), error);
  CHECK_THROWS_AS((decode<ndarray<int>>(encode(std::string{"x"}))), error);
}

TEST_CASE("the head of a call stands in front of aligned arguments") {
  for (const auto* name : {"f", "a.longer.name.of.a.job", ""}) {
    const auto call = detail::encode_call(name, detail::call_mode::map, numbers, 2);
    const auto view = detail::read_call(call.data, call.size);
    REQUIRE(view);
    CHECK(view->job == name);
    CHECK(view->mode == detail::call_mode::map);
    CHECK(reinterpret_cast<std::uintptr_t>(view->arguments) % 16 == 0);
    CHECK(decode<std::tuple<std::vector<double>, int>>(view->arguments, view->size) == std::tuple{numbers, 2});
    CHECK(blocks_of(call.own, numbers) == 1);
  }
}

TEST_CASE("a dynamic call is the same bytes as a typed one") {
  const std::vector<value> values{2.5, "x", numbers};
  const auto dynamic = detail::encode_call("job", detail::call_mode::apply, std::span<const value>{values});
  const auto typed = detail::encode_call("job", detail::call_mode::apply, 2.5, "x", numbers);
  CHECK(dynamic.text() == typed.text());
}

TEST_CASE("a call without arguments has an empty list of them") {
  const auto call = detail::encode_call("nop", detail::call_mode::apply);
  const auto view = detail::read_call(call.data, call.size);
  REQUIRE(view);
  CHECK(decode<value>(view->arguments, view->size) == value{value::array{}});
  CHECK_THROWS_AS(detail::encode_call(std::string(70'000, 'x'), detail::call_mode::apply), error);
}

TEST_CASE("a value of 4 GiB or more is an error, not a cut one") {
  // Nothing of it is read: the size alone decides.
  const char nothing = 0;
  const std::span<const char> huge{&nothing, std::size_t{1} << 32};
  detail::bytes_encoder out;
  detail::packer p{out};
  const std::size_t shape = huge.size();
  CHECK_THROWS_AS(out.write_block(dtype::int8, {&shape, 1}, huge.data(), huge.size()), error);
  CHECK_THROWS_AS(detail::write_binary(p, huge.data(), huge.size()), error);
  CHECK_THROWS_AS(detail::write_string(p, {huge.data(), huge.size()}), error);
}
