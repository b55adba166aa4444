/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the index of words holds of a row of `fax` or `job`; shared by the schema, which fills it for those of
 * before. A step of the schema that was released keeps its own copy where these change. */
#pragma once

#define SEARCH_LINE         " || '\n' || "
#define SEARCH_BARE(column) "replace(replace(" column ", ' ', ''), '-', '')"
/* What a fax is known by from the call. */
#define SEARCH_FAX_CALL                                                                                      \
    "fax.calling" SEARCH_LINE "fax.called" SEARCH_LINE "fax.calling_name" SEARCH_LINE                        \
    "fax.station_id" SEARCH_LINE SEARCH_BARE("fax.station_id")
/* By what people wrote beside it. */
#define SEARCH_REMARKS(about)                                                                                \
    "coalesce((SELECT group_concat(note.text, '\n') FROM note WHERE note.about = " about                     \
    "), '') || '\n' || coalesce((SELECT group_concat(tag.tag, '\n') FROM tag WHERE tag.about "               \
    "= " about "), '')"
/* And by what was read on its pages; of a book its beginning. */
#define SEARCH_FAX_WORDS                                                                                     \
    SEARCH_FAX_CALL SEARCH_LINE                                                                              \
        "coalesce((SELECT substr(group_concat(plain, '\n'), 1, 300000) FROM page_text"                       \
        " WHERE page_text.fax = fax.id AND plain <> ''), '')" SEARCH_LINE SEARCH_REMARKS("fax.id")
#define SEARCH_JOB_WORDS SEARCH_JOB_SENT SEARCH_LINE SEARCH_REMARKS("job.id")
/* What a sent fax is known by from the wish to send it. */
#define SEARCH_JOB_SENT                                                                                      \
    "job.number" SEARCH_LINE "job.display_number" SEARCH_LINE SEARCH_BARE("job.display_number") SEARCH_LINE  \
        "job.station_id" SEARCH_LINE SEARCH_BARE("job.station_id") SEARCH_LINE                               \
        "coalesce((SELECT t.name FROM submission_target AS t WHERE t.submission = job.submission"            \
        " AND t.target = job.target), '')" SEARCH_LINE                                                       \
        "coalesce((SELECT m.subject || '\n' || m.sender FROM submission AS m"                                \
        " WHERE m.id = job.submission), '')" SEARCH_LINE                                                     \
        "coalesce((SELECT group_concat(d.name, '\n') FROM document AS d WHERE d.submission = "               \
        "job.submission"                                                                                     \
        " AND d.target = -1), '')"
