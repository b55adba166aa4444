/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A tenant's own PGP keys (S2.5): a convert worker makes them and seals the secret one; here it is only
 * stored. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/pgp_key.h"
#include "queue/audit_notes.h"
#include "provision/secrets.h"
#include "queue/queue.h"
#include "queue/waiting.h"

struct key_making {
    struct waiting waiting; /* its id: the tenant */
    struct id actor;
    char who[512], client_ip[64];
};

static void answer(struct queue *q, const struct sender *to, uint32_t status, const struct outcome *o,
                   const char *fingerprint)
{
    struct message m = {.type = MSG_key_made,
                        .key_made = {.status = status, MESSAGE_OUTCOME(o), .fingerprint = fingerprint}};
    peers_answer(q->peers, to, &m);
}

#define REFUSE(o, code, ...) (outcome_set(o, VERDICT_GIVE_UP, code, __VA_ARGS__), false)

/* RFC 4880 §5.11: a name and an address; what would end either is left out. */
static const char *user_id_of(struct queue *q, const struct tenant *t)
{
    char *name = arena_strdup(&q->arena, t->name);
    for (char *c = name; *c; c++)
        if (strchr("<>()\"", *c))
            *c = ' ';
    return arena_format(&q->arena, "Fax of %s <%.200s>", name, from_address(q, t->id));
}

static bool ask(struct queue *q, const struct msg_key_make *m, struct tenant *t, struct outcome *o)
{
    unsigned char seal_to[crypto_box_PUBLICKEYBYTES];
    if (!config_tenant(&q->store, &q->arena, config_tenant_id(&q->store, m->tenant), t))
        return REFUSE(o, "unknown-tenant", "There is no tenant \"%.64s\"; `faxpost export` lists them.",
                      m->tenant);
    if (!m->replace && *keys_of_tenant(&q->store, &q->arena, t->id).public_key)
        return REFUSE(
            o, "key-exists",
            "Tenant \"%.64s\" has PGP keys already. With --replace it gets new ones, and mails that were "
            "encrypted to the old ones cannot be read any more.",
            m->tenant);
    if (provision_public_key(q->conf->state_dir, "pgp", seal_to) != 0)
        return REFUSE(o, "no-seal",
                      "keys/pgp.pub of the state directory cannot be read, so no secret key can be kept.");
    const struct message make = {.type = MSG_pgp_make,
                                 .pgp_make = {.tenant = t->id,
                                              .user_id = user_id_of(q, t),
                                              .seal_to = span_of(seal_to, sizeof(seal_to))}};
    if (!waiting_find(&q->key_makings, t->id))
        (void)peers_ask(q->peers, ROLE_CONVERT, 0, &make);
    return true;
}

void on_key_make(void *context, const struct sender *from, struct msg_key_make *m)
{
    struct queue *q = context;
    struct tenant t;
    struct outcome o;
    queue_enter(q);
    if (!ask(q, m, &t, &o)) {
        answer(q, from, 409, &o, "");
        return;
    }
    struct key_making *k = waiting_find(&q->key_makings, t.id);
    if (!k)
        k = waiting_new(&q->key_makings, sizeof(*k), t.id, from);
    k->waiting.from = *from;
    k->actor = m->actor;
    (void)str_copy(k->who, sizeof(k->who), m->user);
    (void)str_copy(k->client_ip, sizeof(k->client_ip), m->client_ip);
}

/* Believed as little as any answer of a worker. */
static bool take_pair(struct queue *q, const struct msg_pgp_made *m, struct pgp_key *key)
{
    struct complaint why;
    uint64_t size;
    char text[PGP_KEY_BYTES_MAX] = "";
    if (fd_checked_size(m->public_key, sizeof(text) - 1, &size) != 0 ||
        fd_pread_all(m->public_key, text, (size_t)size, 0) != 0 || !pgp_key_read(text, key, &why) ||
        m->secret.len <= crypto_box_SEALBYTES)
        return false;
    const struct tenant_key pair = {text, m->secret};
    keys_set_tenant(&q->store, m->tenant, &pair);
    return true;
}

void on_pgp_made(void *context, const struct sender *from, struct msg_pgp_made *m)
{
    struct queue *q = context;
    struct tenant t;
    struct outcome o;
    struct pgp_key key = {.count = 0};
    queue_enter(q);
    message_get_outcome(m, &o);
    struct key_making *k = waiting_find(&q->key_makings, m->tenant);
    if (!k)
        return;
    bool good = o.verdict == VERDICT_DONE && config_tenant(&q->store, &q->arena, m->tenant, &t) &&
                take_pair(q, m, &key);
    if (good) {
        log_info(NULL, "new PGP keys of tenant %s: %s", t.name, key.fingerprints[0]);
        note_deed(q, t.id, &(struct doer){k->actor, k->who, k->client_ip}, "keys.create", t.name,
                  key.fingerprints[0]);
    } else if (o.verdict == VERDICT_DONE)
        (void)REFUSE(&o, "pgp-make", "The PGP keys could not be made. Try again; the log has more.");
    answer(q, &k->waiting.from, good ? 200 : 500, &o, key.fingerprints[0]);
    waiting_end(k);
}
