/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/fetch_parcel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* A larger mail goes into a file of the queue. */
enum { MEMORY_MAX = 60000 };
/* The next mail waits meanwhile. */
enum { VERIFY_MS = 10000 };

void parcel_init(struct fetch_parcel *p)
{
    *p = (struct fetch_parcel){.fd = -1, .on_facts = p->on_facts, .owner = p->owner};
    buf_init(&p->bytes, MEMORY_MAX + 64 * 1024);
}

void parcel_close_file(struct fetch_parcel *p)
{
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}

void parcel_clear(struct fetch_parcel *p)
{
    mail_auth_cancel(p->auth);
    parcel_close_file(p);
    buf_clear(&p->bytes);
    parcel_init(p);
}

static void flush(struct fetch_parcel *p)
{
    if (p->error == 0)
        p->error = fd_write_all(p->fd, buf_span(&p->bytes));
    p->spooled += p->bytes.len;
    buf_reset(&p->bytes);
}

bool parcel_add(struct fetch_parcel *p, struct span data)
{
    if (id_is_none(p->id))
        p->id = id_new();
    if (p->error)
        return true;
    (void)buf_append(&p->bytes, data.data, data.len);
    if (p->bytes.len < MEMORY_MAX)
        return true;
    if (p->fd < 0)
        return false;
    flush(p);
    return true;
}

void parcel_take_file(struct fetch_parcel *p, int fd, int error)
{
    p->fd = fd;
    p->error = error;
    if (fd >= 0)
        flush(p);
}

static ssize_t read_mail(void *context, uint64_t at, uint8_t *to, size_t room)
{
    const struct fetch_parcel *p = context;
    ssize_t n;
    if (p->spooled == 0) {
        size_t left = at < p->bytes.len ? p->bytes.len - (size_t)at : 0;
        size_t len = left < room ? left : room;
        if (len > 0)
            memcpy(to, p->bytes.data + at, len);
        return (ssize_t)len;
    }
    do
        n = pread(p->fd, to, room, (off_t)at);
    while (n < 0 && errno == EINTR);
    return n;
}

void parcel_end(struct fetch_parcel *p)
{
    if (id_is_none(p->id))
        p->id = id_new(); /* not a byte came */
    if (p->fd >= 0)
        flush(p);
    if (p->error)
        p->spooled = INT64_MAX; /* what was written is no mail: the queue finds another size, and refuses */
}

static void on_done(void *context, const struct sender_facts *facts)
{
    struct fetch_parcel *p = context;
    p->auth = NULL;
    p->on_facts(p->owner, facts);
}

void parcel_verify(struct fetch_parcel *p, struct fetch_house *h, const char *server)
{
    p->auth = mail_auth_start(&(struct mail_auth_opts){
        .loop = h->loop,
        .dns = h->dns,
        .about = {.client_ip = "", .helo = "", .sender = "", .trusted_server = server, .arc = true},
        .limit_ms = VERIFY_MS,
        .size = p->spooled ? p->spooled : p->bytes.len,
        .read = read_mail,
        .on_done = on_done,
        .context = p});
}
