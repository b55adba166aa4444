/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "store/config.h"
#include "store/readings.h"
#include "store/remarks.h"
#include "web/excerpt.h"
#include "web/list_query.h"
#include "web/resources.h"
#include "web/words.h"

static json_t *json_fax(struct request *r, const struct fax *f)
{
    char word[WORDS_LEN], detail[WORDS_LEN];
    words_of_fax(f, word, detail);
    return json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:s, s:o, s:b, s:b, "
        "s:b, s:o, s:s, s:s, s:o, s:i, s:s}",
        "id", id_text(f->id), "faxid", f->faxid ? json_integer(f->faxid) : json_null(), "box", f->faxbox,
        "state", fax_state_name(f->state), "word", word, "detail", detail, "calling", f->calling, "called",
        f->called, "station_id", f->station_id, "answered_ms", json_time(f->answered_ms), "last_page_ms",
        json_time(f->last_page_ms), "ended_ms", json_time(f->ended_ms), "pages", (int)f->pages, "call",
        id_text(f->attempt), "outcome", json_outcome(f->code, f->reason), "unread",
        (int)fax_unread(r->store, f->id, r->actor.user), "archived", (int)(f->place == FAX_IN_ARCHIVE),
        "junk", (int)(f->place == FAX_IN_JUNK), "continues",
        id_is_none(f->continues) ? json_null() : json_string(id_text(f->continues)), "text",
        reading_state_name(reading_of_fax(r->store, f->id)), "routed_from", f->routed_from, "tags",
        json_tags(r, f->id), "note_count", (int)note_count(r->store, f->id), "subaddress", f->subaddress);
}

static const char *state_name(unsigned state)
{
    return fax_state_name((enum fax_state)state);
}

/* What was asked for may stand on its pages. */
static json_t *with_excerpt(struct request *r, const struct fax *f, const char *question, json_t *fax)
{
    const char **words = arena_alloc(&r->arena, (f->pages + 1) * sizeof(*words)), *line = NULL;
    if (!*question)
        return fax;
    reading_words(r->store, f->id, &r->arena, words, f->pages);
    for (unsigned page = 0; page < f->pages && !line; page++)
        if ((line = excerpt_of(&r->arena, words[page], question)))
            (void)json_object_set_new(fax, "found",
                                      json_pack("{s:i, s:s}", "page", (int)page + 1, "text", line));
    return fax;
}

void get_faxes(struct request *r)
{
    struct id ids[REQUEST_LIST_MOST];
    struct list_filter filter;
    if (!list_query(r, state_name, FAX_STATE_COUNT, &filter))
        return;
    size_t n = list_faxes(r->store, &filter, ids);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct fax f;
        if (fax_find(r->store, ids[i], &r->arena, &f))
            (void)json_array_append_new(items, with_excerpt(r, &f, filter.words, json_fax(r, &f)));
    }
    reply_list(r, items, filter.most, n > 0 ? ids[n - 1] : ID_NONE);
}

bool request_fax(struct request *r, struct fax *f)
{
    if (fax_find(r->store, r->id, &r->arena, f) && actor_sees_fax(&r->actor, r->store, f))
        return true;
    reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-fax", "There is no such fax.");
    return false;
}

/* Page by page, for who cannot see its picture. */
static json_t *words_json(struct request *r, const struct fax *f)
{
    json_t *list = json_array();
    const char **words = arena_alloc(&r->arena, (f->pages + 1) * sizeof(*words));
    reading_words(r->store, f->id, &r->arena, words, f->pages);
    for (unsigned i = 0; i < f->pages; i++)
        (void)json_array_append_new(list, json_string(words[i]));
    return list;
}

/* By the numbers of its own pages. */
static json_t *blank_json(struct request *r, const struct fax *f)
{
    struct stored_page *pages;
    size_t earlier;
    json_t *list = json_array();
    (void)fax_pages_of_all_tries(r->store, f->id, &r->arena, &pages, &earlier);
    for (const char *at = f->blank; *at; at += strspn(at, ", ")) {
        size_t page = 0;
        for (; char_is_digit(*at) && page < 100000; at++)
            page = page * 10 + (size_t)(*at - '0');
        if (page > earlier)
            (void)json_array_append_new(list, json_integer((json_int_t)(page - earlier)));
        if (*at && *at != ',' && *at != ' ')
            break;
    }
    return list;
}

void get_fax(struct request *r)
{
    struct fax f;
    struct attempt t;
    if (!request_fax(r, &f))
        return;
    json_t *fax = json_fax(r, &f);
    (void)json_object_set_new(fax, "words", words_json(r, &f));
    (void)json_object_set_new(fax, "blank", blank_json(r, &f));
    json_t *attempts = json_array();
    if (attempt_find(r->store, f.attempt, &r->arena, &t))
        (void)json_array_append_new(attempts, json_attempt(r, &t, true));
    (void)json_object_set_new(fax, "attempts", attempts);
    json_t *mails = json_array();
    json_add_mails(r, mails, f.id);
    (void)json_object_set_new(fax, "mails", mails);
    (void)json_object_set_new(fax, "notes", json_notes(r, f.id));
    json_t *prints = json_array();
    json_add_prints(r, prints, f.id);
    (void)json_object_set_new(fax, "prints", prints);
    json_add_archive(r, fax, f.id);
    struct stored_page *pages;
    size_t count = fax_pages(r->store, f.id, &r->arena, &pages);
    (void)json_object_set_new(fax, "resolutions", json_resolutions(pages, count));
    json_add_kept(r, fax, &(struct kept_box){f.tenant, f.faxbox}, false, f.answered_ms);
    struct faxbox box = {.print_to = ""};
    bool printer = config_box(r->store, &r->arena, f.faxbox, &box) && *box.print_to;
    (void)json_object_set_new(fax, "printer", json_boolean(printer));
    reply_json(r, MHD_HTTP_OK, fax);
}
