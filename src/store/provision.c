/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/provision.h"

#include "base/str.h"
#include "model/number_range.h"
#include "model/states.h"
#include "store/archive.h"
#include "store/outbox.h"
#include "store/self_tests.h"

static size_t count_of(struct store *s, const char *statement)
{
    return (size_t)sql_get_int(s->sql, 0, statement, "");
}

/* ---- reading ---- */

/* What stands in a list and is not found one by one is that of a reader whose time is over (sql_overdue). */

size_t provision_tenants(struct store *s, struct arena *a, struct tenant **list)
{
    size_t n = 0, found = 0, count = count_of(s, "SELECT count(*) FROM tenant");
    struct sql_rows r;
    struct id *ids = arena_alloc(a, count * sizeof(*ids));
    *list = arena_alloc(a, count * sizeof(**list));
    sql_query(s->sql, &r, "SELECT id FROM tenant ORDER BY name", "");
    while (n < count && sql_next(&r))
        ids[n++] = sql_id(&r, 0);
    sql_end(&r);
    for (size_t i = 0; i < n; i++)
        found += config_tenant(s, a, ids[i], &(*list)[found]);
    return found;
}

struct texts {
    const char **list;
    size_t count;
};

/* The rows of a query whose first column is a text. */
static struct texts take_texts(struct sql_rows *r, struct arena *a, size_t most)
{
    struct texts t = {arena_alloc(a, (most + 1) * sizeof(*t.list)), 0};
    while (t.count < most && sql_next(r))
        t.list[t.count++] = sql_text(r, 0, a);
    sql_end(r);
    return t;
}

bool provision_find_user(struct store *s, struct arena *a, struct id id, struct provision_user *u)
{
    struct sql_rows r;
    struct user_key *keys;
    sql_query(s->sql, &r,
              "SELECT t.name, u.name, u.login_keys, u.role, u.language, u.enabled, u.provider_id, "
              "u.directory_id, u.notify_received, u.notify_sent, u.notify_delays FROM user u JOIN tenant t "
              "ON t.id = u.tenant WHERE u.id = ?1",
              "d", id);
    bool there = sql_next(&r);
    if (there)
        *u = (struct provision_user){.id = id,
                                     .tenant = sql_text(&r, 0, a),
                                     .name = sql_text(&r, 1, a),
                                     .login_keys = sql_text(&r, 2, a),
                                     .role = sql_text(&r, 3, a),
                                     .language = sql_text(&r, 4, a),
                                     .enabled = sql_int(&r, 5) != 0,
                                     .provider_id = sql_text(&r, 6, a),
                                     .directory_id = sql_text(&r, 7, a),
                                     .notify = {sql_text(&r, 8, a), sql_text(&r, 9, a), sql_text(&r, 10, a)}};
    sql_end(&r);
    if (!there)
        return false;
    size_t most =
        (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM user_address WHERE user = ?1", "d", id);
    sql_query(s->sql, &r, "SELECT address FROM user_address WHERE user = ?1 ORDER BY place", "d", id);
    struct texts t = take_texts(&r, a, most);
    u->addresses = t.list;
    u->address_count = t.count;
    u->key_count = keys_of_user(s, a, id, &keys);
    u->keys = keys;
    u->pgp_encrypt = keys_encrypts(s, id);
    u->certificate_count = keys_certificates(s, a, id, &u->certificates);
    u->smime = keys_smime(s, a, id);
    return true;
}

size_t provision_users(struct store *s, struct arena *a, struct provision_user **list)
{
    size_t count = count_of(s, "SELECT count(*) FROM user");
    struct sql_rows r;
    struct id *ids = arena_alloc(a, count * sizeof(*ids));
    *list = arena_alloc(a, count * sizeof(**list));
    sql_query(s->sql, &r, "SELECT u.id FROM user u JOIN tenant t ON t.id = u.tenant ORDER BY t.name, u.name",
              "");
    size_t n = sql_take_ids(&r, ids, count), found = 0;
    for (size_t i = 0; i < n; i++)
        found += provision_find_user(s, a, ids[i], &(*list)[found]);
    return found;
}

/* Rows of name, send, receive. */
static const struct provision_right *take_rights(struct sql_rows *r, struct arena *a, size_t most,
                                                 size_t *count)
{
    struct provision_right *list = arena_alloc(a, (most + 1) * sizeof(*list));
    *count = 0;
    while (*count < most && sql_next(r))
        list[(*count)++] =
            (struct provision_right){sql_text(r, 0, a), sql_int(r, 1) != 0, sql_int(r, 2) != 0};
    sql_end(r);
    return list;
}

const char *provision_box_owner(struct store *s, struct arena *a, const char *id)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT owner FROM faxbox WHERE id = ?1", "t", id);
    const char *owner = sql_next(&r) ? sql_text(&r, 0, a) : "";
    sql_end(&r);
    return owner;
}

