/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What every unit test includes: cmocka wants these four before its own header. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
