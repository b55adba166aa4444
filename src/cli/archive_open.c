/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/archive_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/sealed.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"

enum { NAME_MAX_LEN = 1000, BLOCK = 65536 };

static const char suffix[] = ".fxa";

static int read_key(const char *name, uint8_t key[SEALED_KEY_BYTES])
{
    char text[SEALED_KEY_TEXT_LEN + 2];
    size_t len;
    SCOPED_FD int fd = open(name, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : fd_read_up_to(fd, text, sizeof(text) - 1, &len);
    if (error)
        return complain_and(EXIT_NO_INPUT, "cannot read %s: %s", name, strerror(error));
    text[len] = 0;
    text[strcspn(text, "\r\n")] = 0;
    bool good = sealed_key_parse(text, key);
    sodium_memzero(text, sizeof(text));
    return good ? EXIT_DONE
                : complain_and(EXIT_DATA,
                               "%s is no key of an archive place, 64 hexadecimal digits, as `faxpost archive "
                               "key` prints them",
                               name);
}

/* What is not whole leaves nothing. */
static int unseal(int from, int to, const uint8_t *key, const char *name)
{
    SCOPED_FREE uint8_t *block = mem_alloc(BLOCK);
    SCOPED_FREE struct sealed_sink *sink = mem_zalloc(sizeof(*sink));
    char sha256[65];
    size_t got = BLOCK;
    int error = 0;
    sink_begin(sink, to, key, NULL);
    while (!error && got == BLOCK) {
        error = fd_read_up_to(from, block, BLOCK, &got);
        if (!error && !sink_write(sink, block, got))
            break;
    }
    enum sealed_fault fault = error ? SEALED_GOOD : sink_end(sink, sha256);
    if (fault == SEALED_NO_ROOM)
        error = sink->error;
    if (!error && fault == SEALED_GOOD && fsync(to) < 0)
        error = errno;
    sink_clear(sink);
    if (error)
        return complain_and(EXIT_NO_INPUT, "cannot open %s: %s", name, strerror(error));
    if (fault == SEALED_OTHER_KEY)
        return complain_and(EXIT_DATA, "%s was encrypted for another key", name);
    return fault == SEALED_GOOD ? EXIT_DONE
                                : complain_and(EXIT_DATA, "%s: %s", name, sealed_fault_text(fault));
}

/* FILE.fxa becomes FILE. */
static bool default_name(const char *from, char to[NAME_MAX_LEN])
{
    bool fits = str_ends_nocase(from, suffix) && str_copy(to, NAME_MAX_LEN, from);
    if (fits)
        to[strlen(from) - strlen(suffix)] = 0;
    return fits;
}

int archive_open(const struct arguments *a)
{
    uint8_t key[SEALED_KEY_BYTES];
    char made[NAME_MAX_LEN];
    const char *name = a->operands[1], *key_file = argument(a, "key"), *to = argument(a, "output");
    if (!key_file)
        return complain_and(EXIT_USAGE, "`archive open` needs --key FILE, which `faxpost archive key NAME "
                                        "--output FILE` makes");
    if (!to && default_name(name, made))
        to = made;
    if (!to || str_equal(to, "-"))
        return complain_and(EXIT_USAGE, "`archive open` needs --output FILE, the file to make");
    int status = read_key(key_file, key);
    if (status != EXIT_DONE)
        return status;
    SCOPED_FD int from = open(name, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return complain_and(EXIT_NO_INPUT, "cannot read %s: %s", name, strerror(errno));
    SCOPED_FD int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0)
        return complain_and(EXIT_NO_INPUT, "cannot make %s: %s", to, strerror(errno));
    status = unseal(from, out, key, name);
    sodium_memzero(key, sizeof(key));
    if (status != EXIT_DONE)
        (void)unlink(to);
    else
        (void)printf("%s\n", to);
    return status;
}