/* Whose it is, and what it has of a settings template. */
static void load_template(struct store *s, struct arena *a, struct provision_box *b)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT b.owner, b.own, coalesce(t.name, '') FROM faxbox b LEFT JOIN settings_template t ON t.id "
        "= b.template WHERE b.id = ?1",
        "t", b->box.id);
    bool there = sql_next(&r);
    b->owner = there ? sql_text(&r, 0, a) : "";
    b->own = there ? sql_text(&r, 1, a) : "";
    b->template = there ? sql_text(&r, 2, a) : "";
    sql_end(&r);
}

static bool load_box(struct store *s, struct arena *a, const char *id, struct provision_box *b)
{
    struct sql_rows r;
    struct tenant tenant;
    if (!config_box(s, a, id, &b->box))
        return false;
    b->tenant = config_tenant(s, a, b->box.tenant, &tenant) ? tenant.name : "";
    load_template(s, a, b);
    sql_query(s->sql, &r, "SELECT number FROM faxbox_number WHERE faxbox = ?1 AND extension = 1", "t", id);
    struct texts t = take_texts(&r, a, 1);
    b->extension = t.count ? t.list[0] : "";

    size_t most = (size_t)sql_get_int(s->sql, 0,
                                      "SELECT (SELECT count(*) FROM faxbox_number WHERE faxbox = ?1) +"
                                      " (SELECT count(*) FROM faxbox_range WHERE faxbox = ?1)",
                                      "t", id);
    sql_query(s->sql, &r,
              "SELECT number FROM faxbox_number WHERE faxbox = ?1 AND extension = 0"
              " UNION ALL SELECT text FROM faxbox_range WHERE faxbox = ?1 ORDER BY 1",
              "t", id);
    t = take_texts(&r, a, most);
    b->numbers = t.list;
    b->number_count = t.count;

    most = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM faxbox_user WHERE faxbox = ?1", "t", id);
    sql_query(s->sql, &r,
              "SELECT u.name, f.may_send, f.may_receive FROM faxbox_user f JOIN user u ON u.id = f.user"
              " WHERE f.faxbox = ?1 ORDER BY u.name",
              "t", id);
    b->users = take_rights(&r, a, most, &b->user_count);

    most =
        (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM faxbox_permission WHERE faxbox = ?1", "t", id);
    sql_query(s->sql, &r,
              "SELECT entry, may_send, may_receive FROM faxbox_permission WHERE faxbox = ?1 ORDER BY entry",
              "t", id);
    b->permissions = take_rights(&r, a, most, &b->permission_count);
    return true;
}

size_t provision_boxes(struct store *s, struct arena *a, struct provision_box **list)
{
    size_t count = count_of(s, "SELECT count(*) FROM faxbox");
    struct sql_rows r;
    *list = arena_alloc(a, count * sizeof(**list));
    sql_query(s->sql, &r, "SELECT id FROM faxbox ORDER BY id", "");
    struct texts ids = take_texts(&r, a, count);
    size_t found = 0;
    for (size_t i = 0; i < ids.count; i++)
        found += load_box(s, a, ids.list[i], &(*list)[found]);
    return found;
}

bool provision_find_box(struct store *s, struct arena *a, const char *id, struct provision_box *b)
{
    struct faxbox f;
    return config_box(s, a, id, &f) && load_box(s, a, f.id, b);
}

size_t provision_trunks(struct store *s, struct arena *a, struct trunk **list)
{
    size_t count = count_of(s, "SELECT count(*) FROM trunk");
    *list = arena_alloc(a, count * sizeof(**list));
    return config_trunks(s, a, *list, count);
}

size_t provision_templates(struct store *s, struct arena *a, struct provision_template **list)
{
    size_t n = 0, count = count_of(s, "SELECT count(*) FROM mail_template");
    struct sql_rows r;
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(
        s->sql, &r,
        "SELECT t.name, m.name, m.language, m.text FROM mail_template m JOIN tenant t ON t.id = m.tenant"
        " ORDER BY t.name, m.name, m.language",
        "");
    while (n < count && sql_next(&r))
        (*list)[n++] = (struct provision_template){.tenant = sql_text(&r, 0, a),
                                                   .name = sql_text(&r, 1, a),
                                                   .language = sql_text(&r, 2, a),
                                                   .text = sql_text(&r, 3, a)};
    sql_end(&r);
    return n;
}

/* ---- writing ---- */

void provision_put_tenant(struct store *s, const struct tenant *t)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO tenant (id, name, country, area_code, outside_prefix, zone, serial, from_address,"
        " fallback_address, dial_allow, dial_deny, emergency, billing_codes, pages_per_day, minutes_per_day,"
        " ignore_case, dmarc, trusted_networks, arc_trusted, language, mail_style,"
        " blocked_callers, calls_in, calls_out, international_per_hour, hold_new_countries, four_eyes)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
        " ?21, ?22, ?23, ?24, ?25, ?26, ?27)"
        " ON CONFLICT (name) DO UPDATE SET country = ?3, area_code = ?4, outside_prefix = ?5, zone = ?6,"
        " serial = ?7, from_address = ?8, fallback_address = ?9, dial_allow = ?10, dial_deny = ?11,"
        " emergency = ?12, billing_codes = ?13, pages_per_day = ?14, minutes_per_day = ?15, ignore_case = "
        "?16,"
        " dmarc = ?17, trusted_networks = ?18, arc_trusted = ?19, language = ?20, mail_style = ?21,"
        " blocked_callers = ?22, calls_in = ?23, calls_out = ?24, international_per_hour = ?25,"
        " hold_new_countries = ?26, four_eyes = ?27",
        "dttttttttttttnnnttttttnnnnn", id_new(), t->name, t->country, t->area_code, t->outside_prefix,
        t->zone, t->serial, t->from_address, t->fallback_address, t->dial_allow, t->dial_deny, t->emergency,
        t->billing_codes, (int)t->pages_per_day, (int)t->minutes_per_day, t->exact_case ? 0 : 1,
        t->senders.dmarc, t->senders.trusted_networks, t->senders.arc_trusted, t->language, t->mail_style,
        t->blocked_callers ? t->blocked_callers : "", (int)t->calls_in, (int)t->calls_out,
        (int)t->international_per_hour, (int)t->hold_new_countries, (int)t->four_eyes);
    (void)sql_run(s->sql,
                  "UPDATE tenant SET keep_sent_days = ?2, keep_received_days = ?3, legal_hold = ?4, "
                  "code_routes = ?5, boxes_most = ?6, forward_to = ?7, archive_sent_days = ?8, "
                  "archive_received_days = ?9 WHERE name = ?1",
                  "tnnntntnn", t->name, t->keeping.sent_days, t->keeping.received_days,
                  (int)t->keeping.legal_hold, t->code_routes ? t->code_routes : "", (int)t->boxes_most,
                  t->forward_to ? t->forward_to : "", t->keeping.archive_sent_days,
                  t->keeping.archive_received_days);
}

