/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Everything a person may write to say where to fax: address, recipient, number, subject, flags. What a
 * parser takes must be taken again in the form it gave, and no emergency number may be dialled whatever the
 * plan says. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/recipient.h"
#include "proto/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool box_of_custom(void *context, const char *custom, char box[RECIPIENT_BOX_LEN])
{
    return str_ends_nocase(custom, "smith.example") && str_copy(box, RECIPIENT_BOX_LEN, "smith");
}

static void check_complaint(const struct complaint *why)
{
    if (!memchr(why->text, 0, sizeof(why->text)) || !*why->text)
        abort();
    for (const char *c = why->text; *c; c++)
        if ((unsigned char)*c < 0x20)
            abort();
}

static void try_number(const char *country, const char *text)
{
    static const char *const emergencies[] = {"110", "112", "911", "999"};
    struct number_plan p = {.country = country,
                            .area_code = "30",
                            .outside_prefix = "0",
                            .allow = "+ 0 1 2 3 4 5 6 7 8 9",
                            .deny = "",
                            .emergency = ""};
    struct number n;
    struct complaint why = {.text = ""};
    char form[NUMBER_TEXT_LEN];
    if (!number_normalise(&p, text, &n, &why)) {
        check_complaint(&why);
        return;
    }
    number_format_national(&p, n.dial, form);
    if (!number_may_dial(&p, &n, &why)) {
        check_complaint(&why);
        return;
    }
    const struct country *c = country_of_e164(n.dial + 1);
    const char *national = n.dial[0] != '+' ? n.dial : c ? n.dial + 1 + strlen(c->code) : "";
    for (size_t i = 0; i < ARRAY_LEN(emergencies); i++)
        if (strcmp(national, emergencies[i]) == 0)
            abort();
}

static void try_target(const struct target *t)
{
    static const char *const countries[] = {"IT", "DE", "AT", "CH", "FR", "ES", "GB", "US"};
    char number[NUMBER_TEXT_LEN];
    struct complaint why;
    if (!number_text_parse(t->number, number, &why) || strcmp(number, t->number) != 0)
        abort();
    for (size_t i = 0; i < ARRAY_LEN(countries); i++)
        try_number(countries[i], t->number);
}

static void try_address(struct span text)
{
    static const struct recipient_rules rules = {.fax_domain = "fax.example", .box_of_custom = box_of_custom};
    struct address a, again;
    struct recipient to;
    struct complaint why;
    if (address_parse(text, &a) != ADDRESS_OK)
        return;
    if (address_parse(span_str(a.text), &again) != ADDRESS_OK || !address_equal(&a, &again, ADDRESS_EXACT))
        abort();
    enum recipient_result r = recipient_parse(&rules, &a, &to, &why);
    if (r == RECIPIENT_BAD)
        check_complaint(&why);
    if (r == RECIPIENT_OK && to.has_target)
        try_target(&to.target);
    if (r == RECIPIENT_OK && !to.has_target && !*to.box)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct subject s;
    struct complaint why = {.text = ""};
    uint8_t *copy = mem_dup(data, size); /* without NUL: reads past the end are seen */
    try_address(span_of(copy, size));
    free(copy);
    char *text = mem_alloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    if (!subject_parse(text, &s, &why))
        check_complaint(&why);
    else
        for (size_t i = 0; i < s.count; i++)
            try_target(&s.targets[i].target);
    free(text);
    return 0;
}
