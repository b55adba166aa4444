/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a mail: taken apart or refused, and whatever comes out is harmless text and makes a set that
 * its own reader takes. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "convert/unpack.h"
#include "model/part_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_text(const char *text)
{
    check(utf8_valid(span_str(text)));
    for (const char *p = text; *p; p++)
        check((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void check_set(const struct unpacked *u)
{
    struct part parts[PART_SET_PARTS_MAX];
    struct part_set set;
    struct buf b;
    buf_init(&b, (size_t)16 << 20);
    for (size_t i = 0; i < u->count; i++)
        parts[i] = (struct part){u->parts[i].name, u->parts[i].type, buf_span(&u->parts[i].bytes)};
    check(part_set_format(&b, parts, u->count));
    int fd = fd_sealed_memory("parts", buf_span(&b));
    check(part_set_read(fd, b.len, &set) == 0 && set.count == u->count);
    for (size_t i = 0; i < set.count; i++)
        check(str_equal(set.places[i].name, u->parts[i].name));
    part_set_clear(&set);
    buf_clear(&b);
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool prepared;
    struct unpacked u;
    struct outcome o;
    if (!prepared)
        unpack_prepare();
    prepared = true;
    unpack_mail(span_of(data, len), &u, &o);
    check_text(u.from);
    check_text(u.from_name);
    check(utf8_valid(buf_span(&u.addressees)));
    check_text(u.subject);
    check_text(u.message_id);
    check(utf8_valid(buf_span(&u.text)));
    for (size_t i = 0; i < u.count; i++)
        check_text(u.parts[i].name);
    if (o.verdict == VERDICT_DONE)
        check_set(&u);
    unpacked_clear(&u);
    return 0;
}
