/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The messages of messages.def as C: one struct each, one union of all, one table of handlers, one codec.
 *
 *     struct message m = {.type = MSG_mail_stored, .mail_stored = {.mail = id}};
 *
 * Texts and bytes in a decoded message point into the packet and live as long as its handler runs.
 * Descriptors in it belong to the dispatcher, which closes them after the handler; a handler keeps one with
 * take_fd(). A sender keeps its own. A descriptor of 0 or less is none (no role has a use for standard
 * input). */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "model/id.h"
#include "model/outcome.h"
#include "model/role.h"

enum { ROLE_ANY = ROLE_COUNT };
/* A number for the whole table: two programs understand each other where it is the same in both. */
uint64_t message_wire(void);

enum { MESSAGE_BYTES_MAX = 160 * 1024, MESSAGE_FDS_MAX = 2 };

/* How far mailin believes the envelope sender (A5). */
enum mail_trust {
    MAIL_TRUST_NONE,
    MAIL_TRUST_LOOPBACK,      /* from 127.0.0.0/8 or ::1 */
    MAIL_TRUST_AUTHENTICATED, /* SMTP AUTH */
};

/* What the queue wants to know about a mail, bit by bit. */
enum mail_verify {
    MAIL_VERIFY = 1,        /* who its author is */
    MAIL_VERIFY_ARC = 2,    /* and whether a forwarder speaks for it */
    MAIL_VERIFY_AUTHOR = 4, /* only who it says its author is, which costs nothing */
};

/* What a person wants of a mail that is not sent. */
enum destination_wish { DESTINATION_LOCK, DESTINATION_UNLOCK, DESTINATION_FORGET, DESTINATION_WISH_COUNT };
enum mail_wish { MAIL_WISH_HOLD, MAIL_WISH_RELEASE, MAIL_WISH_RETRY, MAIL_WISH_DELETE, MAIL_WISH_COUNT };

/* What people note of a received fax. */
enum fax_mark {
    FAX_MARK_READ,
    FAX_MARK_UNREAD,
    FAX_MARK_ARCHIVED,
    FAX_MARK_UNARCHIVED,
    FAX_MARK_JUNK,
    FAX_MARK_NO_JUNK,
    FAX_MARK_COUNT
};

/* What people write beside a fax. */
enum remark_action { REMARK_NOTE, REMARK_NO_NOTE, REMARK_TAGS, REMARK_ACTION_COUNT };

enum media_kind { MEDIA_PCMA, MEDIA_PCMU, MEDIA_T38 };

/* Why a call was never answered, as D4's table of waits needs it. */
enum dial_failure {
    DIAL_BUSY,
    DIAL_NO_ANSWER,
    DIAL_PROTOCOL, /* the network or the far side failed; may work later */
    DIAL_FINAL,    /* unallocated, rejected: a person has to change something */
    DIAL_CANCELLED,
    DIAL_NOT_YET, /* nothing was sent: line has just begun and is still looking for the trunk. No dial */
};

enum message_kind { KIND_TELL, KIND_ASK, KIND_ANSWER };

#define OUTCOME                                                                                              \
    F_U32(verdict)                                                                                           \
    F_STR(code, OUTCOME_CODE_LEN)                                                                            \
    F_STR(reason, OUTCOME_TEXT_LEN)

#define MSG(name, from, to, kind) struct msg_##name {
#define END                                                                                                  \
    }                                                                                                        \
    ;
#define F_ID(name)         struct id name;
#define F_U32(name)        uint32_t name;
#define F_U64(name)        uint64_t name;
#define F_I64(name)        int64_t name;
#define F_STR(name, max)   const char *name;
#define F_BYTES(name, max) struct span name;
#define F_FD(name)         int name;
#include "ipc/messages.def"

#define MSG(name, from, to, kind) MSG_##name,
enum message_type {
    MSG_none,
#include "ipc/each_message.def"
    MSG_COUNT
};

struct message {
    enum message_type type;
    uint64_t request; /* of an ask and its answer; 0 for a tell */
    union {
#define MSG(name, from, to, kind) struct msg_##name name;
#include "ipc/each_message.def"
    };
};

/* Who a message came from. May be copied and kept for a later answer. */
struct sender {
    enum role role;
    unsigned instance;
    uint64_t request;
};

/* One handler a message; NULL: this role does not expect it. */
struct message_handlers {
#define MSG(name, from, to, kind)                                                                            \
    void (*name)(void *context, const struct sender *from_whom, struct msg_##name *m);
#include "ipc/each_message.def"
};

const char *message_name(enum message_type type);
enum message_kind message_kind(enum message_type type);

/* Appends the packet to b (limit at least MESSAGE_BYTES_MAX), writes its descriptors, still the sender's, to
 * fds. Returns how many. A message that breaks its own bounds is our bug: panic. */
size_t message_encode(const struct message *m, struct buf *b, int fds[MESSAGE_FDS_MAX]);
/* False where it is no message of the table. In any case the fds are message's or closed. */
bool message_decode(struct span packet, const int *fds, size_t fd_count, struct message *m) MUST_USE;
/* Closes the descriptors that no handler took. */
void message_close_fds(struct message *m);
/* Is `from` allowed to send this to `to`? */
bool message_allowed(enum message_type type, enum role from, enum role to);
/* Calls the handler; false where there is none. */
bool message_dispatch(const struct message_handlers *h, void *context, const struct sender *from,
                      struct message *m) MUST_USE;

/* The descriptor becomes the caller's; -1 where there is none. */
static inline int take_fd(int *slot)
{
    int fd = *slot;
    *slot = -1;
    return fd;
}

/* The three fields of OUTCOME from and to the struct. */
#define MESSAGE_OUTCOME(o)        .verdict = (uint32_t)(o)->verdict, .code = (o)->code, .reason = (o)->text
#define message_get_outcome(m, o) message_read_outcome((m)->verdict, (m)->code, (m)->reason, (o))
void message_read_outcome(uint32_t verdict, const char *code, const char *reason, struct outcome *o);
