/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/settings_templates.h"

#include "base/str.h"
#include "store/archive.h"

/* A row for each field of provision's that a template says; the column has its name. */
#define FOLLOWS(column)                                                                                      \
    {                                                                                                        \
#column, "UPDATE faxbox SET " #column " = ?1 WHERE template = ?2"                                    \
                 " AND instr(' ' || own || ' ', ' " #column " ') = 0"                                        \
    }
static const struct {
    const char *field, *statement;
} follows[] = {
    FOLLOWS(station_id),
    FOLLOWS(caller_id),
    FOLLOWS(header_name),
    FOLLOWS(paper),
    FOLLOWS(resolution),
    FOLLOWS(tries),
    FOLLOWS(cover),
    FOLLOWS(cover_text),
    FOLLOWS(send_window),
    FOLLOWS(bulk_window),
    FOLLOWS(bulk_from),
    FOLLOWS(deadline_minutes),
    FOLLOWS(batch),
    FOLLOWS(trunk),
    FOLLOWS(t38),
    FOLLOWS(ecm),
    FOLLOWS(report),
    FOLLOWS(report_on),
    FOLLOWS(report_to),
    FOLLOWS(delays),
    FOLLOWS(file_format),
    FOLLOWS(language),
    FOLLOWS(recipients),
    FOLLOWS(route_by_code),
    FOLLOWS(ocr),
    FOLLOWS(ocr_languages),
    FOLLOWS(deskew),
    FOLLOWS(blank_pages),
    FOLLOWS(join_seconds),
    FOLLOWS(voice),
    FOLLOWS(voice_seconds),
    FOLLOWS(voice_forward),
    FOLLOWS(voice_callers),
    FOLLOWS(fax_callers),
    FOLLOWS(print_to),
    FOLLOWS(print_pin),
    FOLLOWS(print_copies),
    FOLLOWS(print_paper),
    FOLLOWS(keep_sent_days),
    FOLLOWS(keep_received_days),
    FOLLOWS(archive_sent_days),
    FOLLOWS(archive_received_days),
    FOLLOWS(archive_places),
};

static void take(const struct sql_rows *r, struct arena *a, struct settings_template *t)
{
    *t = (struct settings_template){.id = sql_id(r, 0),
                                    .tenant = sql_text(r, 1, a),
                                    .name = sql_text(r, 2, a),
                                    .said = sql_text(r, 3, a)};
}

size_t settings_templates(struct store *s, struct arena *a, struct settings_template **list)
{
    struct sql_rows r;
    size_t n = 0, count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM settings_template", "");
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT s.id, t.name, s.name, s.said FROM settings_template s JOIN tenant t ON t.id = s.tenant"
              " ORDER BY t.name, s.name",
              "");
    while (n < count && sql_next(&r))
        take(&r, a, &(*list)[n++]);
    sql_end(&r);
    return n;
}

bool settings_template_named(struct store *s, struct arena *a, const char *tenant, const char *name,
                             struct settings_template *t)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT s.id, t.name, s.name, s.said FROM settings_template s JOIN tenant t ON t.id = s.tenant"
              " WHERE t.name = ?1 AND s.name = ?2",
              "tt", tenant, name);
    bool there = sql_next(&r);
    if (there)
        take(&r, a, t);
    sql_end(&r);
    return there;
}

void settings_template_put(struct store *s, const struct settings_template *t)
{
    (void)sql_run(s->sql,
                  "INSERT INTO settings_template (id, tenant, name, said)"
                  " SELECT ?1, id, ?3, ?4 FROM tenant WHERE name = ?2"
                  " ON CONFLICT (tenant, name) DO UPDATE SET said = ?4",
                  "dttt", id_new(), t->tenant, t->name, t->said);
}

void settings_template_rename(struct store *s, const char *tenant, const char *name, const char *to)
{
    (void)sql_run(s->sql,
                  "UPDATE settings_template SET name = ?3 WHERE name = ?2"
                  " AND tenant = (SELECT id FROM tenant WHERE name = ?1)",
                  "ttt", tenant, name, to);
}

void settings_template_drop(struct store *s, const char *tenant, const char *name)
{
    (void)sql_run(s->sql,
                  "DELETE FROM settings_template WHERE name = ?2"
                  " AND tenant = (SELECT id FROM tenant WHERE name = ?1)",
                  "tt", tenant, name);
}

size_t settings_template_boxes(struct store *s, const char *tenant, const char *name)
{
    return (size_t)sql_get_int(s->sql, 0,
                               "SELECT count(*) FROM faxbox WHERE template = (SELECT s.id FROM "
                               "settings_template s JOIN tenant t ON t.id = s.tenant"
                               " WHERE t.name = ?1 AND s.name = ?2)",
                               "tt", tenant, name);
}

bool settings_template_give(struct store *s, struct id id, const char *field, const char *text, int number)
{
    for (size_t i = 0; i < ARRAY_LEN(follows); i++) {
        if (!str_equal(follows[i].field, field))
            continue;
        if (text)
            (void)sql_run(s->sql, follows[i].statement, "td", text, id);
        else
            (void)sql_run(s->sql, follows[i].statement, "nd", number, id);
        if (str_equal(field, "archive_places"))
            archive_places_refill(s, text); /* faxes of before go there too */
        return true;
    }
    return false;
}
