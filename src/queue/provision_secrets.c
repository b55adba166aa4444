/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/provision_secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/provision_model.h"

/* The role that opens it, and with it the key. */
static const char *role_of(enum provision_kind kind)
{
    return kind == PROVISION_TRUNK ? "line" : "mailout";
}

static void check_key(enum provision_kind kind, const json_t *entry, char key[PROVISION_TEXT_LEN])
{
    (void)str_format(key, PROVISION_TEXT_LEN, "password-check.%s.%s", provision_sections[kind].name,
                     provision_text(entry, "name"));
}

int provision_public_key(const char *state_dir, const char *role,
                         unsigned char key[crypto_box_PUBLICKEYBYTES])
{
    char path[PATH_MAX];
    if (!str_format(path, sizeof(path), "%s/keys/%s.pub", state_dir, role))
        return ENAMETOOLONG;
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : fd_pread_all(fd, key, crypto_box_PUBLICKEYBYTES, 0);
}

static json_t *seal(const char *plain, const unsigned char *key)
{
    unsigned char box[crypto_box_SEALBYTES + 256];
    char text[1024];
    size_t len = strlen(plain);
    if (len > sizeof(box) - crypto_box_SEALBYTES ||
        crypto_box_seal(box, (const unsigned char *)plain, len, key) != 0)
        panic("a password of %zu bytes cannot be sealed", len);
    (void)sodium_bin2base64(text, sizeof(text), box, len + crypto_box_SEALBYTES,
                            sodium_base64_VARIANT_ORIGINAL);
    return json_pack("{s:s}", "sealed", text);
}

/* About 30 ms: the queue has calls to serve. Who has the hash has the store, and gains nothing but guesses.
 */
static json_t *hash(const char *plain)
{
    char text[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(text, plain, strlen(plain), crypto_pwhash_OPSLIMIT_INTERACTIVE, 16 << 20) != 0)
        return json_string("");
    return json_string(text);
}

static bool is_stored(struct store *s, enum provision_kind kind, const json_t *stored, const char *plain)
{
    struct arena a;
    char key[PROVISION_TEXT_LEN];
    if (!stored || !json_is_object(json_object_get(stored, "password")))
        return false;
    arena_init(&a);
    check_key(kind, stored, key);
    const char *check = store_meta(s, &a, key);
    bool same = *check && crypto_pwhash_str_verify(check, plain, strlen(plain)) == 0;
    arena_clear(&a);
    return same;
}

void provision_seal(struct store *s, const char *state_dir, enum provision_kind kind, json_t *wanted,
                    const json_t *stored, const char *path, struct provision_errors *errors)
{
    unsigned char key[crypto_box_PUBLICKEYBYTES];
    const char *plain = json_string_value(json_object_get(json_object_get(wanted, "password"), "plain"));
    if (!plain)
        return;
    if (sodium_init() < 0)
        panic("libsodium does not start");
    if (is_stored(s, kind, stored, plain)) {
        (void)json_object_set(wanted, "password", json_object_get(stored, "password"));
        return;
    }
    int failed = provision_public_key(state_dir, role_of(kind), key);
    if (failed) {
        char place[PROVISION_PATH_LEN];
        (void)str_format(place, sizeof(place), "%.180s.password", path);
        provision_error(errors, place, "cannot be sealed: keys/%s.pub of the state directory: %s",
                        role_of(kind), strerror(failed));
        return;
    }
    (void)json_object_set_new(wanted, "@check", hash(plain));
    (void)json_object_set_new(wanted, "password", seal(plain, key));
}

void provision_hash_pin(json_t *wanted, const json_t *stored)
{
    char text[crypto_pwhash_STRBYTES];
    const char *plain = json_string_value(json_object_get(json_object_get(wanted, "pin"), "plain"));
    if (!plain)
        return;
    if (sodium_init() < 0)
        panic("libsodium does not start");
    const char *known = provision_text(json_object_get(stored, "pin"), "hash");
    if (*known && crypto_pwhash_str_verify(known, plain, strlen(plain)) == 0)
        (void)json_object_set(wanted, "pin", json_object_get(stored, "pin"));
    else if (crypto_pwhash_str(text, plain, strlen(plain), PIN_HASH_PASSES, PIN_HASH_BYTES) == 0)
        (void)json_object_set_new(wanted, "pin", json_pack("{s:s}", "hash", text));
    else
        panic("no memory to hash a PIN");
}

void provision_keep_check(struct store *s, enum provision_kind kind, const json_t *entry)
{
    char key[PROVISION_TEXT_LEN];
    if (kind != PROVISION_TRUNK && kind != PROVISION_MAIL_SERVER && kind != PROVISION_MAIL_SERVERS)
        return;
    check_key(kind, entry, key);
    store_set_meta(s, key, provision_text(entry, "@check"));
}
