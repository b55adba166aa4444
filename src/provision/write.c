/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Entries, complete and checked, into the store. */
#include "provision/model.h"

#include <sodium.h>

#include "base/panic.h"
#include "base/str.h"
#include "store/dkim_keys.h"
#include "provision/archive.h"
#include "provision/certificates.h"
#include "provision/installation.h"
#include "provision/keys.h"
#include "provision/identity.h"
#include "provision/mailbox.h"
#include "provision/settings_template.h"
#include "provision/webhook.h"
#include "store/settings_templates.h"

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

const char *provision_lines_of(struct arena *a, const json_t *list)
{
    const char *lines = "";
    for (size_t i = 0; i < json_array_size(list); i++)
        lines = arena_format(a, "%s%s\n", lines, json_string_value(json_array_get(list, i)));
    return lines;
}

const char *provision_words_of(struct arena *a, const json_t *list)
{
    const char *words = "";
    for (size_t i = 0; i < json_array_size(list); i++)
        words = arena_format(a, "%s%s%s", words, i ? " " : "", json_string_value(json_array_get(list, i)));
    return words;
}

static struct keeping keeping_of(const json_t *e)
{
    return (struct keeping){whole(e, "keep_sent_days"), whole(e, "keep_received_days"), flag(e, "legal_hold"),
                            whole(e, "archive_sent_days"), whole(e, "archive_received_days")};
}

static struct sender_rules rules_of(struct arena *a, const json_t *e)
{
    return (struct sender_rules){.dmarc = provision_text(e, "dmarc"),
                                 .trusted_networks =
                                     provision_words_of(a, json_object_get(e, "trusted_networks")),
                                 .arc_trusted = provision_words_of(a, json_object_get(e, "arc_trusted"))};
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
                             .billing_codes = provision_lines_of(a, json_object_get(e, "billing_codes")),
                             .pages_per_day = (unsigned)whole(e, "pages_per_day"),
                             .minutes_per_day = (unsigned)whole(e, "minutes_per_day"),
                             .exact_case = str_equal(provision_text(e, "address_case"), "exact"),
                             .blocked_callers = provision_words_of(a, json_object_get(e, "blocked_callers")),
                             .senders = rules_of(a, e),
                             .language = provision_text(e, "language"),
                             .mail_style = provision_text(e, "mail_style"),
                             .calls_in = (unsigned)whole(e, "calls_in"),
                             .calls_out = (unsigned)whole(e, "calls_out"),
                             .international_per_hour = (unsigned)whole(e, "international_per_hour"),
                             .hold_new_countries = flag(e, "hold_new_countries"),
                             .keeping = keeping_of(e),
                             .four_eyes = flag(e, "four_eyes"),
                             .boxes_most = (unsigned)whole(e, "boxes_most"),
                             .code_routes = provision_words_of(a, json_object_get(e, "code_routes")),
                             .forward_to = provision_words_of(a, json_object_get(e, "forward_to"))};
    provision_put_tenant(s, &t);
    const struct tenant_key pair = provision_pair_of(a, json_object_get(e, "pgp_key"));
    provision_put_tenant_key(s, t.name, &pair);
}

static void write_user(struct store *s, struct arena *a, const json_t *e)
{
    struct provision_user u = {.tenant = provision_text(e, "tenant"),
                               .name = provision_text(e, "name"),
                               .login_keys = provision_text(json_object_get(e, "password"), "sealed"),
                               .keep_api_keys = flag(e, "keep_api_keys"),
                               .role = provision_text(e, "role"),
                               .language = provision_text(e, "language"),
                               .enabled = flag(e, "enabled"),
                               .provider_id = provision_text(e, "provider_id"),
                               .directory_id = provision_text(e, "directory_id")};
    struct user_key *keys;
    u.addresses = texts_of(a, json_object_get(e, "addresses"), &u.address_count);
    u.key_count = provision_keys_of(a, json_object_get(e, "pgp_keys"), &keys);
    u.keys = keys;
    u.pgp_encrypt = flag(e, "pgp_encrypt");
    u.notify = (struct notify_wishes){provision_text(e, "notify_received"), provision_text(e, "notify_sent"),
                                      provision_text(e, "notify_delays")};
    u.certificate_count =
        provision_certificates_of(a, json_object_get(e, "smime_certificates"), &u.certificates);
    u.smime = provision_text(e, "smime");
    provision_put_user(s, &u);
}

