/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/model.h"

#include <sodium.h>

#include "base/panic.h"
#include "base/str.h"
#include "store/dkim_keys.h"
#include "provision/archive.h"
#include "provision/certificates.h"
#include "provision/dkim.h"
#include "provision/identity.h"
#include "provision/installation.h"
#include "provision/keys.h"
#include "provision/mailbox.h"
#include "provision/settings_template.h"
#include "provision/webhook.h"

static json_t *checked(json_t *made)
{
    if (!made)
        panic("the store holds provisioning that is no JSON");
    return made;
}

json_t *provision_secret_json(struct span secret)
{
    char text[8192];
    if (secret.len == 0)
        return json_string("");
    if (sodium_base64_encoded_len(secret.len, sodium_base64_VARIANT_ORIGINAL) > sizeof(text))
        panic("a sealed password of %zu bytes", secret.len);
    (void)sodium_bin2base64(text, sizeof(text), secret.data, secret.len, sodium_base64_VARIANT_ORIGINAL);
    return json_pack("{s:s}", "sealed", text);
}

static json_t *texts_json(const char *const *list, size_t count)
{
    json_t *texts = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(texts, json_string(list[i]));
    return texts;
}

static json_t *rights_json(const char *key, const struct provision_right *list, size_t count)
{
    json_t *rights = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(rights,
                                    checked(json_pack("{s:s, s:b, s:b}", key, list[i].who, "send",
                                                      (int)list[i].send, "receive", (int)list[i].receive)));
    return rights;
}

/* One a line. */
static json_t *lines_json(const char *lines)
{
    json_t *list = json_array();
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        (void)json_array_append_new(list, json_stringn(lines, len));
        lines += len + (lines[len] != 0);
    }
    return list;
}

static json_t *with_rules(json_t *entry, const struct sender_rules *r)
{
    (void)json_object_set_new(entry, "dmarc", json_string(r->dmarc));
    (void)json_object_set_new(entry, "trusted_networks", words_json(r->trusted_networks));
    (void)json_object_set_new(entry, "arc_trusted", words_json(r->arc_trusted));
    return entry;
}

static json_t *tenant_json(const struct tenant *t)
{
    return checked(json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:o}", "name", t->name,
        "country", t->country, "area_code", t->area_code, "outside_prefix", t->outside_prefix, "zone",
        t->zone, "serial", t->serial, "from_address", t->from_address, "fallback_address",
        t->fallback_address, "dial_allow", t->dial_allow, "dial_deny", t->dial_deny, "emergency",
        t->emergency, "address_case", t->exact_case ? "exact" : "ignore-case", "billing_codes",
        lines_json(t->billing_codes), "pages_per_day", (int)t->pages_per_day, "minutes_per_day",
        (int)t->minutes_per_day, "blocked_callers", words_json(t->blocked_callers)));
}

static json_t *with_words(json_t *entry, const struct tenant *t)
{
    (void)json_object_set_new(entry, "language", json_string(t->language));
    (void)json_object_set_new(entry, "code_routes", words_json(t->code_routes));
    (void)json_object_set_new(entry, "forward_to", words_json(t->forward_to));
    (void)json_object_set_new(entry, "mail_style", json_string(t->mail_style));
    return entry;
}

static void add_keeping(json_t *entry, const struct keeping *k)
{
    json_t *more =
        checked(json_pack("{s:i, s:i, s:b, s:i, s:i}", "keep_sent_days", k->sent_days, "keep_received_days",
                          k->received_days, "legal_hold", (int)k->legal_hold, "archive_sent_days",
                          k->archive_sent_days, "archive_received_days", k->archive_received_days));
    (void)json_object_update(entry, more);
    json_decref(more);
}

static json_t *with_limits(json_t *entry, const struct tenant *t)
{
    json_t *more = checked(json_pack(
        "{s:i, s:i, s:i, s:b, s:b, s:i}", "calls_in", (int)t->calls_in, "calls_out", (int)t->calls_out,
        "international_per_hour", (int)t->international_per_hour, "hold_new_countries",
        (int)t->hold_new_countries, "four_eyes", (int)t->four_eyes, "boxes_most", (int)t->boxes_most));
    (void)json_object_update(entry, more);
    json_decref(more);
    add_keeping(entry, &t->keeping);
    return entry;
}

