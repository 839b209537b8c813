#include "tests/unit/client/fake_session.hpp"

#include "runtime/wire/records.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace pactor::test {

namespace {

using wire::record_kind;

detail::outcome end_as(record_kind kind, int engine, detail::bytes payload) {
  using namespace std::chrono_literals;
  detail::outcome o;
  o.kind = static_cast<std::uint16_t>(kind);
  o.engine = engine;
  o.pid = engine < 0 ? 0 : 1000 + engine;
  o.started = detail::clock::now();
  o.completed = o.started + 10ms;
  o.received = o.started + 20ms;
  o.payload = std::move(payload);
  return o;
}

/// Results of one numeric type travel as one array, as those of a real worker do.
detail::bytes encode_elements(const std::vector<value>& results) {
  std::vector<double> numbers;
  for (const auto& v : results)
    if (const auto* d = v.get_if<double>()) numbers.push_back(*d);
  return numbers.size() == results.size() ? encode(numbers) : encode(results);
}

value pull(const fake_engine& e, const value& names) {
  const auto find = [&e](const std::string& name) {
    const auto x = e.variables.find(name);
    if (x == e.variables.end()) throw error{ec::missing_variable, "no variable " + name};
    return x->second;
  };
  if (const auto* name = names.get_if<std::string>()) return find(*name);
  value::array found;
  for (const auto& name : names.as<std::vector<std::string>>()) found.push_back(find(name));
  return found;
}

value push(fake_engine& e, const value& variables) {
  for (const auto& [name, x] : *variables.get_if<value::map>()) e.variables[name.as<std::string>()] = x;
  return nullptr;
}

value names(const fake_engine& e) {
  value::array all;
  for (const auto& [name, x] : e.variables) all.emplace_back(name);
  return all;
}

value erase(fake_engine& e, const value& variables) {
  std::size_t erased = 0;
  for (const auto& name : variables.as<std::vector<std::string>>()) erased += e.variables.erase(name);
  return erased;
}

} // namespace

fake_session::fake_session(int engines) {
  for (int i = 0; i < engines; ++i) add_engine(i);
  add_job("power10", "double(double)", [](auto&, auto args) { return std::pow(args[0].template as<double>(), 10); });
  add_job("engine_id", "int32()", [](auto& e, auto) { return e.id; });
  add_job("add", "int64(int64, int64)",
          [](auto&, auto args) { return args[0].template as<long>() + args[1].template as<long>(); });
  add_job("identity", "any(any)", [](auto&, auto args) { return args[0]; });
  add_job("nothing", "void()", [](auto&, auto) { return nullptr; });
  add_job("refuse_odd", "int64(int64)", [](auto&, auto args) {
    const auto x = args[0].template as<long>();
    if (x % 2 != 0) throw std::invalid_argument{std::to_string(x) + " is odd"};
    return x;
  });
  add_job("refuse_on_engine_1", "int32()", [](auto& e, auto) {
    if (e.id == 1) throw std::runtime_error{"not here"};
    return e.id;
  });
}

void fake_session::add_job(std::string name, std::string signature, function f) {
  jobs_.insert_or_assign(std::move(name), job{std::move(signature), std::move(f)});
}

std::vector<int> fake_session::ids() const {
  std::vector<int> all_ids;
  for (const auto& [id, engine] : engines_) all_ids.push_back(id);
  return all_ids;
}

bool fake_session::wait_for_engines(std::size_t n, std::chrono::milliseconds) { return engines_.size() >= n; }

std::optional<job_info> fake_session::find_job(const std::string& name) {
  ++catalogue_queries;
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return std::nullopt;
  return job_info{name, found->second.signature, "libfake.so"};
}

std::vector<job_info> fake_session::jobs() {
  std::vector<job_info> list;
  for (const auto& [name, j] : jobs_) list.push_back({name, j.signature, "libfake.so"});
  return list;
}

void fake_session::submit_direct(const std::shared_ptr<detail::call>& c, std::size_t first,
                                 const detail::slice& payload, std::span<const int> targets) {
  for (std::size_t i = 0; i < targets.size(); ++i) accept({c, first + i, targets[i], {}, payload});
}

