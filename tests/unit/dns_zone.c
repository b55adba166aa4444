/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "dns_zone.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

static void put_name(struct buf *b, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");
        (void)buf_append_byte(b, (uint8_t)n);
        (void)buf_append(b, name, n);
        name += n + (name[n] == '.');
    }
    (void)buf_append_byte(b, 0);
}

static void put_text(struct buf *b, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        size_t n = left < 255 ? left : 255;
        (void)buf_append_byte(b, (uint8_t)n);
        (void)buf_append(b, text, n);
        text += n;
        left -= n;
    }
}

static void put_rdata(struct buf *b, const struct zone_row *row)
{
    uint8_t address[16];
    switch (row->type) {
    case DNS_A:
        (void)inet_pton(AF_INET, row->data, address);
        (void)buf_append(b, address, 4);
        break;
    case DNS_AAAA:
        (void)inet_pton(AF_INET6, row->data, address);
        (void)buf_append(b, address, 16);
        break;
    case DNS_MX:
        (void)buf_append(b, "\0\12", 2);
        put_name(b, row->data);
        break;
    case DNS_PTR: put_name(b, row->data); break;
    case DNS_TXT: put_text(b, row->data); break;
    }
}

static void answer(const struct zone_row *zone, struct dns_table *t, struct dns_entry *e)
{
    bool exists = false, fails = false;
    for (const struct zone_row *row = zone; row->name; row++) {
        if (!str_equal_nocase(row->name, e->name))
            continue;
        exists = true;
        if (row->type != e->type)
            continue;
        fails = fails || str_equal(row->data, ZONE_FAILS);
        SCOPED_BUF struct buf rdata;
        buf_init(&rdata, 65536);
        put_rdata(&rdata, row);
        dns_add_record(t, e, buf_span(&rdata));
    }
    dns_close(e);
    if (fails)
        e->state = DNS_FAILED;
    else if (!exists)
        e->state = DNS_NO_NAME;
}

bool zone_answer_table(const struct zone_row *zone, struct dns_table *t)
{
    bool any = false;
    for (size_t i = 0; i < t->count; i++)
        if (dns_is_open(t->entries[i])) {
            answer(zone, t, t->entries[i]);
            any = true;
        }
    return any;
}

void zone_begin(struct zone_world *w, const struct zone_row *zone)
{
    w->zone = zone;
    arena_init(&w->arena);
    w->table = (struct dns_table){.arena = &w->arena};
}

void zone_end(struct zone_world *w)
{
    arena_clear(&w->arena);
}

bool zone_answer(struct zone_world *w)
{
    return zone_answer_table(w->zone, &w->table);
}
