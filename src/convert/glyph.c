/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/glyph.h"

#include "base/attr.h"

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
