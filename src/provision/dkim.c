/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/dkim.h"

#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/pem.h"
#include "provision/model.h"

enum { ID_MOST = 190 /* as addresses of the API take */ };

static bool is_of(const json_t *key, const char *domain)
{
    return str_equal_nocase(provision_text(key, "name"), domain);
}

static const json_t *find(const json_t *keys, const char *domain, const char *selector)
{
    size_t i;
    json_t *key;
    json_array_foreach(keys, i, key)
    {
        if (is_of(key, domain) && str_equal_nocase(provision_text(key, "selector"), selector))
            return key;
    }
    return NULL;
}

/* The one that signs, or the first of those that do not; NULL where there is none. */
static const json_t *first_of(const json_t *keys, const char *domain, unsigned *count)
{
    size_t i;
    json_t *key;
    const json_t *found = NULL;
    *count = 0;
    json_array_foreach(keys, i, key)
    {
        if (!is_of(key, domain))
            continue;
        ++*count;
        if (!found || json_is_true(json_object_get(key, "active")))
            found = key;
    }
    return found;
}

static bool has_active(const json_t *keys, const char *domain)
{
    unsigned count;
    return json_is_true(json_object_get(first_of(keys, domain, &count), "active"));
}

/* "fax20261122", and "fax20261122-2" where that is taken. */
static json_t *new_selector(const json_t *keys, const char *domain)
{
    char day[PROVISION_TEXT_LEN], name[PROVISION_TEXT_LEN];
    time_t now = (time_t)(clock_wall_ms() / 1000);
    struct tm tm;
    if (!gmtime_r(&now, &tm) || !strftime(day, sizeof(day), "fax%Y%m%d", &tm))
        (void)str_copy(day, sizeof(day), "fax");
    (void)str_copy(name, sizeof(name), day);
    for (unsigned n = 2; find(keys, domain, name); n++)
        (void)str_format(name, sizeof(name), "%.40s-%u", day, n);
    return json_string(name);
}

void provision_dkim_name_new(const json_t *keys, json_t *entry)
{
    const char *domain = json_string_value(json_object_get(entry, "name"));
    if (domain && !json_object_get(entry, "selector"))
        (void)json_object_set_new(entry, "selector", new_selector(keys, domain));
}

void provision_dkim_name(const json_t *keys, json_t *entry, bool absent, const char *path,
                         struct provision_errors *errors)
{
    unsigned count;
    const char *domain = json_string_value(json_object_get(entry, "name"));
    if (!domain || json_object_get(entry, "selector"))
        return;
    const json_t *old = first_of(keys, domain, &count);
    if (absent && count > 1)
        provision_error(errors, path, "%.100s has %u keys; give the selector of the one that is to go",
                        domain, count);
    else if (old)
        (void)json_object_set(entry, "selector", json_object_get(old, "selector"));
    else if (!absent)
        provision_dkim_name_new(keys, entry);
}

json_t *provision_dkim_id(const char *domain, const char *selector)
{
    return json_sprintf("%s._domainkey.%s", selector, domain);
}

static void make_pair(json_t *entry)
{
    char pem[PEM_KEY_LEN];
    pem_make_signing_key(pem);
    (void)json_object_set_new(entry, "key", json_pack("{s:s}", "plain", pem));
    explicit_bzero(pem, sizeof(pem));
}

/* The public half of what is given now. */
static void make_record(json_t *entry, const char *path, struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN], record[PEM_RECORD_LEN];
    const char *why, *pem = provision_text(json_object_get(entry, "key"), "plain");
    unsigned bits;
    (void)str_format(place, sizeof(place), "%.150s.key", path);
    if (!pem_signing_record(pem, record, &bits, &why)) {
        provision_error(errors, place, "%s; `openssl genrsa 2048` makes one", why);
        return;
    }
    (void)json_object_set_new(entry, "record", json_string(record));
    if (bits > 0 && bits < PEM_RSA_BITS_GOOD)
        provision_warning(errors, place,
                          "an RSA key of %u bits: some servers do not count signatures of less than 2048",
                          bits);
}

void provision_dkim_prepare(const json_t *keys, json_t *entry, const json_t *stored, const char *path,
                            struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    const json_t *key = json_object_get(entry, "key");
    const char *domain = provision_text(entry, "name"), *selector = provision_text(entry, "selector");
    bool none = !key || (json_is_string(key) && json_string_length(key) == 0), made = none && !stored;
    (void)str_format(place, sizeof(place), "%.150s.%s", path, stored ? "key" : "selector");
    if (!json_object_get(key, "sealed"))
        (void)json_object_del(entry, "record"); /* who does not bring the key brings no public half of it */
    if (!stored && !json_object_get(entry, "record"))
        (void)json_object_set_new(entry, "record", json_string(""));
    if (stored && key && none) {
        provision_error(errors, place, "a key is not taken away alone; make the whole entry absent");
        return;
    }
    if (strlen(domain) + strlen(selector) + strlen("._domainkey.") > ID_MOST) {
        provision_error(errors, place, "is too long together with the domain");
        return;
    }
    if (made && !json_object_get(entry, "active"))
        (void)json_object_set_new(entry, "active", json_boolean(!has_active(keys, domain)));
    if (made)
        make_pair(entry);
    if (json_object_get(json_object_get(entry, "key"), "plain"))
        make_record(entry, path, errors);
}
