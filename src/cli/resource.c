/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/resource.h"

#include <stdio.h>
#include <time.h>

#include "base/str.h"

int resource_list(struct api *api, const struct resource_list *l, bool as_json)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    api_get(api, l->path, &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (as_json)
        return json_print(answer.body);
    const json_t *items = json_object_get(answer.body, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        l->print(json_array_get(items, i));
    if (json_array_size(items) == 0)
        (void)printf("%s\n", l->none);
    else if (l->most && json_array_size(items) >= l->most)
        (void)printf("%s\n", l->more);
    return EXIT_DONE;
}

int resource_show(struct api *api, const char *path, bool as_json, resource_print *print)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    api_get(api, path, &answer);
    int status = api_check(api, &answer);
    if (status != EXIT_DONE)
        return status;
    if (as_json)
        return json_print(answer.body);
    print(answer.body);
    return EXIT_DONE;
}

int resource_change(struct api *api, const char *path, const char *subject, const char *done)
{
    SCOPED_ANSWER struct api_answer answer = {0};
    api_post(api, path, "application/json", span_of(NULL, 0), &answer);
    int status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s: %s\n", subject, done);
    return status;
}

int resource_find(struct api *api, const char *const resources[], struct id id, const char *kind,
                  size_t *which, struct api_answer *answer)
{
    for (*which = 0; resources[*which]; ++*which) {
        char path[80];
        (void)str_format(path, sizeof(path), "%s/%s", resources[*which], id_text(id));
        api_answer_clear(answer);
        api_get(api, path, answer);
        if (answer->status != 404)
            return api_check(api, answer);
    }
    return complain_and(EXIT_USAGE, "there is no %s %s", kind, id_text(id));
}

int resource_id(const char *operand, const char *where, struct id *id)
{
    return id_parse(operand, id) ? EXIT_DONE
                                 : complain_and(EXIT_USAGE, "\"%.60s\" is no id; %s", operand, where);
}

const char *resource_time(const json_t *o, const char *name, char text[RESOURCE_TIME_LEN])
{
    time_t seconds = (time_t)(json_number(o, name) / 1000);
    struct tm tm;
    text[0] = 0;
    if (seconds && localtime_r(&seconds, &tm))
        (void)strftime(text, RESOURCE_TIME_LEN, "%Y-%m-%d %H:%M:%S", &tm);
    return text;
}
