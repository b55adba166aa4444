/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One IFP packet: the first octet of the input is the T.38 version, the rest the packet. */
#include "base/panic.h"
#include "proto/ifp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span packet = span_of(data + 1, size - 1);
    struct ifp ifp;
    enum ifp_error error = ifp_parse(packet, data[0] & 3, &ifp);
    if (ifp_error_text(error)[0] == 0)
        panic("an error without words");
    if (error)
        return 0;
    char text[160];
    ifp_format_text(&ifp, text, sizeof(text));
    if (ifp.len == 0 || ifp.len > packet.len)
        panic("%zu octets used of %zu", ifp.len, packet.len);
    const uint8_t *end = packet.data;
    for (unsigned i = 0; i < ifp.field_count; i++) {
        struct span field = ifp.fields[i].data;
        if (field.len == 0)
            continue;
        if (field.data < end || field.data + field.len > packet.data + ifp.len)
            panic("field %u lies outside of its packet", i);
        end = field.data + field.len;
    }
    struct ifp again;
    if (ifp_parse(span_of(packet.data, ifp.len), data[0] & 3, &again) != IFP_OK || again.len != ifp.len)
        panic("a packet cut to its own length is another one");
    return 0;
}
