/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/glyph.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"

struct block {
    int from, to;
};

static bool is_in(const struct block *blocks, size_t count, int c)
{
    for (size_t i = 0; i < count; i++)
        if (c >= blocks[i].from && c <= blocks[i].to)
            return true;
    return false;
}

/* Unicode's Default_Ignorable_Code_Point, and what ends lines. */
bool glyph_is_unseen(int c)
{
    static const struct block blocks[] = {
        {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},   {0x115f, 0x1160}, {0x17b4, 0x17b5},
        {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfff8}, {0xe0000, 0xe0fff}};
    return is_in(blocks, ARRAY_LEN(blocks), c);
}

void missing_glyph_note(struct missing_glyphs *m, int c)
{
    m->count++;
    for (size_t i = 0; i < m->kept; i++)
        if (m->characters[i] == c)
            return;
    if (m->kept < MISSING_GLYPHS_KEPT)
        m->characters[m->kept++] = c;
}

/* Those of private use mean what their font makes of them: nobody else could show them either. */
static bool has_meaning(int c)
{
    static const struct block private[] = {{0xe000, 0xf8ff}, {0xf0000, 0x10ffff}};
    return !is_in(private, ARRAY_LEN(private), c);
}

void missing_glyphs_name(const struct missing_glyphs *m, char *to, size_t room)
{
    size_t len = 0;
    for (size_t i = 0; i < m->kept; i++) {
        char sign[FZ_UTFMAX + 1] = "";
        if (has_meaning(m->characters[i]))
            sign[fz_runetochar(sign, m->characters[i])] = 0;
        (void)str_format(to + len, room - len, "%sU+%04X%s%s%s", i ? ", " : "", (unsigned)m->characters[i],
                         *sign ? " (" : "", sign, *sign ? ")" : " (of private use)");
        len = strlen(to);
    }
}

/* Unicode blocks whose glyphs MuPDF finds only when told the script; numbers of its UCDN table. */
static int script_of(int c)
{
    static const struct {
        int from, to, script;
    } blocks[] = {{0x370, 0x3ff, 2},     {0x400, 0x52f, 3},    {0x531, 0x58f, 4},    {0x590, 0x5ff, 5},
                  {0x600, 0x6ff, 6},     {0x900, 0x97f, 9},    {0x980, 0x9ff, 10},   {0xa00, 0xa7f, 11},
                  {0xa80, 0xaff, 12},    {0xb00, 0xb7f, 13},   {0xb80, 0xbff, 14},   {0xc00, 0xc7f, 15},
                  {0xc80, 0xcff, 16},    {0xd00, 0xd7f, 17},   {0xd80, 0xdff, 18},   {0xe00, 0xe7f, 19},
                  {0xe80, 0xeff, 20},    {0xf00, 0xfff, 21},   {0x1000, 0x109f, 22}, {0x10a0, 0x10ff, 23},
                  {0x1100, 0x11ff, 24},  {0x3000, 0x303f, 35}, {0x3040, 0x309f, 32}, {0x30a0, 0x30ff, 33},
                  {0x3400, 0x9fff, 35},  {0xac00, 0xd7a3, 24}, {0xf900, 0xfaff, 35}, {0xff00, 0xffef, 35},
                  {0x20000, 0x3134f, 35}};
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
        if (c >= blocks[i].from && c <= blocks[i].to)
            return blocks[i].script;
    return 0;
}

int glyph_find(fz_context *ctx, fz_font *font, int c, fz_font **found)
{
    *found = font;
    return fz_encode_character_with_fallback(ctx, font, c, script_of(c), 0, found);
}
