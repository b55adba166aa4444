/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/config.h"

#include <string.h>

#include "base/str.h"

const char *config_address_key(struct arena *a, const char *address)
{
    char *key = arena_strdup(a, address);
    str_lower(key);
    return key;
}

struct id config_tenant_id(struct store *s, const char *name)
{
    struct sql_rows r;
    struct id id = ID_NONE;
    sql_query(s->sql, &r, "SELECT id FROM tenant WHERE name = ?1", "t", name);
    if (sql_next(&r)) {
        id = sql_id(&r, 0);
        sql_end(&r);
    }
    return id;
}

size_t config_tenant_ids(struct store *s, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM tenant LIMIT ?1", "i", (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

static struct sender_rules take_rules(struct sql_rows *r, int column, struct arena *a)
{
    return (struct sender_rules){.dmarc = sql_text(r, column, a),
                                 .trusted_networks = sql_text(r, column + 1, a),
                                 .arc_trusted = sql_text(r, column + 2, a)};
}

static struct keeping take_keeping(const struct sql_rows *r, int column, int archive)
{
    return (struct keeping){(int)sql_int(r, column), (int)sql_int(r, column + 1), sql_int(r, column + 2) != 0,
                            (int)sql_int(r, archive), (int)sql_int(r, archive + 1)};
}

bool config_tenant(struct store *s, struct arena *a, struct id id, struct tenant *t)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT name, country, area_code, outside_prefix, zone, serial, from_address, "
              "fallback_address, dial_allow,"
              " dial_deny, emergency, billing_codes, pages_per_day, minutes_per_day, ignore_case,"
              " dmarc, trusted_networks, arc_trusted, language, mail_style, blocked_callers, calls_in,"
              " calls_out, international_per_hour, hold_new_countries, four_eyes,"
              " keep_sent_days, keep_received_days, legal_hold, code_routes, boxes_most, forward_to,"
              " archive_sent_days, archive_received_days FROM tenant WHERE id = ?1",
              "d", id);
    if (!sql_next(&r))
        return false;
    *t = (struct tenant){.id = id,
                         .name = sql_text(&r, 0, a),
                         .country = sql_text(&r, 1, a),
                         .area_code = sql_text(&r, 2, a),
                         .outside_prefix = sql_text(&r, 3, a),
                         .zone = sql_text(&r, 4, a),
                         .serial = sql_text(&r, 5, a),
                         .from_address = sql_text(&r, 6, a),
                         .fallback_address = sql_text(&r, 7, a),
                         .dial_allow = sql_text(&r, 8, a),
                         .dial_deny = sql_text(&r, 9, a),
                         .emergency = sql_text(&r, 10, a),
                         .billing_codes = sql_text(&r, 11, a),
                         .pages_per_day = (unsigned)sql_int(&r, 12),
                         .minutes_per_day = (unsigned)sql_int(&r, 13),
                         .exact_case = sql_int(&r, 14) == 0,
                         .senders = take_rules(&r, 15, a),
                         .language = sql_text(&r, 18, a),
                         .mail_style = sql_text(&r, 19, a),
                         .blocked_callers = sql_text(&r, 20, a),
                         .calls_in = (unsigned)sql_int(&r, 21),
                         .calls_out = (unsigned)sql_int(&r, 22),
                         .international_per_hour = (unsigned)sql_int(&r, 23),
                         .hold_new_countries = sql_int(&r, 24) != 0,
                         .four_eyes = sql_int(&r, 25) != 0,
                         .keeping = take_keeping(&r, 26, 32),
                         .code_routes = sql_text(&r, 29, a),
                         .boxes_most = (unsigned)sql_int(&r, 30),
                         .forward_to = sql_text(&r, 31, a)};
    sql_end(&r);
    return true;
}