void provision_put_tenant_key(struct store *s, const char *tenant, const struct tenant_key *k)
{
    keys_set_tenant(s, config_tenant_id(s, tenant), k);
}

static struct id user_id(struct store *s, struct id tenant, const char *name)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM user WHERE tenant = ?1 AND name = ?2", "dt", tenant, name);
    struct id id = sql_next(&r) ? sql_id(&r, 0) : ID_NONE;
    sql_end(&r);
    return id;
}

struct id provision_user_id(struct store *s, const char *tenant, const char *name)
{
    return user_id(s, config_tenant_id(s, tenant), name);
}

bool provision_has_right(struct store *s, const char *box, struct id user)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM faxbox_user WHERE faxbox = ?1 AND user = ?2", "td", box,
                       user) != 0;
}

bool provision_give_right(struct store *s, const char *box, struct id user)
{
    return sql_run(s->sql,
                   "INSERT INTO faxbox_user (faxbox, user, may_send, may_receive) VALUES (?1, ?2, 1, 1)"
                   " ON CONFLICT DO NOTHING",
                   "td", box, user) > 0;
}

bool provision_take_right(struct store *s, const char *box, struct id user)
{
    return sql_run(s->sql, "DELETE FROM faxbox_user WHERE faxbox = ?1 AND user = ?2", "td", box, user) > 0;
}

