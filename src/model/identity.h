/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words of the messages about logins by other people's servers. */
#pragma once

enum identity_login_kind { IDENTITY_BY_PROVIDER, IDENTITY_BY_DIRECTORY };

enum provider_wish_kind {
    PROVIDER_BEGIN, /* a login */
    PROVIDER_LEAVE, /* log out there too */
    PROVIDER_TEST,  /* can it be reached, and is it one? */
};
