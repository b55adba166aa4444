/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/mailbox.h"

#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "provision/model.h"

/* Members that are texts, with their place in the struct. */
static const struct {
    const char *name;
    size_t at;
} texts[] = {
    {"name", offsetof(struct mailbox, name)},
    {"tenant", offsetof(struct mailbox, tenant)},
    {"address", offsetof(struct mailbox, address)},
    {"protocol", offsetof(struct mailbox, protocol)},
    {"host", offsetof(struct mailbox, host)},
    {"security", offsetof(struct mailbox, security)},
    {"username", offsetof(struct mailbox, username)},
    {"ca_file", offsetof(struct mailbox, ca_file)},
    {"pin", offsetof(struct mailbox, pin)},
    {"folder", offsetof(struct mailbox, folder)},
    {"too_large", offsetof(struct mailbox, too_large)},
    {"authentication", offsetof(struct mailbox, authentication)},
    {"oauth_grant", offsetof(struct mailbox, oauth_grant)},
    {"authserv_id", offsetof(struct mailbox, authserv_id)},
    {"oauth_token_url", offsetof(struct mailbox, oauth_token_url)},
    {"oauth_device_url", offsetof(struct mailbox, oauth_device_url)},
    {"oauth_authorize_url", offsetof(struct mailbox, oauth_authorize_url)},
    {"oauth_redirect_url", offsetof(struct mailbox, oauth_redirect_url)},
    {"oauth_client_id", offsetof(struct mailbox, oauth_client_id)},
    {"oauth_scope", offsetof(struct mailbox, oauth_scope)},
    {"oauth_pin", offsetof(struct mailbox, oauth_pin)},
};

static const struct {
    const char *name;
    size_t at;
} secrets[] = {
    {"password", offsetof(struct mailbox, password)},
    {"oauth_client_secret", offsetof(struct mailbox, oauth_client_secret)},
    {"oauth_refresh_token", offsetof(struct mailbox, oauth_refresh_token)},
};

static const struct {
    const char *name;
    size_t at;
} flags[] = {
    {"enabled", offsetof(struct mailbox, enabled)},
    {"gateway", offsetof(struct mailbox, gateway)},
    {"plaintext_password", offsetof(struct mailbox, plaintext_password)},
};

json_t *provision_mailbox_json(const struct mailbox *m)
{
    json_t *o = json_object();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *text;
        memcpy(&text, (const char *)m + texts[i].at, sizeof(text));
        (void)json_object_set_new(o, texts[i].name, json_string(text));
    }
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        struct span secret;
        memcpy(&secret, (const char *)m + secrets[i].at, sizeof(secret));
        (void)json_object_set_new(o, secrets[i].name, provision_secret_json(secret));
    }
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        (void)json_object_set_new(o, flags[i].name, json_boolean(*((const bool *)m + flags[i].at)));
    (void)json_object_set_new(o, "port", json_integer((json_int_t)m->port));
    (void)json_object_set_new(o, "interval", json_integer((json_int_t)m->interval_s));
    return o;
}

void provision_write_mailbox(struct store *s, struct arena *a, const json_t *entry)
{
    struct mailbox m = {.port = (unsigned)json_integer_value(json_object_get(entry, "port")),
                        .interval_s = (unsigned)json_integer_value(json_object_get(entry, "interval"))};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *text = provision_text(entry, texts[i].name);
        memcpy((char *)&m + texts[i].at, &text, sizeof(text));
    }
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        struct span secret = provision_secret_of(a, entry, secrets[i].name);
        memcpy((char *)&m + secrets[i].at, &secret, sizeof(secret));
    }
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        *((bool *)&m + flags[i].at) = json_is_true(json_object_get(entry, flags[i].name));
    mailbox_put(s, &m);
}

static void need(const json_t *mailbox, const char *member, const char *why, const char *path,
                 struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    if (*provision_text(mailbox, member))
        return;
    (void)str_format(place, sizeof(place), "%.150s.%s", path, member);
    provision_error(errors, place, "is missing; %s", why);
}

void provision_check_mailbox(const json_t *mailbox, const char *path, struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    if (strpbrk(provision_text(mailbox, "address"), "+^")) {
        (void)str_format(place, sizeof(place), "%.150s.address", path);
        provision_error(errors, place,
                        "holds a + or ^; what follows those in an address is read as fax number and flags");
    }
    if (json_is_true(json_object_get(mailbox, "gateway")) &&
        str_equal(provision_text(mailbox, "authentication"), "oauth2") &&
        !str_equal(provision_text(mailbox, "oauth_grant"), "client_credentials")) {
        (void)str_format(place, sizeof(place), "%.150s.gateway", path);
        provision_error(
            errors, place,
            "is true; a gateway logs in with a password or with client_credentials, for it keeps no tokens");
    }
    if (str_equal(provision_text(mailbox, "authentication"), "oauth2")) {
        static const char why[] = "a login with oauth2 needs it";
        need(mailbox, "oauth_token_url", why, path, errors);
        need(mailbox, "oauth_client_id", why, path, errors);
        if (!str_equal(provision_text(mailbox, "security"), "none"))
            return;
        (void)str_format(place, sizeof(place), "%.150s.security", path);
        provision_error(errors, place,
                        "is none; a token leaves over TLS only: needs \"implicit\" or \"starttls\"");
    }
}
