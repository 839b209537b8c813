#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/results.hpp"

#include <algorithm>
#include <memory>

namespace pactor::cli {

namespace {

struct map_command {
  call_options call;
  std::string job;
  std::size_t chunksize = 0;
  bool show_engines = false;
  bool unordered = false;
};

using map_result = async_result<value, shape::mapped>;

/// Starts a map of sequences of any type.
map_result start(const map_command& command, const client& c, auto&... sequences) {
  if (!command.call.balanced)
    return c[targets{command.call.targets}].with(command.call.tasks()).map_async(command.job, sequences...);
  const auto view = c.load_balanced_view(command.call.targets);
  return view.with({.chunksize = command.chunksize, .ordered = !command.unordered})
      .with(command.call.tasks())
      .map_async(command.job, sequences...);
}

/// Numbers and texts keep their type, so that a misfit is found before anything is sent.
map_result start_one(const map_command& command, const client& c, value sequence) {
  if (const auto* block = sequence.get_if<any_array>()) {
    if (block->type() == dtype::int64) {
      const auto numbers = block->values<std::int64_t>();
      return start(command, c, numbers);
    }
    const auto numbers = block->values<double>();
    return start(command, c, numbers);
  }
  const auto elements = detail::elements_of(std::move(sequence));
  if (!elements.empty() && std::ranges::all_of(elements, &value::is_string)) {
    std::vector<std::string> texts;
    texts.reserve(elements.size());
    for (const auto& e : elements) texts.push_back(*e.get_if<std::string>());
    return start(command, c, texts);
  }
  return start(command, c, elements);
}

map_result start_all(const map_command& command, const client& c, std::vector<value> sequences) {
  if (sequences.size() == 1) return start_one(command, c, std::move(sequences[0]));
  std::vector<std::vector<value>> lists;
  lists.reserve(sequences.size());
  for (auto& s : sequences) lists.push_back(detail::elements_of(std::move(s)));
  if (lists.size() == 2) return start(command, c, lists[0], lists[1]);
  return start(command, c, lists[0], lists[1], lists[2]);
}

std::vector<value> read_sequences(const std::vector<std::string>& words) {
  std::vector<value> sequences;
  for (const auto& word : words) {
    sequences.push_back(parse_argument(word));
    if (!sequences.back().is_array() && !sequences.back().is_ndarray())
      throw exit_error{exit_status::usage, word + " is no sequence: give a range such as 0:7, or a JSON list"};
  }
  if (sequences.empty() || sequences.size() > 3)
    throw exit_error{exit_status::usage, "give one to three sequences, one for each parameter of the job"};
  return sequences;
}

struct answer {
  std::vector<entry> entries; ///< one an element
  std::vector<saved_item> displayed;
};

/// Iterating over results as they came raises each failure in its place.
entry element_at(const map_result::iterator& it) {
  try {
    return {-1, result_or_failure<value>{*it}};
  } catch (const task_error& e) {
    return {e.info().engine, result_or_failure<value>{e.info()}};
  }
}

answer run(map_command& command, const std::vector<std::string>& words) {
  auto sequences = read_sequences(words);
  const auto c = command.call.connect();
  const auto result = start_all(command, c, std::move(sequences));
  answer a;
  if (command.call.leave(c, result)) return a;
  a.displayed = command.call.wait_for(c, result, command.call.as_json || !command.show_engines);
  if (command.unordered) {
    for (auto it = result.begin(); it != result.end(); ++it) a.entries.push_back(element_at(it));
    return a;
  }
  auto each = result.get_or_errors();
  const auto engines = result.element_engine_ids();
  a.entries.reserve(each.size());
  for (std::size_t i = 0; i < each.size(); ++i) a.entries.push_back({engines[i], std::move(each[i])});
  return a;
}

} // namespace

action declare_map(CLI::App& app, setting& around) {
  const auto command = std::make_shared<map_command>();
  app.add_option("JOB", command->job, "Name of the job")->required();
  command->call.declare(app, around);
  app.add_option("--chunksize", command->chunksize, "With --balanced: elements of one task; 0 is automatic");
  app.add_flag("--unordered", command->unordered, "With --balanced: print the results in the order in which they came");
  app.add_flag("--show-engines", command->show_engines, "Print each result with the engine that it ran on");
  app.allow_extras(); // see apply
  app.footer("What follows the job's name are sequences, one for each of its parameters: ranges such as 0:7 or\n"
             "0:7:2, or JSON lists. The results come back in their order, as one JSON list.");
  return [command, &app] {
    if (command->unordered && (command->show_engines || command->call.as_json))
      throw exit_error{exit_status::usage, "--unordered goes with neither --show-engines nor --json"};
    const auto a = run(*command, words_of(app));
    if (command->call.keep) return code(exit_status::done);
    const auto print = [&] {
      if (command->call.as_json) return print_json(a.entries);
      return command->show_engines ? print_lines(a.entries) : print_list(a.entries);
    };
    return status_with(a.displayed, print());
  };
}

} // namespace pactor::cli
