/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Templates of mails and cover pages are settings; here is what somebody who writes one wants to know and
 * see. */
#include <microhttpd.h>

#include "base/clock.h"
#include "base/str.h"
#include "proto/mail_template.h"
#include "web/reply_file.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, WIDTH = 800 };

static json_t *variables_json(enum mail_template_kind kind)
{
    json_t *list = json_array();
    for (const struct mail_template_variable *v = mail_template_variables(kind); v->name; v++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:b}", "name", v->name, "help", v->help,
                                                    "flag", (int)(v->class == TEMPLATE_FLAG), "each",
                                                    (int)v->of_each));
    return list;
}

void get_template_kinds(struct request *r)
{
    const char *language = request_argument(r, "language", "en");
    json_t *items = json_array();
    for (int k = 0; k < MAIL_TEMPLATE_KINDS; k++) {
        enum mail_template_kind kind = (enum mail_template_kind)k;
        (void)json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:o}", "name", mail_template_name(kind),
                                                     "help", mail_template_help(kind), "text",
                                                     mail_template_shipped(kind, language, false),
                                                     "variables", variables_json(kind)));
    }
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "items", items));
}

/* ---- what it looks like ---- */

static void reply_wrong(struct request *r, const char *field, const char *detail)
{
    json_t *more = json_pack("{s:[{s:s, s:s}]}", "errors", "field", field, "detail", detail);
    reply_problem_with(r, MHD_HTTP_UNPROCESSABLE_CONTENT, "wrong-value", more, "%s: %s", field, detail);
}

/* Of the body, in the arena; false where one is wrong (a reply has been made then). */
static bool take_template(struct request *r, enum mail_template_kind *kind, const char **text)
{
    struct mail_template_error e;
    json_t *body = request_object(r);
    if (!body)
        return false;
    const char *name = json_string_value(json_object_get(body, "name"));
    const char *given = json_string_value(json_object_get(body, "text"));
    bool named = name && mail_template_kind_parse(name, kind);
    *text = given ? arena_strdup(&r->arena, given) : NULL;
    json_decref(body);
    if (!named)
        reply_wrong(r, "name", "This is the name of a template; GET template-kinds lists them.");
    else if (!*text)
        reply_wrong(r, "text", "This is the text of a template.");
    else if (!mail_template_check(*kind, *text, &e))
        reply_wrong(r, "text", arena_format(&r->arena, "line %u: %s", e.line, e.text));
    else
        return true;
    return false;
}

void post_template_preview(struct request *r)
{
    enum mail_template_kind kind;
    struct mail_words w;
    const char *text;
    if (!take_template(r, &kind, &text))
        return;
    if (mail_template_preview(kind, text, &w))
        reply_json(r, MHD_HTTP_OK,
                   json_pack("{s:s, s:s, s:s, s:s}", "subject", buf_text(&w.subject), "file",
                             buf_text(&w.file), "text", buf_text(&w.text), "html", buf_text(&w.html)));
    else
        reply_wrong(r, "text", "It would become too long.");
    mail_words_clear(&w);
}

static void on_drawn(struct request *r, const struct message *m)
{
    if (!m || m->picture_made.verdict != VERDICT_DONE)
        reply_no_file(r, m ? m->picture_made.code : NULL, m ? m->picture_made.reason : NULL);
    else
        reply_file(r, m->picture_made.png, &(struct file_reply){.type = "image/png"});
}

void post_template_picture(struct request *r)
{
    enum mail_template_kind kind;
    const char *text;
    if (!take_template(r, &kind, &text))
        return;
    if (kind != MAIL_TEMPLATE_COVER) {
        reply_wrong(r, "name",
                    "Only cover pages are drawn; POST templates/preview shows the words of a mail.");
        return;
    }
    r->subject = id_new();
    const struct message m = {
        .type = MSG_draw_cover,
        .draw_cover = {
            .page = r->subject, .paper = "a4", .at_ms = clock_wall_ms(), .width = WIDTH, .template = text}};
    request_ask_role(r, ROLE_CONVERT, &m, PATIENCE_MS, on_drawn);
}
