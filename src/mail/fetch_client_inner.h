/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the mailbox client share; nobody else includes it. fetch_client.c: the interface, the
 * order of things, and how everything ends; fetch_login.c: passwords and tokens; pop3_client.c and
 * imap_client.c: the words of each protocol. */
#pragma once

#include "base/buf.h"
#include "mail/fetch_client.h"
#include "mail/sasl.h"
#include "proto/imap_response.h"
#include "proto/line_reader.h"
#include "proto/pop3_reply.h"

/* Name, what we wait for (for a person), how long. 0: not for the server. */
#define FETCH_STAGES(X)                                                                                      \
    X(GREETING, "the greeting", 60000)                                                                       \
    X(FEATURES, "what the server can do", 60000)                                                             \
    X(STARTTLS, "STARTTLS", 60000)                                                                           \
    X(SECURING, "TLS", 0)                                                                                    \
    X(LOGIN, "the login", 60000)                                                                             \
    X(LOGGED_IN, "what the server can do after the login", 60000)                                            \
    X(SELECT, "the folder", 60000)                                                                           \
    X(LIST, "the list of mails", 120000)                                                                     \
    X(UIDL, "the names of the mails", 120000)                                                                \
    X(ASKING, "our own store", 0)                                                                            \
    X(FETCH, "a mail", 180000)                                                                               \
    X(TAKING, "our own store", 0)                                                                            \
    X(REMOVE, "the removal of a mail", 60000)                                                                \
    X(COMMIT, "the removal of mails", 120000)                                                                \
    X(IDLE_BEGIN, "IDLE", 60000)                                                                             \
    X(IDLE, "new mail", 540000)                                                                              \
    X(IDLE_END, "the end of IDLE", 60000)                                                                    \
    X(QUIT, "the goodbye", 10000)                                                                            \
    X(OVER, "nothing", 0)

enum fetch_stage {
#define STAGE_ENUM(name, text, timeout) FETCH_STAGE_##name,
    FETCH_STAGES(STAGE_ENUM)
#undef STAGE_ENUM
        FETCH_STAGE_COUNT
};

enum { FETCH_KEY_LEN = 80, FETCH_ITEMS_MAX = 20000, FETCH_BATCH = 100, FETCH_WORDS_LEN = 200 };
/* A server that announces mail again and again where there is none is believed so often, then asked at this
 * pace. */
enum { FETCH_EMPTY_ROUNDS_MAX = 5, FETCH_CALM_MS = 5000 };

struct fetch_item {
    uint32_t number; /* of POP3, or UID */
    uint64_t size;
    char *uidl; /* POP3; NULL: not named yet */
    char state;
};

struct fetch_client {
    struct fetch_client_opts opts;
    const struct fetch_words *words;
    char *server_name, *user, *password, *folder, *large_key;
    enum fetch_stage stage;
    int64_t progress_ms, now_ms;
    bool secured, held, quitting, more;
    bool stirred; /* IMAP: something came after we began to list */
    unsigned features;
    struct sasl *sasl;          /* while we log in by it */
    bool sasl_begun, said_user; /* our first word of it is out; POP3: USER is */
    char said[FETCH_WORDS_LEN]; /* the server's last words that tell something */
    struct buf out;

    struct fetch_item *items;
    size_t item_count, item_room;
    size_t batch_at, batch_end; /* the items asked about */
    size_t at;                  /* the item in hand */
    char key[FETCH_KEY_LEN];    /* its key */
    bool header_only, got_body, body_complete, liar;
    uint64_t got_bytes;
    bool removed_any;
    unsigned removed;
    bool left;             /* a mail that is to be asked about again */
    bool worked;           /* on a mail, in this round */
    unsigned empty_rounds; /* one after the other */

    struct line_reader line;   /* POP3 */
    bool in_list;              /* POP3: the lines of an answer come */
    struct pop3_body body;     /* POP3 */
    struct imap_reader reader; /* IMAP */
    unsigned tag;
    uint32_t uid_validity;
};

/* The words of a protocol. */
struct fetch_words {
    void (*ask_features)(struct fetch_client *c);
    void (*say_starttls)(struct fetch_client *c);
    void (*list)(struct fetch_client *c);
    void (*key)(const struct fetch_client *c, const struct fetch_item *i, char key[FETCH_KEY_LEN]);
    void (*fetch)(struct fetch_client *c, const struct fetch_item *i);
    void (*remove)(struct fetch_client *c, const struct fetch_item *i);
    /* All is dealt with: makes removals final, waits or leaves. */
    void (*commit)(struct fetch_client *c);
    void (*quit)(struct fetch_client *c);
    /* Takes from the front what it can; may stop at a change of stage. */
    void (*input)(struct fetch_client *c, struct span *in);
};

extern const struct fetch_words pop3_words, imap_words;

/* ---- fetch_client.c ---- */

const char *fetch_stage_text(enum fetch_stage stage);
void fetch_say(struct fetch_client *c, const char *format, ...) PRINTF_LIKE(2, 3);
void fetch_heard(struct fetch_client *c, const char *line); /* keeps the words, for outcomes and for tests */
/* why NULL: in order. */
void fetch_end(struct fetch_client *c, const struct outcome *why);
void fetch_end_in_nonsense(struct fetch_client *c);
/* The server's refusal; its words are c->said. advice: what follows. */
void fetch_end_in_refusal(struct fetch_client *c, const char *code, const char *about, const char *advice);
void fetch_wait(struct fetch_client *c, enum fetch_stage stage);

/* After the greeting or TLS, when the features are known. */
void fetch_after_features(struct fetch_client *c);
/* A mail of the list; false: the list is full. */
bool fetch_add_item(struct fetch_client *c, uint32_t number, uint64_t size);
void fetch_after_list(struct fetch_client *c);
/* Of the mail in hand. */
void fetch_give_data(struct fetch_client *c, struct span data);
void fetch_mail_complete(struct fetch_client *c);
void fetch_mail_gone(struct fetch_client *c); /* the server does not give it now */
void fetch_next(struct fetch_client *c);      /* the item in hand is dealt with */

/* ---- fetch_login.c ---- */

void fetch_begin_login(struct fetch_client *c);
/* "+": the server wants the next part. text: what it says to that, base64. */
void fetch_login_continue(struct fetch_client *c, const char *text);
/* POP3 with USER: what follows its +OK. True: there is more to do. */
bool fetch_login_next(struct fetch_client *c);
void fetch_login_refused(struct fetch_client *c);
/* The server lets us in. False: it said so too early, and it is over. */
bool fetch_login_done(struct fetch_client *c);
