/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ipc/message.h"

#include <string.h>
#include <unistd.h>

#include "base/panic.h"
#include "base/str.h"
#include "ipc/wire.h"

#define MSG(name, from, to, kind) [MSG_##name] = {#name, (int)ROLE_##from, (int)ROLE_##to, KIND_##kind},
static const struct {
    const char *name;
    int from, to;
    enum message_kind kind;
} table[MSG_COUNT] = {
#include "ipc/each_message.def"
};

/* One walk over a message's fields serves encoding, decoding and closing. */
enum walk_mode { WALK_ENCODE, WALK_DECODE, WALK_CLOSE };

struct walk {
    enum walk_mode mode;
    struct buf *out;
    struct wire_reader in;
    int *fds;
    size_t fds_used, fds_given;
};

static void walk_id(struct walk *w, struct id *id)
{
    if (w->mode == WALK_ENCODE)
        (void)buf_append(w->out, id->bytes, sizeof(id->bytes));
    else if (w->mode == WALK_DECODE)
        wire_get_raw(&w->in, id->bytes, sizeof(id->bytes));
}

static void walk_u32(struct walk *w, uint32_t *n)
{
    if (w->mode == WALK_ENCODE)
        wire_put_u32(w->out, *n);
    else if (w->mode == WALK_DECODE)
        *n = wire_get_u32(&w->in);
}

static void walk_u64(struct walk *w, uint64_t *n)
{
    if (w->mode == WALK_ENCODE)
        wire_put_u64(w->out, *n);
    else if (w->mode == WALK_DECODE)
        *n = wire_get_u64(&w->in);
}

static void walk_i64(struct walk *w, int64_t *n)
{
    uint64_t bits = (uint64_t)*n;
    walk_u64(w, &bits);
    *n = (int64_t)bits;
}

static void walk_text(struct walk *w, const char **text, size_t max)
{
    if (w->mode == WALK_ENCODE) {
        if (*text && strlen(*text) > max)
            panic("a text of %zu bytes in a field of %zu", strlen(*text), max);
        wire_put_text(w->out, *text);
    } else if (w->mode == WALK_DECODE) {
        *text = wire_get_text(&w->in, max);
    }
}

static void walk_bytes(struct walk *w, struct span *bytes, size_t max)
{
    if (w->mode == WALK_ENCODE) {
        if (bytes->len > max)
            panic("%zu bytes in a field of %zu", bytes->len, max);
        wire_put_bytes(w->out, *bytes);
    } else if (w->mode == WALK_DECODE) {
        *bytes = wire_get_bytes(&w->in, max);
    }
}

