/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/openpgp.h"

#include <rnp/rnp.h>
#include <rnp/rnp_err.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"

struct openpgp {
    rnp_ffi_t ffi;
};

static struct openpgp *prepared;

void openpgp_prepare(void)
{
    if (!prepared)
        prepared = openpgp_new();
}

struct openpgp *openpgp_new(void)
{
    struct openpgp *ready = prepared;
    prepared = NULL;
    if (ready)
        return ready;
    struct openpgp *o = mem_zalloc(sizeof(*o));
    (void)setenv("RNP_LOG_CONSOLE", "0", 1); /* it would tell our log of every stranger's packet */
    if (rnp_ffi_create(&o->ffi, RNP_KEYSTORE_GPG, RNP_KEYSTORE_GPG) != RNP_SUCCESS)
        panic("librnp does not start");
    return o;
}

void openpgp_free(struct openpgp *o)
{
    if (!o)
        return;
    (void)rnp_ffi_destroy(o->ffi);
    free(o);
}

/* Texts of the library. */
static void drop_text(char **text)
{
    rnp_buffer_destroy(*text);
}
#define RNP_TEXT __attribute__((cleanup(drop_text))) char *

/* ---- keys ---- */

static bool load(struct openpgp *o, struct span key, uint32_t what)
{
    rnp_input_t in;
    RNP_TEXT results = NULL;
    if (rnp_input_from_memory(&in, key.data, key.len, false) != RNP_SUCCESS)
        return false;
    bool good = rnp_import_keys(o->ffi, in, what | RNP_LOAD_SAVE_PERMISSIVE, &results) == RNP_SUCCESS;
    (void)rnp_input_destroy(in);
    return good;
}

/* One armored block at a time, and not a byte behind it: the library throws away what it read where something
 * follows that is no packet, be it an empty line. */
void openpgp_add_keys(struct openpgp *o, const char *armored)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    for (const char *at = strstr(armored, begin), *next; at; at = next) {
        const char *stop = strstr(at, end);
        next = strstr(at + 1, begin);
        if (stop && (!next || stop < next))
            (void)load(o, span_of(at, (size_t)(stop - at) + strcspn(stop, "\r\n")),
                       RNP_LOAD_SAVE_PUBLIC_KEYS);
    }
}

bool openpgp_add_secret(struct openpgp *o, struct span key)
{
    size_t count = 0;
    return load(o, key, RNP_LOAD_SAVE_SECRET_KEYS | RNP_LOAD_SAVE_PUBLIC_KEYS) &&
           rnp_get_secret_key_count(o->ffi, &count) == RNP_SUCCESS && count > 0;
}

/* The primary key of a subkey; the key itself where it is one. rnp_key_handle_destroy it. */
static rnp_key_handle_t primary_of(struct openpgp *o, rnp_key_handle_t key)
{
    RNP_TEXT print = NULL;
    rnp_key_handle_t primary = NULL;
    bool sub = false;
    (void)rnp_key_is_sub(key, &sub);
    rnp_result_t got = sub ? rnp_key_get_primary_fprint(key, &print) : rnp_key_get_fprint(key, &print);
    if (got == RNP_SUCCESS)
        (void)rnp_locate_key(o->ffi, "fingerprint", print, &primary);
    return primary;
}

static bool says(rnp_result_t (*ask)(rnp_key_handle_t, bool *), rnp_key_handle_t key)
{
    bool yes = false;
    return key && ask(key, &yes) == RNP_SUCCESS && yes;
}

/* What is wrong with a key or the one above it, now; PGP_SIGNATURE_GOOD: nothing. A signature from before its
 * key expired counts as little: nobody can tell when it was made but by the word of who holds the key. */
static enum pgp_signature judge_key(struct openpgp *o, rnp_key_handle_t key)
{
    rnp_key_handle_t primary = primary_of(o, key);
    enum pgp_signature s = PGP_SIGNATURE_GOOD;
    if (says(rnp_key_is_revoked, key) || says(rnp_key_is_revoked, primary))
        s = PGP_SIGNATURE_KEY_REVOKED;
    else if (says(rnp_key_is_expired, key) || says(rnp_key_is_expired, primary))
        s = PGP_SIGNATURE_KEY_EXPIRED;
    else if (!says(rnp_key_is_valid, key) || !says(rnp_key_is_valid, primary))
        s = PGP_SIGNATURE_KEY_UNUSABLE;
    (void)rnp_key_handle_destroy(primary);
    return s;
}

/* ---- signatures ---- */

static bool is_weak(rnp_op_verify_signature_t s)
{
    RNP_TEXT hash = NULL;
    return rnp_op_verify_signature_get_hash(s, &hash) == RNP_SUCCESS &&
           (str_equal_nocase(hash, "SHA1") || str_equal_nocase(hash, "MD5") ||
            str_equal_nocase(hash, "RIPEMD160"));
}