static bool take_box(struct sql_rows *r, struct arena *a, struct faxbox *b)
{
    if (!sql_next(r))
        return false;
    *b = (struct faxbox){.id = sql_text(r, 0, a),
                         .tenant = sql_id(r, 1),
                         .name = sql_text(r, 2, a),
                         .enabled = sql_int(r, 3) != 0,
                         .station_id = sql_text(r, 4, a),
                         .caller_id = sql_text(r, 5, a),
                         .header_name = sql_text(r, 6, a),
                         .paper = sql_text(r, 7, a),
                         .resolution = sql_text(r, 8, a),
                         .tries = (unsigned)sql_int(r, 9),
                         .custom_address = sql_text(r, 10, a),
                         .report = sql_text(r, 11, a),
                         .address_case = sql_text(r, 12, a),
                         .authentication = sql_text(r, 13, a),
                         .pin_hash = sql_text(r, 14, a),
                         .cover = sql_text(r, 15, a),
                         .cover_text = sql_int(r, 16) != 0,
                         .senders = take_rules(r, 17, a),
                         .mailbox = sql_text(r, 20, a),
                         .language = sql_text(r, 21, a),
                         .file_format = sql_text(r, 22, a),
                         .recipients = sql_text(r, 23, a),
                         .answers = sql_text(r, 24, a),
                         .report_on = sql_text(r, 25, a),
                         .report_to = sql_text(r, 26, a),
                         .require_encryption = sql_int(r, 27) != 0,
                         .delays = sql_text(r, 28, a),
                         .calls_in = (unsigned)sql_int(r, 29),
                         .calls_out = (unsigned)sql_int(r, 30),
                         .send_window = sql_text(r, 31, a),
                         .bulk_window = sql_text(r, 32, a),
                         .bulk_from = (unsigned)sql_int(r, 33),
                         .deadline_minutes = (unsigned)sql_int(r, 34),
                         .join_seconds = (unsigned)sql_int(r, 35),
                         .keeping = take_keeping(r, 36, 56),
                         .ocr = sql_text(r, 39, a),
                         .ocr_languages = sql_text(r, 40, a),
                         .route_by_code = sql_int(r, 41) != 0,
                         .voice = sql_text(r, 42, a),
                         .voice_seconds = (unsigned)sql_int(r, 43),
                         .voice_forward = sql_text(r, 44, a),
                         .voice_callers = sql_text(r, 45, a),
                         .fax_callers = sql_text(r, 46, a),
                         .print_to = sql_text(r, 47, a),
                         .print_pin = sql_text(r, 48, a),
                         .print_copies = (unsigned)sql_int(r, 49),
                         .print_paper = sql_text(r, 50, a),
                         .subaddress = sql_text(r, 51, a),
                         .fax_password = sql_text(r, 52, a),
                         .deskew = sql_int(r, 53) != 0,
                         .blank_pages = sql_text(r, 54, a),
                         .batch = (unsigned)sql_int(r, 55),
                         .trunk = sql_text(r, 58, a),
                         .t38_off = str_equal(sql_text(r, 59, a), "off"),
                         .ecm_off = str_equal(sql_text(r, 60, a), "off"),
                         .archive_places = sql_text(r, 61, a)};
    sql_end(r);
    return true;
}

#define BOX_COLUMNS                                                                                          \
    "SELECT b.id, b.tenant, b.name, b.enabled, b.station_id, b.caller_id, b.header_name, b.paper, "          \
    "b.resolution,"                                                                                          \
    " b.tries, b.custom_address, b.report, b.address_case, b.authentication, b.pin_hash, b.cover,"           \
    " b.cover_text, b.dmarc, b.trusted_networks, b.arc_trusted, b.mailbox, b.language,"                      \
    " b.file_format, b.recipients,"                                                                          \
    " b.answers, b.report_on, b.report_to, b.require_encryption, b.delays, b.calls_in, b.calls_out,"         \
    " b.send_window, b.bulk_window, b.bulk_from, b.deadline_minutes, b.join_seconds, b.keep_sent_days, "     \
    "b.keep_received_days, b.legal_hold, b.ocr, b.ocr_languages, b.route_by_code, b.voice, "                 \
    "b.voice_seconds, b.voice_forward, b.voice_callers, b.fax_callers, b.print_to, b.print_pin, "            \
    "b.print_copies, b.print_paper, b.subaddress, b.fax_password, b.deskew, b.blank_pages, b.batch, "        \
    "b.archive_sent_days, b.archive_received_days, b.trunk, b.t38, b.ecm, b.archive_places FROM faxbox b "

