/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/api.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/input.h"

enum {
    ANSWER_MAX = 128 * 1024 * 1024,
    CONNECT_PATIENCE_S = 5,
    PATIENCE_S = 120,
    BEGIN_PATIENCE_S = 10,
    ASK_AGAIN = 2
};

/* ---- another machine's server ---- */

/* A key in clear is for whoever listens: only this machine is spoken to without TLS. What stands before an @
 * is no host. */
static bool is_safe(const char *url)
{
    static const char *const here[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    if (strchr(url, '@'))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(here); i++)
        if (str_starts(url, here[i]) && strchr(":/", url[strlen(here[i])]))
            return true;
    return str_starts(url, "https://");
}

static int read_key(struct api *api)
{
    const char *path = getenv("FAXPOST_KEY_FILE");
    SCOPED_BUF struct buf text;
    buf_init(&text, 4096);
    if (!path || !*path)
        return complain_and(EXIT_USAGE,
                            "FAXPOST_URL needs FAXPOST_KEY_FILE, a file that holds an API key and is "
                            "readable for you alone; My settings in the browser makes keys");
    int status = input_read(path, &text);
    if (status != EXIT_DONE)
        return status;
    char *key = (char *)buf_text(&text);
    key[strcspn(key, "\r\n ")] = 0;
    return *key && str_format(api->authorization, sizeof(api->authorization), "Authorization: Bearer %s", key)
               ? EXIT_DONE
               : complain_and(EXIT_DATA, "%s holds no API key", path);
}

static int find_server(struct api *api)
{
    const char *url = getenv("FAXPOST_URL");
    if (!url || !*url)
        return EXIT_DONE;
    if (!is_safe(url) || !str_copy(api->url, sizeof(api->url), url))
        return complain_and(EXIT_USAGE,
                            "FAXPOST_URL is \"%.80s\"; it has to begin with https://, for an API key goes "
                            "along (http:// only to this machine), and holds no @",
                            url);
    for (size_t len = strlen(api->url); len > 0 && api->url[len - 1] == '/'; len--)
        api->url[len - 1] = 0;
    return read_key(api);
}

int api_open(struct api *api, const struct arguments *a)
{
    const char *state = a->state_dir ? a->state_dir : STANDARD_STATE;
    *api = (struct api){0};
    if (!str_copy(api->state_dir, sizeof(api->state_dir), state) ||
        !str_format(api->socket_path, sizeof(api->socket_path), "%s/run/api.sock", state))
        return complain_and(EXIT_USAGE, "the state directory %.80s... has too long a name for a unix socket",
                            state);
    int status = find_server(api);
    if (status != EXIT_DONE)
        return status;
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

/* What the server says of itself while it begins (role/parent.c). */
static bool read_updating(const struct api *api, char text[300])
{
    char path[PATH_MAX];
    if (!str_format(path, sizeof(path), "%s/run/updating", api->state_dir))
        return false;
    FILE *file = fopen(path, "re");
    bool is = file && fgets(text, 300, file);
    if (file)
        (void)fclose(file);
    return is;
}

/* A server that begins takes connections, and answers when it has begun. */
static long patience_s(const struct api *api)
{
    char updating[300];
    if (api->patience_s)
        return api->patience_s;
    return !*api->url && read_updating(api, updating) ? BEGIN_PATIENCE_S : PATIENCE_S;
}

/* headers: of this request, or NULL; freed here. */
static void perform(struct api *api, const char *path, struct curl_slist *headers, struct api_answer *answer)
{
    CURL *c = api->curl;
    struct curl_header *etag;
    const char *ca_file = getenv("FAXPOST_CA_FILE");
    SCOPED_BUF struct buf url;
    buf_init(&url, 65536);
    (void)buf_printf(&url, "%s/api/v1/%s", *api->url ? api->url : "http://faxpost", path);
    if (*api->url)
        headers = curl_slist_append(headers, api->authorization);
    else
        (void)curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, api->socket_path);
    if (*api->url && ca_file && *ca_file)
        (void)curl_easy_setopt(c, CURLOPT_CAINFO, ca_file);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    *answer = (struct api_answer){0};
    buf_init(&answer->text, ANSWER_MAX);
    (void)curl_easy_setopt(c, CURLOPT_URL, buf_text(&url));
    (void)curl_easy_setopt(c, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_PATIENCE_S);
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT, patience_s(api));
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
    if (!url.overflow && curl_easy_perform(c) == CURLE_OK)
        (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &answer->status);
    if (answer->status && curl_easy_header(c, "ETag", 0, CURLH_HEADER, -1, &etag) == CURLHE_OK)
        (void)str_copy(answer->etag, sizeof(answer->etag), etag->value);
    if (answer->status)
        answer->body = json_loads(buf_text(&answer->text), 0, NULL);
    curl_slist_free_all(headers);
}

