/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "picture_files.h"

#include <libheif/heif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>
#include <webp/mux.h>
#include <zlib.h>

#include <jpeglib.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "convert/tiff_memory.h"

static void must(bool good, const char *what)
{
    if (!good)
        panic("%s", what);
}

void picture_draw(uint8_t *rgb, unsigned width, unsigned height)
{
    memset(rgb, 255, (size_t)width * height * 3);
    for (unsigned y = 0; y < height / 4; y++)
        for (unsigned x = 0; x < width; x++)
            if (x < width / 2 || x >= width - width / 4)
                memset(rgb + ((size_t)y * width + x) * 3, x < width / 2 ? 0 : 128, 3);
}

/* ---- EXIF ---- */

enum { EXIF_LEN = 26 };

static void make_exif(uint8_t exif[EXIF_LEN], unsigned orientation)
{
    static const uint8_t head[EXIF_LEN] = {'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1};
    memcpy(exif, head, EXIF_LEN);
    exif[19] = (uint8_t)orientation;
}

/* ---- PNG ---- */

static void put32(uint8_t *p, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> (24 - 8 * i));
}

static void put_chunk(struct buf *to, const char *name, const uint8_t *data, size_t len)
{
    uint8_t number[4];
    put32(number, (uint32_t)len);
    (void)buf_append(to, number, 4);
    (void)buf_append(to, name, 4);
    (void)buf_append(to, data, len);
    uLong crc = crc32(crc32(0, (const uint8_t *)name, 4), len ? data : (const uint8_t *)"", (uInt)len);
    put32(number, (uint32_t)crc);
    (void)buf_append(to, number, 4);
}

static void put_png_head(struct buf *to, unsigned width, unsigned height, unsigned orientation, unsigned dpi)
{
    uint8_t head[13] = {0}, exif[EXIF_LEN], phys[9] = {0};
    put32(head, width);
    put32(head + 4, height);
    head[8] = 8, head[9] = 2;
    (void)buf_append(to, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(to, "IHDR", head, sizeof(head));
    make_exif(exif, orientation);
    if (orientation)
        put_chunk(to, "eXIf", exif, sizeof(exif));
    put32(phys, (uint32_t)(dpi / 0.0254 + 0.5));
    put32(phys + 4, (uint32_t)(dpi / 0.0254 + 0.5));
    phys[8] = 1;
    if (dpi)
        put_chunk(to, "pHYs", phys, sizeof(phys));
}

void picture_png(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                 unsigned dpi)
{
    size_t row = 1 + (size_t)width * 3;
    uLongf len = compressBound((uLong)(row * height));
    SCOPED_FREE uint8_t *rows = mem_zalloc(row * height);
    SCOPED_FREE uint8_t *packed = mem_alloc(len);
    for (unsigned y = 0; y < height; y++)
        memcpy(rows + y * row + 1, rgb + (size_t)y * width * 3, row - 1);
    must(compress(packed, &len, rows, (uLong)(row * height)) == Z_OK, "zlib");
    put_png_head(to, width, height, orientation, dpi);
    put_chunk(to, "IDAT", packed, len);
    put_chunk(to, "IEND", NULL, 0);
}

/* ---- JPEG ---- */

void picture_jpeg(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                  unsigned dpi)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char *out = NULL;
    unsigned long len = 0;
    uint8_t exif[6 + EXIF_LEN] = "Exif\0";
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &out, &len);
    c.image_width = width;
    c.image_height = height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    c.density_unit = dpi ? 1 : 0;
    c.X_density = c.Y_density = (UINT16)(dpi ? dpi : 1);
    jpeg_start_compress(&c, TRUE);
    make_exif(exif + 6, orientation);
    if (orientation)
        jpeg_write_marker(&c, JPEG_APP0 + 1, exif, sizeof(exif));
    for (unsigned y = 0; y < height; y++) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(rgb + (size_t)y * width * 3);
        (void)jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    (void)buf_append(to, out, len);
    free(out);
}

