/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a kind of place has to be able to do; place.c joins them with the form of the files. */
#pragma once

#include "archive/place.h"

struct place_kind {
    const char *name;
    void *(*open)(const struct place_settings *s);
    void (*close)(void *at);
    bool (*put)(void *at, const char *name, struct sealed_source *from, struct outcome *o);
    /* into->fault says what is wrong with the bytes; "archive-missing" where there are none. */
    bool (*get)(void *at, const char *name, struct sealed_sink *into, struct outcome *o);
    bool (*remove)(void *at, const char *name, struct outcome *o);
    bool reads_back; /* whether it has what it was given is only known by looking */
};

extern const struct place_kind place_local, place_sftp, place_webdav, place_s3;