static json_t *sealed_json(const char *sealed)
{
    return *sealed ? json_pack("{s:s}", "sealed", sealed) : json_string("");
}

static json_t *user_json(const struct provision_user *u)
{
    return checked(
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s}",
                  "@id", id_text(u->id), "tenant", u->tenant, "name", u->name, "addresses",
                  texts_json(u->addresses, u->address_count), "password", sealed_json(u->login_keys),
                  "pgp_keys", provision_keys_json(u->keys, u->key_count), "pgp_encrypt", (int)u->pgp_encrypt,
                  "smime_certificates", provision_certificates_json(u->certificates, u->certificate_count),
                  "smime", u->smime, "role", u->role, "language", u->language, "enabled", (int)u->enabled,
                  "provider_id", u->provider_id, "directory_id", u->directory_id, "notify_received",
                  u->notify.received, "notify_sent", u->notify.sent, "notify_delays", u->notify.delays));
}

static json_t *pin_json(const char *hash)
{
    return *hash ? json_pack("{s:s}", "hash", hash) : json_string("");
}

static void add_box_sending(json_t *o, const struct faxbox *f)
{
    json_t *more =
        checked(json_pack("{s:s, s:s, s:o, s:s, s:b, s:b}", "address_case", f->address_case, "authentication",
                          f->authentication, "pin", pin_json(f->pin_hash), "cover", f->cover, "cover_text",
                          (int)f->cover_text, "require_encryption", (int)f->require_encryption));
    (void)json_object_update(o, more);
    json_decref(more);
}

static void add_box_mails(json_t *o, const struct faxbox *f)
{
    json_t *more = checked(json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:s}", "language", f->language,
                                     "file_format", f->file_format, "recipients", words_json(f->recipients),
                                     "answers", f->answers, "report_on", f->report_on, "report_to",
                                     words_json(f->report_to), "delays", f->delays));
    (void)json_object_update(o, more);
    json_decref(more);
}

static void add_box_times(json_t *o, const struct faxbox *f)
{
    json_t *more = checked(json_pack("{s:i, s:i, s:s, s:s, s:i, s:i, s:i, s:i}", "calls_in", (int)f->calls_in,
                                     "calls_out", (int)f->calls_out, "send_window", f->send_window,
                                     "bulk_window", f->bulk_window, "bulk_from", (int)f->bulk_from,
                                     "deadline_minutes", (int)f->deadline_minutes, "join_seconds",
                                     (int)f->join_seconds, "batch", (int)f->batch));
    (void)json_object_update(o, more);
    json_decref(more);
    add_keeping(o, &f->keeping);
}

static void add_box_receiving(json_t *o, const struct faxbox *f)
{
    json_t *more = checked(json_pack(
        "{s:s, s:o, s:b, s:s, s:i, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:i, s:s, s:b, s:s}", "ocr", f->ocr,
        "ocr_languages", words_json(f->ocr_languages), "route_by_code", (int)f->route_by_code, "voice",
        f->voice, "voice_seconds", (int)f->voice_seconds, "voice_forward", f->voice_forward, "subaddress",
        f->subaddress, "fax_password", sealed_json(f->fax_password), "voice_callers",
        words_json(f->voice_callers), "fax_callers", words_json(f->fax_callers), "print_to", f->print_to,
        "print_pin", f->print_pin, "print_copies", (int)f->print_copies, "print_paper", f->print_paper,
        "deskew", (int)f->deskew, "blank_pages", f->blank_pages));
    (void)json_object_update(o, more);
    json_decref(more);
}

static void add_box_calls(json_t *o, const struct faxbox *f)
{
    json_t *more = checked(json_pack("{s:s, s:s, s:s, s:o}", "trunk", f->trunk, "t38",
                                     f->t38_off ? "off" : "auto", "ecm", f->ecm_off ? "off" : "auto",
                                     "archive_places", lines_json(f->archive_places)));
    (void)json_object_update(o, more);
    json_decref(more);
}

