/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words of the messages about logins by other people's servers. */
#pragma once

enum identity_login_kind { IDENTITY_BY_PROVIDER, IDENTITY_BY_DIRECTORY };

/* What a directory says of somebody whose password it is not asked about. */
enum directory_state {
    DIRECTORY_UNKNOWN, /* nothing: it could not be asked */
    DIRECTORY_LETS_IN,
    DIRECTORY_LOCKED, /* or he is not there any more */
};

/* Whoever fails to log in reads this, where directories judge some passwords and where none does: it tells
 * nobody whose password is where. */
#define WRONG_LOGIN "The login or the password is wrong" WRONG_LOGIN_HELP
#define WRONG_LOGIN_OR_AWAY                                                                                  \
    "The login or the password is wrong, or the directory that may know it cannot be asked at this "         \
    "moment" WRONG_LOGIN_HELP
#define WRONG_LOGIN_HELP                                                                                     \
    ". The login is one of your email addresses; an administrator can give you a new password."

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
