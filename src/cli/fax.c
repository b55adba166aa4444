/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost fax: notes and tags beside a fax, received or sent. */
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/resource.h"

static const char *const kinds[] = {"faxes", "jobs", NULL};

struct fax_wish {
    struct api *api;
    const struct arguments *a;
    struct id id;
    const char *kind; /* of its resource */
};

static void path_to(const struct fax_wish *w, const char *what, bool named, struct buf *path)
{
    (void)buf_printf(path, "%s/%s/%s", w->kind, id_text(w->id), what);
    if (!named)
        return;
    (void)buf_append_str(path, "?user=");
    api_append_escaped(path, api_user());
}

/* Takes body. */
static int tell(const struct fax_wish *w, const char *what, json_t *body, const char *match, const char *done)
{
    SCOPED_BUF struct buf path;
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_FREE char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    buf_init(&path, 400);
    path_to(w, what, true, &path);
    if (!text)
        return complain_and(EXIT_DATA, "that is no UTF-8 text");
    if (match)
        api_put(w->api, buf_text(&path), match, span_str(text), &answer);
    else
        api_post(w->api, buf_text(&path), "application/json", span_str(text), &answer);
    int status = api_check(w->api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s: %s\n", id_text(w->id), done);
    return status;
}

static int add_note(const struct fax_wish *w)
{
    return tell(w, "notes", json_pack("{s:s}", "text", w->a->operands[2]), NULL, "noted.");
}

static bool is_named(const struct arguments *a, const char *tag)
{
    for (size_t i = 2; i < a->operand_count; i++)
        if (str_equal_nocase(a->operands[i], tag))
            return true;
    return false;
}

static int change_tags(const struct fax_wish *w, bool add)
{
    SCOPED_BUF struct buf path;
    SCOPED_ANSWER struct api_answer answer = {0};
    size_t i;
    json_t *tag, *tags = json_array();
    buf_init(&path, 200);
    path_to(w, "tags", false, &path);
    api_get(w->api, buf_text(&path), &answer);
    int status = api_check(w->api, &answer);
    json_array_foreach(json_object_get(answer.body, "tags"), i, tag)
    {
        if (!is_named(w->a, json_string_value(tag)))
            (void)json_array_append(tags, tag);
    }
    for (size_t n = 2; add && n < w->a->operand_count; n++)
        (void)json_array_append_new(tags, json_string(w->a->operands[n]));
    if (status == EXIT_DONE)
        return tell(w, "tags", json_pack("{s:o}", "tags", tags), answer.etag, add ? "tagged." : "untagged.");
    json_decref(tags);
    return status;
}

static int add_tags(const struct fax_wish *w)
{
    return change_tags(w, true);
}

static int take_tags(const struct fax_wish *w)
{
    return change_tags(w, false);
}

static const struct {
    const char *name;
    size_t least, most; /* operands */
    const char *wants;
    int (*run)(const struct fax_wish *w);
} verbs[] = {{"note", 3, 3, "needs the id of a fax and the note, in quotes", add_note},
             {"tag", 3, OPERANDS_MAX, "needs the id of a fax and its tags", add_tags},
             {"untag", 3, OPERANDS_MAX, "needs the id of a fax and the tags that go", take_tags}};

static int find_and_run(struct api *api, const struct arguments *a, size_t verb)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    struct fax_wish w = {.api = api, .a = a};
    size_t which;
    int status = resource_id(a->operands[1], "`faxpost status` and the mails about faxes show them", &w.id);
    if (status == EXIT_DONE)
        status = resource_find(api, kinds, w.id, "fax", &which, &answer);
    if (status != EXIT_DONE)
        return status;
    w.kind = kinds[which];
    return verbs[verb].run(&w);
}

int run_fax(const struct arguments *a)
{
    struct api api;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (!str_equal(a->operands[0], verbs[i].name))
            continue;
        if (a->operand_count < verbs[i].least || a->operand_count > verbs[i].most)
            return complain_and(EXIT_USAGE, "`fax %s` %s", verbs[i].name, verbs[i].wants);
        int status = api_open(&api, a);
        if (status == EXIT_DONE)
            status = find_and_run(&api, a, i);
        api_close(&api);
        return status;
    }
    return complain_and(EXIT_USAGE, "there is no `fax %.40s`; there are note, tag and untag", a->operands[0]);
}
