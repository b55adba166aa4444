/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/provision_model.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "store/dkim_keys.h"
#include "queue/provision_certificates.h"
#include "queue/provision_keys.h"
#include "queue/provision_mailbox.h"
#include "queue/provision_webhook.h"

/* Names of the values in `meta`. */
static const struct {
    const char *name;
    const char *standard;
    bool number;
} installation_keys[] = {
    {"fax_domain", "", false},    {"host_name", "", false},           {"serial", "", false},
    {"from_address", "", false},  {"custom_from", "on", false},       {"master_tenant", "", false},
    {"alarm_address", "", false}, {"mail_alarm_minutes", "15", true}, {"calls_in", "0", true},
    {"calls_out", "0", true},     {"keep_mails_days", "90", true},    {"calls_total", "0", true},
    {"setup", "open", false},     {"webhook_networks", "", false},    {"sign_reports", "off", false},
    {"web_url", "", false}};

const char *provision_text(const json_t *entry, const char *name)
{
    const char *text = json_string_value(json_object_get(entry, name));
    return text ? text : "";
}

static bool flag(const json_t *entry, const char *name)
{
    return json_is_true(json_object_get(entry, name));
}

static int whole(const json_t *entry, const char *name)
{
    return (int)json_integer_value(json_object_get(entry, name));
}

/* ---- store -> JSON ---- */

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

static json_t *installation_json(struct store *s, struct arena *a)
{
    json_t *o = json_object();
    for (size_t i = 0; i < ARRAY_LEN(installation_keys); i++) {
        const char *value = store_meta(s, a, installation_keys[i].name);
        value = *value ? value : installation_keys[i].standard;
        (void)json_object_set_new(o, installation_keys[i].name,
                                  installation_keys[i].number ? json_integer(atoi(value))
                                                              : json_string(value));
    }
    return o;
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
    (void)json_object_set_new(entry, "mail_style", json_string(t->mail_style));
    (void)json_object_set_new(entry, "link_above_mb", json_integer(0)); /* there is no page to link to yet */
    return entry;
}

static void add_keeping(json_t *entry, const struct keeping *k)
{
    json_t *more = checked(json_pack("{s:i, s:i, s:b}", "keep_sent_days", k->sent_days, "keep_received_days",
                                     k->received_days, "legal_hold", (int)k->legal_hold));
    (void)json_object_update(entry, more);
    json_decref(more);
}

static struct keeping keeping_of(const json_t *e)
{
    return (struct keeping){whole(e, "keep_sent_days"), whole(e, "keep_received_days"),
                            flag(e, "legal_hold")};
}

static json_t *with_limits(json_t *entry, const struct tenant *t)
{
    json_t *more =
        checked(json_pack("{s:i, s:i, s:i, s:b, s:b}", "calls_in", (int)t->calls_in, "calls_out",
                          (int)t->calls_out, "international_per_hour", (int)t->international_per_hour,
                          "hold_new_countries", (int)t->hold_new_countries, "four_eyes", (int)t->four_eyes));
    (void)json_object_update(entry, more);
    json_decref(more);
    add_keeping(entry, &t->keeping);
    return entry;
}

static json_t *user_json(const struct provision_user *u)
{
    json_t *password = *u->login_keys ? json_pack("{s:s}", "sealed", u->login_keys) : json_string("");
    return checked(json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:s, s:s, s:s}", "@id", id_text(u->id), "tenant", u->tenant,
        "name", u->name, "addresses", texts_json(u->addresses, u->address_count), "password", password,
        "pgp_keys", provision_keys_json(u->keys, u->key_count), "pgp_encrypt", (int)u->pgp_encrypt,
        "smime_certificates", provision_certificates_json(u->certificates, u->certificate_count), "smime",
        u->smime, "role", u->role, "language", u->language));
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
    json_t *more = checked(json_pack(
        "{s:i, s:i, s:s, s:s, s:i, s:i, s:i}", "calls_in", (int)f->calls_in, "calls_out", (int)f->calls_out,
        "send_window", f->send_window, "bulk_window", f->bulk_window, "bulk_from", (int)f->bulk_from,
        "deadline_minutes", (int)f->deadline_minutes, "join_seconds", (int)f->join_seconds));
    (void)json_object_update(o, more);
    json_decref(more);
    add_keeping(o, &f->keeping);
}