void provision_put_user(struct store *s, const struct provision_user *u)
{
    struct arena a;
    arena_init(&a);
    struct id tenant = config_tenant_id(s, u->tenant);
    (void)sql_run(s->sql, "INSERT INTO user (id, tenant, name) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                  "ddt", id_new(), tenant, u->name);
    /* Whoever had the old password has it no more, who is switched off is out, and another role takes a new
     * login. */
    (void)sql_run(s->sql,
                  "DELETE FROM session WHERE user IN (SELECT id FROM user WHERE tenant = ?1 AND name = ?2"
                  " AND (login_keys <> ?3 OR ?4 = 0 OR role <> ?5))",
                  "dttnt", tenant, u->name, u->login_keys, (int)u->enabled, u->role);
    if (!u->keep_api_keys)
        (void)sql_run(s->sql,
                      "DELETE FROM api_key WHERE user IN (SELECT id FROM user WHERE tenant = ?1 AND name = ?2"
                      " AND login_keys <> ?3)",
                      "dtt", tenant, u->name, u->login_keys);
    (void)sql_run(s->sql,
                  "UPDATE user SET login_keys = ?3, role = ?4, language = ?5, enabled = ?6, provider_id = ?7,"
                  " directory_id = ?8, notify_received = ?9, notify_sent = ?10, notify_delays = ?11 WHERE "
                  "tenant = ?1 AND name = ?2",
                  "dttttnttttt", tenant, u->name, u->login_keys, u->role, u->language, (int)u->enabled,
                  u->provider_id, u->directory_id, u->notify.received, u->notify.sent, u->notify.delays);
    provision_release_user(s, u->tenant, u->name);
    for (size_t i = 0; i < u->address_count; i++)
        (void)sql_run(s->sql,
                      "INSERT INTO user_address (key, address, user, place)"
                      " SELECT ?1, ?2, id, ?3 FROM user WHERE tenant = ?4 AND name = ?5",
                      "ttndt", config_address_key(&a, u->addresses[i]), u->addresses[i], (int)i, tenant,
                      u->name);
    struct id id = user_id(s, tenant, u->name);
    const char *before = keys_whole(s, &a, id);
    keys_set_user(s, id, u->keys, u->key_count);
    keys_set_encrypts(s, id, u->pgp_encrypt);
    keys_set_certificates(s, id, u->certificates, u->certificate_count, u->smime);
    if (!str_equal(keys_whole(s, &a, id), before))
        mail_out_keys_changed(s, id);
    arena_clear(&a);
}

/* Its faxes of before go to the places that it names now. */
static void put_box_places(struct store *s, const char *id, const char *places)
{
    if (sql_run(s->sql, "UPDATE faxbox SET archive_places = ?2 WHERE id = ?1 AND archive_places <> ?2", "tt",
                id, places) > 0)
        archive_places_refill(s, places);
}

static void put_box_row(struct store *s, struct arena *a, const struct provision_box *b)
{
    const struct faxbox *f = &b->box;
    const char *custom = *f->custom_address ? config_address_key(a, f->custom_address) : NULL;
    (void)sql_run(
        s->sql,
        "INSERT INTO faxbox (id, tenant, name, enabled, station_id, caller_id, header_name, paper,"
        " resolution, tries, custom_address, report, address_case, authentication, pin_hash, cover, "
        "cover_text, dmarc, trusted_networks, arc_trusted, mailbox, require_encryption)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, "
        "?21, ?22)"
        " ON CONFLICT (id) DO UPDATE SET name = ?3, enabled = ?4, station_id = ?5, caller_id = ?6,"
        " header_name = ?7, paper = ?8, resolution = ?9, tries = ?10, custom_address = ?11, report = ?12,"
        " address_case = ?13, authentication = ?14, pin_hash = ?15, cover = ?16, cover_text = ?17,"
        " dmarc = ?18, trusted_networks = ?19, arc_trusted = ?20, mailbox = ?21, require_encryption = ?22",
        "tdtntttttnttttttnttttn", f->id, config_tenant_id(s, b->tenant), f->name, (int)f->enabled,
        f->station_id, f->caller_id, f->header_name, f->paper, f->resolution, (int)f->tries, custom,
        f->report, f->address_case, f->authentication, f->pin_hash, f->cover, (int)f->cover_text,
        f->senders.dmarc, f->senders.trusted_networks, f->senders.arc_trusted, f->mailbox,
        (int)f->require_encryption);
    (void)sql_run(s->sql,
                  "UPDATE faxbox SET language = ?2, file_format = ?3, recipients = ?4, answers = ?5,"
                  " report_on = ?6, report_to = ?7, delays = ?8 WHERE id = ?1",
                  "tttttttt", f->id, f->language, f->file_format, f->recipients, f->answers, f->report_on,
                  f->report_to, f->delays);
    (void)sql_run(s->sql,
                  "UPDATE faxbox SET calls_in = ?2, calls_out = ?3, send_window = ?4, bulk_window = ?5,"
                  " bulk_from = ?6, deadline_minutes = ?7, join_seconds = ?8, batch = ?9 WHERE id = ?1",
                  "tnnttnnnn", f->id, (int)f->calls_in, (int)f->calls_out,
                  f->send_window ? f->send_window : "", f->bulk_window ? f->bulk_window : "",
                  (int)f->bulk_from, (int)f->deadline_minutes, (int)f->join_seconds, (int)f->batch);
    (void)sql_run(s->sql,
                  "UPDATE faxbox SET keep_sent_days = ?2, keep_received_days = ?3, legal_hold = ?4,"
                  " archive_sent_days = ?5, archive_received_days = ?6 WHERE id = ?1",
                  "tnnnnn", f->id, f->keeping.sent_days, f->keeping.received_days, (int)f->keeping.legal_hold,
                  f->keeping.archive_sent_days, f->keeping.archive_received_days);
    (void)sql_run(s->sql, "UPDATE faxbox SET ocr = ?2, ocr_languages = ?3, route_by_code = ?4 WHERE id = ?1",
                  "tttn", f->id, f->ocr ? f->ocr : "off", f->ocr_languages ? f->ocr_languages : "",
                  (int)f->route_by_code);
    (void)sql_run(s->sql,
                  "UPDATE faxbox SET voice = ?2, voice_seconds = ?3, voice_forward = ?4, voice_callers = ?5,"
                  " fax_callers = ?6, subaddress = ?7, fax_password = ?8 WHERE id = ?1",
                  "ttnttttt", f->id, f->voice ? f->voice : "fax", (int)f->voice_seconds,
                  f->voice_forward ? f->voice_forward : "", f->voice_callers ? f->voice_callers : "",
                  f->fax_callers ? f->fax_callers : "", f->subaddress ? f->subaddress : "",
                  f->fax_password ? f->fax_password : "");
    (void)sql_run(s->sql,
                  "UPDATE faxbox SET print_to = ?2, print_pin = ?3, print_copies = ?4, print_paper = ?5,"
                  " deskew = ?6, blank_pages = ?7 WHERE id = ?1",
                  "tttntnt", f->id, f->print_to ? f->print_to : "", f->print_pin ? f->print_pin : "",
                  f->print_copies > 0 ? (int)f->print_copies : 1, f->print_paper ? f->print_paper : "",
                  (int)f->deskew, f->blank_pages ? f->blank_pages : "keep");
    (void)sql_run(s->sql, "UPDATE faxbox SET trunk = ?2, t38 = ?3, ecm = ?4 WHERE id = ?1", "tttt", f->id,
                  f->trunk ? f->trunk : "", f->t38_off ? "off" : "auto", f->ecm_off ? "off" : "auto");
    put_box_places(s, f->id, f->archive_places ? f->archive_places : "");
}

void provision_put_box(struct store *s, struct arena *a, const struct provision_box *b)
{
    const char *id = b->box.id;
    provision_release_box(s, id);
    put_box_row(s, a, b);
    (void)sql_run(
        s->sql,
        "UPDATE faxbox SET owner = ?2, own = ?3, template = (SELECT s.id FROM settings_template s JOIN"
        " tenant t ON t.id = s.tenant WHERE t.name = ?4 AND s.name = ?5) WHERE id = ?1",
        "ttttt", id, b->owner, b->own ? b->own : "", b->tenant, b->template ? b->template : "");
    static const char add_number[] =
        "INSERT INTO faxbox_number (number, faxbox, extension) VALUES (?1, ?2, ?3)";
    if (*b->extension)
        (void)sql_run(s->sql, add_number, "ttn", b->extension, id, 1);
    for (size_t i = 0; i < b->number_count; i++) {
        struct number_range r;
        if (number_range_parse(b->numbers[i], &r))
            (void)sql_run(s->sql,
                          "INSERT INTO faxbox_range (text, faxbox, low, high) VALUES (?1, ?2, ?3, ?4)",
                          "tttt", b->numbers[i], id, r.low, r.high);
        else
            (void)sql_run(s->sql, add_number, "ttn", b->numbers[i], id, 0);
    }
    for (size_t i = 0; i < b->user_count; i++)
        (void)sql_run(s->sql,
                      "INSERT INTO faxbox_user (faxbox, user, may_send, may_receive) SELECT ?1, u.id, ?2, ?3"
                      " FROM user u JOIN tenant t ON t.id = u.tenant WHERE t.name = ?4 AND u.name = ?5",
                      "tnntt", id, (int)b->users[i].send, (int)b->users[i].receive, b->tenant,
                      b->users[i].who);
    for (size_t i = 0; i < b->permission_count; i++)
        (void)sql_run(
            s->sql,
            "INSERT INTO faxbox_permission (faxbox, entry, may_send, may_receive) VALUES (?1, ?2, ?3, ?4)",
            "ttnn", id, b->permissions[i].who, (int)b->permissions[i].send, (int)b->permissions[i].receive);
}

void provision_put_trunk(struct store *s, const struct trunk *t)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO trunk (id, name, peer, transport, username, secret, t38, place, pace, registers,"
        " register_s, addresses, called_from, caller_from, caller_in, fallback_box,"
        " keepalive_s, advertised_address, symmetric, outbound_proxy, calls, srtp, t38_correction,"
        " self_test_number, self_test_hours)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, "
        "?21, ?22, ?23, ?24, ?25)"
        " ON CONFLICT (name) DO UPDATE SET peer = ?3, transport = ?4, username = ?5, secret = ?6, t38 = ?7,"
        " place = ?8, pace = ?9, registers = ?10, register_s = ?11, addresses = ?12, called_from = ?13,"
        " caller_from = ?14, caller_in = ?15, fallback_box = ?16, keepalive_s = ?17,"
        " advertised_address = ?18, symmetric = ?19, outbound_proxy = ?20, calls = ?21, srtp = ?22,"
        " t38_correction = ?23, self_test_number = ?24, self_test_hours = ?25",
        "dttttbnnnnntttttntntntttt", id_new(), t->name, t->peer, t->transport, t->username, t->secret,
        (int)t->t38, (int)t->cost, (int)t->pace, (int)t->registers, (int)t->register_s, t->addresses,
        t->called_from, t->caller_from, t->caller_in, t->fallback_box, t->keepalive_s, t->advertised,
        (int)t->symmetric, t->outbound_proxy, (int)t->calls, t->srtp, t->t38_correction, t->self_test_number,
        t->self_test_hours);
}

