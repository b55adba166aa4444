/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/fax_password.h"

#include <sodium.h>
#include <string.h>

enum { BOX_MAX = crypto_box_SEALBYTES + FLAG_DIGITS_MAX };

bool fax_password_seal(const struct login_vault *v, const char *plain, char sealed[FAX_PASSWORD_SEALED_LEN])
{
    unsigned char box[BOX_MAX];
    size_t len = strlen(plain);
    if (len == 0 || len > FLAG_DIGITS_MAX || !v || !v->known ||
        crypto_box_seal(box, (const unsigned char *)plain, len, v->public) != 0)
        return false;
    (void)sodium_bin2base64(sealed, FAX_PASSWORD_SEALED_LEN, box, crypto_box_SEALBYTES + len,
                            sodium_base64_VARIANT_ORIGINAL);
    return true;
}

bool fax_password_open(const struct login_vault *v, const char *sealed, char plain[FLAG_DIGITS_MAX + 1])
{
    unsigned char box[BOX_MAX];
    size_t len = 0;
    memset(plain, 0, FLAG_DIGITS_MAX + 1);
    return v && v->known &&
           sodium_base642bin(box, sizeof(box), sealed, strlen(sealed), NULL, &len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len > crypto_box_SEALBYTES &&
           crypto_box_seal_open((unsigned char *)plain, box, len, v->public, v->secret) == 0;
}
