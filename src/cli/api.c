/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/api.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/command.h"

enum { ANSWER_MAX = 128 * 1024 * 1024, CONNECT_PATIENCE_S = 5, PATIENCE_S = 120 };

int api_open(struct api *api, const struct arguments *a)
{
    const char *state = a->state_dir ? a->state_dir : STANDARD_STATE;
    *api = (struct api){0};
    if (!str_copy(api->state_dir, sizeof(api->state_dir), state) ||
        !str_format(api->socket_path, sizeof(api->socket_path), "%s/run/api.sock", state))
        return complain_and(EXIT_USAGE, "the state directory %.80s... has too long a name for a unix socket",
                            state);
    api->curl = curl_easy_init();
    return api->curl ? EXIT_DONE : complain_and(EXIT_SOFTWARE, "libcurl does not start");
}

void api_close(struct api *api)
{
    if (api->curl)
        curl_easy_cleanup(api->curl);
    api->curl = NULL;
}

static size_t on_bytes(char *data, size_t size, size_t count, void *context)
{
    struct api_answer *answer = context;
    return buf_append(&answer->text, data, size * count) ? size * count : 0;
}

static void perform(struct api *api, const char *path, struct api_answer *answer)
{
    CURL *c = api->curl;
    struct curl_header *etag;
    SCOPED_BUF struct buf url;
    buf_init(&url, 65536);
    (void)buf_printf(&url, "http://faxpost/api/v1/%s", path);
    *answer = (struct api_answer){0};
    buf_init(&answer->text, ANSWER_MAX);
    (void)curl_easy_setopt(c, CURLOPT_URL, buf_text(&url));
    (void)curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, api->socket_path);
    (void)curl_easy_setopt(c, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_PATIENCE_S);
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)PATIENCE_S);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
    if (!url.overflow && curl_easy_perform(c) == CURLE_OK)
        (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &answer->status);
    if (answer->status && curl_easy_header(c, "ETag", 0, CURLH_HEADER, -1, &etag) == CURLHE_OK)
        (void)str_copy(answer->etag, sizeof(answer->etag), etag->value);
    if (answer->status)
        answer->body = json_loads(buf_text(&answer->text), 0, NULL);
}

void api_get(struct api *api, const char *path, struct api_answer *answer)
{
    curl_easy_reset(api->curl);
    perform(api, path, answer);
}

void api_post(struct api *api, const char *path, const char *type, struct span body,
              struct api_answer *answer)
{
    char content_type[300];
    (void)str_format(content_type, sizeof(content_type), "Content-Type: %.250s", type);
    /* Without a body curl would wait for a 100 that says nothing here. */
    struct curl_slist *headers = curl_slist_append(curl_slist_append(NULL, content_type), "Expect:");
    curl_easy_reset(api->curl);
    (void)curl_easy_setopt(api->curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(api->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    (void)curl_easy_setopt(api->curl, CURLOPT_POSTFIELDS, body.len ? (const char *)body.data : "");
    (void)curl_easy_setopt(api->curl, CURLOPT_HTTPHEADER, headers);
    perform(api, path, answer);
    curl_slist_free_all(headers);
}

void api_put(struct api *api, const char *path, const char *etag, struct span body, struct api_answer *answer)
{
    char match[API_ETAG_LEN + 16];
    (void)str_format(match, sizeof(match), "If-Match: %s", etag);
    struct curl_slist *headers =
        curl_slist_append(curl_slist_append(NULL, match), "Content-Type: application/json");
    curl_easy_reset(api->curl);
    (void)curl_easy_setopt(api->curl, CURLOPT_CUSTOMREQUEST, "PUT");
    (void)curl_easy_setopt(api->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    (void)curl_easy_setopt(api->curl, CURLOPT_POSTFIELDS, (const char *)body.data);
    (void)curl_easy_setopt(api->curl, CURLOPT_HTTPHEADER, headers);
    perform(api, path, answer);
    curl_slist_free_all(headers);
}

void api_delete(struct api *api, const char *path, struct api_answer *answer)
{
    struct curl_slist *headers = curl_slist_append(NULL, "If-Match: *");
    curl_easy_reset(api->curl);
    (void)curl_easy_setopt(api->curl, CURLOPT_CUSTOMREQUEST, "DELETE");
    (void)curl_easy_setopt(api->curl, CURLOPT_HTTPHEADER, headers);
    perform(api, path, answer);
    curl_slist_free_all(headers);
}

void api_answer_clear(struct api_answer *answer)
{
    json_decref(answer->body);
    answer->body = NULL;
    buf_clear(&answer->text);
}

/* What a refusal of the API means for a program that called us. */
static int exit_of(const struct api_answer *answer)
{
    if (answer->status == 503)
        return EXIT_UNAVAILABLE;
    if (answer->status == 413)
        return EXIT_DATA;
    return answer->status >= 400 && answer->status < 500 ? EXIT_USAGE : EXIT_SOFTWARE;
}

int api_check(const struct api *api, const struct api_answer *answer)
{
    if (answer->status == 0 && access(api->socket_path, F_OK) != 0)
        return complain_and(
            EXIT_UNAVAILABLE,
            "no Faxpost runs on %s; start it with `faxpost serve`, or name another state directory with "
            "--state or FAXPOST_STATE",
            api->state_dir);
    if (answer->status == 0 && access(api->socket_path, W_OK) != 0)
        return complain_and(EXIT_UNAVAILABLE, "%s: %s; ask as root or as the user that runs Faxpost",
                            api->socket_path, strerror(errno));
    if (answer->status == 0)
        return complain_and(
            EXIT_UNAVAILABLE,
            "Faxpost does not answer on %s; start it with `faxpost serve` where it does not run",
            api->socket_path);
    const json_t *first = json_array_get(json_object_get(answer->body, "errors"), 0);
    if (answer->status >= 300 && *json_text(first, "detail"))
        return complain_and(exit_of(answer), "%s: %s", json_text(first, "field"), json_text(first, "detail"));
    if (answer->status >= 300 && *json_text(answer->body, "detail"))
        return complain_and(exit_of(answer), "%s", json_text(answer->body, "detail"));
    if (answer->status >= 300 || (!answer->body && answer->status != 204))
        return complain_and(EXIT_SOFTWARE, "Faxpost gave an answer that was not expected (HTTP %ld)",
                            answer->status);
    return EXIT_DONE;
}

const char *api_user(void)
{
    static char text[100];
    const char *who = getenv("SUDO_USER");
    who = who && *who ? who : getenv("USER");
    (void)str_format(text, sizeof(text), "%.60s%s", who && *who ? who : "the",
                     who && *who ? " (command line)" : " command line");
    return text;
}

void api_append_escaped(struct buf *to, const char *text)
{
    for (; *text; text++) {
        char c = *text;
        if (char_is_alpha(c) || char_is_digit(c) || strchr("-._~", c))
            (void)buf_append_byte(to, (uint8_t)c);
        else
            (void)buf_printf(to, "%%%02X", (unsigned)(unsigned char)c);
    }
}

const char *json_text(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

int64_t json_number(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

int json_print(const json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2));
    (void)puts(text ? text : "null");
    free(text);
    return EXIT_DONE;
}
