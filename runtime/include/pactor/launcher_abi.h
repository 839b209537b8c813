/* A launcher of your own: a shared library that starts pactor's nodes on hosts in a way that pactor does not know.
   C, versioned, and nothing thrown across it. Name it in a cluster's configuration: "launcher": "/opt/lib/my.so".

   The library exports two functions:

       uint32_t pactor_launcher_abi(void)                            { return PACTOR_LAUNCHER_ABI; }
       const pactor_launcher* pactor_launcher_functions(void)       { static const pactor_launcher f = {...}; ... }

   All calls come from one thread of `pactor start`, which must not be held up: what takes longer than some
   milliseconds goes on in a child process or thread that attend() looks after. Signals are held back in that thread,
   so give child processes a signal mask of their own. Structs start with their own size, so
   that later versions can add members at the end. Texts are UTF-8, end with a zero byte, and are never null. */
#ifndef PACTOR_LAUNCHER_ABI_H
#define PACTOR_LAUNCHER_ABI_H

#include <stddef.h>
#include <stdint.h>

/* Changes when something here changes in another way than by growing. */
#ifndef PACTOR_LAUNCHER_ABI /* tests build plug-ins of other versions */
#define PACTOR_LAUNCHER_ABI 1
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(modernize-use-using): C */

/* What is to run: `program arguments...`, with the variables of `environment`, in `directory`. The arguments name the
   connection file. It lies on this machine and holds a key; where the other host does not share it, send its content
   to the node's standard input and replace the last argument by `--connection=-`. Lists end with a null pointer. */
typedef struct pactor_launcher_order {
  uint32_t size;
  int32_t engines;                /* how many the node has */
  int32_t attempt;                /* how often it was started before */
  const char* cluster;            /* profile, or profile-ID */
  const char* host;               /* its name in the configuration */
  const char* address;            /* "" if there is none */
  const char* user;               /* "" if there is none */
  const char* program;            /* `pactor` if the configuration names no other */
  const char* const* arguments;   /* without the program: node ..., the last one is --connection=PATH */
  const char* connection;         /* PATH */
  const char* const* environment; /* NAME=VALUE */
  const char* directory;          /* to work in; "" is wherever */
  const char* scratch;            /* a directory that is this user's alone, for what you have to write */
  const char* const* settings;    /* of the configuration: name, value, name, value ... */
} pactor_launcher_order;

/* How a run is. */
enum pactor_launcher_state {
  PACTOR_LAUNCHER_STARTING = 0,
  PACTOR_LAUNCHER_READY = 1, /* the node said that its engines are registered; where nobody learns it, never */
  PACTOR_LAUNCHER_ENDED = 2  /* nothing is left on the host */
};

/* How it ended. Filled in with zeros before. */
typedef struct pactor_launcher_ending {
  uint32_t size;
  int32_t code;      /* exit code of `pactor node`, 128 + n for a signal; 0: it ended in order */
  int32_t unreached; /* not 0: no node was ever started */
  char words[1000];  /* why, for a person */
} pactor_launcher_ending;

/* What the node says, line by line, goes into the log. Usable in start() and attend(). */
typedef struct pactor_launcher_listener {
  uint32_t size;
  void* state;
  /* level: 0 debug, 1 info, 2 warning, 3 error */
  void (*say)(void* state, int32_t level, const char* text, size_t length);
} pactor_launcher_listener;

/* What a launcher can do. `run` is what start() returned; none of the functions waits. */
typedef struct pactor_launcher {
  uint32_t size;
  /* Begins. Order and listener are there for the length of the call, and the listener's state as long as the run.
     Returns null, and why in words, if it can't. */
  void* (*start)(const pactor_launcher_order* order, const pactor_launcher_listener* listener, char* words,
                 size_t capacity);
  /* Readable when attend() has something to do; -1 if nothing can be watched. */
  int (*fd)(void* run);
  /* Milliseconds after which attend() is to be called nevertheless; -1: the descriptor says all. */
  int32_t (*every)(void* run);
  /* Takes what happened. Returns a pactor_launcher_state, ending filled in if that is PACTOR_LAUNCHER_ENDED, after
     which only what() and destroy() are called. */
  int32_t (*attend)(void* run, pactor_launcher_ending* ending);
  /* Asks the node to end in order (SIGTERM); kill() ends it at once. */
  void (*stop)(void* run);
  void (*kill)(void* run);
  /* Sends a signal to the node; returns 0 if that can't be done. */
  int (*signal)(void* run, int number);
  /* What was started, for messages: "job 17". Good until the next call. */
  const char* (*what)(void* run);
  /* The run is not used any more. If it goes on it is ended at once; nothing may stay behind on the host. */
  void (*destroy)(void* run);
} pactor_launcher;

/* NOLINTEND(modernize-use-using) */

#ifdef __cplusplus
}
#endif

#endif
