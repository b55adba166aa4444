/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/panic.h"
#include "sandbox/parts.h"

static const struct sandbox_policy policies[] = {
#define POLICY(kind, text) [SANDBOX_##kind] = {.name = (text), .calls = 0
#define CALLS(set)         | SANDBOX_CALLS(set)
#define LIMITS(cpu, memory, file, fds, procs)                                                                \
    , .cpu_seconds = (cpu), .memory_bytes = (memory), .file_bytes = (file), .descriptors = (fds),            \
      .processes = (procs), .paths = {
#define MAY_READ(file) {.path = (file)},
#define END                                                                                                  \
    {                                                                                                        \
        .path = NULL                                                                                         \
    }                                                                                                        \
    }                                                                                                        \
    }                                                                                                        \
    ,
#include "sandbox/policies.def"
};

const struct sandbox_policy *sandbox_policy(enum sandbox_kind kind)
{
    return &policies[kind];
}

void sandbox_allow_path(struct sandbox_policy *p, const char *path, bool write)
{
    for (unsigned i = 0; i < SANDBOX_PATHS_MAX; i++) {
        if (p->paths[i].path)
            continue;
        p->paths[i] = (struct sandbox_path){path, write};
        return;
    }
    panic("more than %d paths in the policy of %s", SANDBOX_PATHS_MAX, p->name);
}

void report_add(struct sandbox_report *r, unsigned missing, const char *format, ...)
{
    size_t len = strlen(r->text);
    va_list args;
    r->missing |= missing;
    if (len > 0 && len + 2 < sizeof(r->text))
        len += (size_t)snprintf(r->text + len, sizeof(r->text) - len, "; ");
    va_start(args, format);
    if (len < sizeof(r->text))
        (void)vsnprintf(r->text + len, sizeof(r->text) - len, format, args);
    va_end(args);
}

static int set_limit(int resource, uint64_t value, struct sandbox_report *r, const char *what)
{
    struct rlimit limit;
    if (value == 0)
        return 0;
    if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return errno;
    limit.rlim_max = value < limit.rlim_max ? value : limit.rlim_max;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)resource, &limit) == 0)
        return 0;
    int error = errno;
    report_add(r, 0, "cannot limit %s: %s", what, strerror(error));
    return error;
}

static int set_limits(const struct sandbox_policy *p, struct sandbox_report *r)
{
    uint64_t memory = p->memory_bytes;
#ifdef __SANITIZE_ADDRESS__
    memory = 0; /* its shadow alone is terabytes of address space */
#endif
    const struct rlimit no_core = {0, 0};
    int error = setrlimit(RLIMIT_CORE, &no_core) < 0 ? errno : 0;
    error = error ? error : set_limit(RLIMIT_CPU, p->cpu_seconds, r, "CPU time");
    error = error ? error : set_limit(RLIMIT_AS, memory, r, "memory");
    error = error ? error : set_limit(RLIMIT_FSIZE, p->file_bytes, r, "file size");
    error = error ? error : set_limit(RLIMIT_NOFILE, p->descriptors, r, "descriptors");
    return error ? error : set_limit(RLIMIT_NPROC, p->processes, r, "processes");
}

static int drop(const struct sandbox_policy *p, struct sandbox_report *r)
{
    if (!p->drop)
        return 0;
    int error = 0;
    if (setgroups(1, &p->gid) < 0 || setresgid(p->gid, p->gid, p->gid) < 0 ||
        setresuid(p->uid, p->uid, p->uid) < 0)
        error = errno;
    /* A kernel that says yes and does nothing would be the end of every other line here. */
    else if (geteuid() != p->uid || getegid() != p->gid || (p->uid != 0 && setuid(0) == 0))
        error = EPERM;
    if (error)
        report_add(r, 0, "cannot become user %u: %s", (unsigned)p->uid, strerror(error));
    return error;
}

int sandbox_enter(const struct sandbox_policy *p, struct sandbox_report *r)
{
    *r = (struct sandbox_report){0};
#ifdef __SANITIZE_ADDRESS__
    report_add(r, SANDBOX_SANITIZED, "this is a sanitizer build: more system calls are allowed");
#endif
    int error = set_limits(p, r);
    error = error ? error : drop(p, r);
    if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        error = errno;
#ifndef __SANITIZE_ADDRESS__
    /* Where roles share an account and the kernel has no Landlock, nobody else looks into our memory. */
    if (!error && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        error = errno;
#endif
    error = error ? error : landlock_enter(p, r);
    return error ? error : seccomp_enter(p, r);
}