bool config_wants_pin(const struct faxbox *b)
{
    return str_starts(b->authentication, "pin");
}

bool config_wants_signature(const struct faxbox *b)
{
    return str_ends_nocase(b->authentication, "pgp");
}

bool config_box(struct store *s, struct arena *a, const char *id, struct faxbox *b)
{
    struct sql_rows r;
    sql_query(s->sql, &r, BOX_COLUMNS "WHERE b.id = ?1", "t", config_address_key(a, id));
    return take_box(&r, a, b);
}

bool config_box_password_up_to(struct store *s, size_t most, struct arena *a, const char **box,
                               const char **password)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id, fax_password FROM faxbox WHERE fax_password <> '' AND length(fax_password) <= ?1"
              " LIMIT 1",
              "i", (int64_t)most);
    bool found = sql_next(&r);
    if (found) {
        *box = sql_text(&r, 0, a);
        *password = sql_text(&r, 1, a);
    }
    sql_end(&r);
    return found;
}

size_t config_box_passwords(struct store *s, struct arena *a, struct box_password *list, size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r, "SELECT id, fax_password FROM faxbox WHERE fax_password <> '' LIMIT ?1", "i",
              (int64_t)most);
    while (n < most && sql_next(&r))
        list[n++] = (struct box_password){sql_text(&r, 0, a), sql_text(&r, 1, a)};
    sql_end(&r);
    return n;
}

void config_set_box_password(struct store *s, const char *box, const char *password)
{
    (void)sql_run(s->sql, "UPDATE faxbox SET fax_password = ?2 WHERE id = ?1", "tt", box, password);
}

bool config_box_by_number(struct store *s, struct arena *a, const char *number, struct faxbox *b)
{
    struct sql_rows r;
    sql_query(s->sql, &r, BOX_COLUMNS "JOIN faxbox_number n ON n.faxbox = b.id WHERE n.number = ?1", "t",
              number);
    if (take_box(&r, a, b))
        return true;
    sql_query(s->sql, &r,
              BOX_COLUMNS "JOIN faxbox_range n ON n.faxbox = b.id"
                          " WHERE iif(n.high = '', substr(?1, 1, length(n.low)) = n.low,"
                          " length(?1) = length(n.low) AND ?1 BETWEEN n.low AND n.high)",
              "t", number);
    return take_box(&r, a, b);
}

bool config_box_by_subaddress(struct store *s, struct arena *a, struct id tenant, const char *subaddress,
                              struct faxbox *b)
{
    struct sql_rows r;
    sql_query(s->sql, &r, BOX_COLUMNS "WHERE b.tenant = ?1 AND b.subaddress = ?2 AND b.subaddress <> ''",
              "dt", tenant, subaddress);
    return take_box(&r, a, b);
}

bool config_box_by_custom(struct store *s, struct arena *a, const char *custom, struct faxbox *b)
{
    struct sql_rows r;
    sql_query(s->sql, &r, BOX_COLUMNS "WHERE b.custom_address = ?1", "t", config_address_key(a, custom));
    return take_box(&r, a, b);
}

bool config_is_extension(struct store *s, struct id tenant, const char *number)
{
    return sql_get_int(s->sql, 0,
                       "SELECT 1 FROM faxbox_number n JOIN faxbox b ON b.id = n.faxbox"
                       " WHERE n.number = ?1 AND n.extension = 1 AND b.tenant = ?2",
                       "td", number, tenant) != 0;
}

/* ---- who may send, who receives ---- */

/* The same mailbox? Domains never depend on case (RFC 5321 §2.4), local parts as told. */
static bool same_address(const char *a, const char *b, bool exact)
{
    const char *at_a = strrchr(a, '@'), *at_b = strrchr(b, '@');
    if (!at_a || !at_b || !str_equal_nocase(at_a, at_b))
        return false;
    size_t len = (size_t)(at_a - a);
    struct span local = span_of(a, len), other = span_of(b, (size_t)(at_b - b));
    if (local.len != other.len)
        return false;
    if (exact)
        return memcmp(local.data, other.data, len) == 0;
    for (size_t i = 0; i < len; i++)
        if (char_lower(a[i]) != char_lower(b[i]))
            return false;
    return true;
}

