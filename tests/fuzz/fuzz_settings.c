/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the administrator of one tenant sends as settings: it is answered in one of the ways there are,
 * changes nothing of another tenant's and of the installation's, and no answer names anything of these. The
 * first byte says what he asks. */
#include <string.h>

#include "fuzz_store.h"

#include "base/scope.h"
#include "provision/model.h"
#include "provision/settings.h"
#include "store/settings_templates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define USER(word, name, role)                                                                               \
    "{\"tenant\":\"" word "\",\"name\":\"" name "\",\"addresses\":[\"" name "@" word                         \
    ".example\"],\"role\":\"" role "\"}"
#define TEMPLATE(word, name) "{\"tenant\":\"" word "\",\"name\":\"" name "\"}"
static const char house[] =
    "{\"tenants\":[{\"name\":\"apple\"},{\"name\":\"zebra\"}],"
    "\"users\":[" USER("apple", "boss", "tenant") "," USER("apple", "root", "installation") "," USER(
        "zebra", "zebra",
        "tenant") "],"
                  "\"settings_templates\":[" TEMPLATE("apple", "core") "," TEMPLATE(
                      "zebra", "zebra") "],"
                                        "\"faxboxes\":[{\"tenant\":\"apple\",\"id\":\"applebox\",\"name\":"
                                        "\"a\",\"extension\":\"100\",\"template\":\"core\"},"
                                        "{\"tenant\":\"zebra\",\"id\":\"zebrabox\",\"name\":\"z\","
                                        "\"extension\":\"200\",\"template\":\"zebra\"}],"
                                        "\"mailboxes\":[{\"tenant\":\"zebra\",\"name\":\"zebramail\","
                                        "\"address\":\"fax@zebra.example\",\"host\":\"127.0.0.1\"}]}";

static const struct provision_keys keys = {fuzz_folder, NULL};
static char *foreign; /* what must stay as it is */
static char template_ids[2][ID_TEXT_LEN];

static void clean_up(void)
{
    free(foreign);
}

/* All of the other tenant, the installation, and who administrates it. */
static char *picture(void)
{
    json_t *whole = json_object();
    for (int kind = 0; kind < PROVISION_KINDS; kind++) {
        json_t *all = provision_load_kind(&fuzz_store, (enum provision_kind)kind), *kept = json_array();
        for (size_t i = 0; json_is_array(all) && i < json_array_size(all); i++) {
            json_t *entry = json_array_get(all, i);
            if (str_equal(provision_text(entry, "tenant"), "zebra") ||
                str_equal(provision_text(entry, "name"), "zebra") ||
                str_equal(provision_text(entry, "role"), "installation"))
                (void)json_array_append(kept, entry);
        }
        if (json_is_object(all))
            (void)json_array_append(kept, all);
        (void)json_object_set_new(whole, provision_sections[kind].name, kept);
        json_decref(all);
    }
    char *text = json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(whole);
    return text;
}

static void take_id(const char *tenant, const char *name, char text[ID_TEXT_LEN])
{
    struct arena a;
    struct settings_template t;
    arena_init(&a);
    if (!settings_template_named(&fuzz_store, &a, tenant, name, &t))
        panic("no template \"%s\"", name);
    (void)str_copy(text, ID_TEXT_LEN, id_text(t.id));
    arena_clear(&a);
}

static void open_store(void)
{
    SCOPED_BUF struct buf result;
    buf_init(&result, 65535);
    fuzz_store_open();
    (void)atexit(clean_up);
    if (provision_apply(&fuzz_store, &keys, house, false, &result) != 200)
        panic("the house: %s", buf_text(&result));
    foreign = picture();
    take_id("apple", "core", template_ids[0]);
    take_id("zebra", "zebra", template_ids[1]);
}

static void check_answer(const char *body, unsigned status, const struct settings_result *r)
{
    static const unsigned known[] = {200, 201, 204, 400, 403, 404, 409, 412, 422, 428};
    SCOPED_FREE char *errors = r->errors ? json_dumps(r->errors, JSON_COMPACT) : NULL;
    bool is_known = false;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        is_known = is_known || known[i] == status;
    if (!is_known || (status >= 400) != (*r->code != 0))
        panic("status %u, code \"%s\"", status, r->code);
    if (!utf8_valid(span_str(r->detail)) || (r->errors && !errors))
        panic("an answer that is no text");
    if (!strstr(body, "ebra") && !strstr(body, "\\u") &&
        (strstr(r->detail, "zebra") || (errors && strstr(errors, "zebra"))))
        panic("the answer names another tenant's: %s %s", r->detail, errors ? errors : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const resources[] = {"boxes", "users", "tenants", "mailboxes"};
    static const char *const names[] = {"applebox",  "zebrabox",      "apple",        "zebra",
                                        "zebramail", template_ids[0], template_ids[1]};
    if (!fuzz_store.sql)
        open_store();
    if (size < 2)
        return 0;
    SCOPED_FREE char *body = strndup((const char *)data + 2, size - 2);
    const struct settings_wish w = {.resource = data[0] & 64 ? "settings-templates" : resources[data[0] % 4],
                                    .key = names[data[1] % 7],
                                    .action = (enum settings_action)(data[0] / 4 % 3),
                                    .tenant = "apple",
                                    .if_match = data[0] & 128 ? "\"0\"" : "*",
                                    .body = body};
    struct settings_result r;
    store_begin(&fuzz_store);
    unsigned status = settings_change(&fuzz_store, &keys, &w, &r);
    SCOPED_FREE char *now = picture();
    if (!str_equal(now, foreign))
        panic("another tenant's was changed: %s", now);
    check_answer(body, status, &r);
    json_decref(r.errors);
    sql_rollback(fuzz_store.sql);
    return 0;
}
