/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/heif_hevc.h"

#include <libde265/de265.h>
#include <libheif/heif.h>
#include <libheif/heif_plugin.h>
#include <stdbool.h>
#include <string.h>

#include "base/attr.h"
#include "base/panic.h"

/* A picture takes one step a unit of its stream. */
enum { STEPS_MAX = 100000 };

static const struct heif_error fine = {heif_error_Ok, heif_suberror_Unspecified, ""};
static const struct heif_error damaged = {heif_error_Decoder_plugin_error, heif_suberror_Unspecified,
                                          "damaged"};
static const struct heif_error no_memory = {heif_error_Memory_allocation_error, heif_suberror_Unspecified,
                                            "memory"};

static const char *name(void)
{
    return "libde265 without threads";
}

static int priority(enum heif_compression_format format)
{
    return format == heif_compression_HEVC ? 1000 : 0;
}

static struct heif_error new_decoder(void **decoder)
{
    *decoder = de265_new_decoder();
    return *decoder ? fine : no_memory;
}

static void free_decoder(void *decoder)
{
    (void)de265_free_decoder(decoder);
}

static void set_strict(void *decoder, int flag)
{
}

/* Units of the stream, each with its length before it (ISO/IEC 14496-15). */
static struct heif_error push(void *decoder, const void *data, size_t len)
{
    const uint8_t *p = data;
    while (len >= 4) {
        size_t unit = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        p += 4, len -= 4;
        if (unit > len || unit > INT32_MAX || de265_push_NAL(decoder, p, (int)unit, 0, NULL) != DE265_OK)
            return damaged;
        p += unit, len -= unit;
    }
    return len == 0 ? fine : damaged;
}

static bool copy_plane(const struct de265_image *from, int channel, struct heif_image *to,
                       enum heif_channel plane)
{
    int width = de265_get_image_width(from, channel), height = de265_get_image_height(from, channel);
    int bits = de265_get_bits_per_pixel(from, channel), from_stride = 0, to_stride = 0;
    if (heif_image_add_plane(to, plane, width, height, bits).code != heif_error_Ok)
        return false;
    const uint8_t *source = de265_get_image_plane(from, channel, &from_stride);
    uint8_t *target = heif_image_get_plane(to, plane, &to_stride);
    size_t row = (size_t)width * (bits > 8 ? 2 : 1);
    for (int y = 0; source && target && y < height; y++)
        memcpy(target + (size_t)y * (size_t)to_stride, source + (size_t)y * (size_t)from_stride, row);
    return source && target;
}

static struct heif_error copy_image(const struct de265_image *from, struct heif_image **to)
{
    static const enum heif_chroma chromas[] = {[de265_chroma_mono] = heif_chroma_monochrome,
                                               [de265_chroma_420] = heif_chroma_420,
                                               [de265_chroma_422] = heif_chroma_422,
                                               [de265_chroma_444] = heif_chroma_444};
    static const enum heif_channel planes[] = {heif_channel_Y, heif_channel_Cb, heif_channel_Cr};
    enum de265_chroma chroma = de265_get_chroma_format(from);
    if ((unsigned)chroma >= ARRAY_LEN(chromas))
        return damaged;
    bool mono = chroma == de265_chroma_mono;
    struct heif_error e =
        heif_image_create(de265_get_image_width(from, 0), de265_get_image_height(from, 0),
                          mono ? heif_colorspace_monochrome : heif_colorspace_YCbCr, chromas[chroma], to);
    for (int i = 0; e.code == heif_error_Ok && i < (mono ? 1 : 3); i++)
        if (!copy_plane(from, i, *to, planes[i]))
            e = no_memory;
    if (e.code != heif_error_Ok && *to) {
        heif_image_release(*to);
        *to = NULL;
    }
    return e;
}

/* The decoder has no more to do only when its picture was taken from it. */
static struct heif_error decode(void *decoder, struct heif_image **image)
{
    const struct de265_image *picture = NULL;
    int more = 1;
    *image = NULL;
    de265_error error = de265_flush_data(decoder);
    for (unsigned i = 0; i < STEPS_MAX && error == DE265_OK && more && !picture; i++) {
        error = de265_decode(decoder, &more);
        picture = de265_get_next_picture(decoder);
    }
    return picture ? copy_image(picture, image) : error == DE265_ERROR_OUT_OF_MEMORY ? no_memory : damaged;
}

void heif_hevc_register(void)
{
    static const struct heif_decoder_plugin plugin = {.plugin_api_version = 3,
                                                      .get_plugin_name = name,
                                                      .does_support_format = priority,
                                                      .new_decoder = new_decoder,
                                                      .free_decoder = free_decoder,
                                                      .push_data = push,
                                                      .decode_image = decode,
                                                      .set_strict_decoding = set_strict,
                                                      .id_name = "faxpost"};
    static bool registered;
    if (!registered && heif_register_decoder_plugin(&plugin).code != heif_error_Ok)
        panic("libheif takes no decoder");
    registered = true;
}
