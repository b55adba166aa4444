/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first steps of every role program: what the parent tells it on descriptor 3 before it begins. Trusted
 * input. */
#pragma once

#include <limits.h>

#include "base/attr.h"
#include "base/buf.h"
#include "conf/conf.h"
#include "model/role.h"
#include "sandbox/sandbox.h"

/* By this variable the parent says which messages it knows, in hex: before the first, which an older or newer
 * program would not understand. */
#define BOOT_WIRE "FAXPOST_WIRE"

enum { BOOT_PARENT_FD = 3, BOOT_GRANTS_MAX = 48, BOOT_NAME_LEN = 65, BOOT_BOUND_LEN = 1025 };

struct boot {
    enum role role;
    unsigned instance;
    struct conf conf;
    bool drop; /* become uid:gid */
    unsigned uid, gid;
    char bound[BOOT_BOUND_LEN]; /* what our former life said it had bound; "" in the first */
    struct {
        char name[BOOT_NAME_LEN];
        int fd;
    } grants[BOOT_GRANTS_MAX];
    unsigned grant_count;
};

/* Exit codes the parent understands. */
enum {
    ROLE_EXIT_DONE = 0,
    ROLE_EXIT_FAILED = 1,
    ROLE_EXIT_PASSING = 75, /* cannot work at this moment (EX_TEMPFAIL): try again */
    ROLE_EXIT_OTHER = 76,   /* of another version than the parent: it has other messages */
    ROLE_EXIT_CONFIG =
        78, /* cannot work with this configuration (EX_CONFIG of sysexits.h): do not just retry */
};

/* Reads until `go`; opens the log. Ends the process where there is no parent. */
void boot_begin(struct boot *b, enum role role);
/* The granted descriptor, the caller's from now on; where several have that name the next; -1 where there is
 * none (any more). */
int boot_take(struct boot *b, const char *name) MUST_USE;
/* All of what was granted under that name. False where it cannot be read; the log says so. */
bool boot_read(struct boot *b, const char *name, struct buf *to) MUST_USE;
/* Drops to the account of the role, groups too, where the parent said so; ends the process where that fails.
 */
void boot_drop(const struct boot *b);
/* Enters the sandbox of the role, for good; ends the process where the kernel refuses what it should know.
 * What the kernel lacks is logged once. The role's files in the state directory must be there. */
void boot_shut_in(const struct boot *b);
/* The folder of `deliver = maildir:FOLDER`; NULL where mails go to a server. */
const char *boot_maildir(const struct boot *b);
/* The folder below which places of the archive may lie. False: its name is too long. */
bool boot_archive_dir(const struct boot *b, char path[PATH_MAX]) MUST_USE;
/* For the parent, before we are ready: the store is brought up to date, so far. */
void boot_updating(const char *text);
/* Says `ready` with the sockets bound by the role itself ("" for none). */
void boot_ready(const char *bound);
