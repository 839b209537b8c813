#include "runtime/jobs/catalogue.hpp"

#include "pactor/error.hpp"

#include <algorithm>

namespace pactor::jobs {

void catalogue::add(const std::filesystem::path& library) {
  if (std::find(libraries_.begin(), libraries_.end(), library) != libraries_.end()) return;
  auto jobs = read_library(library);
  remove(library.filename().string());
  for (auto& job : jobs) {
    auto& same_name = jobs_[job.info.name];
    same_name.push_back(std::make_unique<entry>(entry{std::move(job.info), std::move(job.alias), library}));
  }
  libraries_.push_back(library);
}

void catalogue::remove(const std::string& file_name) {
  const auto is_build = [&file_name](const std::filesystem::path& p) { return p.filename() == file_name; };
  if (std::erase_if(libraries_, is_build) == 0) return;
  for (auto at = jobs_.begin(); at != jobs_.end();) {
    std::erase_if(at->second, [&](const auto& e) { return is_build(e->path); });
    at = at->second.empty() ? jobs_.erase(at) : std::next(at);
  }
}

const catalogue::entry* catalogue::find(std::string_view name) const {
  if (const auto found = jobs_.find(name); found != jobs_.end()) return &only(found->second, name);
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return nullptr;
  const auto found = jobs_.find(name.substr(slash + 1));
  return found == jobs_.end() ? nullptr : of_library(found->second, name.substr(0, slash));
}

const catalogue::entry* catalogue::of_library(const definitions& all, std::string_view stem) {
  const auto match =
      std::find_if(all.begin(), all.end(), [stem](const auto& e) { return library_stem(e->path) == stem; });
  return match == all.end() ? nullptr : match->get();
}

const catalogue::entry& catalogue::only(const definitions& all, std::string_view name) {
  if (all.size() == 1) return *all.front();
  std::string libraries, names;
  for (const auto& e : all) {
    libraries += (libraries.empty() ? "" : " and ") + e->path.string();
    names += (names.empty() ? "" : " or ") + library_stem(e->path) + "/" + std::string{name};
  }
  throw error{ec::bad_library, "job " + std::string{name} + " is defined by " + libraries + ": say " + names};
}

std::vector<job_info> catalogue::jobs() const {
  std::vector<job_info> all;
  for (const auto& name : names())
    for (const auto& e : jobs_.find(name)->second) all.push_back(e->info);
  return all;
}

std::vector<std::string> catalogue::names() const {
  std::vector<std::string> all;
  for (const auto& [name, entries] : jobs_) all.push_back(name);
  std::sort(all.begin(), all.end());
  return all;
}

} // namespace pactor::jobs
