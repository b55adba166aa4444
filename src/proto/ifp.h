/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One IFP packet (ITU-T T.38 §7 and Annex A, aligned PER), taken apart and checked before anything acts on
 * it, and told in words for the trace. Writing IFP packets is the T.38 engine's matter (libspandsp 0.0.6
 * writes version 0 wrong where a field without data is not the last one of its packet). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum ifp_kind { IFP_INDICATOR, IFP_DATA };

/* In the order of the ASN.1; the first 16 are the root of the ENUMERATED, the rest its extension. */
#define IFP_INDICATORS(X)                                                                                    \
    X(NO_SIGNAL, "no-signal")                                                                                \
    X(CNG, "cng")                                                                                            \
    X(CED, "ced")                                                                                            \
    X(V21_PREAMBLE, "v21-preamble")                                                                          \
    X(V27TER_2400, "v27ter-2400-training")                                                                   \
    X(V27TER_4800, "v27ter-4800-training")                                                                   \
    X(V29_7200, "v29-7200-training")                                                                         \
    X(V29_9600, "v29-9600-training")                                                                         \
    X(V17_7200_SHORT, "v17-7200-short-training")                                                             \
    X(V17_7200_LONG, "v17-7200-long-training")                                                               \
    X(V17_9600_SHORT, "v17-9600-short-training")                                                             \
    X(V17_9600_LONG, "v17-9600-long-training")                                                               \
    X(V17_12000_SHORT, "v17-12000-short-training")                                                           \
    X(V17_12000_LONG, "v17-12000-long-training")                                                             \
    X(V17_14400_SHORT, "v17-14400-short-training")                                                           \
    X(V17_14400_LONG, "v17-14400-long-training")                                                             \
    X(V8_ANSAM, "v8-ansam")                                                                                  \
    X(V8_SIGNAL, "v8-signal")                                                                                \
    X(V34_CONTROL_1200, "v34-control-channel-1200")                                                          \
    X(V34_PRIMARY, "v34-primary-channel")                                                                    \
    X(V34_CC_RETRAIN, "v34-control-channel-retrain")                                                         \
    X(V33_12000, "v33-12000-training")                                                                       \
    X(V33_14400, "v33-14400-training")

/* The first 9 are the root. */
#define IFP_DATA_TYPES(X)                                                                                    \
    X(V21, "v21")                                                                                            \
    X(V27TER_2400, "v27ter-2400")                                                                            \
    X(V27TER_4800, "v27ter-4800")                                                                            \
    X(V29_7200, "v29-7200")                                                                                  \
    X(V29_9600, "v29-9600")                                                                                  \
    X(V17_7200, "v17-7200")                                                                                  \
    X(V17_9600, "v17-9600")                                                                                  \
    X(V17_12000, "v17-12000")                                                                                \
    X(V17_14400, "v17-14400")                                                                                \
    X(V8, "v8")                                                                                              \
    X(V34_PRIMARY_RATE, "v34-primary-rate")                                                                  \
    X(V34_CONTROL_1200, "v34-control-channel-1200")                                                          \
    X(V34_PRIMARY, "v34-primary-channel")                                                                    \
    X(V33_12000, "v33-12000")                                                                                \
    X(V33_14400, "v33-14400")

/* The first 8 are the root. */
#define IFP_FIELDS(X)                                                                                        \
    X(HDLC_DATA, "hdlc-data")                                                                                \
    X(HDLC_SIG_END, "hdlc-sig-end")                                                                          \
    X(HDLC_FCS_OK, "hdlc-fcs-ok")                                                                            \
    X(HDLC_FCS_BAD, "hdlc-fcs-bad")                                                                          \
    X(HDLC_FCS_OK_SIG_END, "hdlc-fcs-ok-sig-end")                                                            \
    X(HDLC_FCS_BAD_SIG_END, "hdlc-fcs-bad-sig-end")                                                          \
    X(NON_ECM_DATA, "t4-non-ecm-data")                                                                       \
    X(NON_ECM_SIG_END, "t4-non-ecm-sig-end")                                                                 \
    X(CM_MESSAGE, "cm-message")                                                                              \
    X(JM_MESSAGE, "jm-message")                                                                              \
    X(CI_MESSAGE, "ci-message")                                                                              \
    X(V34_RATE, "v34-rate")

enum ifp_indicator {
#define IFP_INDICATOR_ENUM(name, text) IFP_INDICATOR_##name,
    IFP_INDICATORS(IFP_INDICATOR_ENUM)
#undef IFP_INDICATOR_ENUM
        IFP_INDICATOR_COUNT
};

enum ifp_data_type {
#define IFP_DATA_ENUM(name, text) IFP_DATA_##name,
    IFP_DATA_TYPES(IFP_DATA_ENUM)
#undef IFP_DATA_ENUM
        IFP_DATA_COUNT
};

enum ifp_field_type {
#define IFP_FIELD_ENUM(name, text) IFP_FIELD_##name,
    IFP_FIELDS(IFP_FIELD_ENUM)
#undef IFP_FIELD_ENUM
        IFP_FIELD_COUNT
};

const char *ifp_indicator_name(enum ifp_indicator i);
const char *ifp_data_name(enum ifp_data_type d);
const char *ifp_field_name(enum ifp_field_type f);

struct ifp_field {
    enum ifp_field_type type;
    struct span data; /* empty where the packet has none: a field that is there has at least one octet */
};

/* Senders use one to four fields a packet. */
enum { IFP_FIELDS_MAX = 32 };

struct ifp {
    enum ifp_kind kind;
    enum ifp_indicator indicator; /* IFP_INDICATOR */
    enum ifp_data_type data_type; /* IFP_DATA, with the fields */
    unsigned field_count;
    struct ifp_field fields[IFP_FIELDS_MAX];
    size_t len; /* octets that the packet really has, see ifp_parse() */
};

#define IFP_ERRORS(X)                                                                                        \
    X(OK, "ok")                                                                                              \
    X(CUT_OFF, "cut off")                                                                                    \
    X(UNKNOWN_TYPE, "unknown type")                                                                          \
    X(INDICATOR_WITH_DATA, "indicator with data")                                                            \
    X(DATA_WITHOUT_FIELDS, "data without fields")                                                            \
    X(TOO_MANY_FIELDS, "too many fields")                                                                    \
    X(UNKNOWN_FIELD, "unknown field")                                                                        \
    X(TRAILING_OCTETS, "octets behind its end")

enum ifp_error {
#define IFP_ERROR_ENUM(name, text) IFP_##name,
    IFP_ERRORS(IFP_ERROR_ENUM)
#undef IFP_ERROR_ENUM
};

const char *ifp_error_text(enum ifp_error e);

/* version: T38FaxVersion of the call; version 0 codes field types without the extension bit, so two fields
 * without data share an octet. Zero octets behind the packet are passed over (parity leaves them there): pass
 * on packet.len bytes cut to ifp->len. Spans of *ifp point into the packet. */
enum ifp_error ifp_parse(struct span packet, unsigned version, struct ifp *ifp) MUST_USE;

/* "v21: hdlc-data 5, hdlc-fcs-ok" or "v21-preamble"; lengths only, never contents. Cut where it does not fit.
 */
void ifp_format_text(const struct ifp *ifp, char *to, size_t room);
