/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words of the messages about logins by other people's servers. */
#pragma once

enum identity_login_kind { IDENTITY_BY_PROVIDER, IDENTITY_BY_DIRECTORY };

/* What is wanted of a directory. */
enum directory_wish_kind {
    DIRECTORY_TEST,    /* can it be read? */
    DIRECTORY_DRY,     /* what would change? */
    DIRECTORY_SYNC,    /* let it change, unless too many are gone */
    DIRECTORY_CONFIRM, /* let it change, whoever is gone */
};

enum provider_wish_kind {
    PROVIDER_BEGIN, /* a login */
    PROVIDER_LEAVE, /* log out there too */
    PROVIDER_TEST,  /* can it be reached, and is it one? */
};
