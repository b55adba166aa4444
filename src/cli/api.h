/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The API of the server that runs on a state directory, or of one that FAXPOST_URL names, one request at a
 * time. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

struct arguments;

/* The state directory where neither --state nor FAXPOST_STATE names one. */
#define STANDARD_STATE "/var/lib/faxpost"

struct api {
    char socket_path[108]; /* what a unix socket takes */
    char state_dir[4096];
    char url[300];           /* "https://fax.example.com"; "": over the socket */
    char authorization[200]; /* the header line of our API key, with FAXPOST_URL */
    int patience_s;          /* for an answer; 0: the usual */
    void *curl;
};

/* How a request ended. */
enum { API_ETAG_LEN = 64 };
struct api_answer {
    long status;  /* HTTP; 0: nobody answered */
    json_t *body; /* NULL where it is no JSON */
    struct buf text;
    char etag[API_ETAG_LEN]; /* "" where there is none */
};

/* Nothing is connected yet. An exit status: EXIT_DONE, or EXIT_USAGE with the complaint made. */
int api_open(struct api *api, const struct arguments *a) MUST_USE;
void api_close(struct api *api);

/* path: below /api/v1/, with its query. Answer: cleared by api_answer_clear in any case. */
void api_get(struct api *api, const char *path, struct api_answer *answer);
void api_post(struct api *api, const char *path, const char *type, struct span body,
              struct api_answer *answer);
/* password: for the far machine, or of our document (T.30's PWD), which goes in a header; "": none. */
void api_post_document(struct api *api, const char *path, const char *password, struct span body,
                       struct api_answer *answer);
/* POST of JSON, asked again where nobody answered: the Idempotency-Key makes them one wish. */
void api_post_once(struct api *api, const char *path, const char *key, struct span json,
                   struct api_answer *answer);
/* PUT of JSON over the state that has this ETag. */
void api_put(struct api *api, const char *path, const char *etag, struct span body,
             struct api_answer *answer);
/* DELETE of whatever state it is in. */
void api_delete(struct api *api, const char *path, struct api_answer *answer);
void api_answer_clear(struct api_answer *answer);
#define SCOPED_ANSWER __attribute__((cleanup(api_answer_clear)))

/* Who sits at this terminal, for histories: "ann (command line)". */
const char *api_user(void);

/* EXIT_DONE for a 2xx with JSON, or 204. Else complains in one line and returns what it means for us. */
int api_check(const struct api *api, const struct api_answer *answer) MUST_USE;

/* Text with everything escaped that means something in a query. */
void api_append_escaped(struct buf *to, const char *text);

const char *json_text(const json_t *o, const char *name); /* "" where there is none */
int64_t json_number(const json_t *o, const char *name);   /* 0 where there is none */
/* Prints the value, indented; returns EXIT_DONE. */
int json_print(const json_t *value);
