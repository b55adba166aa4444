/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A published SPF record (RFC 7208 §4.6, §5, §6): "v=spf1 mx ip4:192.0.2.0/24 -all". */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"
#include "proto/cidr.h"

enum spf_mechanism { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS };

enum { SPF_TERMS_MAX = 200 };

struct spf_term {
    char qualifier; /* + - ~ ? */
    enum spf_mechanism mechanism;
    struct span domain;    /* domain-spec with its macros; len 0: none was given */
    unsigned bits4, bits6; /* of a and mx */
    struct cidr net;       /* of ip4 and ip6 */
};

struct spf_record {
    struct spf_term terms[SPF_TERMS_MAX];
    size_t count;
    struct span redirect; /* len 0: none */
};

/* Is the text meant as SPF at all: "v=spf1", alone or before a blank? */
bool spf_is_record(struct span text);
/* False: "permerror". A record of more than SPF_TERMS_MAX terms is wrong too. Spans point into text. */
bool spf_record_parse(struct span text, struct spf_record *r) MUST_USE;
