/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/sender_facts.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

static const char *const names[] = {
#define AUTH_RESULT_NAME(name, text) [AUTH_##name] = text,
    AUTH_RESULTS(AUTH_RESULT_NAME)
#undef AUTH_RESULT_NAME
};

/* The text's words in their order; `from` is last, for a local part in quotes may hold blanks. */
static const struct row {
    const char *key;
    size_t offset;
    size_t room; /* 0: an enum auth_result */
} rows[] = {
#define RESULT(key, member)                                                                                  \
    {                                                                                                        \
        key, offsetof(struct sender_facts, member), 0                                                        \
    }
#define WORD(key, member)                                                                                    \
    {                                                                                                        \
        key, offsetof(struct sender_facts, member), sizeof(((struct sender_facts *)0)->member)               \
    }
    RESULT("dmarc", dmarc),
    WORD("policy", policy),
    RESULT("spf", spf),
    WORD("spf.domain", spf_domain),
    RESULT("dkim", dkim),
    WORD("dkim.domain", dkim_domain),
    RESULT("arc", arc),
    WORD("arc.domain", arc_domain),
    RESULT("arc.dmarc", arc_dmarc),
    WORD("server", trusted_server),
    WORD("from", from),
#undef RESULT
#undef WORD
};

const char *auth_result_name(enum auth_result r)
{
    return names[r];
}

bool auth_result_parse(const char *text, enum auth_result *r)
{
    for (size_t i = 0; i < AUTH_RESULT_COUNT; i++)
        if (str_equal(text, names[i])) {
            *r = (enum auth_result)i;
            return true;
        }
    return false;
}

/* A blank within a word would let a stranger write the words behind it. */
static bool row_is_safe(const struct row *row, const char *value)
{
    return row == &rows[ARRAY_LEN(rows) - 1] || !strchr(value, ' ');
}

void sender_facts_format(const struct sender_facts *f, char text[SENDER_FACTS_LEN])
{
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *at = (const char *)f + rows[i].offset;
        const char *value = rows[i].room ? at : names[*(const enum auth_result *)(const void *)at];
        if (row_is_safe(&rows[i], value) && *value &&
            str_format(text + n, SENDER_FACTS_LEN - n, "%s%s=%s", n ? " " : "", rows[i].key, value))
            n += strlen(text + n);
    }
}

static bool take(const char **text, const struct row *row, struct sender_facts *f)
{
    char word[FACT_FROM_LEN];
    size_t key = strlen(row->key);
    char *to = (char *)f + row->offset;
    if (!str_starts(*text, row->key) || (*text)[key] != '=')
        return row->room > 0; /* words may be missing */
    const char *value = *text + key + 1;
    size_t len = row == &rows[ARRAY_LEN(rows) - 1] ? strlen(value) : strcspn(value, " ");
    *text = value + len + (value[len] == ' ');
    if (len >= sizeof(word))
        return false;
    memcpy(word, value, len);
    word[len] = 0;
    return row->room ? str_copy(to, row->room, word)
                     : auth_result_parse(word, (enum auth_result *)(void *)to);
}

bool sender_facts_parse(const char *text, struct sender_facts *f)
{
    *f = (struct sender_facts){0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!take(&text, &rows[i], f))
            return false;
    return !*text;
}
