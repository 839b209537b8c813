// What of running a snippet is not compiled with it.

#include "pactor/detail/snippet.hpp"

namespace pactor::detail {

namespace {

void exited(int code) {
  if (code != 0) throw std::runtime_error{"main returned " + std::to_string(code)};
}

} // namespace

snippet_run::snippet_run(const pactor_call& call, encoder& out) : host_{*call.host}, out_{out} {}
snippet_run::~snippet_run() = default;

std::int32_t snippet_run::run(const pactor_call* call, pactor_sink* sink, inner steps, step bind, step body) noexcept {
  return into_sink(
      *sink,
      [=](encoder& out) {
        snippet_run r{*call, out};
        steps(r, *call->host, bind, body);
        r.finish();
        return PACTOR_RESULT;
      },
      [call](failure& f) {
        f.type = plain_type(f.type);
        f.job.assign(call->job, call->job_size);
        f.host = call->host->host_name;
        f.engine = call->host->engine;
        f.pid = call->host->pid;
      });
}

void snippet_run::program(int (*main)()) { exited(main()); }
void snippet_run::program(int (*main)(int, char**)) {
  std::string name = "pactor";
  std::array<char*, 2> arguments{name.data(), nullptr};
  exited(main(1, arguments.data()));
}
void snippet_run::program(int (*main)(int, const char**)) {
  std::array<const char*, 2> arguments{"pactor", nullptr};
  exited(main(1, arguments.data()));
}
void snippet_run::program(void (*main)()) { main(); }

void snippet_run::replace_variables() noexcept {
  for (auto& r : std::exchange(replacements_, {})) {
    if (host_.put(host_.state, r.name.data(), r.name.size(), &r.native)) continue;
    r.native.destroy(r.native.object);
    not_kept_ = "one of the variables";
  }
}

void snippet_run::head(bool has_result, std::string_view text, std::string_view type) {
  written_ = true;
  packer p{out_};
  p.pack_map(4);
  write(p, std::string_view{"has_result"});
  write(p, has_result);
  write(p, std::string_view{"text"});
  write_string(p, text);
  write(p, std::string_view{"type"});
  write_string(p, type);
  write(p, std::string_view{"value"});
}
void snippet_run::finish() {
  replace_variables();
  if (!not_kept_.empty()) throw error{ec::remote_error, "no memory to keep " + std::string{not_kept_}};
  if (written_) return;
  head(false, "", "");
  write_checked(out_, nullptr);
}

#define PACTOR_DEFINE_EVERYDAY(...)                                                                                    \
  template <>                                                                                                          \
  __VA_ARGS__& snippet_run::variable<__VA_ARGS__>(std::string_view name) {                                             \
    return any_variable<__VA_ARGS__>(name);                                                                            \
  }                                                                                                                    \
  template <>                                                                                                          \
  void snippet_run::write_result<__VA_ARGS__>(const __VA_ARGS__& v) {                                                  \
    write_any_result(v);                                                                                               \
  }                                                                                                                    \
  template <>                                                                                                          \
  pactor_native describe_object<__VA_ARGS__>(__VA_ARGS__ & object) noexcept {                                          \
    return describe_any_object(object);                                                                                \
  }                                                                                                                    \
  template <>                                                                                                          \
  __VA_ARGS__& put_moved<__VA_ARGS__>(const pactor_host& host, std::string_view name, __VA_ARGS__& v) {                \
    return put_object(host, name, std::make_unique<__VA_ARGS__>(std::move(v)));                                        \
  }
PACTOR_EVERYDAY_TYPES(PACTOR_DEFINE_EVERYDAY)
#undef PACTOR_DEFINE_EVERYDAY

} // namespace pactor::detail
