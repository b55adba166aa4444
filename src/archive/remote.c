/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "archive/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum { CONNECT_S = 20, SILENT_S = 60 };

void places_begin(void)
{
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        panic("libcurl does not start");
}

void *remote_open(const struct place_settings *s)
{
    struct remote *r = mem_zalloc(sizeof(*r));
    r->settings = s;
    r->curl = curl_easy_init();
    if (!r->curl)
        panic("libcurl does not start");
    return r;
}

void remote_close(void *at)
{
    struct remote *r = at;
    curl_easy_cleanup(r->curl);
    free(r);
}

/* ---- streams ---- */

static size_t on_read(char *to, size_t size, size_t count, void *context)
{
    struct remote *r = context;
    size_t n = source_read(r->from, to, size * count);
    return r->from->error ? CURL_READFUNC_ABORT : n;
}

static int on_seek(void *context, curl_off_t offset, int origin)
{
    struct remote *r = context;
    if (offset != 0 || origin != SEEK_SET || !r->from)
        return CURL_SEEKFUNC_CANTSEEK;
    source_rewind(r->from);
    return CURL_SEEKFUNC_OK;
}

/* What a server says beside a refusal is kept for the person who reads why. */
static size_t on_write(char *data, size_t size, size_t count, void *context)
{
    struct remote *r = context;
    long status = 0;
    size_t len = size * count, room = sizeof(r->said) - 1 - r->said_len;
    (void)curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
    if (r->into && (status == 0 || status == 200))
        return sink_write(r->into, data, len) ? len : 0;
    room = len < room ? len : room;
    memcpy(r->said + r->said_len, data, room);
    r->said_len += room;
    r->said[r->said_len] = 0;
    return len;
}

static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct remote *r = context;
    return *r->settings->end ? 1 : 0;
}

/* ---- a request ---- */

/* Our pins are hexadecimal, libcurl's base64. */
static bool pin_for_curl(const char *pin, char out[64])
{
    uint8_t hash[32];
    char base64[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];
    const char *digits = str_starts(pin, "sha256:") ? pin + 7 : pin;
    if (strlen(digits) != 64 || !hex_parse(digits, hash, sizeof(hash)))
        return false;
    (void)sodium_bin2base64(base64, sizeof(base64), hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL);
    return str_format(out, 64, "sha256//%s", base64);
}

static void set_tls(struct remote *r)
{
    char pin[64];
    const struct place_settings *s = r->settings;
    (void)curl_easy_setopt(r->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (*s->ca_file)
        (void)curl_easy_setopt(r->curl, CURLOPT_CAINFO, s->ca_file);
    if (!*s->pin)
        return;
    /* That key alone, whoever vouches for it; a pin that is none fits nothing. */
    (void)curl_easy_setopt(
        r->curl, CURLOPT_PINNEDPUBLICKEY,
        pin_for_curl(s->pin, pin) ? pin : "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    (void)curl_easy_setopt(r->curl, CURLOPT_SSL_VERIFYPEER, 0L);
    (void)curl_easy_setopt(r->curl, CURLOPT_SSL_VERIFYHOST, 0L);
}

void remote_begin(struct remote *r, const char *url)
{
    CURL *c = r->curl;
    curl_easy_reset(c); /* connections stay */
    r->from = NULL;
    r->into = NULL;
    r->said_len = 0;
    r->said[0] = r->error[0] = r->seen_key[0] = 0;
    (void)curl_easy_setopt(c, CURLOPT_URL, url);
    (void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,sftp");
    (void)curl_easy_setopt(c, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(c, CURLOPT_USERAGENT, "faxpost");
    (void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    (void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)SILENT_S);
    (void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->error);
    (void)curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(c, CURLOPT_XFERINFODATA, r);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_write);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
    (void)curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    (void)curl_easy_setopt(c, CURLOPT_READDATA, r);
    (void)curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
    (void)curl_easy_setopt(c, CURLOPT_SEEKDATA, r);
    set_tls(r);
}

bool remote_url(const struct remote *r, const char *name, const char *ending, char url[REMOTE_URL_LEN])
{
    return str_format(url, REMOTE_URL_LEN, "%s%s%s%s", r->settings->url, *name ? "/" : "", name, ending);
}

void remote_send(struct remote *r, struct sealed_source *from)
{
    source_rewind(from);
    r->from = from;
    (void)curl_easy_setopt(r->curl, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(r->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)source_size(from));
}

void remote_take(struct remote *r, struct sealed_sink *into)
{
    r->into = into;
}

unsigned remote_http(struct remote *r, struct curl_slist *headers, struct outcome *o)
{
    long status = 0;
    struct curl_slist *more = curl_slist_append(headers, "Expect:");
    if (!more)
        panic("no memory for headers");
    (void)curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, more);
    CURLcode code = curl_easy_perform(r->curl);
    (void)curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(more);
    if (code == CURLE_OK && status > 0)
        return (unsigned)status;
    (void)remote_failed(r, code, o);
    return 0;
}

/* ---- what is wrong ---- */

bool remote_failed(const struct remote *r, CURLcode code, struct outcome *o)
{
    const char *text = *r->error ? r->error : curl_easy_strerror(code);
    if (code == CURLE_LOGIN_DENIED)
        outcome_set(o, VERDICT_RETRY, "archive-login",
                    "The server refuses the login: %.200s. Set username, and password or private_key.", text);
    else if (*r->seen_key)
        outcome_set(o, VERDICT_RETRY, "archive-host-key",
                    "The server shows the key %s, and host_key is another one. Nothing was sent. Ask its "
                    "administrator before you set it.",
                    r->seen_key);
    else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
        outcome_set(o, VERDICT_RETRY, "archive-certificate",
                    "The server's certificate is not accepted: %.250s. Set ca_file or pin.", text);
    else if (code == CURLE_REMOTE_DISK_FULL)
        outcome_set(o, VERDICT_RETRY, "archive-full", "The place is full. Make room there.");
    else
        outcome_set(o, VERDICT_RETRY, "archive-unreachable", "The server does not do it: %.300s.", text);
    return false;
}

bool remote_refused(const struct remote *r, unsigned status, const char *doing, struct outcome *o)
{
    char said[200];
    (void)str_copy_span(said, sizeof(said), span_of(r->said, strnlen(r->said, sizeof(said) - 1)));
    for (char *c = said; *c; c++)
        if ((unsigned char)*c < 0x20)
            *c = ' ';
    utf8_clean(said);
    outcome_set(o, VERDICT_RETRY,
                status == 401 || status == 403 ? "archive-login"
                : status == 507                ? "archive-full"
                                               : "archive-refused",
                "%s: the server answers with HTTP %u.%s %.160s", doing, status,
                status == 401 || status == 403
                    ? " Look at username and password, and at what they may do there."
                : status == 507 ? " It is full: make room there."
                                : "",
                said);
    return false;
}

bool remote_missing(struct outcome *o)
{
    outcome_set(o, VERDICT_GIVE_UP, "archive-missing", "The file is not there any more.");
    return false;
}
