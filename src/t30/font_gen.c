/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Build tool: draws the Latin-1 characters of MuPDF's built-in Courier Bold into the tables of font.h and
 * writes them as C. Bold, because strokes of one pixel break up at 98 lines an inch. */
#include <errno.h>
#include <mupdf/fitz.h>
#include <stdio.h>
#include <string.h>

#include "t30/font.h"

/* A character of this font is 0.6 em wide. */
#define EM_WIDTH ((float)FONT_CELL_WIDTH / 0.6F)
/* Of a cell, from its top: room for a capital with its accent. */
#define BASELINE 0.74F
/* From which share of a pixel covered, of 255, it is black. */
enum { BLACK_FROM = 112 };

struct face {
    const char *name;
    int rows;
    float rows_an_inch;
};

static void draw_cell(fz_context *ctx, fz_font *font, const struct face *face, int c, fz_pixmap *cell)
{
    float em_height = EM_WIDTH * face->rows_an_inch / 204.0F;
    fz_matrix place = {EM_WIDTH, 0, 0, -em_height, 0, BASELINE * (float)face->rows};
    float black = 0;
    fz_clear_pixmap_with_value(ctx, cell, 0xFF);
    fz_text *text = fz_new_text(ctx);
    fz_show_glyph(ctx, text, font, place, fz_encode_character(ctx, font, c), c, 0, 0, FZ_BIDI_LTR,
                  FZ_LANG_UNSET);
    fz_device *device = fz_new_draw_device(ctx, fz_identity, cell);
    fz_fill_text(ctx, device, text, fz_identity, fz_device_gray(ctx), &black, 1, fz_default_color_params);
    fz_close_device(ctx, device);
    fz_drop_device(ctx, device);
    fz_drop_text(ctx, text);
}

static void write_face(fz_context *ctx, fz_font *font, const struct face *face, FILE *out)
{
    fz_pixmap *cell = fz_new_pixmap(ctx, fz_device_gray(ctx), FONT_CELL_WIDTH, face->rows, NULL, 0);
    (void)fprintf(out, "\nconst uint16_t font_%s[FONT_CELLS * %d] = {\n", face->name, face->rows);
    for (int c = FONT_FIRST; c <= FONT_LAST; c++) {
        int drawn = c >= 0x7F && c < 0xA0 ? ' ' : c; /* control characters */
        draw_cell(ctx, font, face, drawn, cell);
        for (int y = 0; y < face->rows; y++) {
            unsigned row = 0;
            for (int x = 0; x < FONT_CELL_WIDTH; x++)
                row = row << 1 | (cell->samples[y * cell->stride + x] <= 255 - BLACK_FROM);
            (void)fprintf(out, "%s0x%04X,%s", y % 16 ? " " : "    ", row, y % 16 == 15 ? "\n" : "");
        }
    }
    (void)fprintf(out, "};\n");
    fz_drop_pixmap(ctx, cell);
}

int main(int argc, char **argv)
{
    static const struct face faces[] = {{"standard", FONT_ROWS_STANDARD, 98},
                                        {"fine", FONT_ROWS_FINE, 196},
                                        {"superfine", FONT_ROWS_SUPERFINE, 391}};
    FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;
    fz_context *ctx = fz_new_context(NULL, NULL, FZ_STORE_DEFAULT);
    if (!out || !ctx) {
        (void)fprintf(stderr, "font_gen: FILE.c wanted, or: %s\n", strerror(errno));
        return 1;
    }
    int failed = 0;
    (void)fprintf(out, "/* Made by font_gen. */\n#include \"t30/font.h\"\n");
    fz_try(ctx)
    {
        fz_font *font = fz_new_base14_font(ctx, "Courier-Bold");
        for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++)
            write_face(ctx, font, &faces[i], out);
        fz_drop_font(ctx, font);
    }
    fz_catch(ctx)
    {
        (void)fprintf(stderr, "font_gen: %s\n", fz_caught_message(ctx));
        failed = 1;
    }
    fz_drop_context(ctx);
    return fclose(out) != 0 || failed;
}
