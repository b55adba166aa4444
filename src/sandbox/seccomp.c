/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/parts.h"

/* A library may try a call and do without it (EPERM); glibc falls back from clone3, whose flags lie in memory
 * where no filter can look, to clone only where it hears ENOSYS. */
static const uint32_t refused = SCMP_ACT_ERRNO(EPERM);

enum { CALLS_A_SET = 64, CONDITIONS_A_CALL = 3 };

static const struct {
    enum sandbox_call_set set;
    const char *calls[CALLS_A_SET];
} sets[] = {
#define SET(name, ...) {SANDBOX_BIT_##name, {__VA_ARGS__}},
#define CALL_IF(name, call, ...)
#include "sandbox/syscalls.def"
};

#define NEW_NAMESPACES                                                                                       \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |            \
     CLONE_NEWNET)

static const struct {
    enum sandbox_call_set set;
    const char *call;
    struct {
        unsigned argument;
        uint64_t mask, value; /* mask 0: no condition */
    } only[CONDITIONS_A_CALL];
} conditions[] = {
#define SET(name, ...)
#define IS(argument, value)                                                                                  \
    {                                                                                                        \
        argument, UINT64_MAX, value                                                                          \
    }
#define BITS(argument, mask, value)                                                                          \
    {                                                                                                        \
        argument, mask, value                                                                                \
    }
#define CALL_IF(name, call, ...) {SANDBOX_BIT_##name, call, {__VA_ARGS__}},
#include "sandbox/syscalls.def"
};

static int add(scmp_filter_ctx filter, const char *call, const struct scmp_arg_cmp *conditions_on,
               unsigned count)
{
    int number = seccomp_syscall_resolve_name(call);
    if (number == __NR_SCMP_ERROR)
        return 0;
    int error = -seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, conditions_on);
    return error == EDOM ? 0 : error; /* a call other architectures have */
}

static int add_conditional(scmp_filter_ctx filter, size_t row)
{
    struct scmp_arg_cmp only[CONDITIONS_A_CALL];
    unsigned count = 0;
    for (; count < CONDITIONS_A_CALL && conditions[row].only[count].mask; count++)
        only[count] =
            (struct scmp_arg_cmp){conditions[row].only[count].argument, SCMP_CMP_MASKED_EQ,
                                  conditions[row].only[count].mask, conditions[row].only[count].value};
    return add(filter, conditions[row].call, only, count);
}

static int add_sets(scmp_filter_ctx filter, uint32_t allowed)
{
    int error = 0;
    for (size_t i = 0; i < ARRAY_LEN(sets) && !error; i++)
        for (size_t k = 0; k < CALLS_A_SET && sets[i].calls[k] && !error; k++)
            if (allowed & (1u << sets[i].set))
                error = add(filter, sets[i].calls[k], NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(conditions) && !error; i++)
        if (allowed & (1u << conditions[i].set))
            error = add_conditional(filter, i);
    return error;
}

/* Signals only to itself: abort() needs that. A forked child has another number and ends by SIGSEGV instead.
 */
static int add_self(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp self = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
    int error = add(filter, "tgkill", &self, 1);
    if (!error)
        error = -seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return error;
}

int seccomp_enter(const struct sandbox_policy *p, struct sandbox_report *r)
{
    uint32_t allowed = p->calls;
#ifdef __SANITIZE_ADDRESS__
    allowed |= SANDBOX_CALLS(SANITIZER);
#endif
    scmp_filter_ctx filter = seccomp_init(refused);
    if (!filter)
        return ENOMEM;
    if (p->log_refused)
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1); /* kernel 4.14 and later */
    int error = add_sets(filter, allowed);
    if (!error)
        error = add_self(filter);
    if (!error)
        error = -seccomp_load(filter);
    seccomp_release(filter);
    if (error == EINVAL || error == ENOSYS) {
        report_add(r, SANDBOX_NO_SECCOMP, "this kernel has no seccomp filters: every system call is open");
        return 0;
    }
    if (error)
        report_add(r, 0, "seccomp: %s", strerror(error));
    return error;
}
