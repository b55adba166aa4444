/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libsofia-sip-ua, with our structs as its context pointers. Included by src/line/ *.c only. */
#pragma once

struct listener;
struct ua_call;

#define NUA_MAGIC_T  struct listener
#define NUA_HMAGIC_T struct ua_call

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url.h>