static void add_box_receiving(json_t *o, const struct faxbox *f)
{
    json_t *more = checked(json_pack("{s:s, s:o, s:b}", "ocr", f->ocr, "ocr_languages",
                                     words_json(f->ocr_languages), "route_by_code", (int)f->route_by_code));
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
    add_box_sending(o, f);
    add_box_mails(o, f);
    add_box_times(o, f);
    add_box_receiving(o, f);
    return o;
}

static json_t *trunk_json(const struct trunk *t)
{
    return checked(json_pack("{s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:i, s:i, s:o, s:s, s:s, s:s, s:s, "
                             "s:i, s:s, s:b, s:s, s:i}",
                             "name", t->name, "peer", t->peer, "transport", t->transport, "username",
                             t->username, "password", provision_secret_json(t->secret), "t38", (int)t->t38,
                             "pace", (int)t->pace, "register", (int)t->registers, "register_seconds",
                             (int)t->register_s, "cost", (int)t->cost, "addresses", words_json(t->addresses),
                             "called_from", t->called_from, "caller_from", t->caller_from, "caller_in",
                             t->caller_in, "fallback_box", t->fallback_box, "keepalive", t->keepalive_s,
                             "advertised_address", t->advertised, "symmetric", (int)t->symmetric,
                             "outbound_proxy", t->outbound_proxy, "calls", (int)t->calls));
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
            list, checked(json_pack("{s:s, s:s, s:o}", "name", keys[i].domain, "selector", keys[i].selector,
                                    "key", provision_secret_json(keys[i].secret))));
    return list;
}

