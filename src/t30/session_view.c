/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/session_inner.h"

#include <string.h>

#include <spandsp.h>

#include "base/str.h"

enum session_coding session_coding_of(int t4_compression)
{
    switch (t4_compression) {
    case T4_COMPRESSION_ITU_T4_1D: return CODING_T4_1D;
    case T4_COMPRESSION_ITU_T4_2D: return CODING_T4_2D;
    case T4_COMPRESSION_ITU_T6: return CODING_T6;
    default: return CODING_NONE;
    }
}

const char *session_modem_name(const struct modem_setting *m)
{
    static const struct {
        int type, bit_rate;
        const char *name;
    } modems[] = {
        {T30_MODEM_V17, 14400, "V.17/14400"},     {T30_MODEM_V17, 12000, "V.17/12000"},
        {T30_MODEM_V17, 9600, "V.17/9600"},       {T30_MODEM_V17, 7200, "V.17/7200"},
        {T30_MODEM_V29, 9600, "V.29/9600"},       {T30_MODEM_V29, 7200, "V.29/7200"},
        {T30_MODEM_V27TER, 4800, "V.27ter/4800"}, {T30_MODEM_V27TER, 2400, "V.27ter/2400"},
    };
    for (size_t i = 0; i < ARRAY_LEN(modems); i++)
        if (modems[i].type == m->type && modems[i].bit_rate == m->bit_rate)
            return modems[i].name;
    return "?";
}

void session_remember_far_id(struct session *s)
{
    const char *id = s->engine == NULL ? "" : engine_far_id(s->engine);
    if (id[0] == 0)
        return;
    (void)str_copy(s->far_id, sizeof(s->far_id), id + strspn(id, " "));
    /* T.30 has digits, '+' and blanks here; machines put names in, and strangers anything. */
    for (char *c = s->far_id; *c != 0; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

const char *session_coding_name(enum session_coding coding)
{
    switch (coding) {
    case CODING_T4_1D: return "MH";
    case CODING_T4_2D: return "MR";
    case CODING_T6: return "MMR";
    case CODING_NONE: break;
    }
    return "";
}

static unsigned percent_sent(const struct session *s)
{
    size_t page = s->opts.first + s->confirmed;
    if (!s->opts.sender || page >= s->opts.page_count || s->course.phase < COURSE_PAGE)
        return 0;
    uint64_t bits = (uint64_t)s->page_bytes[page] * 8;
    uint64_t percent = bits == 0 ? 0 : s->course.image_bits * 100 / bits;
    return percent > 99 ? 99 : (unsigned)percent;
}

void session_progress(struct session *s, struct session_progress *progress)
{
    session_remember_far_id(s);
    struct engine_state state = {0};
    if (s->engine != NULL)
        engine_state(s->engine, &state);
    *progress = (struct session_progress){
        .phase = s->told ? "done" : course_phase_name(s->course.phase),
        .page = (unsigned)s->opts.first + s->confirmed + (session_succeeded(s) ? 0 : 1),
        .pages = s->confirmed,
        .rate = state.rate,
        .ecm = state.ecm,
        .coding = session_coding_of(state.coding),
        .percent = percent_sent(s),
        .far_id = s->far_id,
        .subaddress = s->opts.sender ? "" : s->subaddress,
    };
}
