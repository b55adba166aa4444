/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A server that speaks S3. The bucket stands in the URL's path, or in its host. A file is there when its PUT
 * is answered, whole: the server compares the SHA-256 that is signed. */
#include <string.h>
#include <time.h>

#include "archive/remote.h"
#include "archive/sigv4.h"
#include "base/hex.h"
#include "base/str.h"

static void hash_source(struct sealed_source *from, char text[65])
{
    uint8_t data[16384], hash[crypto_hash_sha256_BYTES];
    size_t n;
    crypto_hash_sha256_state s;
    (void)crypto_hash_sha256_init(&s);
    if (from)
        source_rewind(from);
    while (from && (n = source_read(from, data, sizeof(data))) > 0)
        (void)crypto_hash_sha256_update(&s, data, n);
    (void)crypto_hash_sha256_final(&s, hash);
    hex_format(hash, sizeof(hash), text);
}

/* "https://host:port/path" in two. */
static void split(const char *url, char host[300], const char **path)
{
    const char *at = strstr(url, "://") + 3;
    size_t len = strcspn(at, "/");
    (void)str_copy_span(host, 300, span_of(at, len));
    *path = at[len] ? at + len : "/";
}

static const char *scheme_of(const char *url)
{
    return str_starts(url, "http://") ? "http://" : "https://";
}

/* The status; 0 with an outcome. */
static unsigned ask(struct remote *r, const char *method, const char *name, struct sealed_source *from,
                    struct sealed_sink *into, struct outcome *o)
{
    char url[REMOTE_URL_LEN], host[300], path[REMOTE_URL_LEN], payload[65], authorization[SIGV4_HEADER_LEN],
        date[SIGV4_DATE_LEN], line[120];
    const char *plain;
    outcome_set(o, VERDICT_RETRY, "archive-settings", "The place's URL, name or key is too long.");
    if (!remote_url(r, name, "", url))
        return 0;
    hash_source(from, payload);
    split(url, host, &plain);
    if (!sigv4_escape(plain, path, sizeof(path)) ||
        !str_format(url, sizeof(url), "%s%s%s", scheme_of(r->settings->url), host, path))
        return 0;
    const struct sigv4_request request = {.method = method,
                                          .host = host,
                                          .path = path,
                                          .payload = payload,
                                          .region = r->settings->region,
                                          .id = r->settings->username,
                                          .secret = r->settings->password,
                                          .at_s = (int64_t)time(NULL)};
    if (!sigv4_sign(&request, authorization, date))
        return 0;
    remote_begin(r, url);
    if (from)
        remote_send(r, from);
    else if (!str_equal(method, "GET"))
        (void)curl_easy_setopt(r->curl, CURLOPT_CUSTOMREQUEST, method);
    remote_take(r, into);
    (void)str_format(line, sizeof(line), "Host: %s", host);
    struct curl_slist *headers = curl_slist_append(curl_slist_append(NULL, authorization), line);
    (void)str_format(line, sizeof(line), "x-amz-content-sha256: %s", payload);
    headers = curl_slist_append(headers, line);
    (void)str_format(line, sizeof(line), "x-amz-date: %s", date);
    return remote_http(r, curl_slist_append(headers, line), o);
}

/* What can be mended, in words that say how. */
static const struct said {
    const char *word, *code, *text;
} words[] = {
    {"RequestTimeTooSkewed", "archive-clock",
     "The server's clock and this machine's differ by more than 15 minutes. Set the clock that is wrong; see "
     "that a "
     "time server keeps it."},
    {"SignatureDoesNotMatch", "archive-login",
     "The server does not take the key: password is not its secret."},
    {"InvalidAccessKeyId", "archive-login", "The server knows no key of that id: look at username."},
    {"AuthorizationHeaderMalformed", "archive-region", "The server wants another region: set region."},
    {"NoSuchBucket", "archive-bucket", "There is no such bucket. Make it, or mend url: https://host/BUCKET."},
    {"AccessDenied", "archive-login",
     "The key may not do that there: it needs to put, get and delete objects in the bucket."},
};

/* False, and what is wrong. */
static bool refused(const struct remote *r, unsigned status, const char *doing, struct outcome *o)
{
    char element[64];
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        (void)str_format(element, sizeof(element), "<Code>%s</Code>", words[i].word);
        if (!strstr(r->said, element))
            continue;
        outcome_set(o, VERDICT_RETRY, words[i].code, "%s. %s (HTTP %u, %s)", doing, words[i].text, status,
                    words[i].word);
        return false;
    }
    return remote_refused(r, status, doing, o);
}

static bool put(void *at, const char *name, struct sealed_source *from, struct outcome *o)
{
    unsigned status = ask(at, "PUT", name, from, NULL, o);
    return status == 200 || (status != 0 && refused(at, status, "The fax is not taken", o));
}

/* A bucket that is not there is a 404 too. */
static bool is_missing(const struct remote *r, unsigned status)
{
    return status == 404 && strstr(r->said, "<Code>NoSuchKey</Code>");
}

static bool get(void *at, const char *name, struct sealed_sink *into, struct outcome *o)
{
    unsigned status = ask(at, "GET", name, NULL, into, o);
    if (is_missing(at, status))
        return remote_missing(o);
    return status == 200 || (status != 0 && refused(at, status, "The file cannot be read", o));
}

static bool remove_file(void *at, const char *name, struct outcome *o)
{
    unsigned status = ask(at, "DELETE", name, NULL, NULL, o);
    return status == 204 || status == 200 || is_missing(at, status) ||
           (status != 0 && refused(at, status, "The file cannot be deleted", o));
}

const struct place_kind place_s3 = {"s3", remote_open, remote_close, put, get, remove_file, false};
