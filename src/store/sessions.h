/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who has logged in by a browser, and who he is. A session is known by the SHA-256 of its token: whoever
 * finds a copy of the store can use none. */
#pragma once

#include "store/store.h"

enum { TOKEN_HASH_LEN = 32 };
#define SESSION_IDLE_MS (12LL * 3600 * 1000)
#define SESSION_LIFE_MS (30LL * 24 * 3600 * 1000)

/* A user, as whoever decides what he may needs him. */
struct visitor {
    struct id user, tenant;
    const char *name, *tenant_name;
    const char *role;     /* "user", "tenant", "installation" */
    const char *language; /* his, else his tenant's */
};

struct session {
    struct id id;
    struct visitor visitor;
    int64_t created_ms, seen_ms;
    const char *provider; /* that logged him in; "": himself, with a password */
};

/* Once: the same hash again changes nothing. agent: what his browser calls itself. */
void session_add(struct store *s, struct span hash, struct id id, struct id user, int64_t now_ms,
                 const char *client_ip, const char *agent);
/* False for one that has ended, whether its row is there or not. */
bool session_find(struct store *s, struct arena *a, struct span hash, int64_t now_ms, struct session *found);
/* When it ends where nobody uses it. */
int64_t session_ends_ms(const struct session *s);
/* Whose session of that id that is; false where there is none. */
bool session_user(struct store *s, struct id id, struct id *user);
/* When it began; 0: there is none. */
int64_t session_began_ms(struct store *s, struct id id);
void session_seen(struct store *s, struct id id, int64_t now_ms);
void session_end(struct store *s, struct id id);
/* All but `keep`, which may be ID_NONE. */
void session_end_of_user(struct store *s, struct id user, struct id keep);
/* Rows of sessions that have ended; at most `most` of one user stay, the newest. */
void session_prune(struct store *s, struct id user, unsigned most, int64_t now_ms);

void session_set_provider(struct store *s, struct id id, const char *provider);

/* False also for who is switched off. */
bool visitor_find(struct store *s, struct arena *a, struct id user, struct visitor *v);

/* A box and what a user may do with it. */
struct visitor_box {
    const char *id, *name;
    bool send, receive;
};
/* All boxes with a row for him; in the order of their ids. */
size_t visitor_boxes(struct store *s, struct arena *a, struct id user, struct visitor_box **list);
