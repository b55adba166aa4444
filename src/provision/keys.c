/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/keys.h"

#include <sodium.h>
#include <string.h>

#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/pgp_key.h"
#include "provision/model.h"

enum { SEALED_BYTES_MAX = 4096 };

/* ---- what a file says ---- */

static json_t *key_json(const char *text, const struct pgp_key *k)
{
    json_t *names = json_array();
    for (size_t i = 0; i < k->name_count; i++)
        (void)json_array_append_new(names, json_string(k->names[i]));
    return json_pack("{s:s, s:o, s:s}", "fingerprint", k->fingerprints[0], "names", names, "key", text);
}

static json_t *read_key(const json_t *value, const char *path, struct provision_errors *errors)
{
    struct pgp_key k;
    struct complaint why;
    const json_t *given = json_is_object(value) ? json_object_get(value, "key") : value;
    const char *text = json_string_value(given);
    if (!text || strlen(text) != json_string_length(given)) {
        provision_error(errors, path, "needs a PGP public key in armor, or {\"key\": ...} with one");
        return NULL;
    }
    if (pgp_key_read(text, &k, &why))
        return key_json(text, &k);
    provision_error(errors, path, "%s", why.text);
    return NULL;
}

static bool is_known(const json_t *list, const json_t *key)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_equal(provision_text(json_array_get(list, i), "fingerprint"),
                      provision_text(key, "fingerprint")))
            return true;
    return false;
}

json_t *provision_read_keys(const json_t *value, const char *path, struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    size_t bytes = 0, count = json_array_size(value);
    if (!json_is_array(value) || count > USER_KEYS_MAX) {
        provision_error(errors, path, "needs " KEYS_WANT);
        return NULL;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)str_format(place, sizeof(place), "%.180s[%zu]", path, i);
        json_t *key = read_key(json_array_get(value, i), place, errors);
        if (key && is_known(list, key))
            provision_error(errors, place, "the key stands in this list already; leave one of the two out");
        bytes += key ? strlen(provision_text(key, "key")) + 1 : 0;
        if (key)
            (void)json_array_append_new(list, key);
    }
    if (bytes > USER_KEYS_BYTES_MAX)
        provision_error(errors, path, "the keys are larger than %d bytes together; leave out old ones",
                        USER_KEYS_BYTES_MAX);
    return list;
}

static bool is_sealed(const json_t *sealed)
{
    unsigned char box[SEALED_BYTES_MAX];
    size_t len = 0;
    return json_is_string(sealed) &&
           sodium_base642bin(box, sizeof(box), json_string_value(sealed), json_string_length(sealed), NULL,
                             &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len > crypto_box_SEALBYTES;
}

json_t *provision_read_pair(const json_t *value, const char *path, struct provision_errors *errors)
{
    if (json_is_string(value) && json_string_length(value) == 0)
        return json_string("");
    json_t *pair = json_is_object(value) && is_sealed(json_object_get(value, "sealed"))
                       ? read_key(value, path, errors)
                       : NULL;
    if (pair)
        (void)json_object_set(pair, "sealed", json_object_get(value, "sealed"));
    else
        provision_error(errors, path, "needs " PAIR_WANT);
    return pair;
}

/* ---- the store ---- */

static json_t *stored_key_json(const char *text)
{
    struct pgp_key k;
    struct complaint why;
    if (!pgp_key_read(text, &k, &why))
        panic("the store holds a PGP key that is none: %s", why.text);
    return key_json(text, &k);
}

json_t *provision_keys_json(const struct user_key *list, size_t count)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(keys, stored_key_json(list[i].text));
    return keys;
}

json_t *provision_pair_json(const struct tenant_key *k)
{
    char text[2 * SEALED_BYTES_MAX];
    if (!*k->public_key)
        return json_string("");
    json_t *pair = stored_key_json(k->public_key);
    if (sodium_base64_encoded_len(k->secret.len, sodium_base64_VARIANT_ORIGINAL) > sizeof(text))
        panic("a sealed PGP key of %zu bytes", k->secret.len);
    (void)sodium_bin2base64(text, sizeof(text), k->secret.data, k->secret.len,
                            sodium_base64_VARIANT_ORIGINAL);
    (void)json_object_set_new(pair, "sealed", json_string(text));
    return pair;
}

static const char *fingerprints_of(struct arena *a, const char *text)
{
    struct pgp_key k;
    struct complaint why;
    const char *all = "";
    if (!pgp_key_read(text, &k, &why))
        panic("a PGP key that is none passed the checks");
    for (size_t i = 0; i < k.count; i++)
        all = arena_format(a, "%s%s%s", all, i ? " " : "", k.fingerprints[i]);
    return all;
}

size_t provision_keys_of(struct arena *a, const json_t *list, struct user_key **keys)
{
    size_t count = json_array_size(list);
    *keys = arena_alloc(a, (count + 1) * sizeof(**keys));
    for (size_t i = 0; i < count; i++) {
        const char *text = provision_text(json_array_get(list, i), "key");
        (*keys)[i] = (struct user_key){text, fingerprints_of(a, text)};
    }
    return count;
}

struct tenant_key provision_pair_of(struct arena *a, const json_t *pair)
{
    const char *sealed = provision_text(pair, "sealed");
    size_t len = 0, room = strlen(sealed) + 1;
    unsigned char *box = arena_alloc(a, room);
    if (!json_is_object(pair))
        return (struct tenant_key){"", {NULL, 0}};
    if (sodium_base642bin(box, room, sealed, strlen(sealed), NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        panic("a sealed PGP key that is no base64 passed the checks");
    return (struct tenant_key){provision_text(pair, "key"), span_of(box, len)};
}