bool config_entry_covers(const char *entry, const char *address, bool exact)
{
    if (strchr(entry, '@'))
        return same_address(entry, address, exact);
    const char *at = strrchr(address, '@');
    if (!at)
        return false;
    if (str_starts(entry, "*."))
        return strlen(at + 1) > strlen(entry + 1) && str_ends_nocase(at + 1, entry + 1);
    return str_equal_nocase(entry, at + 1);
}

bool config_exact_case(struct store *s, const char *box)
{
    return sql_get_int(s->sql, 0,
                       "SELECT 1 FROM faxbox b JOIN tenant t ON t.id = b.tenant WHERE b.id = ?1 AND"
                       " (b.address_case = 'exact' OR (b.address_case = '' AND t.ignore_case = 0))",
                       "t", box) != 0;
}

static bool is_user(struct store *s, struct arena *a, const char *box, const char *address, bool exact)
{
    struct sql_rows r;
    bool found = false;
    sql_query(s->sql, &r,
              "SELECT a.address FROM user_address a JOIN faxbox_user u ON u.user = a.user"
              " WHERE a.key = ?1 AND u.faxbox = ?2 AND u.may_send = 1",
              "tt", config_address_key(a, address), box);
    while (!found && sql_next(&r))
        found = same_address(sql_text(&r, 0, a), address, exact);
    sql_end(&r);
    return found;
}

static bool is_listed(struct store *s, struct arena *a, const char *box, const char *address, bool exact)
{
    struct sql_rows r;
    bool found = false;
    sql_query(s->sql, &r, "SELECT entry FROM faxbox_permission WHERE faxbox = ?1 AND may_send = 1", "t", box);
    while (!found && sql_next(&r))
        found = config_entry_covers(sql_text(&r, 0, a), address, exact);
    sql_end(&r);
    return found;
}

/* The address of a user who is out, whatever a list says of it. */
static bool is_switched_off(struct store *s, struct arena *a, const char *address)
{
    return sql_get_int(s->sql, 0,
                       "SELECT 1 FROM user_address a JOIN user u ON u.id = a.user"
                       " WHERE a.key = ?1 AND u.enabled = 0",
                       "t", config_address_key(a, address)) != 0;
}

enum permission config_may_send(struct store *s, const char *box, const char *address)
{
    struct arena a;
    arena_init(&a);
    bool exact = config_exact_case(s, box);
    enum permission p = is_switched_off(s, &a, address)         ? PERMISSION_NONE
                        : is_user(s, &a, box, address, exact)   ? PERMISSION_USER
                        : is_listed(s, &a, box, address, exact) ? PERMISSION_LISTED
                                                                : PERMISSION_NONE;
    arena_clear(&a);
    return p;
}

bool config_login(struct store *s, struct arena *a, const char *name, struct login *l)
{
    struct sql_rows r;
    unsigned found = 0;
    sql_query(s->sql, &r,
              "SELECT u.id, u.login_keys FROM user_address a JOIN user u ON u.id = a.user WHERE a.key = ?1"
              " AND u.enabled = 1 UNION ALL SELECT id, login_keys FROM user WHERE lower(name) = lower(?2) "
              "AND enabled = 1"
              " AND NOT EXISTS (SELECT 1 FROM user_address WHERE key = ?1)",
              "tt", config_address_key(a, name), name);
    while (sql_next(&r)) {
        *l = (struct login){sql_id(&r, 0), sql_text(&r, 1, a)};
        found++;
    }
    sql_end(&r);
    return found == 1;
}

bool config_login_of(struct store *s, struct arena *a, struct id user, struct login *l)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id, login_keys FROM user WHERE id = ?1 AND enabled = 1", "d", user);
    bool found = sql_next(&r);
    if (found)
        *l = (struct login){sql_id(&r, 0), sql_text(&r, 1, a)};
    sql_end(&r);
    return found;
}

static const char *text_of_user(struct store *s, struct arena *a, const char *query, struct id user)
{
    struct sql_rows r;
    const char *text = "";
    sql_query(s->sql, &r, query, "d", user);
    if (sql_next(&r))
        text = sql_text(&r, 0, a);
    sql_end(&r);
    return text;
}

