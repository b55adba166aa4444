/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/secrets.h"

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
#include "provision/fax_password.h"
#include "provision/login_keys.h"
#include "provision/model.h"

/* The role that opens it, and with it the key. */
static const char *role_of(enum provision_kind kind)
{
    if (kind == PROVISION_PROVIDER || kind == PROVISION_DIRECTORY)
        return "directory";
    if (kind == PROVISION_ARCHIVE)
        return "archive";
    return kind == PROVISION_TRUNK ? "line" : kind == PROVISION_MAILBOX ? "fetch" : "mailout";
}

static void check_key(enum provision_kind kind, const json_t *entry, const char *field,
                      char key[PROVISION_TEXT_LEN])
{
    bool password = str_equal(field, "password"); /* the first there was; its key stays as it is */
    const char *selector = provision_text(entry, "selector");
    (void)str_format(key, PROVISION_TEXT_LEN, "password-check.%s.%s%s%s%s%s", provision_sections[kind].name,
                     selector, *selector ? "." : "", provision_text(entry, "name"), password ? "" : ".",
                     password ? "" : field);
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
    unsigned char box[crypto_box_SEALBYTES + 4096];
    char text[8192];
    size_t len = strlen(plain);
    if (len > sizeof(box) - crypto_box_SEALBYTES ||
        crypto_box_seal(box, (const unsigned char *)plain, len, key) != 0)
        panic("a secret of %zu bytes cannot be sealed", len);
    (void)sodium_bin2base64(text, sizeof(text), box, len + crypto_box_SEALBYTES,
                            sodium_base64_VARIANT_ORIGINAL);
    return json_pack("{s:s}", "sealed", text);
}

static bool public_key(const char *state_dir, const char *role, unsigned char *key, const char *path,
                       const char *field, struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    int failed = provision_public_key(state_dir, role, key);
    if (!failed)
        return true;
    (void)str_format(place, sizeof(place), "%.150s.%s", path, field);
    provision_error(errors, place, "cannot be sealed: keys/%s.pub of the state directory: %s", role,
                    strerror(failed));
    return false;
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

static bool is_stored(struct store *s, enum provision_kind kind, const json_t *stored, const char *field,
                      const char *plain)
{
    struct arena a;
    char key[PROVISION_TEXT_LEN];
    if (!stored || !json_is_object(json_object_get(stored, field)))
        return false;
    arena_init(&a);
    check_key(kind, stored, field, key);
    const char *check = store_meta(s, &a, key);
    bool same = *check && crypto_pwhash_str_verify(check, plain, strlen(plain)) == 0;
    arena_clear(&a);
    return same;
}

static void seal_field(struct store *s, const char *state_dir, enum provision_kind kind, json_t *wanted,
                       const json_t *stored, const char *field, const char *path,
                       struct provision_errors *errors)
{
    unsigned char key[crypto_box_PUBLICKEYBYTES];
    char name[PROVISION_PATH_LEN];
    const char *plain = json_string_value(json_object_get(json_object_get(wanted, field), "plain"));
    if (!plain)
        return;
    if (sodium_init() < 0)
        panic("libsodium does not start");
    if (is_stored(s, kind, stored, field, plain)) {
        (void)json_object_set(wanted, field, json_object_get(stored, field));
        return;
    }
    if (!public_key(state_dir, role_of(kind), key, path, field, errors))
        return;
    (void)str_format(name, sizeof(name), "@check.%s", field);
    (void)json_object_set_new(wanted, name, hash(plain));
    (void)json_object_set_new(wanted, field, seal(plain, key));
}

void provision_keep_login(const struct provision_keys *keys, json_t *wanted, const json_t *stored,
                          const char *path, struct provision_errors *errors)
{
    unsigned char key[crypto_box_PUBLICKEYBYTES];
    char text[SCRAM_KEYS_TEXT_LEN];
    struct scram_keys known;
    const char *plain = json_string_value(json_object_get(json_object_get(wanted, "password"), "plain"));
    if (!plain)
        return;
    if (sodium_init() < 0)
        panic("libsodium does not start");
    const char *sealed = provision_text(json_object_get(stored, "password"), "sealed");
    if (login_keys_open(keys->vault, sealed, &known) && login_keys_fit(&known, plain)) {
        (void)json_object_set(wanted, "password", json_object_get(stored, "password"));
    } else if (public_key(keys->state_dir, "queue", key, path, "password", errors)) {
        login_keys_make(plain, text);
        (void)json_object_set_new(wanted, "password", seal(text, key));
        sodium_memzero(text, sizeof(text));
    }
}

/* Of a few digits a hash tells as much as they do, so none is kept beside it. */
void provision_keep_fax_password(const struct provision_keys *keys, json_t *wanted, const json_t *stored,
                                 const char *path, struct provision_errors *errors)
{
    static const char field[] = "fax_password";
    unsigned char key[crypto_box_PUBLICKEYBYTES];
    char known[FLAG_DIGITS_MAX + 1];
    const char *plain = json_string_value(json_object_get(json_object_get(wanted, field), "plain"));
    if (!plain)
        return;
    if (sodium_init() < 0)
        panic("libsodium does not start");
    if (fax_password_open(keys->vault, provision_text(json_object_get(stored, field), "sealed"), known) &&
        str_equal(known, plain))
        (void)json_object_set(wanted, field, json_object_get(stored, field));
    else if (public_key(keys->state_dir, "queue", key, path, field, errors))
        (void)json_object_set_new(wanted, field, seal(plain, key));
    sodium_memzero(known, sizeof(known));
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

void provision_seal(struct store *s, const char *state_dir, enum provision_kind kind, json_t *wanted,
                    const json_t *stored, const char *path, struct provision_errors *errors)
{
    for (const struct provision_field *f = provision_sections[kind].fields; f->name; f++)
        if (f->type == FIELD_PASSWORD)
            seal_field(s, state_dir, kind, wanted, stored, f->name, path, errors);
}

void provision_keep_checks(struct store *s, enum provision_kind kind, const json_t *wanted,
                           const json_t *stored)
{
    char key[PROVISION_TEXT_LEN], name[PROVISION_PATH_LEN];
    for (const struct provision_field *f = provision_sections[kind].fields; f->name; f++) {
        if (f->type != FIELD_PASSWORD ||
            json_equal(json_object_get(wanted, f->name), json_object_get(stored, f->name)))
            continue;
        check_key(kind, wanted, f->name, key);
        (void)str_format(name, sizeof(name), "@check.%s", f->name);
        store_set_meta(s, key, provision_text(wanted, name));
    }
}
