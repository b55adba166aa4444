/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Picture files made by the libraries that real ones are made by. */
#pragma once

#include "base/buf.h"

/* width x height RGB pixels of a known drawing: white, the upper left eighth black, the upper right one
 * mid-grey. */
void picture_draw(uint8_t *rgb, unsigned width, unsigned height);

/* Each takes RGB pixels and appends a file. orientation: EXIF's, 0: says nothing. dpi 0: says nothing. */
void picture_png(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                 unsigned dpi);
void picture_jpeg(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                  unsigned dpi);
void picture_webp(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                  unsigned dpi);
/* Lossless, which is another decoder. */
void picture_webp_lossless(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height,
                           unsigned orientation, unsigned dpi);
void picture_heic(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                  unsigned dpi);
void picture_bmp(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                 unsigned dpi);
/* 256 levels of grey, uncompressed codes. */
void picture_gif(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                 unsigned dpi);
void picture_tiff(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                  unsigned dpi);
/* compression: libtiff's number; false where this libtiff cannot write it. tiled: 64 x 64. */
bool picture_tiff_as(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height,
                     unsigned compression, bool tiled);

struct picture_kind {
    const char *name;
    void (*make)(struct buf *to, const uint8_t *rgb, unsigned width, unsigned height, unsigned orientation,
                 unsigned dpi);
    bool turns;  /* orientation can be told */
    bool scales; /* dpi can be told */
};
enum { PICTURE_KIND_COUNT = 8 };
extern const struct picture_kind picture_kinds[PICTURE_KIND_COUNT];