static void write_box(struct store *s, struct arena *a, const json_t *e)
{
    struct provision_box b = {
        .box = {.id = provision_text(e, "id"),
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
                .recipients = provision_words_of(a, json_object_get(e, "recipients")),
                .answers = provision_text(e, "answers"),
                .report_on = provision_text(e, "report_on"),
                .report_to = provision_words_of(a, json_object_get(e, "report_to")),
                .delays = provision_text(e, "delays"),
                .calls_in = (unsigned)whole(e, "calls_in"),
                .calls_out = (unsigned)whole(e, "calls_out"),
                .send_window = provision_text(e, "send_window"),
                .bulk_window = provision_text(e, "bulk_window"),
                .bulk_from = (unsigned)whole(e, "bulk_from"),
                .deadline_minutes = (unsigned)whole(e, "deadline_minutes"),
                .keeping = keeping_of(e),
                .join_seconds = (unsigned)whole(e, "join_seconds"),
                .batch = (unsigned)whole(e, "batch"),
                .ocr = provision_text(e, "ocr"),
                .ocr_languages = provision_words_of(a, json_object_get(e, "ocr_languages")),
                .route_by_code = flag(e, "route_by_code"),
                .voice = provision_text(e, "voice"),
                .voice_seconds = (unsigned)whole(e, "voice_seconds"),
                .voice_forward = provision_text(e, "voice_forward"),
                .voice_callers = provision_words_of(a, json_object_get(e, "voice_callers")),
                .fax_callers = provision_words_of(a, json_object_get(e, "fax_callers")),
                .subaddress = provision_text(e, "subaddress"),
                .fax_password = provision_text(json_object_get(e, "fax_password"), "sealed"),
                .print_to = provision_text(e, "print_to"),
                .print_pin = provision_text(e, "print_pin"),
                .print_copies = (unsigned)whole(e, "print_copies"),
                .print_paper = provision_text(e, "print_paper"),
                .deskew = flag(e, "deskew"),
                .blank_pages = provision_text(e, "blank_pages"),
                .trunk = provision_text(e, "trunk"),
                .t38_off = str_equal(provision_text(e, "t38"), "off"),
                .ecm_off = str_equal(provision_text(e, "ecm"), "off"),
                .archive_places = provision_lines_of(a, json_object_get(e, "archive_places"))},
        .tenant = provision_text(e, "tenant"),
        .owner = provision_text(e, "owner"),
        .extension = provision_text(e, "extension"),
        .template = provision_text(e, "template"),
        .own = provision_words_of(a, json_object_get(e, "own"))};
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
                            .addresses = provision_words_of(a, json_object_get(e, "addresses")),
                            .called_from = provision_text(e, "called_from"),
                            .caller_from = provision_text(e, "caller_from"),
                            .caller_in = provision_text(e, "caller_in"),
                            .fallback_box = provision_text(e, "fallback_box"),
                            .keepalive_s = (int)whole(e, "keepalive"),
                            .advertised = provision_text(e, "advertised_address"),
                            .outbound_proxy = provision_text(e, "outbound_proxy"),
                            .srtp = provision_text(e, "srtp"),
                            .t38_correction = provision_text(e, "t38_correction"),
                            .symmetric = flag(e, "symmetric"),
                            .calls = (unsigned)whole(e, "calls"),
                            .self_test_number = provision_text(e, "self_test_number"),
                            .self_test_hours = provision_text(e, "self_test_hours")};
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
                                   .active = flag(e, "active"),
                                   .record = provision_text(e, "record"),
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
    case PROVISION_INSTALLATION: provision_write_installation(s, entry); break;
    case PROVISION_TENANT: write_tenant(s, &a, entry); break;
    case PROVISION_USER: write_user(s, &a, entry); break;
    case PROVISION_SETTINGS_TEMPLATE: provision_write_settings_template(s, &a, entry); break;
    case PROVISION_BOX: write_box(s, &a, entry); break;
    case PROVISION_TRUNK: write_trunk(s, &a, entry); break;
    case PROVISION_MAIL_TEMPLATE: write_template(s, entry); break;
    case PROVISION_MAIL_SERVER:
    case PROVISION_MAIL_SERVERS: write_mail_server(s, &a, entry); break;
    case PROVISION_MAILBOX: provision_write_mailbox(s, &a, entry); break;
    case PROVISION_DKIM: write_dkim(s, &a, entry); break;
    case PROVISION_WEBHOOK: provision_write_webhook(s, &a, entry); break;
    case PROVISION_PROVIDER:
    case PROVISION_DIRECTORY: provision_write_identity(s, kind, entry); break;
    case PROVISION_ARCHIVE: provision_write_archive(s, &a, entry); break;
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
    case PROVISION_SETTINGS_TEMPLATE: settings_template_drop(s, provision_text(entry, "tenant"), name); break;
    case PROVISION_BOX: provision_drop_box(s, provision_text(entry, "id")); break;
    case PROVISION_TRUNK: provision_drop_trunk(s, name); break;
    case PROVISION_MAIL_TEMPLATE: drop_template(s, entry); break;
    case PROVISION_MAIL_SERVER: provision_drop_mail_server(s, MAIL_SERVER_MAIN); break;
    case PROVISION_MAIL_SERVERS: provision_drop_mail_server(s, name); break;
    case PROVISION_MAILBOX: mailbox_drop(s, name); break;
    case PROVISION_DKIM: dkim_key_drop(s, name, provision_text(entry, "selector")); break;
    case PROVISION_WEBHOOK: webhook_drop(s, name); break;
    case PROVISION_PROVIDER:
    case PROVISION_DIRECTORY: provision_drop_identity(s, kind, name); break;
    case PROVISION_ARCHIVE: archive_place_drop(s, name); break;
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
