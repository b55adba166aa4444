/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Role archive: brings copies of faxes to the archive's places, looks at them there, deletes them. It decides
 * nothing and keeps nothing: queue says what is to be done and how the place is reached, each time.
 *
 * SECURITY: a place is somebody else's machine. What it gives is read by libcurl and believed only where its
 * digest or its seal is right. This role holds the keys of encrypted places, and sees each fax as it goes
 * there. */
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "archive/place.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "role/archive_lanes.h"
#include "role/boot.h"

struct archive {
    struct loop *loop;
    struct peers *peers;
    struct archive_lanes *lanes;
};

static void on_do(void *context, const struct sender *from, struct msg_archive_do *m)
{
    struct archive *a = context;
    if (m->what >= ARCHIVE_DEED_COUNT)
        panic("the queue wants a deed of the archive that is none");
    archive_lanes_do(a->lanes, from, m);
}

static const struct message_handlers handlers = {.archive_do = on_do};

static void on_stop(void *context)
{
    struct archive *a = context;
    loop_stop(a->loop);
}

static void read_key(struct secret_key *key, struct boot *b)
{
    int fd = boot_take(b, "key.archive");
    int error = fd < 0 ? EBADF : secret_key_read(key, fd);
    if (error)
        log_error(NULL, "cannot read our key, so nothing can be archived where a secret is needed: %s",
                  strerror(error));
}

static void run(struct archive *a, const struct boot *b, const struct secret_key *key)
{
    char root[PATH_MAX];
    const struct peers_opts opts = {.loop = a->loop,
                                    .self = ROLE_ARCHIVE,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &handlers,
                                    .context = a,
                                    .on_stop = on_stop};
    if (!boot_archive_dir(b, root))
        panic("archive_dir has too long a name");
    a->peers = peers_new(&opts);
    json_object_seed(0); /* reads /dev/urandom while it may */
    boot_shut_in(b);
    a->lanes = archive_lanes_new(a->loop, a->peers, key, root);
    boot_ready("");
    loop_run(a->loop);
    archive_lanes_free(a->lanes);
    peers_free(a->peers);
}

int main(void)
{
    static struct boot boot;
    static struct archive a;
    struct secret_key key;
    boot_begin(&boot, ROLE_ARCHIVE);
    places_begin();
    read_key(&key, &boot);
    boot_drop(&boot);
    a.loop = loop_new();
    run(&a, &boot, &key);
    secret_key_clear(&key);
    loop_free(a.loop);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}
