/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/say.h"

#include <microhttpd.h>

#include "proto/accept_language.h"
#include "proto/mail_reason.h"
#include "proto/saying.h"

const char *say_language(const struct request *r)
{
    return accept_language(request_header(r, MHD_HTTP_HEADER_ACCEPT_LANGUAGE, ""), saying_languages);
}

static json_t *text_of(struct span text)
{
    return json_stringn((const char *)text.data, text.len);
}

static json_t *said_of(const struct saying *s)
{
    json_t *values = json_object();
    for (unsigned i = 0; i < s->count; i++)
        (void)json_object_setn_new(values, (const char *)s->values[i].name.data, s->values[i].name.len,
                                   text_of(s->values[i].text));
    return json_pack("{s:o, s:o}", "code", text_of(s->code), "values", values);
}

bool say(json_t *object, const char *member, const char *language)
{
    SCOPED_BUF struct buf words;
    struct saying s;
    buf_init(&words, SAYING_MAX);
    const json_t *text = json_object_get(object, member);
    const struct span english = span_of(json_string_value(text), json_string_length(text));
    if (!json_is_string(text) || !saying_find(english, &s))
        return false;
    (void)json_object_set_new(object, "said", said_of(&s));
    if (!language || !saying_in(language, english, &words))
        return false;
    (void)json_object_set_new(object, member, json_string(buf_text(&words)));
    return true;
}

bool say_problem(json_t *problem, const char *language)
{
    char words[MAIL_REASON_LEN];
    const char *code = json_string_value(json_object_get(problem, "code"));
    if (say(problem, "detail", language))
        return true;
    if (!language || !code || !mail_reason(language, code, words))
        return false;
    (void)json_object_set_new(problem, "detail", json_string(words));
    return true;
}

void say_each(json_t *list, const char *member, const char *language)
{
    size_t i;
    json_t *object;
    json_array_foreach(list, i, object)
    {
        (void)say(object, member, language);
    }
}
