/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/lockout.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"

enum { ROWS_MAX = 4096 };
#define QUIET_MS (3600LL * 1000)
#define KNOWN_MS (30LL * 24 * 3600 * 1000)

struct row {
    struct list node;
    char key[LOCKOUT_KEY_LEN];
    unsigned wrong;
    int64_t last_ms, until_ms, known_until_ms;
};

struct lockout {
    struct list rows; /* the one touched last is the last */
    unsigned count;
};

struct keys {
    char user[LOCKOUT_KEY_LEN], client[LOCKOUT_KEY_LEN], both[LOCKOUT_KEY_LEN];
};

struct lockout *lockout_new(void)
{
    struct lockout *l = mem_zalloc(sizeof(*l));
    list_init(&l->rows);
    return l;
}

static void drop(struct lockout *l, struct row *r)
{
    list_remove(&r->node);
    l->count--;
    free(r);
}

void lockout_free(struct lockout *l)
{
    if (!l)
        return;
    list_each_safe (it, &l->rows) {
        drop(l, CONTAINER_OF(it, struct row, node));
    }
    free(l);
}

/* Whoever has one IPv6 address has 2^64 of them. */
static void network_of(const char *client, char text[INET6_ADDRSTRLEN])
{
    struct in6_addr a;
    if (inet_pton(AF_INET6, client, &a) != 1 || IN6_IS_ADDR_V4MAPPED(&a)) {
        (void)str_copy(text, INET6_ADDRSTRLEN, client);
        return;
    }
    memset(a.s6_addr + 8, 0, 8);
    (void)inet_ntop(AF_INET6, &a, text, INET6_ADDRSTRLEN);
}

/* A name that is too long for its key is cut; it shares the key of others like it. */
static void keys_of(const char *user, const char *client, struct keys *k)
{
    char network[INET6_ADDRSTRLEN];
    network_of(client, network);
    (void)str_format(k->user, sizeof(k->user), "user %.100s", user);
    (void)str_format(k->client, sizeof(k->client), "client %s", network);
    (void)str_format(k->both, sizeof(k->both), "both %s %.100s", network, user);
}

static struct row *find(struct lockout *l, const char *key)
{
    list_each (it, &l->rows) {
        struct row *r = CONTAINER_OF(it, struct row, node);
        if (str_equal(r->key, key))
            return r;
    }
    return NULL;
}

static struct row *touch(struct lockout *l, const char *key, int64_t now_ms)
{
    struct row *r = find(l, key);
    if (r) {
        list_remove(&r->node);
        l->count--;
    } else {
        if (l->count == ROWS_MAX)
            drop(l, CONTAINER_OF(l->rows.next, struct row, node));
        r = mem_zalloc(sizeof(*r));
        (void)str_copy(r->key, sizeof(r->key), key);
        r->last_ms = now_ms;
    }
    list_append(&l->rows, &r->node);
    l->count++;
    if (now_ms - r->last_ms > QUIET_MS)
        r->wrong = 0;
    r->last_ms = now_ms;
    return r;
}

static bool is_known(struct lockout *l, const struct keys *k, int64_t now_ms)
{
    const struct row *r = find(l, k->both);
    return r && r->known_until_ms > now_ms;
}

static int64_t until(struct lockout *l, const char *key)
{
    const struct row *r = find(l, key);
    return r ? r->until_ms : 0;
}

static unsigned count(struct lockout *l, const char *key, int64_t now_ms)
{
    struct row *r = touch(l, key, now_ms);
    r->wrong++;
    unsigned beyond = r->wrong > LOCKOUT_FREE ? r->wrong - LOCKOUT_FREE : 0;
    int64_t wait_s = beyond == 0 ? 0 : beyond > 10 ? LOCKOUT_LONGEST_S : 1LL << (beyond - 1);
    r->until_ms = now_ms + (wait_s < LOCKOUT_LONGEST_S ? wait_s : LOCKOUT_LONGEST_S) * 1000;
    return r->wrong;
}

unsigned lockout_wait_s(struct lockout *l, const char *user, const char *client, int64_t now_ms)
{
    struct keys k;
    keys_of(user, client, &k);
    int64_t at_ms;
    if (is_known(l, &k, now_ms)) {
        at_ms = until(l, k.both);
    } else {
        int64_t a = until(l, k.user), b = until(l, k.client);
        at_ms = a > b ? a : b;
    }
    return at_ms > now_ms ? (unsigned)((at_ms - now_ms + 999) / 1000) : 0;
}

unsigned lockout_wrong(struct lockout *l, const char *user, const char *client, int64_t now_ms)
{
    struct keys k;
    keys_of(user, client, &k);
    if (is_known(l, &k, now_ms))
        return count(l, k.both, now_ms);
    unsigned a = count(l, k.user, now_ms), b = count(l, k.client, now_ms);
    return a > b ? a : b;
}

void lockout_right(struct lockout *l, const char *user, const char *client, int64_t now_ms)
{
    struct keys k;
    keys_of(user, client, &k);
    struct row *r = touch(l, k.both, now_ms);
    r->wrong = 0;
    r->until_ms = 0;
    r->known_until_ms = now_ms + KNOWN_MS;
}
