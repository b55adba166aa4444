/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/settings.h"
#include "web/openapi.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "web/describe.h"

enum { WORD_MAX = 80, PATH_MAX_LEN = 160 };

static json_t *made(json_t *value)
{
    if (!value)
        panic("openapi.json cannot be made");
    return value;
}

/* ---- types ---- */

static const struct schema *find_schema(const char *name)
{
    for (size_t i = 0; i < schema_count; i++)
        if (str_equal(schemas[i].name, name))
            return &schemas[i];
    panic("describe.c has no schema %s", name);
}

static json_t *plain_type(const char *type)
{
    if (str_equal(type, "id"))
        return json_pack("{s:s, s:s}", "type", "string", "format", "uuid");
    if (str_equal(type, "time"))
        return json_pack("{s:[s, s], s:s}", "type", "integer", "null", "description",
                         "milliseconds since 1970-01-01T00:00:00Z");
    if (type[0] >= 'a')
        return json_pack("{s:s}", "type", type);
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", type));
}

static json_t *type_json(const char *text)
{
    char type[WORD_MAX];
    (void)str_copy(type, sizeof(type), text);
    size_t len = strlen(type);
    if (str_ends_nocase(type, "|null")) {
        type[len - strlen("|null")] = 0;
        return made(json_pack("{s:[o, {s:s}]}", "anyOf", type_json(type), "type", "null"));
    }
    if (type[0] == '[') {
        type[len - 1] = 0;
        return made(json_pack("{s:s, s:o}", "type", "array", "items", type_json(type + 1)));
    }
    return made(plain_type(type));
}

/* The next of "name:type name?:type"; false at the end. */
static bool next_member(const char **rest, char name[WORD_MAX], char type[WORD_MAX], bool *needed)
{
    *rest += strspn(*rest, " ");
    size_t len = strcspn(*rest, " "), name_len = strcspn(*rest, ": ");
    if (len == 0)
        return false;
    (void)str_copy_span(name, WORD_MAX, span_of(*rest, name_len));
    (void)str_copy_span(type, WORD_MAX,
                        name_len < len ? span_of(*rest + name_len + 1, len - name_len - 1) : span_str(""));
    *rest += len;
    *needed = name[strlen(name) - 1] != '?';
    if (!*needed)
        name[strlen(name) - 1] = 0;
    return true;
}

static void add_members(const char *members, json_t *properties, json_t *required)
{
    char name[WORD_MAX], type[WORD_MAX];
    bool needed;
    while (next_member(&members, name, type, &needed)) {
        if (name[0] == '+') {
            add_members(find_schema(name + 1)->members, properties, required);
            continue;
        }
        (void)json_object_set_new(properties, name, type_json(type));
        if (needed)
            (void)json_array_append_new(required, json_string(name));
    }
}

static json_t *schema_json(const struct schema *s)
{
    json_t *properties = json_object(), *required = json_array();
    add_members(s->members, properties, required);
    return made(json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
                          required, "additionalProperties", 0));
}

/* ---- one operation ---- */

/* "$" stands for the schema of what the path's first part names. */
static void settings_name(const char *path, const char *what, char text[WORD_MAX])
{
    char resource[WORD_MAX];
    const char *name = "", *at = strchr(what, '$');
    (void)str_copy(text, WORD_MAX, what);
    if (!at)
        return;
    (void)str_copy_span(resource, sizeof(resource), span_of(path, strcspn(path, "/")));
    json_decref(settings_schema(resource, &name));
    (void)str_format(text, WORD_MAX, "%.*s%s%s", (int)(at - what), what, name, at + 1);
}

static json_t *content(const char *media, json_t *schema)
{
    return made(json_pack("{s:{s:o}}", media, "schema", schema));
}

/* A schema's name, "[name]" for a list with its cursor, "object", or a media type. */
static json_t *content_of(const char *what)
{
    if (strchr(what, '/'))
        return content(what, json_pack("{s:s, s:s}", "type", "string", "format", "binary"));
    if (what[0] != '[')
        return content("application/json", type_json(what));
    return content("application/json",
                   json_pack("{s:s, s:{s:o, s:o}, s:[s], s:b}", "type", "object", "properties", "items",
                             type_json(what), "next", type_json("string|null"), "required", "items",
                             "additionalProperties", 0));
}