static json_t *box_json(const struct provision_box *b)
{
    const struct faxbox *f = &b->box;
    json_t *o = checked(json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:o, s:o}", "id",
        f->id, "tenant", b->tenant, "name", f->name, "owner", b->owner, "enabled", (int)f->enabled,
        "extension", b->extension, "numbers", texts_json(b->numbers, b->number_count), "station_id",
        f->station_id, "caller_id", f->caller_id, "header_name", f->header_name, "paper", f->paper,
        "resolution", f->resolution, "tries", (int)f->tries, "custom_address", f->custom_address, "report",
        f->report, "mailbox", f->mailbox, "users", rights_json("user", b->users, b->user_count),
        "permissions", rights_json("entry", b->permissions, b->permission_count)));
    (void)json_object_set_new(o, "template", json_string(b->template));
    (void)json_object_set_new(o, "own", words_json(b->own));
    add_box_sending(o, f);
    add_box_mails(o, f);
    add_box_times(o, f);
    add_box_receiving(o, f);
    add_box_calls(o, f);
    return o;
}

static json_t *trunk_json(const struct trunk *t)
{
    return checked(json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:i, s:i, s:o, s:s, s:s, s:s, s:s, "
        "s:i, s:s, s:b, s:s, s:i, s:s, s:s, s:s, s:s}",
        "name", t->name, "peer", t->peer, "transport", t->transport, "username", t->username, "password",
        provision_secret_json(t->secret), "t38", (int)t->t38, "pace", (int)t->pace, "register",
        (int)t->registers, "register_seconds", (int)t->register_s, "cost", (int)t->cost, "addresses",
        words_json(t->addresses), "called_from", t->called_from, "caller_from", t->caller_from, "caller_in",
        t->caller_in, "fallback_box", t->fallback_box, "keepalive", t->keepalive_s, "advertised_address",
        t->advertised, "symmetric", (int)t->symmetric, "outbound_proxy", t->outbound_proxy, "calls",
        (int)t->calls, "srtp", t->srtp, "t38_correction", t->t38_correction, "self_test_number",
        t->self_test_number, "self_test_hours", t->self_test_hours));
}

static json_t *mail_server_json(const struct mail_server *m)
{
    return checked(json_pack("{s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:i, s:b}", "host",
                             m->host, "port", (int)m->port, "security", m->security, "username", m->username,
                             "password", provision_secret_json(m->secret), "ca_file", m->ca_file, "pin",
                             m->pin, "envelope_sender", m->envelope_sender, "enabled", (int)m->enabled,
                             "auth", m->auth, "allow", m->allow, "tls_name", m->tls_name, "connections",
                             (int)m->connections, "null_sender", (int)m->null_sender));
}

static json_t *further_server_json(const struct mail_server *m)
{
    json_t *o = mail_server_json(m);
    (void)json_object_set_new(o, "name", json_string(m->name));
    (void)json_object_set_new(o, "tenant", json_string(m->tenant));
    (void)json_object_set_new(o, "fallback", json_boolean(m->fallback));
    return o;
}

static json_t *dkim_json(struct store *s, struct arena *a)
{
    struct dkim_key_row *keys;
    json_t *list = json_array();
    size_t n = dkim_keys(s, a, &keys);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            list,
            checked(json_pack("{s:o, s:s, s:s, s:b, s:s, s:o}", "@id",
                              provision_dkim_id(keys[i].domain, keys[i].selector), "name", keys[i].domain,
                              "selector", keys[i].selector, "active", (int)keys[i].active, "record",
                              keys[i].record, "key", provision_secret_json(keys[i].secret))));
    return list;
}

static json_t *template_json(const struct provision_template *t)
{
    return checked(json_pack("{s:o, s:s, s:s, s:s, s:s}", "@id",
                             json_sprintf("%s.%s.%s", t->name, t->language, t->tenant), "tenant", t->tenant,
                             "name", t->name, "language", t->language, "text", t->text));
}

static json_t *templates_json(struct store *s, struct arena *a)
{
    struct provision_template *templates;
    json_t *list = json_array();
    size_t n = provision_templates(s, a, &templates);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, template_json(&templates[i]));
    return list;
}

static json_t *tenants_json(struct store *s, struct arena *a)
{
    struct tenant *tenants;
    json_t *list = json_array();
    size_t n = provision_tenants(s, a, &tenants);
    for (size_t i = 0; i < n; i++) {
        const struct tenant_key pair = keys_of_tenant(s, a, tenants[i].id);
        json_t *tenant = with_words(with_rules(tenant_json(&tenants[i]), &tenants[i].senders), &tenants[i]);
        tenant = with_limits(tenant, &tenants[i]);
        (void)json_object_set_new(tenant, "pgp_key", provision_pair_json(&pair));
        (void)json_array_append_new(list, tenant);
    }
    return list;
}