const char *config_user_name(struct store *s, struct arena *a, struct id user)
{
    return text_of_user(s, a, "SELECT name FROM user WHERE id = ?1", user);
}

const char *config_user_address(struct store *s, struct arena *a, struct id user)
{
    return text_of_user(s, a, "SELECT address FROM user_address WHERE user = ?1 ORDER BY place LIMIT 1",
                        user);
}

size_t config_user_addresses(struct store *s, struct arena *a, struct id user, const char ***list)
{
    struct sql_rows r;
    size_t n = 0, count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM user_address WHERE user = ?1",
                                              "d", user);
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r, "SELECT address FROM user_address WHERE user = ?1 ORDER BY place", "d", user);
    while (n < count && sql_next(&r))
        (*list)[n++] = sql_text(&r, 0, a);
    sql_end(&r);
    return n;
}

bool config_user_may_send(struct store *s, const char *box, struct id user)
{
    return sql_get_int(s->sql, 0,
                       "SELECT 1 FROM faxbox_user f JOIN user u ON u.id = f.user"
                       " WHERE f.faxbox = ?1 AND f.user = ?2 AND f.may_send = 1 AND u.enabled = 1",
                       "td", box, user) != 0;
}

size_t config_boxes_of_sender(struct store *s, struct arena *a, const char *address, const char **boxes,
                              size_t most)
{
    enum { CANDIDATES_MAX = 1000 };
    struct sql_rows r;
    size_t n = 0, count = 0;
    const char **all = arena_alloc(a, CANDIDATES_MAX * sizeof(*all));
    const char *key = config_address_key(a, address), *at = strrchr(key, '@');
    sql_query(s->sql, &r,
              "SELECT u.faxbox FROM user_address a JOIN faxbox_user u ON u.user = a.user"
              " WHERE a.key = ?1 AND u.may_send = 1"
              " UNION SELECT faxbox FROM faxbox_permission WHERE may_send = 1"
              " AND (lower(entry) IN (?1, ?2) OR entry LIKE '*.%') ORDER BY 1",
              "tt", key, at ? at + 1 : "");
    while (count < CANDIDATES_MAX && sql_next(&r))
        all[count++] = sql_text(&r, 0, a);
    sql_end(&r);
    for (size_t i = 0; i < count && n < most; i++)
        if (config_may_send(s, all[i], address))
            boxes[n++] = all[i];
    return n;
}

size_t config_boxes_of_mailbox(struct store *s, struct arena *a, const char *mailbox, const char **boxes,
                               size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r, "SELECT id FROM faxbox WHERE mailbox = ?1 AND mailbox <> '' ORDER BY id", "t",
              mailbox);
    while (n < most && sql_next(&r))
        boxes[n++] = sql_text(&r, 0, a);
    sql_end(&r);
    return n;
}

/* A list of addresses as it is stored: separated by blanks. */
size_t config_addresses(struct arena *a, const char *words, const char ***list)
{
    size_t n = 0;
    *list = arena_alloc(a, (strlen(words) / 2 + 1) * sizeof(**list));
    while (*words) {
        size_t len = strcspn(words, " ");
        if (len > 0)
            (*list)[n++] = (const char *)arena_dup(a, span_of(words, len)).data;
        words += len + (words[len] == ' ');
    }
    return n;
}

size_t config_add_address(const char **list, size_t count, const char *address)
{
    for (size_t i = 0; i < count; i++)
        if (same_address(list[i], address, false))
            return count;
    list[count] = address;
    return count + 1;
}

#define RECEIVERS                                                                                            \
    "SELECT a.address FROM faxbox_user u JOIN user_address a ON a.user = u.user AND a.place = 0"             \
    " JOIN user o ON o.id = u.user WHERE u.faxbox = ?1 AND u.may_receive = 1 AND o.enabled = 1"              \
    " UNION SELECT entry FROM faxbox_permission WHERE faxbox = ?1 AND may_receive = 1 AND entry LIKE '%@%'"