static json_t *template_json(const struct provision_template *t)
{
    return checked(json_pack("{s:s, s:s, s:s, s:s}", "tenant", t->tenant, "name", t->name, "language",
                             t->language, "text", t->text));
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
        [PROVISION_INSTALLATION] = installation_json,
        [PROVISION_TENANT] = tenants_json,
        [PROVISION_USER] = users_json,
        [PROVISION_BOX] = boxes_json,
        [PROVISION_TRUNK] = trunks_json,
        [PROVISION_MAIL_TEMPLATE] = templates_json,
        [PROVISION_MAIL_SERVER] = main_server_json,
        [PROVISION_MAILBOX] = mailboxes_json,
        [PROVISION_MAIL_SERVERS] = further_servers_json,
        [PROVISION_DKIM] = dkim_json,
        [PROVISION_WEBHOOK] = provision_webhooks_json,
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

/* ---- JSON -> store ---- */

struct span provision_secret_of(struct arena *a, const json_t *entry, const char *name)
{
    const json_t *sealed = json_object_get(json_object_get(entry, name), "sealed");
    size_t len = 0, text_len = json_string_length(sealed);
    if (!sealed)
        return span_of(NULL, 0);
    unsigned char *box = arena_alloc(a, text_len + 1);
    if (sodium_base642bin(box, text_len, json_string_value(sealed), text_len, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        panic("a sealed password that is no base64 passed the checks");
    return span_of(box, len);
}

static const char *const *texts_of(struct arena *a, const json_t *list, size_t *count)
{
    *count = json_array_size(list);
    const char **texts = arena_alloc(a, (*count + 1) * sizeof(*texts));
    for (size_t i = 0; i < *count; i++)
        texts[i] = json_string_value(json_array_get(list, i));
    return texts;
}

static const struct provision_right *rights_of(struct arena *a, const json_t *list, const char *key,
                                               size_t *count)
{
    *count = json_array_size(list);
    struct provision_right *rights = arena_alloc(a, (*count + 1) * sizeof(*rights));
    for (size_t i = 0; i < *count; i++) {
        const json_t *one = json_array_get(list, i);
        rights[i] =
            (struct provision_right){provision_text(one, key), flag(one, "send"), flag(one, "receive")};
    }
    return rights;
}

static void write_installation(struct store *s, const json_t *e)
{
    for (size_t i = 0; i < ARRAY_LEN(installation_keys); i++) {
        const char *name = installation_keys[i].name;
        char number[32];
        (void)str_format(number, sizeof(number), "%d", whole(e, name));
        store_set_meta(s, name, installation_keys[i].number ? number : provision_text(e, name));
    }
}

static const char *lines_of(struct arena *a, const json_t *list)
{
    const char *lines = "";
    for (size_t i = 0; i < json_array_size(list); i++)
        lines = arena_format(a, "%s%s\n", lines, json_string_value(json_array_get(list, i)));
    return lines;
}

static const char *words_of(struct arena *a, const json_t *list)
{
    const char *words = "";
    for (size_t i = 0; i < json_array_size(list); i++)
        words = arena_format(a, "%s%s%s", words, i ? " " : "", json_string_value(json_array_get(list, i)));
    return words;
}

static struct sender_rules rules_of(struct arena *a, const json_t *e)
{
    return (struct sender_rules){.dmarc = provision_text(e, "dmarc"),
                                 .trusted_networks = words_of(a, json_object_get(e, "trusted_networks")),
                                 .arc_trusted = words_of(a, json_object_get(e, "arc_trusted"))};
}

static void write_tenant(struct store *s, struct arena *a, const json_t *e)
{
    const struct tenant t = {.name = provision_text(e, "name"),
                             .country = provision_text(e, "country"),
                             .area_code = provision_text(e, "area_code"),
                             .outside_prefix = provision_text(e, "outside_prefix"),
                             .zone = provision_text(e, "zone"),
                             .serial = provision_text(e, "serial"),
                             .from_address = provision_text(e, "from_address"),
                             .fallback_address = provision_text(e, "fallback_address"),
                             .dial_allow = provision_text(e, "dial_allow"),
                             .dial_deny = provision_text(e, "dial_deny"),
                             .emergency = provision_text(e, "emergency"),
                             .billing_codes = lines_of(a, json_object_get(e, "billing_codes")),
                             .pages_per_day = (unsigned)whole(e, "pages_per_day"),
                             .minutes_per_day = (unsigned)whole(e, "minutes_per_day"),
                             .exact_case = str_equal(provision_text(e, "address_case"), "exact"),
                             .blocked_callers = words_of(a, json_object_get(e, "blocked_callers")),
                             .senders = rules_of(a, e),
                             .language = provision_text(e, "language"),
                             .mail_style = provision_text(e, "mail_style"),
                             .calls_in = (unsigned)whole(e, "calls_in"),
                             .calls_out = (unsigned)whole(e, "calls_out"),
                             .international_per_hour = (unsigned)whole(e, "international_per_hour"),
                             .hold_new_countries = flag(e, "hold_new_countries"),
                             .keeping = keeping_of(e),
                             .four_eyes = flag(e, "four_eyes"),
                             .code_routes = words_of(a, json_object_get(e, "code_routes"))};
    provision_put_tenant(s, &t);
    const struct tenant_key pair = provision_pair_of(a, json_object_get(e, "pgp_key"));
    provision_put_tenant_key(s, t.name, &pair);
}

static void write_user(struct store *s, struct arena *a, const json_t *e)
{
    struct provision_user u = {.tenant = provision_text(e, "tenant"),
                               .name = provision_text(e, "name"),
                               .login_keys = provision_text(json_object_get(e, "password"), "sealed"),
                               .role = provision_text(e, "role"),
                               .language = provision_text(e, "language")};
    struct user_key *keys;
    u.addresses = texts_of(a, json_object_get(e, "addresses"), &u.address_count);
    u.key_count = provision_keys_of(a, json_object_get(e, "pgp_keys"), &keys);
    u.keys = keys;
    u.pgp_encrypt = flag(e, "pgp_encrypt");
    u.certificate_count =
        provision_certificates_of(a, json_object_get(e, "smime_certificates"), &u.certificates);
    u.smime = provision_text(e, "smime");
    provision_put_user(s, &u);
}

static void write_box(struct store *s, struct arena *a, const json_t *e)
{
    struct provision_box b = {.box = {.id = provision_text(e, "id"),
                                      .name = provision_text(e, "name"),
                                      .enabled = flag(e, "enabled"),
                                      .station_id = provision_text(e, "station_id"),
                                      .caller_id = provision_text(e, "caller_id"),
                                      .header_name = provision_text(e, "header_name"),
                                      .paper = provision_text(e, "paper"),
                                      .resolution = provision_text(e, "resolution"),
                                      .custom_address = provision_text(e, "custom_address"),
                                      .report = provision_text(e, "report"),
                                      .address_case = provision_text(e, "address_case"),
                                      .authentication = provision_text(e, "authentication"),
                                      .pin_hash = provision_text(json_object_get(e, "pin"), "hash"),
                                      .cover = provision_text(e, "cover"),
                                      .cover_text = flag(e, "cover_text"),
                                      .require_encryption = flag(e, "require_encryption"),
                                      .mailbox = provision_text(e, "mailbox"),
                                      .tries = (unsigned)whole(e, "tries"),
                                      .senders = rules_of(a, e),
                                      .language = provision_text(e, "language"),
                                      .file_format = provision_text(e, "file_format"),
                                      .recipients = words_of(a, json_object_get(e, "recipients")),
                                      .answers = provision_text(e, "answers"),
                                      .report_on = provision_text(e, "report_on"),
                                      .report_to = words_of(a, json_object_get(e, "report_to")),
                                      .delays = provision_text(e, "delays"),
                                      .calls_in = (unsigned)whole(e, "calls_in"),
                                      .calls_out = (unsigned)whole(e, "calls_out"),
                                      .send_window = provision_text(e, "send_window"),
                                      .bulk_window = provision_text(e, "bulk_window"),
                                      .bulk_from = (unsigned)whole(e, "bulk_from"),
                                      .deadline_minutes = (unsigned)whole(e, "deadline_minutes"),
                                      .keeping = keeping_of(e),
                                      .join_seconds = (unsigned)whole(e, "join_seconds"),
                                      .ocr = provision_text(e, "ocr"),
                                      .ocr_languages = words_of(a, json_object_get(e, "ocr_languages")),
                                      .route_by_code = flag(e, "route_by_code")},
                              .tenant = provision_text(e, "tenant"),
                              .owner = provision_text(e, "owner"),
                              .extension = provision_text(e, "extension")};
    b.numbers = texts_of(a, json_object_get(e, "numbers"), &b.number_count);
    b.users = rights_of(a, json_object_get(e, "users"), "user", &b.user_count);
    b.permissions = rights_of(a, json_object_get(e, "permissions"), "entry", &b.permission_count);
    provision_put_box(s, a, &b);
}

static void write_trunk(struct store *s, struct arena *a, const json_t *e)
{
    const struct trunk t = {.name = provision_text(e, "name"),
                            .peer = provision_text(e, "peer"),
                            .transport = provision_text(e, "transport"),
                            .username = provision_text(e, "username"),
                            .secret = provision_secret_of(a, e, "password"),
                            .t38 = flag(e, "t38"),
                            .pace = flag(e, "pace"),
                            .registers = flag(e, "register"),
                            .register_s = (unsigned)whole(e, "register_seconds"),
                            .cost = (unsigned)whole(e, "cost"),
                            .addresses = words_of(a, json_object_get(e, "addresses")),
                            .called_from = provision_text(e, "called_from"),
                            .caller_from = provision_text(e, "caller_from"),
                            .caller_in = provision_text(e, "caller_in"),
                            .fallback_box = provision_text(e, "fallback_box"),
                            .keepalive_s = (int)whole(e, "keepalive"),
                            .advertised = provision_text(e, "advertised_address"),
                            .outbound_proxy = provision_text(e, "outbound_proxy"),
                            .symmetric = flag(e, "symmetric"),
                            .calls = (unsigned)whole(e, "calls")};
    provision_put_trunk(s, &t);
}

static void write_mail_server(struct store *s, struct arena *a, const json_t *e)
{
    const char *name = provision_text(e, "name");
    const struct mail_server m = {.name = *name ? name : MAIL_SERVER_MAIN,
                                  .tenant = provision_text(e, "tenant"),
                                  .fallback = flag(e, "fallback"),
                                  .auth = provision_text(e, "auth"),
                                  .allow = provision_text(e, "allow"),
                                  .tls_name = provision_text(e, "tls_name"),
                                  .connections = (unsigned)whole(e, "connections"),
                                  .host = provision_text(e, "host"),
                                  .port = (unsigned)whole(e, "port"),
                                  .security = provision_text(e, "security"),
                                  .username = provision_text(e, "username"),
                                  .secret = provision_secret_of(a, e, "password"),
                                  .ca_file = provision_text(e, "ca_file"),
                                  .pin = provision_text(e, "pin"),
                                  .envelope_sender = provision_text(e, "envelope_sender"),
                                  .enabled = flag(e, "enabled"),
                                  .null_sender = flag(e, "null_sender")};
    provision_put_mail_server(s, &m);
}

static void write_dkim(struct store *s, struct arena *a, const json_t *e)
{
    const struct dkim_key_row k = {.domain = provision_text(e, "name"),
                                   .selector = provision_text(e, "selector"),
                                   .secret = provision_secret_of(a, e, "key")};
    dkim_key_put(s, &k);
}

static struct provision_template template_of(const json_t *e)
{
    return (struct provision_template){.tenant = provision_text(e, "tenant"),
                                       .name = provision_text(e, "name"),
                                       .language = provision_text(e, "language"),
                                       .text = provision_text(e, "text")};
}

static void write_template(struct store *s, const json_t *e)
{
    const struct provision_template t = template_of(e);
    provision_put_template(s, &t);
}

static void drop_template(struct store *s, const json_t *e)
{
    const struct provision_template t = template_of(e);
    provision_drop_template(s, &t);
}

void provision_write(struct store *s, enum provision_kind kind, const json_t *entry)
{
    struct arena a;
    arena_init(&a);
    switch (kind) {
    case PROVISION_INSTALLATION: write_installation(s, entry); break;
    case PROVISION_TENANT: write_tenant(s, &a, entry); break;
    case PROVISION_USER: write_user(s, &a, entry); break;
    case PROVISION_BOX: write_box(s, &a, entry); break;
    case PROVISION_TRUNK: write_trunk(s, &a, entry); break;
    case PROVISION_MAIL_TEMPLATE: write_template(s, entry); break;
    case PROVISION_MAIL_SERVER:
    case PROVISION_MAIL_SERVERS: write_mail_server(s, &a, entry); break;
    case PROVISION_MAILBOX: provision_write_mailbox(s, &a, entry); break;
    case PROVISION_DKIM: write_dkim(s, &a, entry); break;
    case PROVISION_WEBHOOK: provision_write_webhook(s, &a, entry); break;
    case PROVISION_KINDS: break;
    }
    arena_clear(&a);
}

void provision_drop(struct store *s, enum provision_kind kind, const json_t *entry)
{
    const char *name = provision_text(entry, "name");
    switch (kind) {
    case PROVISION_TENANT: provision_drop_tenant(s, name); break;
    case PROVISION_USER: provision_drop_user(s, provision_text(entry, "tenant"), name); break;
    case PROVISION_BOX: provision_drop_box(s, provision_text(entry, "id")); break;
    case PROVISION_TRUNK: provision_drop_trunk(s, name); break;
    case PROVISION_MAIL_TEMPLATE: drop_template(s, entry); break;
    case PROVISION_MAIL_SERVER: provision_drop_mail_server(s, MAIL_SERVER_MAIN); break;
    case PROVISION_MAIL_SERVERS: provision_drop_mail_server(s, name); break;
    case PROVISION_MAILBOX: mailbox_drop(s, name); break;
    case PROVISION_DKIM: dkim_key_drop(s, name); break;
    case PROVISION_WEBHOOK: webhook_drop(s, name); break;
    case PROVISION_INSTALLATION:
    case PROVISION_KINDS: panic("that cannot be dropped");
    }
}

void provision_release(struct store *s, enum provision_kind kind, const json_t *entry)
{
    if (kind == PROVISION_USER)
        provision_release_user(s, provision_text(entry, "tenant"), provision_text(entry, "name"));
    if (kind == PROVISION_BOX)
        provision_release_box(s, provision_text(entry, "id"));
}