void api_get(struct api *api, const char *path, struct api_answer *answer)
{
    curl_easy_reset(api->curl);
    perform(api, path, NULL, answer);
}

/* headers: of this request; freed here. */
static void post(struct api *api, const char *path, struct curl_slist *headers, struct span body,
                 struct api_answer *answer)
{
    curl_easy_reset(api->curl);
    (void)curl_easy_setopt(api->curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(api->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    (void)curl_easy_setopt(api->curl, CURLOPT_POSTFIELDS, body.len ? (const char *)body.data : "");
    perform(api, path, headers, answer);
}

/* Without a body curl would wait for a 100 that says nothing here. */
static struct curl_slist *body_headers(const char *type)
{
    char content_type[300];
    (void)str_format(content_type, sizeof(content_type), "Content-Type: %.250s", type);
    return curl_slist_append(curl_slist_append(NULL, content_type), "Expect:");
}

void api_post(struct api *api, const char *path, const char *type, struct span body,
              struct api_answer *answer)
{
    post(api, path, body_headers(type), body, answer);
}

void api_post_document(struct api *api, const char *path, const char *password, struct span body,
                       struct api_answer *answer)
{
    char header[100];
    struct curl_slist *headers = body_headers(input_type(body));
    (void)str_format(header, sizeof(header), "Fax-Password: %.40s", password);
    post(api, path, *password ? curl_slist_append(headers, header) : headers, body, answer);
}

void api_post_once(struct api *api, const char *path, const char *key, struct span json,
                   struct api_answer *answer)
{
    char header[200];
    (void)str_format(header, sizeof(header), "Idempotency-Key: %.150s", key);
    for (int tries = 0;; tries++) {
        post(api, path, curl_slist_append(body_headers("application/json"), header), json, answer);
        if (answer->status != 0 || tries == ASK_AGAIN)
            return;
        api_answer_clear(answer);
    }
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
    perform(api, path, headers, answer);
}

void api_delete(struct api *api, const char *path, struct api_answer *answer)
{
    struct curl_slist *headers = curl_slist_append(NULL, "If-Match: *");
    curl_easy_reset(api->curl);
    (void)curl_easy_setopt(api->curl, CURLOPT_CUSTOMREQUEST, "DELETE");
    perform(api, path, headers, answer);
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
    if (answer->status == 0 && *api->url)
        return complain_and(EXIT_UNAVAILABLE,
                            "no Faxpost answers at %s; is the name right, and does its certificate hold "
                            "(FAXPOST_CA_FILE names the authority of a private one)?",
                            api->url);
    if (answer->status == 0 && access(api->socket_path, F_OK) != 0)
        return complain_and(
            EXIT_UNAVAILABLE,
            "no Faxpost runs on %s; start it with `faxpost serve`, or name another state directory with "
            "--state or FAXPOST_STATE",
            api->state_dir);
    if (answer->status == 0 && access(api->socket_path, W_OK) != 0)
        return complain_and(EXIT_UNAVAILABLE, "%s: %s; ask as root or as the user that runs Faxpost",
                            api->socket_path, strerror(errno));
    char updating[300];
    if ((answer->status == 0 || answer->status == 503) && !*api->url && read_updating(api, updating))
        return complain_and(EXIT_UNAVAILABLE, "Faxpost begins: %s", updating);
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
