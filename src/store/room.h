/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How much room there is where the store lies. */
#pragma once

#include "store/store.h"

enum room { ROOM_ENOUGH, ROOM_LOW, ROOM_FULL };

struct store_room {
    uint64_t bytes, free_bytes; /* of the file system; free: for us, not for root alone */
    uint64_t files, free_files; /* 0 where it does not count them */
    bool read_only;
};

/* Low: less than a tenth and less than 2 GiB free, or less than a twentieth of the files. Full: less than a
 * fiftieth and less than 256 MiB, or less than a hundredth of the files. */
enum room room_judge(const struct store_room *r);
/* What is kept for the end of what is under way (reserve.h): 16 MiB, less on a small disk. */
uint64_t room_reserved(const struct store_room *r);
/* Half as much is free, or room for 16 files: nothing new is begun. Or nothing can be written at all. */
bool room_is_gone(const struct store_room *r);
/* Enough to take the reserve again and go on. */
bool room_is_back(const struct store_room *r);
/* So little that a transaction may fail, which would end the process: what can wait is not written. */
bool room_is_used_up(const struct store_room *r);
/* False where the file system does not say. */
bool room_of_store(const struct store *s, struct store_room *r) MUST_USE;
/* "only 12 MB of 30000 MB are free" */
enum { ROOM_TEXT_LEN = 200 };
void room_describe(const struct store_room *r, char text[ROOM_TEXT_LEN]);
