/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `faxpost template`: the words of the mails that Faxpost writes (S2.18, S4.11). */
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/command.h"
#include "cli/input.h"
#include "proto/mail_template.h"

/* What the command line names. tenant: as its entry has it. */
struct subject {
    enum mail_template_kind kind;
    const char *name; /* of a kind, or of a further cover page */
    const char *tenant, *language, *style;
    const json_t *whole; /* the provisioning */
};

/* ---- what there is ---- */

static const json_t *find_tenant(const json_t *whole, const char *name)
{
    const json_t *list = json_object_get(whole, "tenants");
    if (!name && json_array_size(list) == 1)
        return json_array_get(list, 0);
    for (size_t i = 0; name && i < json_array_size(list); i++)
        if (str_equal(json_text(json_array_get(list, i), "name"), name))
            return json_array_get(list, i);
    return NULL;
}

/* The tenant's own text; NULL where it has none. */
static const char *own_text(const struct subject *s)
{
    const json_t *list = json_object_get(s->whole, "mail_templates");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *t = json_array_get(list, i);
        if (str_equal(json_text(t, "tenant"), s->tenant) &&
            str_equal(json_text(t, "language"), s->language) && str_equal(json_text(t, "name"), s->name))
            return json_text(t, "text");
    }
    return NULL;
}

static const char *shipped_text(const struct subject *s)
{
    return mail_template_shipped(s->kind, s->language, str_equal(s->style, "neutral"));
}

static const char *text_in_use(const struct subject *s)
{
    const char *own = own_text(s);
    return own ? own : shipped_text(s);
}

/* ---- commands ---- */

static void list_variables(enum mail_template_kind kind)
{
    for (const struct mail_template_variable *v = mail_template_variables(kind); v->name; v++)
        (void)printf("    {%s}%*s%s%s%s\n", v->name, 18 - (int)strlen(v->name), "", v->help,
                     v->class == TEMPLATE_FLAG ? " (for {if})" : "", v->of_each ? ", of {each fax}" : "");
}

static int list(const struct subject *s)
{
    for (int k = 0; k < MAIL_TEMPLATE_KINDS; k++) {
        struct subject one = *s;
        one.kind = (enum mail_template_kind)k;
        one.name = mail_template_name(one.kind);
        (void)printf("%-9s %s; %s\n", mail_template_name(one.kind), mail_template_help(one.kind),
                     own_text(&one) ? "the tenant's own" : "as shipped");
        list_variables(one.kind);
    }
    const json_t *own = json_object_get(s->whole, "mail_templates");
    for (size_t i = 0; i < json_array_size(own); i++) {
        const json_t *t = json_array_get(own, i);
        const char *name = json_text(t, "name");
        if (str_starts(name, MAIL_TEMPLATE_COVER_PREFIX) && str_equal(json_text(t, "tenant"), s->tenant))
            (void)printf("%-9s a cover page of the tenant's own (%s), for ^TEMPLATE=%s\n", name,
                         json_text(t, "language"), name + strlen(MAIL_TEMPLATE_COVER_PREFIX));
    }
    return EXIT_DONE;
}

static int preview(const char *name, enum mail_template_kind kind, const char *text)
{
    struct mail_template_error e;
    struct mail_words w;
    if (!mail_template_check(kind, text, &e))
        return complain_and(EXIT_DATA, "%s:%u: %s", name, e.line, e.text);
    bool good = mail_template_preview(kind, text, &w);
    (void)printf("Subject: %s\n", buf_text(&w.subject));
    if (w.file.len > 0)
        (void)printf("Attachment: %s\n", buf_text(&w.file));
    (void)printf("\n%s", buf_text(&w.text));
    if (w.html.len > 0)
        (void)printf("\n-- as HTML --\n%s", buf_text(&w.html));
    mail_words_clear(&w);
    return good ? EXIT_DONE : complain_and(EXIT_DATA, "%s: the mail would be too long", name);
}

static int send_entry(struct api *api, const struct subject *s, const char *text)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    json_t *entry =
        json_pack("{s:s, s:s, s:s}", "tenant", s->tenant, "name", s->name, "language", s->language);
    (void)json_object_set_new(entry, text ? "text" : "absent", text ? json_string(text) : json_true());
    json_t *file = json_pack("{s:[o]}", "mail_templates", entry);
    SCOPED_FREE char *body = json_dumps(file, 0);
    json_decref(file);
    if (!body)
        return complain_and(EXIT_DATA, "the template is not UTF-8");
    api_post(api, "provisioning", "application/json", span_str(body), &answer);
    const json_t *errors = json_object_get(answer.body, "errors");
    if (answer.status == 422 && json_array_size(errors) > 0)
        return complain_and(EXIT_DATA, "%s", json_text(json_array_get(errors, 0), "text"));
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s\n", json_number(answer.body, "changed") == 0 ? "nothing to change"
                             : text                                   ? "it counts from now on"
                                                                      : "as shipped from now on");
    return status;
}

