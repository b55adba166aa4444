/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The description of the API for programs (OpenAPI 3.1), made of routes.c and describe.c. */
#pragma once

#include "web/request.h"

void get_openapi(struct request *r);
/* The document; a new reference. Panics where a route is not described: our own bug, which every test finds.
 */
json_t *openapi_document(void) MUST_USE;