/* ---- WebP ---- */

static void put_webp(struct buf *to, const uint8_t *data, size_t len, unsigned orientation)
{
    uint8_t exif[EXIF_LEN];
    const WebPData image = {data, len}, block = {exif, EXIF_LEN};
    WebPData all = {NULL, 0};
    make_exif(exif, orientation);
    WebPMux *mux = WebPMuxCreate(&image, 1);
    must(mux && (!orientation || WebPMuxSetChunk(mux, "EXIF", &block, 1) == WEBP_MUX_OK) &&
             WebPMuxAssemble(mux, &all) == WEBP_MUX_OK,
         "libwebpmux");
    (void)buf_append(to, all.bytes, all.size);
    WebPDataClear(&all);
    WebPMuxDelete(mux);
}

void picture_webp(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                  unsigned dpi)
{
    uint8_t *out = NULL;
    size_t len = WebPEncodeRGB(rgb, (int)width, (int)height, (int)width * 3, 80, &out);
    must(len > 0, "libwebp");
    put_webp(to, out, len, orientation);
    WebPFree(out);
}

void picture_webp_lossless(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height,
                           unsigned orientation, unsigned dpi)
{
    uint8_t *out = NULL;
    size_t len = WebPEncodeLosslessRGB(rgb, (int)width, (int)height, (int)width * 3, &out);
    must(len > 0, "libwebp");
    put_webp(to, out, len, orientation);
    WebPFree(out);
}

/* ---- HEIC ---- */

/* libx265 keeps a little of each encoder for ever: that is not what these tests are about. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() (void)0
#define __lsan_enable()  (void)0
#endif

static struct heif_error write_heif(struct heif_context *file, const void *data, size_t len, void *to)
{
    (void)buf_append(to, data, len);
    return (struct heif_error){.code = heif_error_Ok, .message = ""};
}

void picture_heic(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                  unsigned dpi)
{
    struct heif_context *file = heif_context_alloc();
    struct heif_encoder *encoder = NULL;
    struct heif_image *image = NULL;
    struct heif_image_handle *handle = NULL;
    struct heif_writer writer = {.writer_api_version = 1, .write = write_heif};
    int stride = 0;
    __lsan_disable();
    must(heif_context_get_encoder_for_format(file, heif_compression_HEVC, &encoder).code == heif_error_Ok,
         "no encoder in libheif");
    must(heif_image_create((int)width, (int)height, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &image)
                 .code == heif_error_Ok,
         "libheif");
    (void)heif_image_add_plane(image, heif_channel_interleaved, (int)width, (int)height, 8);
    uint8_t *rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
    for (unsigned y = 0; y < height; y++)
        memcpy(rows + (size_t)y * (size_t)stride, rgb + (size_t)y * width * 3, (size_t)width * 3);
    must(heif_context_encode_image(file, image, encoder, NULL, &handle).code == heif_error_Ok, "libheif");
    must(heif_context_write(file, &writer, to).code == heif_error_Ok, "libheif");
    heif_image_handle_release(handle);
    heif_image_release(image);
    heif_encoder_release(encoder);
    __lsan_enable();
    heif_context_free(file);
}

/* ---- BMP, GIF ---- */

static void put16le(struct buf *to, unsigned n)
{
    (void)buf_append(to, (const uint8_t[]){(uint8_t)n, (uint8_t)(n >> 8)}, 2);
}

static void put32le(struct buf *to, uint32_t n)
{
    put16le(to, n & 0xffff);
    put16le(to, n >> 16);
}

