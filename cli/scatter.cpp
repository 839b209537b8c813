#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <memory>

namespace pactor::cli {

namespace {

struct scatter_command {
  call_options call;
  std::string name;
  scatter_options how;
};

/// Numbers stay one array, so that jobs read their part in place.
async_result<void, shape::per_engine> start(const scatter_command& command, const direct_view& view, value sequence) {
  if (const auto* block = sequence.get_if<any_array>()) {
    if (block->type() == dtype::int64) return view.scatter(command.name, block->values<std::int64_t>(), command.how);
    return view.scatter(command.name, block->values<double>(), command.how);
  }
  const auto elements = detail::elements_of(std::move(sequence));
  return view.scatter(command.name, elements, command.how);
}

value read_sequence(const std::vector<std::string>& words) {
  if (words.size() != 1)
    throw exit_error{exit_status::usage, "give one sequence: a range such as 0:28, or a JSON list"};
  auto sequence = parse_argument(words[0]);
  if (!sequence.is_array() && !sequence.is_ndarray())
    throw exit_error{exit_status::usage, words[0] + " is no sequence: give a range such as 0:28, or a JSON list"};
  return sequence;
}

} // namespace

action declare_scatter(CLI::App& app, setting& around) {
  const auto command = std::make_shared<scatter_command>();
  app.add_option("NAME", command->name, "Name of the variable")->required();
  command->call.declare_direct(app, around);
  app.add_flag_callback(
      "--round-robin", [command] { command->how.distribution = distribution::round_robin; },
      "Deal the elements out in turn, not in contiguous parts");
  app.add_flag("--flatten", command->how.flatten, "Store a part of one element as that element");
  app.allow_extras(); // the parser would take [1,2] apart
  app.footer(
      "The sequence is a range such as 0:28 or 0:28:2, or a JSON list. The first parts are one element longer if\n"
      "the number does not divide: 0:10 on 4 engines are 3, 3, 2 and 2.");
  return [command, &app] {
    auto sequence = read_sequence(words_of(app));
    auto& call = command->call;
    const auto c = call.connect();
    const auto result = start(*command, c[targets{call.targets}].with(call.tasks()), std::move(sequence));
    if (call.leave(c, result)) return code(exit_status::done);
    call.wait_for(c, result, call.as_json);
    const auto entries = entries_of(result);
    return call.as_json ? print_json(entries) : print_nothing(entries);
  };
}

} // namespace pactor::cli