void provision_put_mail_server(struct store *s, const struct mail_server *m)
{
    (void)sql_run(s->sql,
                  "INSERT INTO mail_server (id, name, host, port, security, username, secret, ca_file, pin,"
                  " envelope_sender, enabled) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
                  " ON CONFLICT (name) DO UPDATE SET host = ?3, port = ?4, security = ?5, username = ?6,"
                  " secret = ?7, ca_file = ?8, pin = ?9, envelope_sender = ?10, enabled = ?11",
                  "dttnttbtttn", id_new(), m->name, m->host, (int)m->port, m->security, m->username,
                  m->secret, m->ca_file, m->pin, m->envelope_sender, (int)m->enabled);
    (void)sql_run(
        s->sql,
        "UPDATE mail_server SET auth = ?2, allow = ?3, tls_name = ?4, connections = ?5, fallback = ?6,"
        " null_sender = ?8,"
        " tenant = (SELECT id FROM tenant WHERE name = ?7) WHERE name = ?1",
        "ttttnntn", m->name, m->auth, m->allow, m->tls_name, (int)m->connections, (int)m->fallback, m->tenant,
        (int)m->null_sender);
}

void provision_put_template(struct store *s, const struct provision_template *t)
{
    (void)sql_run(s->sql,
                  "INSERT INTO mail_template (tenant, name, language, text) VALUES (?1, ?2, ?3, ?4)"
                  " ON CONFLICT (tenant, name, language) DO UPDATE SET text = ?4",
                  "dttt", config_tenant_id(s, t->tenant), t->name, t->language, t->text);
}

