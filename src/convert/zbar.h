/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The few calls of ZBar (0.23) that we use. It is looked for at run time only, in a worker that looks at a
 * fax, for it brings the libraries of screens and cameras along; Faxpost runs without. */
#pragma once

#define ZBAR_LIBRARY "libzbar.so.0"

struct zbar_scanner;
struct zbar_image;
struct zbar_symbol;

enum { ZBAR_ALL = 0, ZBAR_CODE39 = 39, ZBAR_QR = 64, ZBAR_CODE128 = 128, ZBAR_ENABLE = 0 };
#define ZBAR_GREY 0x30303859UL /* "Y800" */

/* X(name here, its symbol, result, arguments) */
#define ZBAR_CALLS(X)                                                                                        \
    X(scanner, "zbar_image_scanner_create", struct zbar_scanner *, (void))                                   \
    X(free_scanner, "zbar_image_scanner_destroy", void, (struct zbar_scanner * s))                           \
    X(set, "zbar_image_scanner_set_config", int, (struct zbar_scanner * s, int kind, int what, int value))   \
    X(scan, "zbar_scan_image", int, (struct zbar_scanner * s, struct zbar_image * i))                        \
    X(image, "zbar_image_create", struct zbar_image *, (void))                                               \
    X(free_image, "zbar_image_destroy", void, (struct zbar_image * i))                                       \
    X(set_format, "zbar_image_set_format", void, (struct zbar_image * i, unsigned long format))              \
    X(set_size, "zbar_image_set_size", void, (struct zbar_image * i, unsigned width, unsigned height))       \
    X(set_data, "zbar_image_set_data", void,                                                                 \
      (struct zbar_image * i, const void *data, unsigned long len, void *cleanup))                           \
    X(first, "zbar_image_first_symbol", const struct zbar_symbol *, (const struct zbar_image *i))            \
    X(next, "zbar_symbol_next", const struct zbar_symbol *, (const struct zbar_symbol *s))                   \
    X(data, "zbar_symbol_get_data", const char *, (const struct zbar_symbol *s))                             \
    X(data_len, "zbar_symbol_get_data_length", unsigned, (const struct zbar_symbol *s))
