/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/archive.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/hex.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/id.h"
#include "provision/model.h"

enum { KEY_BYTES = 32 };

json_t *provision_archive_place_json(const struct archive_place *p)
{
    struct provision_errors errors = {json_array(), 0, NULL};
    json_t *entry = json_loads(p->settings, 0, NULL);
    if (!json_is_object(entry))
        panic("the store holds an archive place that is no JSON");
    (void)json_object_set_new(entry, "name", json_string(p->name));
    provision_complete(PROVISION_ARCHIVE, entry, "", &errors); /* fields that there were not then */
    json_decref(errors.list);
    return entry;
}

json_t *provision_archive_json(struct store *s, struct arena *a)
{
    struct archive_place list[ARCHIVE_PLACES_MAX];
    json_t *array = json_array();
    size_t n = archive_places(s, a, list);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(array, provision_archive_place_json(&list[i]));
    return array;
}

/* kind and url say where it is: a place of which either is another is another place. */
static bool is_same_place(const json_t *a, const json_t *b)
{
    return str_equal(provision_text(a, "kind"), provision_text(b, "kind")) &&
           str_equal(provision_text(a, "url"), provision_text(b, "url"));
}

/* A place that is elsewhere now gets another mark. */
static const char *mark_of(struct store *s, struct arena *a, const json_t *entry)
{
    struct archive_place was;
    bool there = archive_place_named(s, provision_text(entry, "name"), a, &was) && *was.mark;
    json_t *stored = there ? provision_archive_place_json(&was) : NULL;
    bool same = there && is_same_place(entry, stored);
    json_decref(stored);
    return same ? was.mark : arena_strdup(a, id_text(id_new()));
}

void provision_write_archive(struct store *s, struct arena *a, const json_t *entry)
{
    json_t *kept = json_object();
    for (const struct provision_field *f = provision_sections[PROVISION_ARCHIVE].fields; f->name; f++)
        if (!str_equal(f->name, "name"))
            (void)json_object_set(kept, f->name, json_object_get(entry, f->name));
    SCOPED_FREE char *text = json_dumps(kept, JSON_COMPACT);
    json_decref(kept);
    if (!text)
        panic("an archive place that does not print");
    archive_place_put(s,
                      &(struct archive_place){.name = provision_text(entry, "name"),
                                              .settings = text,
                                              .tenant = provision_text(entry, "tenant"),
                                              .rank = (int)json_integer_value(json_object_get(entry, "rank")),
                                              .enabled = json_is_true(json_object_get(entry, "enabled")),
                                              .mark = mark_of(s, a, entry)});
}

static void wrong(const char *path, const char *field, struct provision_errors *errors, const char *text)
{
    char place[PROVISION_PATH_LEN];
    (void)str_format(place, sizeof(place), "%.150s.%s", path, field);
    provision_error(errors, place, "%s", text);
}

void provision_archive_give_key(json_t *entry, const char *path, struct provision_errors *errors)
{
    unsigned char key[KEY_BYTES];
    char text[2 * KEY_BYTES + 1];
    const json_t *has = json_object_get(entry, "key");
    const char *plain = json_string_value(json_object_get(has, "plain"));
    if (plain && !(strlen(plain) == 2 * KEY_BYTES && hex_parse(plain, key, KEY_BYTES)))
        wrong(path, "key", errors,
              "needs 64 hexadecimal digits, as `faxpost archive key` prints them, or \"\"");
    bool none = json_is_string(has) && !*json_string_value(has);
    if (none && json_is_true(json_object_get(entry, "encrypted"))) {
        if (sodium_init() < 0)
            panic("libsodium does not start");
        randombytes_buf(key, sizeof(key));
        (void)sodium_bin2hex(text, sizeof(text), key, sizeof(key));
        (void)json_object_set_new(entry, "key", json_pack("{s:s}", "plain", text));
        sodium_memzero(text, sizeof(text));
    }
    sodium_memzero(key, sizeof(key));
}

static int64_t copies_at(struct store *s, const char *name)
{
    struct archive_figures f;
    archive_figures(s, name, true, &f);
    return f.waiting + f.stored + f.deleting + f.damaged + f.failed;
}

void provision_archive_keep_place(struct store *s, const json_t *entry, const json_t *stored,
                                  const char *path, struct provision_errors *errors)
{
    const json_t *was = json_object_get(stored, "key");
    bool moved = stored && !is_same_place(entry, stored);
    bool rekeyed = json_is_object(was) && !json_equal(was, json_object_get(entry, "key"));
    int64_t copies = moved || rekeyed ? copies_at(s, provision_text(entry, "name")) : 0;
    if (copies > 0 && moved) {
        char place[PROVISION_PATH_LEN];
        bool url = str_equal(provision_text(entry, "kind"), provision_text(stored, "kind"));
        (void)str_format(place, sizeof(place), "%.150s.%s", path, url ? "url" : "kind");
        provision_error(
            errors, place,
            "cannot be another one while %" PRId64
            " faxes lie there, which nobody would find or delete any more; make a new place for the "
            "new one and switch this one off (enabled: false)",
            copies);
    }
    if (copies > 0 && rekeyed)
        wrong(path, "key", errors,
              "cannot be another one while faxes lie there that need it; make a new place for a new key and "
              "switch this one off (enabled: false)");
}

void provision_check_archive(const json_t *e, const char *path, struct provision_errors *errors)
{
    const char *kind = provision_text(e, "kind"), *url = provision_text(e, "url");
    bool local = str_equal(kind, "local"), sftp = str_equal(kind, "sftp");
    bool plain = str_starts(url, "http://");
    if (local && strstr(url, "://"))
        wrong(path, "url", errors,
              "needs the name of a folder below archive_dir of faxpost.conf, such as offsite");
    if (sftp && !str_starts(url, "sftp://"))
        wrong(path, "url", errors, "needs sftp://host/folder for a place of kind sftp");
    if (!local && !sftp && !str_starts(url, "https://") && !plain)
        wrong(path, "url", errors, "needs https://host/folder for a place of this kind");
    if (plain && !json_is_true(json_object_get(e, "plaintext")))
        wrong(path, "url", errors,
              "begins with http://, so anybody on the way reads the password; use https://, or say so by "
              "plaintext: true");
    if (sftp && !*provision_text(e, "host_key"))
        wrong(
            path, "host_key", errors,
            "needs the server's key, so that no other machine gets the faxes: ask its administrator, or see "
            "`ssh-keyscan host | ssh-keygen -lf -`");
    if (sftp && !*provision_text(e, "username"))
        wrong(path, "username", errors, "needs the account at the server");
}

void provision_check_archive_drop(struct store *s, const char *name, const char *path,
                                  struct provision_errors *errors)
{
    int64_t copies = copies_at(s, name);
    if (copies > 0)
        provision_error(errors, path,
                        "archive place \"%.64s\" has %" PRId64
                        " faxes, which nobody could find or read without it; switch it off (enabled: false) "
                        "instead, until its faxes are no longer kept",
                        name, copies);
}
