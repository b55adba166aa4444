/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/dns_table.h"

#include "base/str.h"

bool dns_name_valid(const char *name)
{
    size_t label = 0, len = 0;
    for (; *name; name++, len++) {
        if ((unsigned char)*name <= ' ' || *name == 0x7f || (*name == '.' && label == 0))
            return false;
        label = *name == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return len > 0 && label > 0 && len <= 253;
}

static struct dns_entry *find(const struct dns_table *t, enum dns_type type, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->entries[i]->type == type && str_equal(t->entries[i]->name, name))
            return t->entries[i];
    return NULL;
}

const struct dns_entry *dns_ask(struct dns_table *t, enum dns_type type, const char *name)
{
    static const struct dns_entry nobody = {.state = DNS_NO_NAME}, too_many = {.state = DNS_FAILED};
    char key[DNS_NAME_LEN];
    if (!str_copy(key, sizeof(key), name))
        return &nobody;
    str_lower(key);
    size_t len = strlen(key);
    if (len > 1 && key[len - 1] == '.')
        key[len - 1] = 0;
    if (!dns_name_valid(key))
        return &nobody;
    struct dns_entry *e = find(t, type, key);
    if (e)
        return e;
    if (t->count == DNS_ENTRIES_MAX)
        return &too_many;
    e = arena_alloc(t->arena, sizeof(*e));
    (void)str_copy(e->name, sizeof(e->name), key);
    e->type = type;
    t->entries[t->count++] = e;
    return e;
}

bool dns_read_name(struct span wire, char name[DNS_NAME_LEN])
{
    size_t at = 0, n = 0;
    while (at < wire.len && wire.data[at] != 0) {
        size_t label = wire.data[at++];
        if (label > 63 || at + label > wire.len || n + label + 2 > DNS_NAME_LEN)
            return false;
        if (n > 0)
            name[n++] = '.';
        for (size_t i = 0; i < label; i++, at++) {
            if (wire.data[at] <= ' ' || wire.data[at] >= 0x7f || wire.data[at] == '.')
                return false;
            name[n++] = char_lower((char)wire.data[at]);
        }
    }
    name[n] = 0;
    return at < wire.len && dns_name_valid(name);
}

static bool read_txt(struct arena *a, struct span wire, struct span *text)
{
    size_t at = 0, n = 0;
    if (wire.len > DNS_TXT_MAX)
        return false;
    uint8_t *joined = arena_alloc(a, wire.len + 1);
    while (at < wire.len) {
        size_t len = wire.data[at++];
        if (at + len > wire.len)
            return false;
        memcpy(joined + n, wire.data + at, len);
        n += len;
        at += len;
    }
    *text = span_of(joined, n);
    return true;
}

static bool read_record(struct arena *a, enum dns_type type, struct span wire, struct span *record)
{
    char name[DNS_NAME_LEN];
    switch (type) {
    case DNS_A:
    case DNS_AAAA: *record = arena_dup(a, wire); return wire.len == (type == DNS_A ? 4 : 16);
    case DNS_TXT: return read_txt(a, wire, record);
    case DNS_MX:
        if (wire.len < 3)
            return false;
        wire = span_of(wire.data + 2, wire.len - 2);
        if (wire.data[0] == 0) { /* the root: nobody takes mail (RFC 7505) */
            *record = arena_dup(a, span_str(""));
            return wire.len == 1;
        }
        break;
    case DNS_PTR: break;
    }
    if (!dns_read_name(wire, name))
        return false;
    *record = arena_dup(a, span_str(name));
    return true;
}

void dns_add_record(struct dns_table *t, struct dns_entry *e, struct span rdata)
{
    struct span record;
    if (e->count < DNS_RECORDS_MAX && read_record(t->arena, e->type, rdata, &record))
        e->records[e->count++] = record;
}

void dns_close(struct dns_entry *e)
{
    e->state = e->count > 0 ? DNS_FOUND : DNS_NO_DATA;
}
