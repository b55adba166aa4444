/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The few calls of Tesseract's C interface that we use (capi.h of version 5). It is looked for at run time
 * only, in a worker that reads a page: no other process of ours maps it, and Faxpost runs without. */
#pragma once

#include <stdbool.h>

#define TESSERACT_LIBRARY   "libtesseract.so.5"
#define TESSERACT_LANGUAGES "/usr/share/tesseract-ocr/5/tessdata"

struct tesseract;       /* an engine */
struct tesseract_words; /* an iterator over what it found */

enum { TESSERACT_OF_WORDS = 3 /* RIL_WORD */, TESSERACT_PAGE_AUTO = 3 /* PSM_AUTO */ };
/* The same, and which way round they stand; it opens the language TESSERACT_WAYS when it is asked first. */
enum { TESSERACT_PAGE_AUTO_WAY = 1 /* PSM_AUTO_OSD; ways: 0 up, 1 the top is right, 2 down, 3 left */ };
#define TESSERACT_WAYS "osd"

/* X(name here, its symbol, result, arguments) */
#define TESSERACT_CALLS(X)                                                                                   \
    X(create, "TessBaseAPICreate", struct tesseract *, (void))                                               \
    X(init, "TessBaseAPIInit3", int, (struct tesseract * t, const char *folder, const char *languages))      \
    X(set_mode, "TessBaseAPISetPageSegMode", void, (struct tesseract * t, int mode))                         \
    X(set_image, "TessBaseAPISetImage", void,                                                                \
      (struct tesseract * t, const unsigned char *bits, int width, int height, int bytes_a_pixel,            \
       int bytes_a_row))                                                                                     \
    X(set_resolution, "TessBaseAPISetSourceResolution", void, (struct tesseract * t, int dpi))               \
    X(recognize, "TessBaseAPIRecognize", int, (struct tesseract * t, void *monitor))                         \
    X(words, "TessBaseAPIGetIterator", struct tesseract_words *, (struct tesseract * t))                     \
    X(next, "TessResultIteratorNext", int, (struct tesseract_words * w, int level))                          \
    X(text, "TessResultIteratorGetUTF8Text", char *, (const struct tesseract_words *w, int level))           \
    X(confidence, "TessResultIteratorConfidence", float, (const struct tesseract_words *w, int level))       \
    X(place, "TessPageIteratorBoundingBox", int,                                                             \
      (const struct tesseract_words *w, int level, int *left, int *top, int *right, int *bottom))            \
    X(way, "TessPageIteratorOrientation", void,                                                              \
      (struct tesseract_words * w, int *way, int *writing, int *order, float *skew))                         \
    X(free_words, "TessResultIteratorDelete", void, (struct tesseract_words * w))                            \
    X(free_text, "TessDeleteText", void, (const char *text))