static void walk_fd(struct walk *w, int *fd)
{
    if (w->mode == WALK_ENCODE) {
        wire_put_u8(w->out, *fd > 0);
        if (*fd > 0)
            w->fds[w->fds_used++] = *fd;
    } else if (w->mode == WALK_DECODE) {
        *fd = -1;
        if (wire_get_u8(&w->in) == 0)
            return;
        if (w->fds_used < w->fds_given)
            *fd = w->fds[w->fds_used++];
        else
            w->in.bad = true;
    } else if (*fd > 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

#define MSG(name, from, to, kind)                                                                            \
    static void walk_##name(struct walk *w, struct msg_##name *m)                                            \
    {
#define END                }
#define F_ID(name)         walk_id(w, &m->name);
#define F_U32(name)        walk_u32(w, &m->name);
#define F_U64(name)        walk_u64(w, &m->name);
#define F_I64(name)        walk_i64(w, &m->name);
#define F_STR(name, max)   walk_text(w, &m->name, max);
#define F_BYTES(name, max) walk_bytes(w, &m->name, max);
#define F_FD(name)         walk_fd(w, &m->name);
#include "ipc/messages.def"

static void walk_message(struct walk *w, struct message *m)
{
    switch (m->type) {
#define MSG(name, from, to, kind)                                                                            \
    case MSG_##name:                                                                                         \
        walk_##name(w, &m->name);                                                                            \
        break;
#include "ipc/each_message.def"
    case MSG_none:
    case MSG_COUNT: panic("message without a type");
    }
}

/* Each word of the table as text. */
static const char *const wire_words[] = {
#define MSG(name, from, to, kind) #name, #from, #to, #kind,
#define END                       ";",
#define F_ID(name)                "id",
#define F_U32(name)               "u32",
#define F_U64(name)               "u64",
#define F_I64(name)               "i64",
#define F_STR(name, max)          "text " #max,
#define F_BYTES(name, max)        "bytes " #max,
#define F_FD(name)                "fd",
#include "ipc/messages.def"
};

/* FNV-1a. */
static uint64_t add_word(uint64_t sum, const char *word)
{
    for (const char *c = word;; c++) {
        sum = (sum ^ (uint8_t)*c) * 0x100000001b3;
        if (*c == 0)
            return sum;
    }
}

uint64_t message_wire(void)
{
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < sizeof(wire_words) / sizeof(wire_words[0]); i++)
        sum = add_word(sum, wire_words[i]);
    for (int role = 0; role < ROLE_COUNT; role++)
        sum = add_word(sum, role_name((enum role)role));
    return sum;
}

const char *message_name(enum message_type type)
{
    return type > MSG_none && type < MSG_COUNT ? table[type].name : "none";
}

enum message_kind message_kind(enum message_type type)
{
    return table[type].kind;
}

size_t message_encode(const struct message *m, struct buf *b, int fds[MESSAGE_FDS_MAX])
{
    struct message copy = *m;
    struct walk w = {.mode = WALK_ENCODE, .out = b, .fds = fds};
    wire_put_u32(b, (uint32_t)m->type);
    wire_put_u64(b, m->request);
    walk_message(&w, &copy);
    if (b->overflow)
        panic("message %s does not fit a packet", message_name(m->type));
    return w.fds_used;
}

static bool decode_fields(struct walk *w, struct message *m)
{
    uint32_t type = wire_get_u32(&w->in);
    m->request = wire_get_u64(&w->in);
    if (w->in.bad || type <= MSG_none || type >= MSG_COUNT)
        return false;
    m->type = (enum message_type)type;
    walk_message(w, m);
    return !w->in.bad && w->in.rest.len == 0;
}

bool message_decode(struct span packet, const int *fds, size_t fd_count, struct message *m)
{
    int kept[MESSAGE_FDS_MAX] = {-1, -1};
    for (size_t i = 0; i < fd_count && i < MESSAGE_FDS_MAX; i++)
        kept[i] = fds[i];
    struct walk w = {.mode = WALK_DECODE, .in = {.rest = packet}, .fds = kept, .fds_given = fd_count};
    *m = (struct message){.type = MSG_none};
    bool good = decode_fields(&w, m) && w.fds_used == fd_count;
    if (good)
        return true;
    for (size_t i = 0; i < fd_count; i++)
        (void)close(fds[i]);
    m->type = MSG_none;
    return false;
}

void message_close_fds(struct message *m)
{
    struct walk w = {.mode = WALK_CLOSE};
    if (m->type != MSG_none)
        walk_message(&w, m);
}

bool message_allowed(enum message_type type, enum role from, enum role to)
{
    return table[type].from == (int)from && (table[type].to == (int)to || table[type].to == (int)ROLE_ANY);
}

bool message_dispatch(const struct message_handlers *h, void *context, const struct sender *from,
                      struct message *m)
{
    switch (m->type) {
#define MSG(name, from_role, to_role, kind)                                                                  \
    case MSG_##name:                                                                                         \
        if (!h->name)                                                                                        \
            return false;                                                                                    \
        h->name(context, from, &m->name);                                                                    \
        return true;
#include "ipc/each_message.def"
    case MSG_none:
    case MSG_COUNT: break;
    }
    return false;
}

void message_read_outcome(uint32_t verdict, const char *code, const char *reason, struct outcome *o)
{
    o->verdict = verdict <= VERDICT_GIVE_UP ? (enum verdict)verdict : VERDICT_GIVE_UP;
    (void)str_copy(o->code, sizeof(o->code), code);
    (void)str_copy(o->text, sizeof(o->text), reason);
}
