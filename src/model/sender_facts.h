/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was found out about who sent a mail (A5). Found where the mail came in, kept with it as one line of
 * text, judged by the queue: facts only, no decision. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

#define AUTH_RESULTS(X)                                                                                      \
    X(NONE, "none")                                                                                          \
    X(PASS, "pass")                                                                                          \
    X(FAIL, "fail")                                                                                          \
    X(SOFTFAIL, "softfail")                                                                                  \
    X(NEUTRAL, "neutral")                                                                                    \
    X(TEMPERROR, "temperror")                                                                                \
    X(PERMERROR, "permerror")

enum auth_result {
#define AUTH_RESULT_ENUM(name, text) AUTH_##name,
    AUTH_RESULTS(AUTH_RESULT_ENUM)
#undef AUTH_RESULT_ENUM
        AUTH_RESULT_COUNT
};

enum { FACT_DOMAIN_LEN = 256, FACT_FROM_LEN = 512, SENDER_FACTS_LEN = 2400 };

struct sender_facts {
    enum auth_result dmarc; /* permerror: the mail has no single author */
    enum auth_result spf, dkim, arc;
    enum auth_result
        arc_dmarc;   /* what the last sealer says of DMARC when the mail reached it, for this author */
    char policy[12]; /* what the author's domain asks for: "none", "quarantine", "reject"; "" without */
    char from[FACT_FROM_LEN];          /* the author whose domain all this is about; "": none, or several */
    char spf_domain[FACT_DOMAIN_LEN];  /* asked for by SPF */
    char dkim_domain[FACT_DOMAIN_LEN]; /* of a signature that is good; else of the first one */
    char arc_domain[FACT_DOMAIN_LEN];  /* of the last sealer */
    char trusted_server[FACT_DOMAIN_LEN]; /* dmarc is its word (Authentication-Results), nothing was verified
                                             here */
};

const char *auth_result_name(enum auth_result r);
bool auth_result_parse(const char *text, enum auth_result *r) MUST_USE;

/* "dmarc=pass policy=reject spf=fail spf.domain=example.com ... from=ann@example.com" */
void sender_facts_format(const struct sender_facts *f, char text[SENDER_FACTS_LEN]);
/* False where it is none, "" too: nobody looked. */
bool sender_facts_parse(const char *text, struct sender_facts *f) MUST_USE;
