/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/tiff_writer.h"

#include "convert/local_time.h"
#include "convert/tiff_memory.h"

/* Pixels per inch, from those per metre. */
static double per_inch(uint32_t per_metre)
{
    return per_metre * 0.0254;
}

static bool write_page(TIFF *t, const struct page *p, const char *when, uint16_t number, uint16_t count,
                       unsigned quarters)
{
    static const uint16_t orientations[] = {ORIENTATION_TOPLEFT, ORIENTATION_RIGHTTOP, ORIENTATION_BOTRIGHT,
                                            ORIENTATION_LEFTBOT};
    /* TIFFWriteRawStrip wants a pointer to what it may change, and changes nothing where the order of bits is
     * the file's. */
    void *data = (void *)(uintptr_t)p->t6.data;
    return TIFFSetField(t, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE) &&
           TIFFSetField(t, TIFFTAG_IMAGEWIDTH, p->form.width) &&
           TIFFSetField(t, TIFFTAG_IMAGELENGTH, p->form.rows) && TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1) &&
           TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1) &&
           TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4) &&
           TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE) &&
           TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) &&
           TIFFSetField(t, TIFFTAG_ORIENTATION, orientations[quarters % 4]) &&
           TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) &&
           TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, p->form.rows) &&
           TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) &&
           TIFFSetField(t, TIFFTAG_XRESOLUTION, per_inch(page_x_per_metre(p->form.resolution))) &&
           TIFFSetField(t, TIFFTAG_YRESOLUTION, per_inch(page_y_per_metre(p->form.resolution))) &&
           TIFFSetField(t, TIFFTAG_PAGENUMBER, number, count) && TIFFSetField(t, TIFFTAG_DATETIME, when) &&
           TIFFSetField(t, TIFFTAG_SOFTWARE, "Faxpost") &&
           TIFFWriteRawStrip(t, 0, data, (tmsize_t)p->t6.len) == (tmsize_t)p->t6.len && TIFFWriteDirectory(t);
}

bool tiff_write(struct buf *b, int64_t created_ms, const struct page *pages, size_t count,
                const struct page_view *views)
{
    char when[20]; /* the field's fixed length */
    struct tiff_memory m = {.out = b};
    local_time_format(when, sizeof(when), "%Y:%m:%d %H:%M:%S", created_ms);
    TIFF *t = tiff_memory_open(&m, "w");
    bool good = t != NULL;
    for (size_t i = 0; good && i < count; i++)
        good = write_page(t, &pages[i], when, (uint16_t)i, (uint16_t)count, views ? views[i].quarters : 0);
    if (t)
        TIFFClose(t);
    return good && !b->overflow;
}