static void take_key_id(rnp_op_verify_signature_t s, char key[PGP_KEY_TEXT_LEN])
{
    rnp_signature_handle_t handle = NULL;
    RNP_TEXT text = NULL;
    key[0] = 0;
    if (rnp_op_verify_signature_get_handle(s, &handle) != RNP_SUCCESS)
        return;
    if (rnp_signature_get_key_fprint(handle, &text) != RNP_SUCCESS || !text)
        (void)rnp_signature_get_keyid(handle, &text);
    if (text)
        (void)str_copy(key, PGP_KEY_TEXT_LEN, text);
    (void)rnp_signature_handle_destroy(handle);
}

static enum pgp_signature judge(struct openpgp *o, rnp_op_verify_signature_t s)
{
    rnp_key_handle_t key = NULL;
    rnp_result_t status = rnp_op_verify_signature_get_status(s);
    if (rnp_op_verify_signature_get_key(s, &key) != RNP_SUCCESS || !key)
        return PGP_SIGNATURE_UNKNOWN_KEY;
    enum pgp_signature of_key = judge_key(o, key);
    (void)rnp_key_handle_destroy(key);
    if (of_key != PGP_SIGNATURE_GOOD)
        return of_key;
    if (status == RNP_SUCCESS)
        return PGP_SIGNATURE_GOOD;
    if (status == RNP_ERROR_SIGNATURE_EXPIRED)
        return PGP_SIGNATURE_EXPIRED;
    return is_weak(s) ? PGP_SIGNATURE_WEAK : PGP_SIGNATURE_BROKEN;
}

/* Several people may sign one thing: the one of a known key counts, a good one first. */
static bool is_better(enum pgp_signature a, enum pgp_signature b)
{
    if (b == PGP_SIGNATURE_NONE || a == PGP_SIGNATURE_GOOD)
        return b != PGP_SIGNATURE_GOOD;
    return b == PGP_SIGNATURE_UNKNOWN_KEY;
}

static void take_signatures(struct openpgp *o, rnp_op_verify_t op, struct openpgp_finding *f)
{
    size_t count = 0;
    (void)rnp_op_verify_get_signature_count(op, &count);
    for (size_t i = 0; i < count; i++) {
        rnp_op_verify_signature_t s;
        uint32_t made = 0, expires = 0;
        if (rnp_op_verify_get_signature_at(op, i, &s) != RNP_SUCCESS)
            continue;
        enum pgp_signature found = judge(o, s);
        if (!is_better(found, f->signature))
            continue;
        f->signature = found;
        take_key_id(s, f->key);
        (void)rnp_op_verify_signature_get_times(s, &made, &expires);
        f->signed_ms = (int64_t)made * 1000;
    }
}

void openpgp_verify(struct openpgp *o, struct span data, struct span signature, struct openpgp_finding *f)
{
    rnp_input_t in = NULL, beside = NULL;
    rnp_op_verify_t op = NULL;
    *f = (struct openpgp_finding){.signature = PGP_SIGNATURE_NONE};
    if (rnp_input_from_memory(&in, data.data, data.len, false) == RNP_SUCCESS &&
        rnp_input_from_memory(&beside, signature.data, signature.len, false) == RNP_SUCCESS &&
        rnp_op_verify_detached_create(&op, o->ffi, in, beside) == RNP_SUCCESS) {
        (void)rnp_op_verify_execute(op);
        take_signatures(o, op, f);
    }
    (void)rnp_op_verify_destroy(op);
    (void)rnp_input_destroy(in);
    (void)rnp_input_destroy(beside);
    if (f->signature == PGP_SIGNATURE_NONE) /* something stands where a signature should be */
        f->signature = PGP_SIGNATURE_BROKEN;
}

/* ---- messages ---- */

static bool take_output(void *context, const void *bytes, size_t len)
{
    return buf_append(context, bytes, len);
}

static bool give_up(struct outcome *o, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return false;
}

/* To whom it was encrypted, as the ids of keys say. */
static bool not_for_us(rnp_op_verify_t op, struct outcome *o)
{
    char ids[150] = "";
    size_t count = 0;
    (void)rnp_op_verify_get_recipient_count(op, &count);
    if (count == 0)
        return give_up(
            o, "pgp-passphrase",
            "Nothing was faxed: the mail is encrypted with a passphrase. Encrypt it to this fax server's "
            "PGP key.");
    for (size_t i = 0; i < count && strlen(ids) < 100; i++) {
        rnp_recipient_handle_t to = NULL;
        RNP_TEXT id = NULL;
        char before[150];
        if (rnp_op_verify_get_recipient_at(op, i, &to) == RNP_SUCCESS &&
            rnp_recipient_get_keyid(to, &id) == RNP_SUCCESS) {
            (void)str_copy(before, sizeof(before), ids);
            (void)str_format(ids, sizeof(ids), "%s%s%s", before, *before ? ", " : "", id);
        }
    }
    outcome_set(
        o, VERDICT_GIVE_UP, "pgp-not-for-us",
        "Nothing was faxed: the mail is encrypted to another key than this fax server's (to %s). Ask its "
        "administrator for its PGP key and encrypt the mail to that.",
        ids);
    return false;
}

