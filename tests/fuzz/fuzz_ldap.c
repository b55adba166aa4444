/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a directory's server sends; and, after a parenthesis, a filter. */
#include <stdlib.h>
#include <string.h>

#include "proto/ldap_filter.h"
#include "proto/ldap_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_entry(struct ldap_message *m)
{
    struct span name, values, value;
    while (ldap_next_attribute(&m->attributes, &name, &values))
        while (ldap_next_value(&values, &value))
            if (value.len > LDAP_MESSAGE_MAX)
                abort();
}

static void write_filter(const uint8_t *data, size_t size)
{
    char text[2000];
    uint8_t bytes[LDAP_FILTER_MAX];
    struct ber_writer w = ber_writer_of(bytes, sizeof(bytes));
    if (size >= sizeof(text))
        return;
    memcpy(text, data, size);
    text[size] = 0;
    if (ldap_filter_write(text, &w) && ber_length(span_of(bytes, w.len)) != w.len)
        abort(); /* one element, and all of it */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ldap_message m;
    size_t used;
    if (size > 0 && data[0] == '(') {
        write_filter(data, size);
        return 0;
    }
    for (struct span left = span_of(data, size); ldap_read(left, &m, &used) == LDAP_ONE;
         left = span_of(left.data + used, left.len - used)) {
        if (used == 0 || used > left.len)
            abort();
        if (m.operation == LDAP_ENTRY)
            read_entry(&m);
    }
    return 0;
}