static void add_parameter(json_t *list, const char *name, const char *in, bool needed, json_t *schema)
{
    (void)json_array_append_new(list, made(json_pack("{s:s, s:s, s:b, s:o}", "name", name, "in", in,
                                                     "required", (int)needed, "schema", schema)));
}

/* "jobs/:id/pages/:n.png" -> "/jobs/{id}/pages/{n}.png", and its parameters. */
static void read_path(const char *pattern, char path[PATH_MAX_LEN], json_t *parameters)
{
    char *out = path;
    *out++ = '/';
    while (*pattern) {
        size_t len = *pattern == ':' ? 1 + strspn(pattern + 1, "abcdefghijklmnopqrstuvwxyz") : 0;
        char name[WORD_MAX];
        if (len == 0) {
            *out++ = *pattern++;
            continue;
        }
        (void)str_copy_span(name, sizeof(name), span_of(pattern + 1, len - 1));
        add_parameter(parameters, name, "path", true,
                      type_json(str_equal(name, "id")  ? "id"
                                : str_equal(name, "n") ? "integer"
                                                       : "string"));
        out += sprintf(out, "{%s}", name);
        pattern += len;
    }
    *out = 0;
}

static void add_problem(json_t *responses, unsigned status)
{
    char key[8];
    (void)str_format(key, sizeof(key), "%u", status);
    (void)json_object_set_new(
        responses, key,
        made(json_pack("{s:s, s:o}", "description", MHD_get_reason_phrase_for(status), "content",
                       content("application/problem+json", type_json("Problem")))));
}

/* Of what is changed by If-Match. */
static void add_preconditions(json_t *responses)
{
    add_problem(responses, MHD_HTTP_PRECONDITION_FAILED);
    add_problem(responses, MHD_HTTP_PRECONDITION_REQUIRED);
}

/* A `user` alone says who asks at the command line; over TCP nobody reads it. */
static bool can_be_wrong(const struct description *d)
{
    return *d->body || (*d->arguments && !str_equal(d->arguments, "user?:string"));
}

static json_t *responses_of(const struct route *route, const struct description *d)
{
    json_t *responses = json_object();
    bool changes = !str_equal(route->method, "GET");
    char status[4];
    const char *given = strchr(d->reply, ' ');
    char what[WORD_MAX] = "";
    if (given)
        settings_name(route->path, given + 1, what);
    (void)str_copy_span(status, sizeof(status), span_of(d->reply, 3));
    json_t *success = json_pack("{s:s}", "description", route->summary);
    if (*what)
        (void)json_object_set_new(success, "content", content_of(what));
    (void)json_object_set_new(responses, status, success);
    if (can_be_wrong(d))
        add_problem(responses, MHD_HTTP_BAD_REQUEST);
    if (route->least > ACTOR_STRANGER || str_equal(d->body, "Login"))
        add_problem(responses, MHD_HTTP_UNAUTHORIZED);
    if (route->least > ACTOR_USER || changes)
        add_problem(responses, MHD_HTTP_FORBIDDEN);
    if (strchr(route->path, ':') || (changes && (*d->arguments || *d->body)))
        add_problem(responses, MHD_HTTP_NOT_FOUND);
    if (description_conflicts(d, route->method))
        add_problem(responses, MHD_HTTP_CONFLICT);
    if (*what && strchr(d->reply, '$') && changes && d->reply[2] == '0')
        add_preconditions(responses);
    bool one = str_ends_nocase(route->path, ":name") || str_equal(route->path, "contacts/:id");
    if (str_equal(route->method, "PUT"))
        add_preconditions(responses);
    if (str_equal(route->method, "PATCH") ? one && !strchr(d->reply, '$') : str_equal(d->reply, "204") && one)
        add_preconditions(responses);
    if (route->body_max > 0) {
        add_problem(responses, MHD_HTTP_CONTENT_TOO_LARGE);
        add_problem(responses, MHD_HTTP_UNPROCESSABLE_CONTENT);
    }
    add_problem(responses, MHD_HTTP_TOO_MANY_REQUESTS);
    add_problem(responses, MHD_HTTP_SERVICE_UNAVAILABLE);
    return responses;
}