size_t config_receivers(struct store *s, struct arena *a, const char *box, const char ***addresses)
{
    struct sql_rows r;
    struct faxbox b;
    const char **more = NULL;
    size_t extra = config_box(s, a, box, &b) ? config_addresses(a, b.recipients, &more) : 0;
    size_t n = 0,
           left = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM (" RECEIVERS ") AS t", "t", box);
    *addresses = arena_alloc(a, (left + extra + 1) * sizeof(**addresses));
    sql_query(s->sql, &r, RECEIVERS " ORDER BY 1", "t", box);
    for (; left > 0 && sql_next(&r); left--)
        n = config_add_address(*addresses, n, sql_text(&r, 0, a));
    sql_end(&r);
    for (size_t i = 0; i < extra; i++)
        n = config_add_address(*addresses, n, more[i]);
    return n;
}

bool config_box_by_name(struct store *s, struct arena *a, struct id tenant, const char *name,
                        struct faxbox *b)
{
    struct sql_rows r;
    char *key = arena_strdup(a, name);
    str_lower(key);
    sql_query(s->sql, &r, BOX_COLUMNS "WHERE b.tenant = ?1 AND lower(b.name) = ?2 ORDER BY b.id LIMIT 1",
              "dt", tenant, key);
    return take_box(&r, a, b);
}

void config_notify(struct store *s, struct arena *a, const char *address, struct notify_wishes *w)
{
    struct sql_rows r;
    *w = (struct notify_wishes){"each", "", ""};
    sql_query(
        s->sql, &r,
        "SELECT u.notify_received, u.notify_sent, u.notify_delays FROM user_address AS o JOIN user AS u ON"
        " u.id = o.user WHERE o.key = ?1",
        "t", config_address_key(a, address));
    if (!sql_next(&r))
        return;
    *w = (struct notify_wishes){sql_text(&r, 0, a), sql_text(&r, 1, a), sql_text(&r, 2, a)};
    sql_end(&r);
}

bool config_user_of(struct store *s, const char *address, struct id *user)
{
    struct arena a;
    struct sql_rows r;
    arena_init(&a);
    sql_query(s->sql, &r, "SELECT user FROM user_address WHERE key = ?1", "t",
              config_address_key(&a, address));
    bool found = sql_next(&r);
    *user = found ? sql_id(&r, 0) : ID_NONE;
    sql_end(&r);
    arena_clear(&a);
    return found;
}

const char *config_template(struct store *s, struct arena *a, struct id tenant, const char *name,
                            const char *language)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT text FROM mail_template WHERE tenant = ?1 AND name = ?2 AND language = ?3",
              "dtt", tenant, name, language);
    const char *text = sql_next(&r) ? sql_text(&r, 0, a) : NULL;
    sql_end(&r);
    return text;
}

#define COVER_NAME "cover-" /* proto/mail_template.h */

const char *config_cover(struct store *s, struct arena *a, struct id tenant, const char *name,
                         const char *language)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT text FROM mail_template WHERE tenant = ?1 AND name = '" COVER_NAME "' || ?2"
              " ORDER BY CASE WHEN language = ?3 THEN 0 ELSE 1 END, language LIMIT 1",
              "dtt", tenant, name, language);
    const char *text = sql_next(&r) ? sql_text(&r, 0, a) : NULL;
    sql_end(&r);
    return text;
}

#define COVERS                                                                                               \
    " FROM (SELECT DISTINCT name FROM mail_template WHERE tenant = ?1 AND name >= '" COVER_NAME              \
    "' AND name < 'cover.') AS names"

size_t config_covers(struct store *s, struct arena *a, struct id tenant, const char ***names)
{
    size_t n = 0, count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*)" COVERS, "d", tenant);
    struct sql_rows r;
    *names = arena_alloc(a, (count + 1) * sizeof(**names));
    sql_query(s->sql, &r, "SELECT name" COVERS " ORDER BY name", "d", tenant);
    while (n < count && sql_next(&r))
        (*names)[n++] = sql_text(&r, 0, a) + strlen(COVER_NAME);
    sql_end(&r);
    return n;
}

/* ---- lines and servers ---- */

