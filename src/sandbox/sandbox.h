/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shuts the calling process in, for good: limits, account, no_new_privs, Landlock, seccomp, in this order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

/* Groups of system calls a policy may allow; the calls of each stand in syscalls.def. A call outside all
 * allowed groups fails with EPERM. */
#define SANDBOX_CALL_SETS(X)                                                                                 \
    X(CORE)      /* memory, time, open descriptors, own signals, end */                                      \
    X(LOOP)      /* epoll, timers, eventfd */                                                                \
    X(IPC)       /* messages over sockets that are open already */                                           \
    X(MEMFD)     /* memory files */                                                                          \
    X(READ)      /* open and look at files, as far as Landlock allows */                                     \
    X(WRITE)     /* make, change, rename, remove and sync files, as far as Landlock allows */                \
    X(CLIENTS)   /* take clients of a socket that listens already */                                         \
    X(NET)       /* new TCP and UDP sockets, and the question for our own addresses */                       \
    X(THREADS)   /* more threads, no more processes */                                                       \
    X(WORKERS)   /* fork, wait, kill own children, shut them in further */                                   \
    X(SANITIZER) /* what ASan and UBSan need; added by itself in such a build */

enum sandbox_call_set {
#define SANDBOX_CALL_BIT(name) SANDBOX_BIT_##name,
    SANDBOX_CALL_SETS(SANDBOX_CALL_BIT)
#undef SANDBOX_CALL_BIT
        SANDBOX_CALL_SET_COUNT
};
#define SANDBOX_CALLS(name) (1u << SANDBOX_BIT_##name)

enum { SANDBOX_PATHS_MAX = 16 };

struct sandbox_path {
    const char *path; /* file or directory; one that does not exist is left out */
    bool write;
};

/* 0 in a limit: as it is. */
struct sandbox_policy {
    const char *name;
    uint32_t calls; /* SANDBOX_CALLS(…) */
    uint64_t cpu_seconds, memory_bytes, file_bytes, descriptors, processes;
    /* Files to be reached, up to the first NULL; none: no file can be opened. */
    struct sandbox_path paths[SANDBOX_PATHS_MAX];
    bool drop; /* become uid:gid, without further groups */
    uid_t uid;
    gid_t gid;
    bool log_refused;     /* the kernel's log names each refused system call */
    int landlock_abi_max; /* tests: behave like a kernel of that ABI; 0: the running kernel's, -1: none */
};

/* One row each in policies.def: what DESIGN's table of roles says, in system calls. */
enum sandbox_kind {
#define POLICY(kind, name) SANDBOX_##kind,
#define CALLS(set)
#define LIMITS(cpu, memory, file, descriptors, processes)
#define MAY_READ(path)
#define END
#include "sandbox/policies.def"
    SANDBOX_KIND_COUNT
};

const struct sandbox_policy *sandbox_policy(enum sandbox_kind kind);
/* Adds a path known at run time to a copy of a policy; more than SANDBOX_PATHS_MAX is our bug. path is
 * borrowed. */
void sandbox_allow_path(struct sandbox_policy *p, const char *path, bool write);

enum sandbox_missing {
    SANDBOX_NO_LANDLOCK = 1,  /* no kernel support, or switched off */
    SANDBOX_OLD_LANDLOCK = 2, /* ABI 1: no renaming between directories */
    SANDBOX_NO_SECCOMP = 4,
    SANDBOX_SANITIZED = 8, /* a sanitizer build is shut in less tightly */
};

struct sandbox_report {
    unsigned missing; /* enum sandbox_missing */
    int landlock_abi; /* in force; 0: none */
    char text[400];   /* what is missing or went wrong, in words; "" where all is in force */
};

/* 0, or errno where the account could not be dropped, a limit not be set or the kernel refused a rule that it
 * should know; the process must end then. What the kernel lacks is no error. */
int sandbox_enter(const struct sandbox_policy *p, struct sandbox_report *r) MUST_USE;
