#pragma once
// Everything that the processes of a cluster say to each other, in one place.
//
// They send frames (transport/frame.hpp). Control frames carry one of these structs, encoded as MessagePack; batches
// carry wire::record. Nothing that comes from another process is deserialised by CAF. What the actors of one process
// say to each other is in messages.hpp.

#include "pactor/detail/session.hpp"
#include "pactor/job_info.hpp"
#include "runtime/wire/records.hpp"

#include "pactor/codec.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace pactor {

/// Raised whenever a frame, a struct below or the record format changes: other versions are refused by name.
constexpr std::uint32_t protocol_version = 6;

// ---- between processes -------------------------------------------------------------------------------------------

/// client to hub, first frame
struct hello_client {
  std::uint32_t protocol = protocol_version;
  std::string nonce; ///< of the controller's start, from the connection file
  std::string host;
  int pid = 0;
  std::uint32_t number = 0; ///< that it had in an earlier life of the controller; 0: none
  std::string key{};        ///< that came with this number
  MSGPACK_DEFINE_MAP(protocol, nonce, host, pid, number, key)
};

/// Where engines are: hub to client, in its welcome and whenever that changes.
struct node_place {
  std::string host;
  std::string lane;         ///< path of the node's lane socket, of use on that host; or ""
  std::vector<int> engines; ///< that can be addressed
  MSGPACK_DEFINE_MAP(host, lane, engines)
};

/// hub to client: it is in
struct welcome_client {
  std::uint32_t client = 0;      ///< its number in this start of the cluster
  std::string key{};             ///< by which it gets this number again from a restarted controller
  std::uint32_t incarnation = 0; ///< how often the controller was restarted
  std::string cluster_id;
  std::vector<node_place> nodes;
  std::uint32_t heartbeat_ms = 1'000;
  MSGPACK_DEFINE_MAP(client, key, incarnation, cluster_id, nodes, heartbeat_ms)
};

/// node to hub, first frame
struct hello_node {
  std::uint32_t protocol = protocol_version;
  std::string nonce;
  std::string host;
  int pid = 0;
  std::string lane;                                                    ///< where clients of its host find it; or ""
  std::vector<int> requested;                                          ///< one an engine: the number it had, or -1
  std::vector<int> worker_pids;                                        ///< one an engine
  std::vector<std::string> keys{};                                     ///< of the numbers; one an engine, or fewer
  std::vector<std::tuple<std::string, std::string, std::string>> jobs; ///< name, signature, library
  MSGPACK_DEFINE_MAP(protocol, nonce, host, pid, lane, requested, worker_pids, keys, jobs)
};

/// The answer to query_kind::jobs: name, signature, library.
using jobs_answer = std::vector<std::tuple<std::string, std::string, std::string>>;

/// A job library that a client sent, by its content: jobs::library_name.
struct wire_library {
  std::string file, hash;
  std::uint64_t size = 0;
  MSGPACK_DEFINE_MAP(file, hash, size)
};

/// hub to node: it is in
struct welcome_node {
  std::vector<int> engines; ///< the numbers of its engines
  std::uint32_t heartbeat_ms = 1'000;
  std::uint32_t incarnation = 0;         ///< how often the controller was restarted
  bool again = false;                    ///< other processes had these engines, or this one before it was cut off
  bool shipping = true;                  ///< clients may send libraries, and name others
  std::vector<wire_library> libraries{}; ///< that clients sent: they are used before the first task runs
  std::vector<std::string> keys{};       ///< one an engine: with it the node may have its number again
  MSGPACK_DEFINE_MAP(engines, heartbeat_ms, incarnation, again, shipping, libraries, keys)
};

/// A task that a node has, or whose outcome it keeps.
struct held_task {
  std::uint32_t client = 0; ///< who submitted it
  std::uint64_t number = 0; ///< that client's number for it
  std::uint64_t id = 0;     ///< by which the node knows it, from an earlier life of the controller
  std::int32_t engine = -1;
  bool runs = false; ///< it has not ended, or has a result: counts before another run that failed or was lost
  MSGPACK_DEFINE(client, number, id, engine, runs)
};
/// node to a restarted scheduler: all of them, in one frame or several
struct held_tasks {
  std::vector<held_task> tasks{};
  bool forgot = false; ///< there were outcomes that it could not keep
  bool last = true;    ///< no further frame follows
  MSGPACK_DEFINE_MAP(tasks, forgot, last)
};