static json_t *users_json(struct store *s, struct arena *a)
{
    struct provision_user *users;
    json_t *list = json_array();
    size_t n = provision_users(s, a, &users);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, user_json(&users[i]));
    return list;
}

static json_t *boxes_json(struct store *s, struct arena *a)
{
    struct provision_box *boxes;
    json_t *list = json_array();
    size_t n = provision_boxes(s, a, &boxes);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, with_rules(box_json(&boxes[i]), &boxes[i].box.senders));
    return list;
}

static json_t *trunks_json(struct store *s, struct arena *a)
{
    struct trunk *trunks;
    json_t *list = json_array();
    size_t n = provision_trunks(s, a, &trunks);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, trunk_json(&trunks[i]));
    return list;
}

static json_t *mailboxes_json(struct store *s, struct arena *a)
{
    struct mailbox *mailboxes;
    json_t *list = json_array();
    size_t n = mailbox_all(s, a, &mailboxes);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, provision_mailbox_json(&mailboxes[i]));
    return list;
}

/* NULL where there is none. */
static json_t *main_server_json(struct store *s, struct arena *a)
{
    struct mail_server m;
    return config_mail_server(s, a, &m) ? mail_server_json(&m) : NULL;
}

static json_t *further_servers_json(struct store *s, struct arena *a)
{
    struct mail_server servers[MAIL_SERVERS_MAX];
    json_t *list = json_array();
    size_t n = config_mail_servers(s, a, servers, MAIL_SERVERS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!str_equal(servers[i].name, MAIL_SERVER_MAIN))
            (void)json_array_append_new(list, further_server_json(&servers[i]));
    return list;
}

json_t *provision_load_kind(struct store *s, enum provision_kind kind)
{
    static json_t *(*const loaders[PROVISION_KINDS])(struct store * s, struct arena * a) = {
        [PROVISION_INSTALLATION] = provision_installation_json,
        [PROVISION_TENANT] = tenants_json,
        [PROVISION_USER] = users_json,
        [PROVISION_SETTINGS_TEMPLATE] = provision_settings_templates_json,
        [PROVISION_BOX] = boxes_json,
        [PROVISION_TRUNK] = trunks_json,
        [PROVISION_MAIL_TEMPLATE] = templates_json,
        [PROVISION_MAIL_SERVER] = main_server_json,
        [PROVISION_MAILBOX] = mailboxes_json,
        [PROVISION_MAIL_SERVERS] = further_servers_json,
        [PROVISION_DKIM] = dkim_json,
        [PROVISION_WEBHOOK] = provision_webhooks_json,
        [PROVISION_PROVIDER] = provision_providers_json,
        [PROVISION_DIRECTORY] = provision_directories_json,
        [PROVISION_ARCHIVE] = provision_archive_json,
    };
    struct arena a;
    arena_init(&a);
    json_t *loaded = loaders[kind](s, &a);
    arena_clear(&a);
    return loaded;
}

json_t *provision_load(struct store *s)
{
    json_t *whole = json_object();
    for (int kind = 0; kind < PROVISION_KINDS; kind++) {
        json_t *loaded = provision_load_kind(s, (enum provision_kind)kind);
        if (loaded)
            (void)json_object_set_new(whole, provision_sections[kind].name, loaded);
    }
    return whole;
}

json_t *provision_load_box(struct store *s, const char *id)
{
    struct arena a;
    struct provision_box b;
    arena_init(&a);
    json_t *box = provision_find_box(s, &a, id, &b) ? with_rules(box_json(&b), &b.box.senders) : NULL;
    arena_clear(&a);
    return box;
}

json_t *provision_load_user(struct store *s, const char *text)
{
    struct arena a;
    struct provision_user u;
    struct id id;
    arena_init(&a);
    json_t *user = id_parse(text, &id) && provision_find_user(s, &a, id, &u) ? user_json(&u) : NULL;
    arena_clear(&a);
    return user;
}
