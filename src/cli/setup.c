/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>

#include "cli/api.h"
#include "cli/command.h"

int run_setup(const struct arguments *a)
{
    struct api api;
    SCOPED_ANSWER struct api_answer answer = {0};
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, "setup", &answer);
    status = api_check(&api, &answer);
    if (status == EXIT_DONE && json_is_true(json_object_get(answer.body, "finished")))
        (void)printf("Faxpost is set up. `faxpost set installation.setup open` opens the wizard again.\n");
    else if (status == EXIT_DONE && !*json_text(answer.body, "link"))
        status = complain_and(EXIT_CONFIG,
                              "there is no wizard, for setup_listen is empty in faxpost.conf; without it "
                              "`faxpost apply` sets everything");
    else if (status == EXIT_DONE)
        (void)printf("%s\n", json_text(answer.body, "link"));
    api_close(&api);
    return status;
}