/// Either to the other: why it is cut off. Plain words.
struct refusal {
  std::uint8_t code = 0; ///< ec
  std::string what;
  MSGPACK_DEFINE_MAP(code, what)
};

/// node to hub: an engine's state changed
struct engine_report {
  int engine = -1;
  std::string state; ///< "idle", "busy", "starting", "restarting", "given up"
  int pid = 0;
  std::uint32_t restarts = 0;
  std::uint64_t queued = 0, completed = 0;
  std::string last_loss;
  MSGPACK_DEFINE_MAP(engine, state, pid, restarts, queued, completed, last_loss)
};

// Libraries of clients. Their content travels as frames of kind library_part, at most piece_size in each, one after the
// other: the receiver asks for each, or answers it.

/// client to hub, answered by a library_reply.
enum class library_ask : std::uint8_t {
  offer = 1, ///< may it be sent, and must it?
  commit,    ///< it was sent, and is to be used; answered when every node uses it
  remove,    ///< by its file name
  list,      ///< answered by a list of library_entry
};
struct library_query {
  std::uint8_t what = 0;
  wire_library library{};
  std::string by{}; ///< offer: who sends it, for people
  MSGPACK_DEFINE_MAP(what, library, by)
};
struct library_reply {
  std::uint8_t code = 0;          ///< ec, if `why` says something
  std::vector<std::string> why{}; ///< what is in the way, of each host
  bool wanted = false;            ///< to an offer: it is not there yet
  jobs_answer jobs{};             ///< to a commit: of the library
  MSGPACK_DEFINE_MAP(code, why, wanted, jobs)
};
struct library_entry {
  wire_library library{};
  std::string origin{};
  std::int64_t since = 0;
  std::map<std::string, std::string> unfit{};
  MSGPACK_DEFINE_MAP(library, origin, since, unfit)
};

/// hub to node
enum class library_step : std::uint8_t {
  stage = 1,   ///< get it, and say whether it can be used
  use,         ///< tasks that start from now on use it
  drop,        ///< they do no more
  unavailable, ///< it can't be sent: `why`. The frame's tag is that of the request
};
struct library_order {
  std::uint8_t step = 0;
  wire_library library{};
  std::string why{};
  MSGPACK_DEFINE_MAP(step, library, why)
};
/// node to hub
enum class library_word : std::uint8_t {
  want = 1, ///< the part at `offset`; it comes with this frame's tag
  verdict,  ///< it can be used here (`why` is empty), or not; and what jobs it has
  in_use,   ///< tasks use it
};
struct library_report {
  std::uint8_t word = 0;
  wire_library library{};
  std::uint64_t offset = 0;
  std::string why{};
  jobs_answer jobs{};
  MSGPACK_DEFINE_MAP(word, library, offset, why, jobs)
};

/// client to hub. The last three are for `engines`; the answer is how many of these there were.
enum class query_kind : std::uint8_t {
  jobs = 1,
  status,
  restart_engines,
  stop_engines,
  signal_engines,
  stop_cluster,
  start_engines, ///< `count` more on `host`; answered by a host_answer
  drain_host,    ///< the nodes of `host` are to leave, after `timeout_ms` in any case; answered by a host_answer
};
struct query {
  std::uint8_t kind = 0;
  std::vector<int> engines{};
  int signal = 0; ///< signal_engines
  std::string host{};
  std::uint32_t count = 0;
  std::int64_t timeout_ms = -1; ///< negative: as long as it takes
  MSGPACK_DEFINE_MAP(kind, engines, signal, host, count, timeout_ms)
};
struct host_answer {
  std::string why{};          ///< nothing was done; "" if something was
  std::vector<int> engines{}; ///< that start, or leave
  bool later = false;         ///< the controller does not know yet: hosts are coming back to it
  MSGPACK_DEFINE_MAP(why, engines, later)
};

static_assert(static_cast<int>(query_kind::restart_engines) == static_cast<int>(engine_order::restart) &&
              static_cast<int>(query_kind::stop_engines) == static_cast<int>(engine_order::stop) &&
              static_cast<int>(query_kind::signal_engines) == static_cast<int>(engine_order::signal));

/// hub to node: what its engines are to do
struct engine_control {
  std::uint8_t kind = 0; ///< query_kind: restart_engines, stop_engines, signal_engines or start_engines; leave_node
  std::vector<int> engines{};
  int signal = 0;
  std::string by{};                ///< who wants it, for people: `client 3`
  std::vector<std::string> keys{}; ///< start_engines: as welcome_node's
  MSGPACK_DEFINE_MAP(kind, engines, signal, by, keys)
};

