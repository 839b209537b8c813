// What users' values, failures and jobs' announcements travel as.

#include "pactor/codec.hpp"
#include "pactor/detail/argument.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/detail/task_output.hpp"
#include "runtime/wire/sayings.hpp"
#include "tests/fuzz/script.hpp"
#include "tests/fuzz/targets.hpp"

#include <map>
#include <optional>
#include <tuple>

namespace pactor::fuzz {

namespace {

struct shape {
  std::string name;
  std::vector<double> points;
  ndarray<float> image;
  MSGPACK_DEFINE_MAP(name, points, image)
};

template <class T>
void decode_as(const detail::bytes& b) {
  tolerated([&] {
    const auto first = encode(decode<T>(b));
    static_cast<void>(decode<T>(first)); // what was decoded can be sent on
  });
}

} // namespace

void payload(std::string_view bytes) {
  script s{bytes};
  const auto which = s.byte();
  const auto own = bytes_of(s.rest());
  switch (which % 14) {
  case 0:
    tolerated([&] { static_cast<void>(decode<value>(own).type_name()); });
    return decode_as<value>(own);
  case 1:
    return decode_as<double>(own);
  case 2:
    return decode_as<std::int16_t>(own);
  case 3:
    return decode_as<std::vector<double>>(own);
  case 4:
    return decode_as<ndarray<std::int16_t>>(own);
  case 5:
    return decode_as<std::map<std::string, std::vector<float>>>(own);
  case 6:
    return decode_as<std::vector<std::optional<std::string>>>(own);
  case 7:
    return decode_as<shape>(own);
  case 8:
    return decode_as<std::tuple<int, std::string, std::array<std::uint8_t, 4>, std::vector<std::byte>>>(own);
  case 9:
    tolerated([&] { static_cast<void>(detail::encode_failure(detail::decode_failure(own.data(), own.size()))); });
    return;
  case 10:
    tolerated([&] { static_cast<void>(detail::decode_partial<double>(own.data(), own.size())); });
    return;
  case 11:
    tolerated([&] {
      const detail::message m{own.data(), own.size()};
      detail::argument<std::span<const double>> span;
      span.load(m.root());
      detail::sequence<value> elements{m.root()};
      detail::argument<value> element;
      for (std::size_t i = 0; i < elements.size(); ++i) elements.load(i, element);
    });
    return;
  case 12:
    if (const auto call = detail::read_call(own.data(), own.size())) {
      require(call->size <= own.size() && call->job.size() <= own.size(), "a call lies in its payload");
      tolerated([&] { static_cast<void>(decode<value>(call->arguments, call->size)); });
    }
    return;
  default:
    return decode_as<std::vector<std::vector<ndarray<double>>>>(own);
  }
}

inputs payload_seeds() {
  failure f;
  f.what = "what";
  f.engine = 3;
  const std::vector<std::pair<std::size_t, failure>> failures{{1, f}};
  std::string call(detail::call_head_size("power"), '\0');
  detail::write_call_head(call.data(), "power", detail::call_mode::map);
  const inputs bodies{
      text_of(encode(std::map<std::string, std::vector<float>>{{"a", {1}}, {"b", {}}})),
      text_of(encode(-2.5)),
      text_of(encode(42)),
      text_of(encode(std::vector<double>{1, 2, 3})),
      text_of(encode(ndarray<std::int16_t>{{2, 3}})),
      text_of(encode(std::map<std::string, std::vector<float>>{{"a", {1}}, {"b", {}}})),
      text_of(encode(std::vector<std::optional<std::string>>{"a", std::nullopt})),
      text_of(encode(shape{"n", {1, 2}, ndarray<float>{{2, 2}}})),
      text_of(encode(std::tuple{1, std::string{"x"}, std::array<std::uint8_t, 4>{}, std::vector<std::byte>(3)})),
      text_of(detail::encode_failure(f)),
      text_of(detail::encode_partial(std::vector<double>{1}, failures)),
      text_of(encode(std::vector<double>{1, 2, 3})),
      call + text_of(encode(std::tuple{1.5})),
      text_of(encode(std::vector<std::vector<ndarray<double>>>{{ndarray<double>{{1, 2}}}}))};
  inputs all;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    all.push_back(static_cast<char>(i) + bodies[i]);
    all.push_back('\0' + bodies[i]);
  }
  return all;
}

/// A batch; what tasks say in it is kept as a client keeps it.
void records(std::string_view bytes) {
  const auto own = bytes_of(bytes);
  const auto budget = std::make_shared<detail::output_budget>(0);
  detail::task_outputs outputs;
  std::size_t seen = 0;
  wire::for_each_record(own.data(), own.size(), [&](const wire::record& r, const char* at) {
    require(at + r.size <= own.data() + own.size(), "a payload lies in its batch");
    seen += sizeof r + wire::padded(r.size);
    const std::string_view text{at, r.size};
    if (const auto p = wire::read_published(text)) require(!p->name.empty(), "a published value has a name");
    if (const auto d = wire::read_displayed(text))
      require(d->head.offset + d->data.size() <= d->head.size, "a part lies in its item");
    if (!wire::is_output(r.kind)) return;
    detail::utterance u;
    u.kind = r.kind;
    u.engine = r.engine;
    u.losses = r.count;
    u.omitted = r.transfer;
    u.payload = {own, at, r.size};
    outputs.hear(r.id % 3, u, budget);
  });
  require(seen <= own.size(), "records do not overlap");
  static_cast<void>(outputs.displayed());
}

inputs records_seeds() {
  const auto of = [](wire::record_kind kind, const detail::bytes& b, std::uint64_t omitted = 0) {
    wire::batch all;
    wire::record r;
    r.kind = static_cast<std::uint16_t>(kind);
    r.size = static_cast<std::uint32_t>(b.size());
    r.transfer = omitted;
    r.count = 1;
    all.add(r, b.data());
    return text_of(all.take());
  };
  using wire::record_kind;
  const auto first = wire::write_displayed({0, 4, 9, 0, 6, 0}, "plot", "image/png", "abc");
  const auto second = wire::write_displayed({0, 0, 0, 0, 6, 3}, "", "", "def");
  return {of(record_kind::output, bytes_of("printed\n")) + of(record_kind::output, bytes_of("more"), 12),
          of(record_kind::published, wire::write_published("x", text_of(encode(42)))),
          of(record_kind::displayed, first) + of(record_kind::displayed, second),
          of(record_kind::task, bytes_of("call")), of(record_kind::failure, detail::encode_failure({}))};
}

} // namespace pactor::fuzz
