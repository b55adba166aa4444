/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values of the archive's places. */
#include <string.h>

#include "base/hex.h"
#include "base/str.h"
#include "provision/rules_inner.h"

bool rule_archive_kind(const char *in, char out[PROVISION_TEXT_LEN])
{
    return rules_one_of(in, out, (const char *const[]){"local", "sftp", "webdav", "s3", NULL});
}

/* Below archive_dir: no way up, nothing hidden. */
static bool is_folder(const char *in)
{
    for (const char *part = in; *part;) {
        size_t len = strcspn(part, "/");
        if (len == 0 || *part == '.')
            return false;
        part += len + (part[len] == '/');
    }
    return *in && in[strlen(in) - 1] != '/';
}

/* All that is after a % is an escape, of no control character. */
static bool escapes_are_good(const char *in)
{
    while ((in = strchr(in, '%')) != NULL) {
        char digits[3];
        uint8_t byte;
        if (!str_copy_span(digits, sizeof(digits), span_of(in + 1, strnlen(in + 1, 2))) ||
            !hex_parse(digits, &byte, 1) || byte < 0x20)
            return false;
        in += 3;
    }
    return true;
}

/* What has a meaning of its own in a URL is part of a path as %20 and the like alone; names and passwords are
 * settings. */
static bool is_remote(const char *in)
{
    const char *host = strstr(in, "://") + 3;
    return *host && *host != '/' && *host != '%' && !strpbrk(in, "?#@\\\"<> ") && escapes_are_good(in);
}

bool rule_archive_url(const char *in, char out[PROVISION_TEXT_LEN])
{
    bool remote = str_starts(in, "sftp://") || str_starts(in, "https://") || str_starts(in, "http://");
    if (strlen(in) > 400 || !rule_long_line(in, out) || (remote ? !is_remote(in) : !is_folder(in)))
        return false;
    size_t len = strlen(out);
    if (out[len - 1] == '/')
        out[len - 1] = 0;
    return true;
}

/* SHA256: and the 43 characters of 32 bytes without their padding. */
bool rule_host_key(const char *in, char out[PROVISION_TEXT_LEN])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return *in == 0 ? str_copy(out, PROVISION_TEXT_LEN, in)
                    : str_starts(in, "SHA256:") && strlen(in) == 7 + 43 && strspn(in + 7, letters) == 43 &&
                          str_copy(out, PROVISION_TEXT_LEN, in);
}