static const struct description *describe(const struct route *route)
{
    for (size_t i = 0; i < description_count; i++)
        if (descriptions[i].handle == route->handle)
            return &descriptions[i];
    panic("describe.c does not say what %s %s takes and gives", route->method, route->path);
}

static void add_route(json_t *paths, const struct route *route)
{
    const struct description *d = describe(route);
    const char *arguments = d->arguments;
    char path[PATH_MAX_LEN], name[WORD_MAX], type[WORD_MAX], method[8];
    bool needed;
    json_t *parameters = json_array();
    read_path(route->path, path, parameters);
    while (next_member(&arguments, name, type, &needed))
        add_parameter(parameters, name, "query", needed, type_json(type));
    json_t *o =
        made(json_pack("{s:s, s:o, s:o, s:s}", "summary", route->summary, "parameters", parameters,
                       "responses", responses_of(route, d), "x-least-role", actor_role_name(route->least)));
    if (*d->body)
        (void)json_object_set_new(o, "requestBody",
                                  json_pack("{s:b, s:o}", "required", 1, "content", content_of(d->body)));
    if (route->body_max > 0)
        (void)json_object_set_new(o, "x-body-max", json_integer((json_int_t)route->body_max));
    if (route->least == ACTOR_STRANGER)
        (void)json_object_set_new(o, "security", json_array());
    (void)str_copy(method, sizeof(method), route->method);
    str_lower(method);
    if (!json_object_get(paths, path))
        (void)json_object_set_new(paths, path, json_object());
    (void)json_object_set_new(json_object_get(paths, path), method, o);
}

/* ---- the whole ---- */

/* Every schema is there that is referred to; a reference to none is an error that the tests find. */
static void add_settings_schemas(json_t *named)
{
    for (size_t i = 0; i < route_count; i++) {
        char resource[WORD_MAX];
        const char *name;
        (void)str_copy_span(resource, sizeof(resource),
                            span_of(routes[i].path, strcspn(routes[i].path, "/")));
        json_t *schema = settings_schema(resource, &name);
        if (schema)
            (void)json_object_set_new(named, name, schema);
    }
}

json_t *openapi_document(void)
{
    json_t *paths = json_object(), *named = json_object();
    for (size_t i = 0; i < route_count; i++)
        add_route(paths, &routes[i]);
    for (size_t i = 0; i < schema_count; i++)
        (void)json_object_set_new(named, schemas[i].name, schema_json(&schemas[i]));
    add_settings_schemas(named);
    return made(json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:[{s:[]}, {s:[]}], s:o, s:{s:o, s:{s:{s:s, s:s, s:s}, s:{s:s, "
        "s:s}}}}",
        "openapi", "3.1.0", "info", "title", "Faxpost", "version", "1", "description",
        "A change that a browser sends needs JSON or the header X-Faxpost. Lists go on with before=next. "
        "A POST that makes something takes an Idempotency-Key: asked again with it, nothing is made twice. "
        "An administrator of the installation who sends X-Faxpost-Tenant with the name of a tenant "
        "(percent-encoded) is answered as an administrator of that tenant alone. Problems and alarms are "
        "told in "
        "the language that Accept-Language asks for (en, it, de, fr, es); `said` has the sentence's code and "
        "values.",
        "servers", "url", "/api/v1", "security", "cookie", "key", "paths", paths, "components", "schemas",
        named, "securitySchemes", "cookie", "type", "apiKey", "in", "cookie", "name", "faxpost_session",
        "key", "type", "http", "scheme", "bearer"));
}

/* Anybody may ask, as often as he likes: it is made once. */
void get_openapi(struct request *r)
{
    static char *text;
    if (!text) {
        json_t *document = openapi_document();
        text = json_dumps(document, JSON_COMPACT);
        json_decref(document);
    }
    reply_text(r, MHD_HTTP_OK, text);
}
