/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A server that speaks WebDAV (RFC 4918). A file gets its name by MOVE when all of it is there; whether it is
 * kept, only reading it back tells. */
#include <string.h>

#include "archive/remote.h"
#include "base/str.h"

static void begin(struct remote *r, const char *url, const char *method)
{
    remote_begin(r, url);
    if (method)
        (void)curl_easy_setopt(r->curl, CURLOPT_CUSTOMREQUEST, method);
    if (!*r->settings->username)
        return;
    (void)curl_easy_setopt(r->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    (void)curl_easy_setopt(r->curl, CURLOPT_USERNAME, r->settings->username);
    (void)curl_easy_setopt(r->curl, CURLOPT_PASSWORD, r->settings->password);
}

static bool too_long(struct outcome *o)
{
    outcome_set(o, VERDICT_RETRY, "archive-settings", "The place's URL is too long.");
    return false;
}

static bool is_good(unsigned status)
{
    return status >= 200 && status < 300;
}

/* All folders of that name, from the outermost; one that is there is 405 (§9.3.1). */
static bool make_folders(struct remote *r, const char *name, struct outcome *o)
{
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        char folder[SEALED_NAME_MAX + 2], url[REMOTE_URL_LEN];
        if (!str_copy_span(folder, sizeof(folder), span_of(name, (size_t)(slash - name))) ||
            !remote_url(r, folder, "/", url))
            return too_long(o);
        begin(r, url, "MKCOL");
        unsigned status = remote_http(r, NULL, o);
        if (status == 0)
            return false;
        if (!is_good(status) && status != 405)
            return remote_refused(r, status, "A folder cannot be made", o);
    }
    return true;
}

static unsigned send_part(struct remote *r, const char *url, struct sealed_source *from, struct outcome *o)
{
    begin(r, url, NULL);
    remote_send(r, from);
    return remote_http(r, NULL, o);
}

static bool put(void *at, const char *name, struct sealed_source *from, struct outcome *o)
{
    struct remote *r = at;
    char part[REMOTE_URL_LEN], url[REMOTE_URL_LEN], destination[REMOTE_URL_LEN + 20];
    if (!remote_url(r, name, ".part", part) || !remote_url(r, name, "", url) ||
        !str_format(destination, sizeof(destination), "Destination: %s", url))
        return too_long(o);
    unsigned status = send_part(r, part, from, o);
    if (status == 404 || status == 409) { /* §9.7.1: its folder is not there */
        if (!make_folders(r, name, o))
            return false;
        status = send_part(r, part, from, o);
    }
    if (!is_good(status))
        return status != 0 && remote_refused(r, status, "The fax is not taken", o);
    begin(r, part, "MOVE");
    struct curl_slist *headers = curl_slist_append(curl_slist_append(NULL, destination), "Overwrite: T");
    status = remote_http(r, headers, o);
    return status != 0 && (is_good(status) || remote_refused(r, status, "The fax gets no name", o));
}

static bool get(void *at, const char *name, struct sealed_sink *into, struct outcome *o)
{
    struct remote *r = at;
    char url[REMOTE_URL_LEN];
    if (!remote_url(r, name, "", url))
        return too_long(o);
    begin(r, url, NULL);
    remote_take(r, into);
    unsigned status = remote_http(r, NULL, o);
    if (status == 404 || status == 410)
        return remote_missing(o);
    return status == 200 || (status != 0 && remote_refused(r, status, "The file cannot be read", o));
}

static bool remove_one(struct remote *r, const char *name, const char *ending, struct outcome *o)
{
    char url[REMOTE_URL_LEN];
    if (!remote_url(r, name, ending, url))
        return too_long(o);
    begin(r, url, "DELETE");
    unsigned status = remote_http(r, NULL, o);
    if (status == 404 || status == 410)
        return true;
    return status != 0 && (is_good(status) || remote_refused(r, status, "The file cannot be deleted", o));
}

static bool remove_file(void *at, const char *name, struct outcome *o)
{
    return remove_one(at, name, ".part", o) && remove_one(at, name, "", o);
}

const struct place_kind place_webdav = {"webdav", remote_open, remote_close, put, get, remove_file, true};
