#include "inspector/model/roots.h"

#include <stdlib.h>

void roots_deinit(struct snapshot_roots *roots)
{
    for (uint32_t i = 0; i < roots->n_threads; i++)
        free(roots->threads[i].name);
    for (uint32_t i = 0; i < roots->n_frames; i++) {
        free(roots->frames[i].function);
        free(roots->frames[i].file);
    }
    for (uint32_t i = 0; i < roots->n_held; i++)
        free(roots->held[i].name);
    for (uint32_t i = 0; i < roots->n_files; i++)
        free(roots->files[i]);
    free(roots->files);
    free(roots->threads);
    free(roots->frames);
    free(roots->held);
    free(roots->places);
    *roots = (struct snapshot_roots){0};
}