/* Only what nobody can have changed on its way is decrypted for anybody (a modified message may answer
 * questions about others). */
static bool is_protected(rnp_op_verify_t op, bool *encrypted)
{
    RNP_TEXT mode = NULL;
    bool valid = false;
    if (rnp_op_verify_get_protection_info(op, &mode, NULL, &valid) != RNP_SUCCESS || !mode)
        return true;
    *encrypted = !str_equal(mode, "none");
    return !*encrypted || valid;
}

static bool explain(rnp_op_verify_t op, rnp_result_t result, const struct openpgp_finding *f,
                    const struct buf *to, struct outcome *o)
{
    if (to->overflow)
        return give_up(
            o, "pgp-too-large",
            "Nothing was faxed: unpacked, the PGP message is larger than Faxpost handles. Send it in parts.");
    if (result == RNP_ERROR_NO_SUITABLE_KEY || result == RNP_ERROR_KEY_NOT_FOUND ||
        result == RNP_ERROR_BAD_PASSWORD)
        return not_for_us(op, o);
    if (f->encrypted)
        return give_up(
            o, "pgp-broken",
            "Nothing was faxed: the encrypted mail was changed or cut on its way, or its sender's program "
            "does not protect it against that. Send it again, with a PGP program of this decade.");
    return give_up(
        o, "pgp-broken",
        "Nothing was faxed: the PGP message in the mail is damaged and cannot be read. Send it again.");
}

static bool run_open(struct openpgp *o, rnp_op_verify_t op, struct buf *to, struct openpgp_finding *f,
                     struct outcome *outcome)
{
    /* What a broken signature means for whom is decided elsewhere. */
    (void)rnp_op_verify_set_flags(op, RNP_VERIFY_IGNORE_SIGS_ON_DECRYPT);
    rnp_result_t result = rnp_op_verify_execute(op);
    take_signatures(o, op, f);
    bool whole = is_protected(op, &f->encrypted);
    bool only_signature =
        result == RNP_ERROR_SIGNATURE_INVALID || result == RNP_ERROR_SIGNATURE_EXPIRED ||
        result == RNP_ERROR_VERIFICATION_FAILED || result == RNP_ERROR_SIGNATURE_UNKNOWN ||
        (result == RNP_ERROR_KEY_NOT_FOUND && !f->encrypted && f->signature != PGP_SIGNATURE_NONE);
    if (whole && !to->overflow &&
        (result == RNP_SUCCESS || (only_signature && f->signature != PGP_SIGNATURE_NONE)))
        return true;
    return explain(op, result, f, to, outcome);
}

bool openpgp_open(struct openpgp *o, struct span message, struct buf *to, struct openpgp_finding *f,
                  struct outcome *outcome)
{
    rnp_input_t in = NULL;
    rnp_output_t out = NULL;
    rnp_op_verify_t op = NULL;
    bool good = false;
    *f = (struct openpgp_finding){.signature = PGP_SIGNATURE_NONE};
    if (rnp_input_from_memory(&in, message.data, message.len, false) == RNP_SUCCESS &&
        rnp_output_to_callback(&out, take_output, NULL, to) == RNP_SUCCESS &&
        rnp_op_verify_create(&op, o->ffi, in, out) == RNP_SUCCESS)
        good = run_open(o, op, to, f, outcome);
    else
        (void)give_up(outcome, "pgp-broken", "Nothing was faxed: the PGP message in the mail is empty.");
    (void)rnp_op_verify_destroy(op);
    (void)rnp_output_destroy(out);
    (void)rnp_input_destroy(in);
    return good;
}

/* ---- encrypting ---- */

static bool add_recipient(struct openpgp *o, rnp_op_encrypt_t op, const char *print, struct outcome *outcome)
{
    rnp_key_handle_t key = NULL;
    bool sub = true;
    if (rnp_locate_key(o->ffi, "fingerprint", print, &key) != RNP_SUCCESS || !key)
        return false;
    (void)rnp_key_is_sub(key, &sub);
    enum pgp_signature wrong = judge_key(o, key);
    bool good = sub || (wrong == PGP_SIGNATURE_GOOD && rnp_op_encrypt_add_recipient(op, key) == RNP_SUCCESS);
    (void)rnp_key_handle_destroy(key);
    if (!good)
        outcome_set(outcome, VERDICT_GIVE_UP, "pgp-key", "No mail can be encrypted to the PGP key %s: %s.",
                    print,
                    wrong == PGP_SIGNATURE_GOOD ? "it has no part for that" : pgp_signature_name(wrong));
    return good;
}

