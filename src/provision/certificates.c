/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/certificates.h"

#include <string.h>
#include <time.h>

#include "base/panic.h"
#include "base/str.h"
#include "net/pem.h"
#include "provision/model.h"

static void day_of(int64_t ms, char text[16])
{
    struct tm tm;
    time_t seconds = (time_t)(ms / 1000);
    text[0] = 0;
    if (gmtime_r(&seconds, &tm))
        (void)strftime(text, 16, "%Y-%m-%d", &tm);
}

static json_t *certificate_json(const char *pem, const struct pem_certificate *c)
{
    char expires[16];
    day_of(c->until_ms, expires);
    return json_pack("{s:s, s:s, s:s, s:s}", "fingerprint", c->fingerprint, "name", c->name, "expires",
                     expires, "certificate", pem);
}

static json_t *read_one(const json_t *value, const char *path, struct provision_errors *errors)
{
    struct pem_certificate c;
    const char *why;
    const json_t *given = json_is_object(value) ? json_object_get(value, "certificate") : value;
    const char *text = json_string_value(given);
    if (!text || strlen(text) != json_string_length(given)) {
        provision_error(errors, path, "needs a certificate in PEM, or {\"certificate\": ...} with one");
        return NULL;
    }
    if (pem_certificate_read(text, &c, &why))
        return certificate_json(text, &c);
    provision_error(errors, path, "%s", why);
    return NULL;
}

static const json_t *with_fingerprint(const json_t *list, const json_t *like)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_equal(provision_text(json_array_get(list, i), "fingerprint"),
                      provision_text(like, "fingerprint")))
            return json_array_get(list, i);
    return NULL;
}

json_t *provision_read_certificates(const json_t *value, const char *path, struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    size_t count = json_array_size(value);
    if (!json_is_array(value) || count > USER_CERTIFICATES_MAX) {
        provision_error(errors, path, "needs " CERTIFICATES_WANT);
        return NULL;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)str_format(place, sizeof(place), "%.180s[%zu]", path, i);
        json_t *c = read_one(json_array_get(value, i), place, errors);
        if (c && with_fingerprint(list, c))
            provision_error(errors, place,
                            "the certificate stands in this list already; leave one of the two out");
        if (c)
            (void)json_array_append_new(list, c);
    }
    return list;
}

void provision_check_certificates(const json_t *user, const json_t *stored, const char *path, int64_t now_ms,
                                  struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN], today[16];
    const json_t *list = json_object_get(user, "smime_certificates");
    day_of(now_ms, today);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);
        const char *expires = provision_text(c, "expires");
        if (strcmp(expires, today) >= 0)
            continue;
        (void)str_format(place, sizeof(place), "%.150s.smime_certificates[%zu]", path, i);
        if (with_fingerprint(json_object_get(stored, "smime_certificates"), c))
            provision_warning(errors, place,
                              "the certificate of %.100s expired on %s; mails are not encrypted to it",
                              provision_text(c, "name"), expires);
        else
            provision_error(errors, place, "the certificate of %.100s expired on %s; ask for the new one",
                            provision_text(c, "name"), expires);
    }
}

/* ---- the store ---- */

json_t *provision_certificates_json(const char *const *list, size_t count)
{
    json_t *all = json_array();
    struct pem_certificate c;
    const char *why;
    for (size_t i = 0; i < count; i++) {
        if (!pem_certificate_read(list[i], &c, &why))
            panic("the store holds a certificate that %s", why);
        (void)json_array_append_new(all, certificate_json(list[i], &c));
    }
    return all;
}

size_t provision_certificates_of(struct arena *a, const json_t *list, const char *const **texts)
{
    size_t count = json_array_size(list);
    const char **all = arena_alloc(a, (count + 1) * sizeof(*all));
    for (size_t i = 0; i < count; i++)
        all[i] = provision_text(json_array_get(list, i), "certificate");
    *texts = all;
    return count;
}
