/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A server that speaks SFTP. It is known by its key alone; a file gets its name when all of it is there, and
 * whether it is kept, only reading it back tells. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/remote.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"

/* As `ssh-keygen -l` prints it. */
static int on_host_key(void *context, int type, const char *key, size_t len)
{
    struct remote *r = context;
    uint8_t hash[crypto_hash_sha256_BYTES];
    char base64[sodium_base64_ENCODED_LEN(sizeof(hash), sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
    (void)crypto_hash_sha256(hash, (const uint8_t *)key, len);
    (void)sodium_bin2base64(base64, sizeof(base64), hash, sizeof(hash),
                            sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    (void)str_format(r->seen_key, sizeof(r->seen_key), "SHA256:%s", base64);
    if (!str_equal(r->seen_key, r->settings->host_key))
        return CURLKHMATCH_MISMATCH;
    r->seen_key[0] = 0;
    return CURLKHMATCH_OK;
}

/* key: a memory file that has to stay open; libssh2 reads keys by their paths only. */
static void begin(struct remote *r, const char *url, int *key)
{
    char path[64];
    const struct place_settings *s = r->settings;
    remote_begin(r, url);
    (void)curl_easy_setopt(r->curl, CURLOPT_SSH_HOSTKEYFUNCTION, on_host_key);
    (void)curl_easy_setopt(r->curl, CURLOPT_SSH_HOSTKEYDATA, r);
    (void)curl_easy_setopt(r->curl, CURLOPT_USERNAME, s->username);
    *key = *s->private_key ? fd_sealed_memory("key", span_str(s->private_key)) : -1;
    if (*key >= 0) {
        (void)str_format(path, sizeof(path), "/proc/self/fd/%d", *key);
        (void)curl_easy_setopt(r->curl, CURLOPT_SSH_AUTH_TYPES, (long)CURLSSH_AUTH_PUBLICKEY);
        (void)curl_easy_setopt(r->curl, CURLOPT_SSH_PRIVATE_KEYFILE, path);
    } else {
        (void)curl_easy_setopt(r->curl, CURLOPT_SSH_AUTH_TYPES,
                               (long)(CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD));
        (void)curl_easy_setopt(r->curl, CURLOPT_PASSWORD, s->password);
    }
}

static bool too_long(struct outcome *o)
{
    outcome_set(o, VERDICT_RETRY, "archive-settings", "The place's URL is too long.");
    return false;
}

/* Of the server, with its slash; /~/ is the account's own folder. */
static const char *path_of(const char *url)
{
    const char *path = strchr(strstr(url, "://") + 3, '/');
    return !path ? "/" : str_starts(path, "/~/") ? path + 3 : path;
}

static bool command_line(char line[REMOTE_URL_LEN + 40], const char *word, const char *path, const char *to)
{
    return to ? str_format(line, REMOTE_URL_LEN + 40, "%s \"%s\" \"%s\"", word, path, to)
              : str_format(line, REMOTE_URL_LEN + 40, "%s \"%s\"", word, path);
}

static bool put(void *at, const char *name, struct sealed_source *from, struct outcome *o)
{
    struct remote *r = at;
    SCOPED_FD int key = -1;
    char part[REMOTE_URL_LEN], url[REMOTE_URL_LEN], gone[REMOTE_URL_LEN + 40], named[2 * REMOTE_URL_LEN];
    if (!remote_url(r, name, ".part", part) || !remote_url(r, name, "", url) ||
        !command_line(gone, "*rm", path_of(url), NULL) ||
        !str_format(named, sizeof(named), "rename \"%s\" \"%s\"", path_of(part), path_of(url)))
        return too_long(o);
    begin(r, part, &key);
    remote_send(r, from);
    (void)curl_easy_setopt(r->curl, CURLOPT_FTP_CREATE_MISSING_DIRS, 1L);
    /* A rename does not replace (draft-ietf-secsh-filexfer-02 §6.5); what lay there is no stored copy now. */
    struct curl_slist *after = curl_slist_append(curl_slist_append(NULL, gone), named);
    (void)curl_easy_setopt(r->curl, CURLOPT_POSTQUOTE, after);
    CURLcode code = curl_easy_perform(r->curl);
    (void)curl_easy_setopt(r->curl, CURLOPT_POSTQUOTE, NULL);
    curl_slist_free_all(after);
    return code == CURLE_OK || remote_failed(r, code, o);
}

static bool get(void *at, const char *name, struct sealed_sink *into, struct outcome *o)
{
    struct remote *r = at;
    char url[REMOTE_URL_LEN];
    SCOPED_FD int key = -1;
    if (!remote_url(r, name, "", url))
        return too_long(o);
    begin(r, url, &key);
    remote_take(r, into);
    CURLcode code = curl_easy_perform(r->curl);
    if (code == CURLE_REMOTE_FILE_NOT_FOUND)
        return remote_missing(o);
    return code == CURLE_OK || remote_failed(r, code, o);
}

static bool remove_file(void *at, const char *name, struct outcome *o)
{
    struct remote *r = at;
    SCOPED_FD int key = -1;
    char url[REMOTE_URL_LEN], part[REMOTE_URL_LEN], first[REMOTE_URL_LEN + 40], second[REMOTE_URL_LEN + 40];
    if (!remote_url(r, name, "", url) || !remote_url(r, name, ".part", part) ||
        !command_line(first, "*rm", path_of(part), NULL) || !command_line(second, "*rm", path_of(url), NULL))
        return too_long(o);
    /* What `rm` says of a file that was not there cannot be told from other refusals: so it is looked for. */
    char folder[REMOTE_URL_LEN];
    if (!remote_url(r, "", "/", folder))
        return too_long(o);
    begin(r, folder, &key);
    (void)curl_easy_setopt(r->curl, CURLOPT_NOBODY, 1L);
    struct curl_slist *quote = curl_slist_append(curl_slist_append(NULL, first), second);
    (void)curl_easy_setopt(r->curl, CURLOPT_QUOTE, quote);
    CURLcode code = curl_easy_perform(r->curl);
    (void)curl_easy_setopt(r->curl, CURLOPT_QUOTE, NULL);
    curl_slist_free_all(quote);
    if (code != CURLE_OK)
        return remote_failed(r, code, o);
    struct sealed_sink *none = NULL;
    SCOPED_FD int again = -1;
    begin(r, url, &again);
    remote_take(r, none);
    code = curl_easy_perform(r->curl);
    if (code == CURLE_REMOTE_FILE_NOT_FOUND)
        return true;
    if (code == CURLE_OK)
        outcome_set(o, VERDICT_RETRY, "archive-refused",
                    "The server does not delete the file. May the account?");
    return code != CURLE_OK && remote_failed(r, code, o);
}

const struct place_kind place_sftp = {"sftp", remote_open, remote_close, put, get, remove_file, true};