void fake_session::submit_balanced(const std::shared_ptr<detail::call>& c, std::size_t index,
                                   const detail::slice& payload, std::span<const int> allowed) {
  accept({c, index, -1, {allowed.begin(), allowed.end()}, payload});
}

void fake_session::accept(submitted s) {
  const std::lock_guard lock{mutex_};
  s.tasks->ids[s.index] = next_id_++;
  seen.push_back(s);
  if (const auto* o = s.tasks->options()) seen.back().options = *o;
  waiting.push_back(std::move(s));
  if (!held_) run();
}

std::size_t fake_session::held_back() const {
  const std::lock_guard lock{mutex_};
  return waiting.size();
}

void fake_session::run() {
  const std::lock_guard lock{mutex_};
  while (!waiting.empty() && !engines_.empty()) run(0);
}

void fake_session::run(std::size_t which) {
  const std::lock_guard lock{mutex_};
  const auto s = waiting[which];
  waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(which));
  run(s);
}

void fake_session::fail(std::size_t which, const failure& f) {
  const std::lock_guard lock{mutex_};
  const auto s = waiting[which];
  waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(which));
  s.tasks->settle(s.index, end_as(record_kind::failure, f.engine, detail::encode_failure(f)));
}

void fake_session::run(const submitted& s) {
  auto engine = s.engine;
  if (engine < 0) {
    auto candidates = ids();
    if (!s.allowed.empty())
      std::erase_if(candidates, [&](int id) { return std::ranges::find(s.allowed, id) == s.allowed.end(); });
    engine = candidates[next_engine_++ % candidates.size()];
  }
  auto& e = engines_.at(engine);
  const auto call = detail::read_call(s.payload.data, s.payload.size).value();
  const std::string name{call.job};
  auto args = decode<std::vector<value>>(call.arguments, call.size);
  if (call.mode == detail::call_mode::map) {
    s.tasks->settle(s.index, run_map(name, e, std::move(args)));
    return;
  }
  try {
    s.tasks->settle(s.index, end_as(record_kind::result, engine, encode(run_one(name, e, args))));
  } catch (const std::exception& x) {
    s.tasks->settle(s.index, end_as(record_kind::failure, engine, detail::encode_failure(describe(x, name, engine))));
  }
}

value fake_session::run_one(const std::string& name, fake_engine& e, std::span<const value> args) {
  if (name == "pactor.push") return push(e, args[0]);
  if (name == "pactor.pull") return pull(e, args[0]);
  if (name == "pactor.clear") return e.variables.clear(), nullptr;
  if (name == "pactor.names") return names(e);
  if (name == "pactor.erase") return erase(e, args[0]);
  return jobs_.at(name).run(e, args);
}

detail::outcome fake_session::run_map(const std::string& name, fake_engine& e, std::vector<value> sequences) {
  std::vector<std::vector<value>> columns;
  for (auto& s : sequences) columns.push_back(detail::elements_of(std::move(s)));
  std::vector<value> results;
  detail::element_failures failures;
  for (std::size_t i = 0; i < columns.front().size(); ++i) {
    std::vector<value> args;
    for (const auto& column : columns) args.push_back(column[i]);
    try {
      results.push_back(run_one(name, e, args));
    } catch (const std::exception& x) {
      failures.emplace_back(i, describe(x, name, e.id));
    }
  }
  if (failures.empty()) return end_as(record_kind::result, e.id, encode_elements(results));
  return end_as(record_kind::partial, e.id, detail::encode_partial(results, failures));
}

failure fake_session::describe(const std::exception& e, const std::string& name, int engine) const {
  failure f;
  f.what = e.what();
  f.job = name;
  f.host = "fake";
  f.engine = engine;
  if (const auto* own = dynamic_cast<const error*>(&e))
    f.code = own->code();
  else
    f.type = dynamic_cast<const std::invalid_argument*>(&e) ? "std::invalid_argument" : "std::runtime_error";
  return f;
}

} // namespace pactor::test
