/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/node_keys.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/str.h"
#include "model/role.h"
#include "provision/secrets.h"

enum { PRINT_BYTES = 16, PRINT_LEN = 2 * PRINT_BYTES + 1, META_LEN = 32, LIST_LEN = 120 };

/* Keyed, so that it tells of no key that is used elsewhere too. False where there is no such key. */
static bool fingerprint(const struct queue *q, const char *name, char print[PRINT_LEN])
{
    static const unsigned char purpose[] = "faxpost: keys of a node";
    unsigned char public[crypto_box_PUBLICKEYBYTES], hash[PRINT_BYTES];
    if (provision_public_key(q->conf->state_dir, name, public) != 0)
        return false;
    (void)crypto_generichash(hash, sizeof(hash), public, sizeof(public), purpose, sizeof(purpose) - 1);
    (void)sodium_bin2hex(print, PRINT_LEN, hash, sizeof(hash));
    return true;
}

/* Alone with its database a server may have lost its keys: what was sealed is lost, and nobody has others. */
static bool are_others(struct queue *q)
{
    struct id own = node_id_of(q->conf->state_dir);
    struct node *list;
    size_t n = nodes_all(&q->store, &q->arena, &list);
    return n > 1 || (n == 1 && !id_equal(list[0].id, own));
}

/* Names of those that differ, in words. */
static void compare(struct queue *q, bool others, char differ[LIST_LEN])
{
    *differ = 0;
    for (size_t i = 0; i < ROLE_KEY_COUNT; i++) {
        char meta[META_LEN], print[PRINT_LEN];
        (void)str_format(meta, sizeof(meta), "keys.%s", role_keys[i]);
        if (!fingerprint(q, role_keys[i], print))
            continue;
        const char *theirs = store_meta(&q->store, &q->arena, meta);
        size_t len = strlen(differ);
        if (!*theirs || !others)
            store_set_meta(&q->store, meta, print);
        else if (!str_equal(theirs, print))
            (void)str_format(differ + len, LIST_LEN - len, "%s%s", len ? ", " : "", role_keys[i]);
    }
}

int node_keys_agree(struct queue *q, char error[STORE_ERROR_LEN])
{
    char differ[LIST_LEN];
    if (!sql_is_postgres(q->store.sql))
        return 0;
    store_begin(&q->store);
    compare(q, are_others(q), differ);
    store_commit(&q->store);
    if (!*differ)
        return 0;
    (void)str_format(
        error, STORE_ERROR_LEN,
        "this machine's keys (%s) are not those of the other nodes of this database, so it could "
        "open nothing that is sealed: copy the folder keys/ of another node's state directory over "
        "%.150s/keys (scp -rp) and start again. doc/operating.md says what to do when they are lost",
        differ, q->conf->state_dir);
    return EINVAL;
}