/* What is wrong is said with file and line, before the server is asked. */
static int use_file(struct api *api, const struct subject *s, const char *path, bool set)
{
    struct mail_template_error e;
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 20);
    int status = input_read(path, &text);
    if (status != EXIT_DONE)
        return status;
    if (memchr(buf_text(&text), 0, text.len))
        return complain_and(EXIT_DATA, "%s is no text", path);
    if (!set)
        return preview(path, s->kind, buf_text(&text));
    if (!mail_template_check(s->kind, buf_text(&text), &e))
        return complain_and(EXIT_DATA, "%s:%u: %s", path, e.line, e.text);
    return send_entry(api, s, buf_text(&text));
}

static int run_one(struct api *api, const struct arguments *a, const struct subject *s)
{
    const char *what = a->operands[0], *file = a->operand_count > 2 ? a->operands[2] : NULL;
    if (str_equal(what, "show"))
        return fputs(text_in_use(s), stdout) < 0 ? EXIT_SOFTWARE : EXIT_DONE;
    if (str_equal(what, "preview"))
        return file ? use_file(api, s, file, false) : preview(a->operands[1], s->kind, text_in_use(s));
    return str_equal(what, "set") ? use_file(api, s, file, true) : send_entry(api, s, NULL);
}

/* ---- the command line ---- */

static const struct form {
    const char *name, *wants;
    size_t least, most; /* operands */
} forms[] = {
    {"list", "stands alone", 1, 1},
    {"show", "needs the name of a template", 2, 2},
    {"preview", "needs the name of a template, and perhaps a file", 2, 3},
    {"set", "needs the name of a template and a file", 3, 3},
    {"reset", "needs the name of a template", 2, 2},
};

static int check_form(const struct arguments *a, struct subject *s)
{
    const struct form *f = NULL;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (str_equal(forms[i].name, a->operands[0]))
            f = &forms[i];
    if (!f)
        return complain_and(EXIT_USAGE,
                            "there is no `template %s`; there are list, show, preview, set and reset",
                            a->operands[0]);
    if (a->operand_count < f->least || a->operand_count > f->most)
        return complain_and(EXIT_USAGE, "`template %s` %s", f->name, f->wants);
    s->name = f->least > 1 ? a->operands[1] : "";
    if (f->least > 1 && !mail_template_kind_parse(a->operands[1], &s->kind))
        return complain_and(EXIT_USAGE, "there is no template \"%.60s\"; `faxpost template list` shows them",
                            a->operands[1]);
    return EXIT_DONE;
}

static int check_language(const struct subject *s)
{
    for (size_t i = 0; mail_template_languages[i]; i++)
        if (str_equal(mail_template_languages[i], s->language))
            return EXIT_DONE;
    return complain_and(EXIT_USAGE, "there are no mails in \"%.20s\"; there are en, de, it, fr and es",
                        s->language);
}

static int with_tenant(struct api *api, const struct arguments *a, struct subject *s)
{
    const json_t *tenant = find_tenant(s->whole, argument(a, "tenant"));
    if (!tenant)
        return complain_and(EXIT_USAGE, argument(a, "tenant")
                                            ? "there is no such tenant; `faxpost export` shows them"
                                            : "there is not exactly one tenant: say which with --tenant");
    s->tenant = json_text(tenant, "name");
    s->style = json_text(tenant, "mail_style");
    s->language = argument(a, "language") ? argument(a, "language") : json_text(tenant, "language");
    int status = check_language(s);
    if (status != EXIT_DONE)
        return status;
    return str_equal(a->operands[0], "list") ? list(s) : run_one(api, a, s);
}

int run_template(const struct arguments *a)
{
    struct api api;
    struct subject s = {.style = "standard"};
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = check_form(a, &s);
    if (status == EXIT_DONE)
        status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, "provisioning", &answer);
    status = api_check(&api, &answer);
    s.whole = answer.body;
    if (status == EXIT_DONE)
        status = with_tenant(&api, a, &s);
    api_close(&api);
    return status;
}
