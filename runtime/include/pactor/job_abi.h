/* What crosses between a worker and a job library: C, versioned, and nothing thrown. Structs start with their own
   size, so that later versions can add members at the end; readers look at a member only if the size covers it. */
#ifndef PACTOR_JOB_ABI_H
#define PACTOR_JOB_ABI_H

#include <stddef.h>
#include <stdint.h>

/* The version is part of the name of every exported job (pactor_job_abi1_NAME). It changes when a struct here
   changes in another way than by growing. */
#ifndef PACTOR_JOB_ABI /* tests build libraries of other versions */
#define PACTOR_JOB_ABI 1
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(modernize-use-using): C */

/* How a job ended. */
enum pactor_outcome {
  PACTOR_RESULT = 3,  /* the sink holds the encoded result */
  PACTOR_FAILURE = 4, /* the sink holds an encoded failure */
  PACTOR_PARTIAL = 5  /* the sink holds [successes, [[index, failure], ...]] */
};

/* How a call is made. */
enum pactor_mode {
  PACTOR_APPLY = 0, /* arguments: an array with one entry a parameter */
  PACTOR_MAP = 1    /* arguments: an array of sequences of equal length, one a parameter */
};

/* What someone wants of the running task. */
enum pactor_cancellation {
  PACTOR_GO_ON = 0,
  PACTOR_CANCELLED = 1,  /* it was asked to end */
  PACTOR_INTERRUPTED = 2 /* the same, by SIGINT */
};

/* Where a job writes its outcome: memory of the worker. */
typedef struct pactor_sink {
  uint32_t size;
  void* state;
  /* Returns memory for at least `wanted` bytes, aligned to 16, that starts with the `used` bytes written so far;
     its size in *capacity. Null if there is none. */
  char* (*grow)(void* state, size_t used, size_t wanted, size_t* capacity);
  size_t used; /* set by the job: bytes written */
} pactor_sink;

/* A C++ object in an engine's namespace, with what the library that made it knows about its type. */
typedef struct pactor_native {
  uint32_t size;
  const char* type; /* mangled name */
  const char* name; /* for messages: vector<double> */
  size_t object_size;
  void* object;
  void (*destroy)(void* object);
  /* Encodes the object, or a failure: returns PACTOR_RESULT or PACTOR_FAILURE. */
  int32_t (*encode)(const void* object, pactor_sink* sink);
} pactor_native;

/* A variable: encoded as it was pushed, or native. */
typedef struct pactor_variable {
  uint32_t size;
  const char* encoded; /* null if native */
  size_t encoded_size;
  const pactor_native* native; /* null if encoded */
} pactor_variable;

/* What came of something that a job says while it runs. */
enum pactor_said {
  PACTOR_SAID = 0,          /* it is on its way */
  PACTOR_SAID_TOO_MUCH = 1, /* it is more than a task may say */
  PACTOR_SAID_BAD_NAME = 2, /* a name or media type is empty or too long */
  PACTOR_SAID_NO_MEMORY = 3
};

/* The engine that a job runs on, and its namespace. Pointers stay valid until the variable is changed. */
typedef struct pactor_host {
  uint32_t size;
  int32_t engine;
  int32_t pid;
  const char* host_name;
  void* state;
  /* Returns 0 if there is no such variable. */
  int32_t (*find)(void* state, const char* name, size_t name_size, pactor_variable* out);
  /* Takes over the object; returns 0, and does not, if there is no memory. */
  int32_t (*put)(void* state, const char* name, size_t name_size, const pactor_native* native);
  /* Returns 0 if there is no such variable. */
  int32_t (*erase)(void* state, const char* name, size_t name_size);
  /* Calls `each` for every variable in the order of their names. */
  void (*names)(void* state, void (*each)(void* user, const char* name, size_t name_size), void* user);
  /* Cancellation, with a state of its own. */
  void* control;
  /* Changes whenever cancelled() may: what did not change need not be asked again. */
  const volatile uint32_t* bell;
  /* Whether the running task is to end: a pactor_cancellation. */
  int32_t (*cancelled)(void* control);
  /* Waits so long, or until the task is to end; returns what cancelled() does. */
  int32_t (*sleep)(void* control, int64_t nanoseconds);
  void* speaker; /* what jobs say while they run: state of the functions below */
  /* Tells the caller a value while the job runs: one of pactor_said. */
  int32_t (*publish)(void* speaker, const char* name, size_t name_size, const char* encoded, size_t encoded_size);
  /* Hands the caller a picture or file: one of pactor_said. */
  int32_t (*display)(void* speaker, const char* media_type, size_t media_type_size, const char* name, size_t name_size,
                     const char* data, size_t data_size);
} pactor_host;

/* One call. */
typedef struct pactor_call {
  uint32_t size;
  uint32_t mode;
  const char* job; /* its name */
  size_t job_size;
  const char* arguments; /* MessagePack, aligned to 16 */
  size_t arguments_size;
  const pactor_host* host;
} pactor_call;

/* What every job exports: returns a pactor_outcome. */
typedef int32_t (*pactor_job_entry)(const pactor_call* call, pactor_sink* sink);

/* NOLINTEND(modernize-use-using) */

#ifdef __cplusplus
}
#endif

#endif
