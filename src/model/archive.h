/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is done at a place of the archive. */
#pragma once

enum archive_deed {
    ARCHIVE_PUT,
    ARCHIVE_CHECK, /* is it there, whole? */
    ARCHIVE_REMOVE,
    ARCHIVE_GET,
    ARCHIVE_TEST,
    ARCHIVE_KEY,  /* of the place, in clear, as a file */
    ARCHIVE_MARK, /* its mark lies there afterwards, whatever lay there (archive/place.h) */
    ARCHIVE_DEED_COUNT
};

/* What people want of it. */
enum archive_wish_kind {
    ARCHIVE_WISH_RESTORE, /* of a copy: its file */
    ARCHIVE_WISH_VERIFY,  /* of a copy */
    ARCHIVE_WISH_VERIFY_ALL,
    ARCHIVE_WISH_TEST,
    ARCHIVE_WISH_KEY,  /* of a place; for the installation alone */
    ARCHIVE_WISH_MARK, /* a place is the right one, whatever its mark says */
    ARCHIVE_WISH_HOLD, /* of a fax, as what follows */
    ARCHIVE_WISH_RELEASE,
    ARCHIVE_WISH_DELETE, /* here and everywhere */
    ARCHIVE_WISH_COUNT
};