void provision_release_user(struct store *s, const char *tenant, const char *name)
{
    (void)sql_run(
        s->sql,
        "DELETE FROM user_address WHERE user ="
        " (SELECT u.id FROM user u JOIN tenant t ON t.id = u.tenant WHERE t.name = ?1 AND u.name = ?2)",
        "tt", tenant, name);
}

void provision_release_box(struct store *s, const char *id)
{
    (void)sql_run(s->sql, "UPDATE faxbox SET custom_address = NULL, template = NULL WHERE id = ?1", "t", id);
    (void)sql_run(s->sql, "DELETE FROM faxbox_number WHERE faxbox = ?1", "t", id);
    (void)sql_run(s->sql, "DELETE FROM faxbox_range WHERE faxbox = ?1", "t", id);
    (void)sql_run(s->sql, "DELETE FROM faxbox_user WHERE faxbox = ?1", "t", id);
    (void)sql_run(s->sql, "DELETE FROM faxbox_permission WHERE faxbox = ?1", "t", id);
}

/* ---- dropping ---- */

void provision_drop_template(struct store *s, const struct provision_template *t)
{
    (void)sql_run(s->sql, "DELETE FROM mail_template WHERE tenant = ?1 AND name = ?2 AND language = ?3",
                  "dtt", config_tenant_id(s, t->tenant), t->name, t->language);
}

