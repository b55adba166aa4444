/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/ifp.h"

#include <string.h>

#include "base/str.h"

enum { INDICATOR_ROOT = 16, DATA_ROOT = 9, FIELD_ROOT = 8 };

const char *ifp_indicator_name(enum ifp_indicator i)
{
    static const char *const names[] = {
#define NAME(name, text) text,
        IFP_INDICATORS(NAME)};
    return names[i];
}

const char *ifp_data_name(enum ifp_data_type d)
{
    static const char *const names[] = {IFP_DATA_TYPES(NAME)};
    return names[d];
}

const char *ifp_field_name(enum ifp_field_type f)
{
    static const char *const names[] = {IFP_FIELDS(NAME)};
    return names[f];
}

const char *ifp_error_text(enum ifp_error e)
{
    static const char *const texts[] = {IFP_ERRORS(NAME)
#undef NAME
    };
    return texts[e];
}

struct reader {
    const uint8_t *at, *end;
    bool cut_off; /* sticky; every further octet reads as 0 */
    bool half;    /* version 0: the low half of *at is still to be read */
};

static unsigned read_octet(struct reader *r)
{
    if (r->at == r->end) {
        r->cut_off = true;
        return 0;
    }
    return *r->at++;
}

/* An ENUMERATED beyond its root (X.691 §13 and §10.6): "1", "0" and six bits, which begin in the low four
 * bits of `first` and end in the high two of the next octet. */
static unsigned read_extension(struct reader *r, unsigned first)
{
    return (first & 0x0F) << 2 | read_octet(r) >> 6;
}

/* First octet: data there? - kind - extended? - four bits of type. */
static enum ifp_error read_type(struct reader *r, struct ifp *ifp, bool *has_fields)
{
    unsigned first = read_octet(r);
    bool extended = first & 0x20;
    *has_fields = first & 0x80;
    ifp->kind = first & 0x40 ? IFP_DATA : IFP_INDICATOR;
    unsigned root = ifp->kind == IFP_DATA ? DATA_ROOT : INDICATOR_ROOT;
    unsigned count = ifp->kind == IFP_DATA ? IFP_DATA_COUNT : IFP_INDICATOR_COUNT;
    unsigned type = extended ? root + read_extension(r, first) : first >> 1 & 0x0F;
    if (r->cut_off)
        return IFP_CUT_OFF;
    if (type >= (extended ? count : root))
        return IFP_UNKNOWN_TYPE;
    if (ifp->kind == IFP_DATA)
        ifp->data_type = (enum ifp_data_type)type;
    else
        ifp->indicator = (enum ifp_indicator)type;
    return IFP_OK;
}

/* Version 0: four bits, "data there?" and type. A field without data ends in the middle of an octet and the
 * next one goes on there; data begins at a whole octet. */
static unsigned read_field_type_v0(struct reader *r, bool *has_data)
{
    unsigned bits = r->half ? *r->at++ & 0x0F : read_octet(r) >> 4;
    bool was_high = !r->half;
    *has_data = bits & 0x08;
    r->half = was_high && !*has_data && !r->cut_off;
    if (r->half)
        r->at--; /* its low half is still to come */
    return bits & 0x07;
}

/* Later versions: "data there?" - extended? - three bits. Each field begins at a whole octet, as every
 * implementation has it. */
static unsigned read_field_type(struct reader *r, bool *has_data)
{
    unsigned first = read_octet(r);
    *has_data = first & 0x80;
    return first & 0x40 ? FIELD_ROOT + read_extension(r, first) : first >> 3 & 0x07;
}

/* OCTET STRING (SIZE (1..65535)): the length less one in two octets. */
static struct span read_data(struct reader *r)
{
    size_t high = read_octet(r);
    size_t len = (high << 8 | read_octet(r)) + 1;
    if (r->cut_off || len > (size_t)(r->end - r->at)) {
        r->cut_off = true;
        return span_of(NULL, 0);
    }
    struct span data = span_of(r->at, len);
    r->at += len;
    return data;
}

static enum ifp_error read_fields(struct reader *r, unsigned version, struct ifp *ifp)
{
    unsigned count = read_octet(r);
    if (r->cut_off)
        return IFP_CUT_OFF;
    if (count > IFP_FIELDS_MAX)
        return IFP_TOO_MANY_FIELDS;
    for (; ifp->field_count < count; ifp->field_count++) {
        struct ifp_field *field = &ifp->fields[ifp->field_count];
        bool has_data;
        unsigned type = version == 0 ? read_field_type_v0(r, &has_data) : read_field_type(r, &has_data);
        if (!r->cut_off && type >= IFP_FIELD_COUNT)
            return IFP_UNKNOWN_FIELD;
        field->type = (enum ifp_field_type)type;
        field->data = has_data ? read_data(r) : span_of(NULL, 0);
        if (r->cut_off)
            return IFP_CUT_OFF;
    }
    if (r->half)
        r->at++;
    return count > 0 ? IFP_OK : IFP_DATA_WITHOUT_FIELDS;
}

static bool all_zero(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at == 0)
        at++;
    return at == end;
}

enum ifp_error ifp_parse(struct span packet, unsigned version, struct ifp *ifp)
{
    *ifp = (struct ifp){0};
    if (packet.len == 0)
        return IFP_CUT_OFF;
    struct reader r = {.at = packet.data, .end = packet.data + packet.len};
    bool has_fields;
    enum ifp_error error = read_type(&r, ifp, &has_fields);
    if (error)
        return error;
    if (ifp->kind == IFP_INDICATOR && has_fields)
        return IFP_INDICATOR_WITH_DATA;
    if (ifp->kind == IFP_DATA && !has_fields)
        return IFP_DATA_WITHOUT_FIELDS;
    if (has_fields)
        error = read_fields(&r, version, ifp);
    if (error)
        return error;
    ifp->len = (size_t)(r.at - packet.data);
    return all_zero(r.at, r.end) ? IFP_OK : IFP_TRAILING_OCTETS;
}

void ifp_format_text(const struct ifp *ifp, char *to, size_t room)
{
    if (ifp->kind == IFP_INDICATOR) {
        (void)str_copy(to, room, ifp_indicator_name(ifp->indicator));
        return;
    }
    bool fits = str_copy(to, room, ifp_data_name(ifp->data_type));
    for (unsigned i = 0; i < ifp->field_count && fits; i++) {
        const struct ifp_field *field = &ifp->fields[i];
        size_t at = strlen(to);
        fits = str_format(to + at, room - at, "%s %s", i == 0 ? ":" : ",", ifp_field_name(field->type));
        at = strlen(to);
        if (fits && field->data.len > 0)
            fits = str_format(to + at, room - at, " %zu", field->data.len);
    }
}
