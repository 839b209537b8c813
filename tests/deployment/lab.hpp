#pragma once
// Hosts of a test's own: network namespaces with addresses and an ssh server each, and one more from which clusters are
// started. Nothing of it touches the machine's own network.

#include "tests/support/run.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

namespace pactor::test {

/// Why there can be no such hosts here; "" if there can.
[[nodiscard]] std::string no_lab_because();

/// `lab1`, `lab2`, ... are known to the ssh of the head by these names, and let it in.
class lab {
public:
  /// @throws std::runtime_error if a part of it does not come about
  explicit lab(int hosts);
  lab(const lab&) = delete;
  lab& operator=(const lab&) = delete;
  ~lab();

  /// `pactor ARGUMENTS...` on the head.
  [[nodiscard]] run_result pactor(const std::vector<std::string>& arguments) const;
  [[nodiscard]] background_program pactor_beside(const std::vector<std::string>& arguments) const;
  /// Any program there.
  [[nodiscard]] run_result run_on_head(const std::vector<std::string>& argv) const;
  [[nodiscard]] run_result run_on(int host, const std::vector<std::string>& argv) const;
  /// Of the head.
  [[nodiscard]] const pactor_home& home() const noexcept { return home_; }
  [[nodiscard]] std::filesystem::path pactor_dir(int host) const { return directory(host) / "pactor"; }
  [[nodiscard]] std::string address(int host) const { return "10.77.0." + std::to_string(10 + host); }

  /// Pulls the host's cable, and puts it back.
  void cut(int host) const;
  void join(int host) const;
  /// Forgets the host's key, or takes it for another's.
  void forget_key(int host);
  void mistake_key(int host);

  /// Pactor's processes on a host.
  [[nodiscard]] std::vector<process_info> processes(int host) const { return processes_of(pactor_dir(host)); }
  /// Waits until nothing of pactor is left anywhere. @return what is left nevertheless
  [[nodiscard]] std::string leftovers() const;
  /// A file on the head.
  [[nodiscard]] std::filesystem::path write(const std::string& name, const std::string& content) const;

private:
  [[nodiscard]] std::filesystem::path directory(int host) const { return directory_.path() / name(host); }
  [[nodiscard]] std::string name(int host) const { return host == 0 ? "head" : "lab" + std::to_string(host); }
  [[nodiscard]] std::string space(int host) const;
  void make_network() const;
  void add_host(int host);
  void write_known_hosts() const;
  [[nodiscard]] environment variables() const;

  int hosts_;
  temporary_directory directory_;
  pactor_home home_;
  std::vector<std::string> keys_; // of hosts, as known_hosts has them
  std::deque<background_program> servers_;
};

} // namespace pactor::test