static size_t add_recipients(struct openpgp *o, rnp_op_encrypt_t op, struct outcome *outcome)
{
    rnp_identifier_iterator_t it = NULL;
    const char *print = NULL;
    size_t count = 0;
    if (rnp_identifier_iterator_create(o->ffi, &it, "fingerprint") != RNP_SUCCESS)
        return 0;
    while (rnp_identifier_iterator_next(it, &print) == RNP_SUCCESS && print) {
        if (!add_recipient(o, op, print, outcome)) {
            count = 0;
            break;
        }
        count++;
    }
    (void)rnp_identifier_iterator_destroy(it);
    return count;
}

bool openpgp_encrypt(struct openpgp *o, struct span data, struct buf *to, struct outcome *outcome)
{
    rnp_input_t in = NULL;
    rnp_output_t out = NULL;
    rnp_op_encrypt_t op = NULL;
    bool good = false;
    outcome_set(outcome, VERDICT_GIVE_UP, "pgp-key",
                "The mail cannot be encrypted: there is no usable PGP key.");
    if (rnp_input_from_memory(&in, data.data, data.len, false) == RNP_SUCCESS &&
        rnp_output_to_callback(&out, take_output, NULL, to) == RNP_SUCCESS &&
        rnp_op_encrypt_create(&op, o->ffi, in, out) == RNP_SUCCESS) {
        /* PDF and TIFF do not get smaller. */
        good = rnp_op_encrypt_set_armor(op, true) == RNP_SUCCESS &&
               rnp_op_encrypt_set_cipher(op, "AES256") == RNP_SUCCESS &&
               rnp_op_encrypt_set_compression(op, "Uncompressed", 0) == RNP_SUCCESS &&
               add_recipients(o, op, outcome) > 0 && rnp_op_encrypt_execute(op) == RNP_SUCCESS &&
               !to->overflow;
    }
    (void)rnp_op_encrypt_destroy(op);
    (void)rnp_output_destroy(out);
    (void)rnp_input_destroy(in);
    if (good)
        outcome_done(outcome);
    return good;
}

/* ---- making ---- */

static rnp_key_handle_t make_one(rnp_op_generate_t op, const char *usage)
{
    rnp_key_handle_t key = NULL;
    bool good = rnp_op_generate_add_usage(op, usage) == RNP_SUCCESS &&
                rnp_op_generate_set_expiration(op, 0) == RNP_SUCCESS &&
                rnp_op_generate_execute(op) == RNP_SUCCESS &&
                rnp_op_generate_get_key(op, &key) == RNP_SUCCESS;
    return good ? key : NULL;
}

static bool put_key(rnp_key_handle_t key, uint32_t what, struct buf *to)
{
    rnp_output_t out = NULL;
    bool good = rnp_output_to_callback(&out, take_output, NULL, to) == RNP_SUCCESS &&
                rnp_key_export(key, out, what | RNP_KEY_EXPORT_SUBKEYS) == RNP_SUCCESS;
    return rnp_output_destroy(out) == RNP_SUCCESS && good && !to->overflow;
}

/* Curve25519: small, fast, and read by every program of the last ten years. */
static bool make(struct openpgp *o, const char *user_id, struct buf *public_key, struct buf *secret_key)
{
    rnp_op_generate_t op = NULL, sub_op = NULL;
    rnp_key_handle_t key = NULL, sub = NULL;
    if (rnp_op_generate_create(&op, o->ffi, RNP_ALGNAME_EDDSA) == RNP_SUCCESS &&
        rnp_op_generate_set_userid(op, user_id) == RNP_SUCCESS)
        key = make_one(op, "sign");
    if (key && rnp_op_generate_subkey_create(&sub_op, o->ffi, key, RNP_ALGNAME_ECDH) == RNP_SUCCESS &&
        rnp_op_generate_set_curve(sub_op, "Curve25519") == RNP_SUCCESS)
        sub = make_one(sub_op, "encrypt");
    bool good = sub && put_key(key, RNP_KEY_EXPORT_PUBLIC | RNP_KEY_EXPORT_ARMORED, public_key) &&
                put_key(key, RNP_KEY_EXPORT_SECRET, secret_key);
    (void)rnp_key_handle_destroy(sub);
    (void)rnp_key_handle_destroy(key);
    (void)rnp_op_generate_destroy(sub_op);
    (void)rnp_op_generate_destroy(op);
    return good;
}

bool openpgp_make(const char *user_id, struct buf *public_key, struct buf *secret_key)
{
    struct openpgp *o = openpgp_new();
    bool good = make(o, user_id, public_key, secret_key);
    openpgp_free(o);
    return good;
}