size_t config_trunks(struct store *s, struct arena *a, struct trunk *trunks, size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r,
              "SELECT id, name, peer, transport, username, secret, t38, pace, registers, register_s, place,"
              " addresses, called_from, caller_from, caller_in, fallback_box, keepalive_s,"
              " advertised_address, symmetric, outbound_proxy, calls, srtp, t38_correction, "
              " self_test_number, self_test_hours FROM trunk"
              " ORDER BY place, name",
              "");
    while (n < most && sql_next(&r))
        trunks[n++] = (struct trunk){.id = sql_id(&r, 0),
                                     .name = sql_text(&r, 1, a),
                                     .peer = sql_text(&r, 2, a),
                                     .transport = sql_text(&r, 3, a),
                                     .username = sql_text(&r, 4, a),
                                     .secret = sql_bytes(&r, 5, a),
                                     .t38 = sql_int(&r, 6) != 0,
                                     .pace = sql_int(&r, 7) != 0,
                                     .registers = sql_int(&r, 8) != 0,
                                     .register_s = (unsigned)sql_int(&r, 9),
                                     .cost = (unsigned)sql_int(&r, 10),
                                     .addresses = sql_text(&r, 11, a),
                                     .called_from = sql_text(&r, 12, a),
                                     .caller_from = sql_text(&r, 13, a),
                                     .caller_in = sql_text(&r, 14, a),
                                     .fallback_box = sql_text(&r, 15, a),
                                     .keepalive_s = (int)sql_int(&r, 16),
                                     .advertised = sql_text(&r, 17, a),
                                     .outbound_proxy = sql_text(&r, 19, a),
                                     .symmetric = sql_int(&r, 18) != 0,
                                     .calls = (unsigned)sql_int(&r, 20),
                                     .srtp = sql_text(&r, 21, a),
                                     .t38_correction = sql_text(&r, 22, a),
                                     .self_test_number = sql_text(&r, 23, a),
                                     .self_test_hours = sql_text(&r, 24, a)};
    sql_end(&r);
    return n;
}

size_t config_mail_servers(struct store *s, struct arena *a, struct mail_server *list, size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r,
              "SELECT m.name, host, port, security, username, secret, ca_file, pin, envelope_sender, enabled,"
              " auth, allow, tls_name, m.tenant, coalesce(t.name, ''), fallback, connections, null_sender "
              "FROM mail_server m"
              " LEFT JOIN tenant t ON t.id = m.tenant ORDER BY m.name <> ?1, m.name",
              "t", MAIL_SERVER_MAIN);
    while (n < most && sql_next(&r))
        list[n++] = (struct mail_server){.name = sql_text(&r, 0, a),
                                         .host = sql_text(&r, 1, a),
                                         .port = (unsigned)sql_int(&r, 2),
                                         .security = sql_text(&r, 3, a),
                                         .username = sql_text(&r, 4, a),
                                         .secret = sql_bytes(&r, 5, a),
                                         .ca_file = sql_text(&r, 6, a),
                                         .pin = sql_text(&r, 7, a),
                                         .envelope_sender = sql_text(&r, 8, a),
                                         .enabled = sql_int(&r, 9) != 0,
                                         .auth = sql_text(&r, 10, a),
                                         .allow = sql_text(&r, 11, a),
                                         .tls_name = sql_text(&r, 12, a),
                                         .tenant_id = sql_id(&r, 13),
                                         .tenant = sql_text(&r, 14, a),
                                         .fallback = sql_int(&r, 15) != 0,
                                         .connections = (unsigned)sql_int(&r, 16),
                                         .null_sender = sql_int(&r, 17) != 0};
    sql_end(&r);
    return n;
}

bool config_mail_server(struct store *s, struct arena *a, struct mail_server *m)
{
    return config_mail_servers(s, a, m, 1) == 1 && str_equal(m->name, MAIL_SERVER_MAIN);
}

bool tls_seen(struct store *s, const char *server)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM tls_seen WHERE server = ?1", "t", server) != 0;
}

void tls_seen_add(struct store *s, const char *server, int64_t now_ms)
{
    (void)sql_run(s->sql, "INSERT INTO tls_seen (server, seen_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                  "ti", server, now_ms);
}

bool tls_seen_forget(struct store *s, const char *server)
{
    bool known = tls_seen(s, server);
    (void)sql_run(s->sql, "DELETE FROM tls_seen WHERE server = ?1", "t", server);
    return known;
}