void picture_bmp(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                 unsigned dpi)
{
    unsigned row = (width * 3 + 3) / 4 * 4, per_metre = (unsigned)(dpi / 0.0254 + 0.5);
    (void)buf_append(to, "BM", 2);
    const uint32_t head[] = {54 + row * height, 0,         54,        40, width, height, 24 << 16 | 1, 0,
                             row * height,      per_metre, per_metre, 0,  0};
    for (size_t i = 0; i < ARRAY_LEN(head); i++)
        put32le(to, head[i]);
    for (unsigned y = height; y-- > 0;) {
        for (unsigned x = 0; x < width; x++)
            for (unsigned c = 3; c-- > 0;)
                (void)buf_append_byte(to, rgb[((size_t)y * width + x) * 3 + c]);
        for (unsigned i = width * 3; i < row; i++)
            (void)buf_append_byte(to, 0);
    }
}

/* LZW without words: 9-bit codes, a clear code before the table would want a tenth bit. */
struct bits {
    struct buf *to;
    uint32_t held;
    unsigned count;
};

static void put_code(struct bits *b, unsigned code)
{
    b->held |= code << b->count;
    for (b->count += 9; b->count >= 8; b->count -= 8, b->held >>= 8)
        (void)buf_append_byte(b->to, (uint8_t)b->held);
}

void picture_gif(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                 unsigned dpi)
{
    SCOPED_BUF struct buf codes;
    buf_init(&codes, (size_t)1 << 30);
    struct bits b = {.to = &codes};
    (void)buf_append(to, "GIF89a", 6);
    put16le(to, width);
    put16le(to, height);
    (void)buf_append(to, "\xf7\0\0", 3);
    for (unsigned i = 0; i < 256; i++)
        (void)buf_append(to, (const uint8_t[]){(uint8_t)i, (uint8_t)i, (uint8_t)i}, 3);
    (void)buf_append(to, ",\0\0\0\0", 5);
    put16le(to, width);
    put16le(to, height);
    (void)buf_append(to, "\0\x08", 2);
    for (size_t i = 0; i < (size_t)width * height; i++) {
        if (i % 200 == 0)
            put_code(&b, 256);
        put_code(&b, rgb[i * 3]);
    }
    put_code(&b, 257);
    put_code(&b, 0);
    for (size_t at = 0; at < codes.len; at += 255) {
        size_t n = codes.len - at < 255 ? codes.len - at : 255;
        (void)buf_append_byte(to, (uint8_t)n);
        (void)buf_append(to, codes.data + at, n);
    }
    (void)buf_append(to, "\0;", 2);
}

/* ---- TIFF ---- */

static void set_tiff_head(TIFF *t, unsigned width, unsigned height, unsigned samples, unsigned bits)
{
    (void)TIFFSetField(t, TIFFTAG_IMAGEWIDTH, width);
    (void)TIFFSetField(t, TIFFTAG_IMAGELENGTH, height);
    (void)TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, bits);
    (void)TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, samples);
    (void)TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    (void)TIFFSetField(t, TIFFTAG_PHOTOMETRIC, samples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
}

void picture_tiff(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                  unsigned dpi)
{
    struct tiff_memory memory = {.out = to};
    TIFF *t = tiff_memory_open(&memory, "w");
    set_tiff_head(t, width, height, 3, 8);
    (void)TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
    (void)TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 16);
    if (orientation)
        (void)TIFFSetField(t, TIFFTAG_ORIENTATION, orientation);
    if (dpi) {
        (void)TIFFSetField(t, TIFFTAG_XRESOLUTION, (double)dpi);
        (void)TIFFSetField(t, TIFFTAG_YRESOLUTION, (double)dpi);
    }
    for (unsigned y = 0; y < height; y++)
        must(TIFFWriteScanline(t, (void *)(uintptr_t)(rgb + (size_t)y * width * 3), y, 0) == 1, "libtiff");
    TIFFClose(t);
}

/* What the compression wants: fax and JBIG one bit, all else colours. */
static bool is_bilevel(unsigned compression)
{
    return compression == COMPRESSION_CCITTRLE || compression == COMPRESSION_CCITTFAX3 ||
           compression == COMPRESSION_CCITTFAX4 || compression == COMPRESSION_JBIG ||
           compression == COMPRESSION_CCITTRLEW;
}

