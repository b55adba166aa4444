/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* BER as LDAP uses it (RFC 4511 §5.1, X.690): definite lengths, tags of one byte. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum {
    BER_BOOLEAN = 0x01,
    BER_INTEGER = 0x02,
    BER_OCTETS = 0x04,
    BER_ENUMERATED = 0x0a,
    BER_SEQUENCE = 0x30,
    BER_SET = 0x31
};

/* Into room of the caller's; what does not fit sets `full`, and nothing of it counts. */
struct ber_writer {
    uint8_t *to;
    size_t room, len;
    bool full;
};

struct ber_writer ber_writer_of(uint8_t *to, size_t room);
/* What stands between open and close is the element's content. open returns what close wants. */
size_t ber_open(struct ber_writer *w, uint8_t tag);
void ber_close(struct ber_writer *w, size_t at);
void ber_put(struct ber_writer *w, uint8_t tag, struct span value);
void ber_put_number(struct ber_writer *w, uint8_t tag, uint32_t value);
/* Bytes that are BER already. */
void ber_put_raw(struct ber_writer *w, struct span bytes);

/* The next element of *left, which gets shorter. False: there is none, or what is there is none. */
bool ber_take(struct span *left, uint8_t *tag, struct span *value) MUST_USE;
/* The same, of that tag only. */
bool ber_take_tag(struct span *left, uint8_t tag, struct span *value) MUST_USE;
/* How long the element is that begins there: 0: more bytes are needed to say; SIZE_MAX: it is none. */
size_t ber_length(struct span in);
bool ber_number(struct span value, uint32_t *number) MUST_USE; /* not below 0 */