void provision_drop_tenant(struct store *s, const char *name)
{
    (void)sql_run(s->sql, "DELETE FROM tenant WHERE name = ?1", "t", name);
}

void provision_drop_user(struct store *s, const char *tenant, const char *name)
{
    (void)sql_run(s->sql, "DELETE FROM user WHERE tenant = ?1 AND name = ?2", "dt",
                  config_tenant_id(s, tenant), name);
}

void provision_drop_box(struct store *s, const char *id)
{
    /* What it held ready for polling is over with it: its offer goes, which a submission waits for. */
    (void)sql_run(s->sql,
                  "UPDATE submission SET state = ?2 WHERE state = ?3 AND id IN"
                  " (SELECT submission FROM offer WHERE faxbox = ?1)",
                  "tnn", id, (int)SUBMISSION_FINISHED, (int)SUBMISSION_ADMITTED);
    (void)sql_run(s->sql, "DELETE FROM faxbox WHERE id = ?1", "t", id);
}

void provision_drop_trunk(struct store *s, const char *name)
{
    (void)sql_run(s->sql, "DELETE FROM trunk WHERE name = ?1", "t", name);
    (void)sql_run(s->sql, "DELETE FROM trunk_health WHERE trunk = ?1", "t", name);
    self_test_forget(s, name);
}

void provision_drop_mail_server(struct store *s, const char *name)
{
    (void)sql_run(s->sql, "DELETE FROM mail_server WHERE name = ?1", "t", name);
}

unsigned provision_box_jobs(struct store *s, const char *id)
{
    return (unsigned)sql_get_int(
        s->sql, 0,
        "SELECT (SELECT count(*) FROM job WHERE state IN (?2, ?3, ?4) AND faxbox = ?1)"
        " + (SELECT count(*) FROM submission WHERE state = ?5 AND faxbox = ?1)",
        "tnnnn", id, (int)JOB_WAITING, (int)JOB_HELD, (int)JOB_CALLING, (int)SUBMISSION_RECEIVED);
}
