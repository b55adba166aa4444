/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Takes the mails named on the command line apart, as convert does, and prints a JSON object a line:
 * {"file", "code", "from", "subject", "addressees", "text", "parts": [{"name", "type", "bytes"}]}. */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "convert/unpack.h"

enum { MAIL_MAX = 64 * 1024 * 1024 };

static void print_mail(const char *path, struct span raw)
{
    struct unpacked u;
    struct outcome o;
    unpack_mail(raw, &u, &o);
    json_t *parts = json_array();
    for (size_t i = 0; i < u.count; i++)
        (void)json_array_append_new(parts,
                                    json_pack("{s:s, s:s, s:I}", "name", u.parts[i].name, "type",
                                              u.parts[i].type, "bytes", (json_int_t)u.parts[i].bytes.len));
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "file", path, "code", o.code, "from",
                            u.from, "subject", u.subject, "addressees", buf_text(&u.addressees), "text",
                            buf_text(&u.text), "parts", parts);
    char *line = all ? json_dumps(all, JSON_COMPACT) : NULL;
    if (!line)
        abort(); /* something that is no UTF-8 came out */
    (void)puts(line);
    free(line);
    json_decref(all);
    unpacked_clear(&u);
}

int main(int argc, char **argv)
{
    unpack_prepare();
    for (int i = 1; i < argc; i++) {
        SCOPED_BUF struct buf raw;
        buf_init(&raw, MAIL_MAX);
        int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fd_read_rest(fd, &raw) != 0)
            return 1;
        (void)close(fd);
        print_mail(argv[i], buf_span(&raw));
    }
    return 0;
}