static size_t pack_row(uint8_t *to, const uint8_t *rgb, unsigned count, unsigned have, bool bilevel)
{
    size_t len = bilevel ? (count + 7) / 8 : (size_t)count * 3;
    memset(to, 0xff, len);
    if (!bilevel)
        memcpy(to, rgb, (size_t)(count < have ? count : have) * 3);
    for (unsigned x = 0; bilevel && x < count && x < have; x++)
        if (rgb[(size_t)x * 3] < 128)
            to[x / 8] &= (uint8_t) ~(0x80 >> x % 8);
    return len;
}

static bool write_tiles(TIFF *t, const uint8_t *rgb, unsigned width, unsigned height, bool bilevel)
{
    enum { SIDE = 64 };
    uint8_t tile[SIDE * SIDE * 3];
    for (unsigned y = 0; y < height; y += SIDE)
        for (unsigned x = 0; x < width; x += SIDE) {
            size_t at = 0;
            memset(tile, 0xff, sizeof(tile));
            for (unsigned i = 0; i < SIDE && y + i < height; i++)
                at += pack_row(tile + at, rgb + ((size_t)(y + i) * width + x) * 3, SIDE, width - x, bilevel);
            if (TIFFWriteTile(t, tile, x, y, 0, 0) < 0)
                return false;
        }
    return true;
}

/* JBIG takes all rows at once. */
static bool write_strips(TIFF *t, const uint8_t *rgb, unsigned width, unsigned height, bool bilevel)
{
    unsigned rows = 0;
    size_t row = bilevel ? (width + 7) / 8 : (size_t)width * 3;
    SCOPED_FREE uint8_t *strip = mem_alloc(row * height);
    (void)TIFFGetField(t, TIFFTAG_ROWSPERSTRIP, &rows);
    for (unsigned y = 0; y < height; y += rows) {
        size_t len = 0;
        for (unsigned i = y; i < y + rows && i < height; i++)
            len += pack_row(strip + len, rgb + (size_t)i * width * 3, width, width, bilevel);
        if (TIFFWriteEncodedStrip(t, y / rows, strip, (tmsize_t)len) < 0)
            return false;
    }
    return true;
}

bool picture_tiff_as(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height,
                     unsigned compression, bool tiled)
{
    struct tiff_memory memory = {.out = to};
    bool bilevel = is_bilevel(compression);
    if (!TIFFIsCODECConfigured((uint16_t)compression))
        return false;
    TIFF *t = tiff_memory_open(&memory, "w");
    set_tiff_head(t, width, height, bilevel ? 1 : 3, bilevel ? 1 : 8);
    bool good = TIFFSetField(t, TIFFTAG_COMPRESSION, compression) == 1;
    if (compression == COMPRESSION_JPEG)
        (void)TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_YCBCR),
            (void)TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (tiled)
        (void)TIFFSetField(t, TIFFTAG_TILEWIDTH, 64), (void)TIFFSetField(t, TIFFTAG_TILELENGTH, 64);
    else
        (void)TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, compression == COMPRESSION_JBIG ? height : 16);
    good = good && (tiled ? write_tiles(t, rgb, width, height, bilevel)
                          : write_strips(t, rgb, width, height, bilevel));
    TIFFClose(t);
    return good;
}

const struct picture_kind picture_kinds[PICTURE_KIND_COUNT] = {
    {"PNG", picture_png, true, true},     {"JPEG", picture_jpeg, true, true},
    {"WebP", picture_webp, true, false},  {"lossless WebP", picture_webp_lossless, true, false},
    {"HEIC", picture_heic, false, false}, {"BMP", picture_bmp, false, false},
    {"GIF", picture_gif, false, false},   {"TIFF", picture_tiff, true, true},
};
