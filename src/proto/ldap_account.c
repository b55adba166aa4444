/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/ldap_account.h"

#include <string.h>

#include "base/str.h"

enum { ACCOUNT_DISABLED = 0x2, LOCKED_OUT = 0x10 };
#define DAY_MS         86400000LL
#define FILETIME_EPOCH 116444736000000000LL /* 1970, in 100 ns since 1601 */

static bool read_number(struct span value, int64_t *n)
{
    bool minus = value.len > 0 && value.data[0] == '-';
    size_t i = minus ? 1 : 0;
    *n = 0;
    if (i == value.len)
        return false;
    for (; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || *n > (INT64_MAX - 9) / 10)
            return false;
        *n = *n * 10 + (value.data[i] - '0');
    }
    *n = minus ? -*n : *n;
    return true;
}

static bool is_disabled(struct span value, int64_t now_ms)
{
    int64_t n;
    return read_number(value, &n) && (n & ACCOUNT_DISABLED) != 0;
}

static bool is_locked_out(struct span value, int64_t now_ms)
{
    int64_t n;
    return read_number(value, &n) && (n & LOCKED_OUT) != 0;
}

/* 0 and the largest number: never. */
static bool has_expired(struct span value, int64_t now_ms)
{
    int64_t n;
    return read_number(value, &n) && n > 0 && (n - FILETIME_EPOCH) / 10000 <= now_ms;
}

/* Days since 1970; the account is no good from that day on. 0 may mean either: it locks nobody. */
static bool has_faded(struct span value, int64_t now_ms)
{
    int64_t n;
    return read_number(value, &n) && n > 0 && n <= now_ms / DAY_MS;
}

/* A time, or 000001010000Z: for good. When it ends stands in a policy that we do not see; the next password
 * that is right removes it. */
static bool is_there(struct span value, int64_t now_ms)
{
    return value.len > 0;
}

static bool is_true(struct span value, int64_t now_ms)
{
    return span_equal_nocase(value, "TRUE");
}

static bool has_flag_d(struct span value, int64_t now_ms)
{
    return memchr(value.data, 'D', value.len) != NULL;
}

const char *const ldap_account_attributes[LDAP_ACCOUNT_ATTRIBUTES] = {
    "userAccountControl", "msDS-User-Account-Control-Computed",
    "accountExpires",     "pwdAccountLockedTime",
    "nsAccountLock",      "loginDisabled",
    "shadowExpire",       "sambaAcctFlags"};

static bool (*const judges[LDAP_ACCOUNT_ATTRIBUTES])(struct span value, int64_t now_ms) = {
    is_disabled, is_locked_out, has_expired, is_there, is_true, is_true, has_faded, has_flag_d};

bool ldap_account_is_locked_by(struct span name, struct span value, int64_t now_ms)
{
    for (size_t i = 0; i < LDAP_ACCOUNT_ATTRIBUTES; i++)
        if (span_equal_nocase(name, ldap_account_attributes[i]))
            return value.len > 0 && judges[i](value, now_ms);
    return false;
}
