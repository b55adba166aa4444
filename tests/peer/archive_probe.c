/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A place of the archive, at a server of somebody else, without a Faxpost around it:
 *   archive-probe KIND URL USERNAME PASSWORD REGION BYTES
 * puts a file of that size there, gets it, deletes it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/place.h"
#include "base/fd.h"
#include "base/scope.h"

enum { ARGUMENTS = 6, PIECE = 65536 };

static int make_file(uint64_t bytes)
{
    int fd = memfd_create("probe", MFD_CLOEXEC);
    uint8_t piece[PIECE];
    for (size_t i = 0; i < sizeof(piece); i++)
        piece[i] = (uint8_t)(i * 31 + i / 256);
    for (uint64_t at = 0; fd >= 0 && at < bytes; at += PIECE)
        if (fd_write_all(fd, span_of(piece, bytes - at < PIECE ? (size_t)(bytes - at) : PIECE)) != 0)
            return -1;
    return fd;
}

int main(int argc, char **argv)
{
    static const uint8_t key[SEALED_KEY_BYTES] = {1, 2, 3};
    static const volatile bool end = false;
    static const char name[] = "b\xc3\xbcro/it's (1)+&=.tar.fxa";
    struct outcome o = {.text = "wrong arguments", .code = ""};
    char sha256[65];
    uint64_t bytes = argc > ARGUMENTS ? strtoull(argv[ARGUMENTS], NULL, 10) : 0, back;
    if (argc <= ARGUMENTS)
        return 2;
    const struct place_settings s = {.kind = argv[1],
                                     .url = argv[2],
                                     .username = argv[3],
                                     .password = argv[4],
                                     .region = argv[5],
                                     .private_key = "",
                                     .host_key = "",
                                     .ca_file = "",
                                     .pin = "",
                                     .key = key,
                                     .end = &end};
    places_begin();
    struct place *p = place_new(&s);
    SCOPED_FD int fd = make_file(bytes);
    bool good = p && fd >= 0 && place_put(p, name, fd, bytes, sha256, &o) && printf("put ") > 0 &&
                place_get(p, name, sha256, -1, &back, &o) && back == bytes && printf("got ") > 0 &&
                place_remove(p, name, &o) && !place_get(p, name, sha256, -1, &back, &o) &&
                o.verdict == VERDICT_GIVE_UP && printf("deleted\n") > 0;
    if (!good)
        (void)fprintf(stderr, "%s: %s\n", o.code, o.text);
    place_free(p);
    return good ? 0 : 1;
}