/// In engine_control::kind: the node is to end when everything that it has to say was heard.
constexpr std::uint8_t leave_node = 32;

/// In task_control::how from the task scheduler to a node: give those back that have not started, as lost and
/// unblamed; say nothing of the others.
constexpr std::uint8_t give_back = 16;
/// The same from a restarted scheduler, of runs that nobody waits for; and ask the others to end. Should a client claim
/// them yet from a later controller, balanced ones that did not run do so then; directed ones fail with engine_lost, since
/// later ones have passed them.
constexpr std::uint8_t withdraw_or_cancel = 17;

/// Tasks are to end. Client to scheduler: by the client's numbers. Scheduler to node: by the scheduler's, with an
/// engine for each.
struct task_control {
  std::uint8_t how = 0;     ///< end_how, give_back or withdraw_or_cancel
  std::uint32_t client = 0; ///< from a client: whose tasks; 0: its own
  std::vector<std::uint64_t> tasks{};
  std::vector<int> engines{}; ///< to a node
  std::string by{};           ///< to a node: who wants it, for people
  MSGPACK_DEFINE_MAP(how, client, tasks, engines, by)
};

/// A task that another one depends on.
struct wire_parent {
  std::uint64_t task = 0;   ///< its client's number for it, of whichever scheduler
  std::uint8_t state = 0;   ///< as its client knows: 0 open, 1 has a result, 2 failed
  std::int32_t engine = -1; ///< that it ran on, if it ended
  MSGPACK_DEFINE(task, state, engine)
};
struct wire_dependency {
  std::vector<wire_parent> parents{};
  bool all = true, success = true, failure = false;
  MSGPACK_DEFINE(parents, all, success, failure)
};
/// Options of a task, in front of its record in a batch.
struct wire_options {
  std::int64_t run_limit = 0; ///< nanoseconds; 0: none
  std::string label{};
  bool keep = false;
  std::string job{}; ///< its name, if it is to be kept
  // For the task scheduler only.
  std::uint32_t retries = 0;
  std::int64_t timeout = 0; ///< nanoseconds to wait for an engine; 0: none
  std::int32_t priority = 0;
  bool idempotent = true;
  wire_dependency after{}, follow{};
  MSGPACK_DEFINE_MAP(run_limit, label, keep, job, retries, timeout, priority, idempotent, after, follow)
};
/// client to direct scheduler. With a frame tag: for the list of tasks, as the answer; else for the outcome of a kept
/// one, which comes as that of the client's task `as`.
struct task_query {
  std::uint32_t client = 0;
  std::uint64_t number = 0, as = 0;
  MSGPACK_DEFINE_MAP(client, number, as)
};
/// One of the list.
struct task_list_entry {
  std::uint32_t client = 0;
  std::uint64_t number = 0;
  std::string job{}, label{};
  int engine = -1;
  std::string state{};
  std::int64_t submitted = 0, started = 0,
               completed = 0; ///< nanoseconds since the epoch; 0: it is not known, or not yet
  bool kept = false;
  MSGPACK_DEFINE_MAP(client, number, job, label, engine, state, submitted, started, completed, kept)
};
struct task_list_answer {
  std::vector<task_list_entry> tasks{};
  std::uint64_t forgotten = 0, unlisted = 0;
  MSGPACK_DEFINE_MAP(tasks, forgotten, unlisted)
};

/// More than any sensible options; longer ones are refused.
constexpr std::size_t max_options = 1 << 20;

/// The answer to query_kind::status: host and engine_report of each engine, then the cluster.
struct status_answer {
  std::string cluster_id, version, address;
  int controller_pid = 0;
  std::vector<std::tuple<std::string, engine_report>> engines;
  std::uint32_t clients = 0;
  std::uint64_t unassigned = 0;
  std::uint32_t controller_restarts = 0;
  MSGPACK_DEFINE_MAP(cluster_id, version, address, controller_pid, engines, clients, unassigned, controller_restarts)
};

/// In a batch, the payload of a record of kind targets is an array of these.
struct target {
  std::uint64_t id = 0; ///< of the task on this engine
  std::int32_t engine = -1;
  std::uint32_t reserved = 0;
  std::uint64_t number = 0; ///< to a node: the client's own
};
static_assert(sizeof(target) == 24);

/// In a task record's flags: its client handed it in before, to this life of the controller, and was cut off since.
constexpr std::uint16_t repeated = 64;

} // namespace pactor
