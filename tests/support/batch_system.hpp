#pragma once
// Stand-ins for the commands of batch systems, which run jobs on this machine.

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace pactor::test {

/// Writes sbatch, squeue, scancel, qsub, qstat, qdel and qsig into `place`/bin, for PATH. A job is a process group;
/// `place`/jobs has a file for each: NUMBER.pid, NUMBER.state (overrides what is told of it), NUMBER.script. All calls
/// are in `place`/calls. If there is a file `place`/refuse its text is the answer to whoever submits.
inline std::filesystem::path write_batch_system(const std::filesystem::path& place) {
  namespace fs = std::filesystem;
  fs::create_directories(place / "bin");
  fs::create_directories(place / "jobs");
  const auto program = [&](const char* name, std::string_view text) {
    const auto file = place / "bin" / name;
    std::ofstream{file} << "#!/bin/sh\nd='" << place.string() << "'\necho \"$(basename \"$0\") $*\" >>\"$d/calls\"\n"
                        << "for last; do :; done\nid=${last##*=}; id=${id%.head}; p=\"$d/jobs/$id\"\n"
                        << "alive() { grep -q '^State:.[^ZX]' /proc/$(cat \"$p.pid\")/status 2>/dev/null; }\n"
                        << "known() { [ -f \"$p.pid\" ]; }\n"
                        << text;
    fs::permissions(file, fs::perms::owner_all);
  };
  const auto submit = [](const char* says) {
    return std::string{R"([ -f "$d/refuse" ] && { cat "$d/refuse" >&2; exit 1; }
id=1; while ! mkdir "$d/jobs/$id.taken" 2>/dev/null; do id=$((id+1)); done
cp "$last" "$d/jobs/$id.script"
setsid sh -c ': >"$0.up"; exec sh "$0"' "$d/jobs/$id.script" >/dev/null 2>&1 </dev/null &
until [ -e "$d/jobs/$id.script.up" ]; do sleep 0.01; done
echo $! >"$d/jobs/$id.pid"; echo )"} +
           says + "\n";
  };
  program("sbatch", submit("$id"));
  program("squeue", R"([ -f "$p.state" ] && { cat "$p.state"; exit; }
known || { echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1; }
if alive; then echo 'RUNNING|None'; else echo 'COMPLETED|None'; fi
)");
  program("scancel", R"(s=TERM; for w; do case $w in --signal=*) s=${w#*=};; esac; done
known && kill -s $s -- -$(cat "$p.pid")
)");
  program("qsub", submit("$id.head"));
  program("qstat", R"([ -f "$p.state" ] && { cat "$p.state"; exit; }
if known && alive; then printf 'Job Id: %s\n    Job_Name = x\n    job_state = R\n' "$last"; exit; fi
echo "qstat: Unknown Job Id $last" >&2; exit 153
)");
  program("qdel", R"(s=TERM; [ "$1" = -W ] && s=KILL; known && kill -s $s -- -$(cat "$p.pid")
)");
  program("qsig", R"(known && kill -s $2 -- -$(cat "$p.pid")
)");
  return place / "bin";
}

} // namespace pactor::test
