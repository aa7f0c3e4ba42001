/* Requests that change something, checked by the agent too; and events. Compiled into both sides. */
#include <string.h>

#include "proto/decode.h"

enum { GENERATIONS = 3 };

/* A clock that starts at boot does not get there in 292 years. */
static const uint64_t time_max_ns = INT64_MAX;

static bool copy(const void *payload, uint32_t bytes, void *to, uint32_t to_bytes)
{
    if (bytes != to_bytes)
        return false;
    memcpy(to, payload, to_bytes);
    return true;
}

bool decode_follow(const void *payload, uint32_t bytes, struct msg_req_follow *ret)
{
    return copy(payload, bytes, ret, sizeof *ret) && ret->on <= 1;
}

bool decode_set(const void *payload, uint32_t bytes, struct msg_req_set *ret)
{
    static const int32_t max[SET_KINDS] = {
        [SET_ENABLED] = 1,           [SET_THRESHOLDS] = SET_THRESHOLD_MAX, [SET_FROZEN] = 1,
        [SET_DEBUG] = SET_DEBUG_MAX, [SET_TRACEMALLOC] = SET_FRAMES_MAX,
    };

    if (!copy(payload, bytes, ret, sizeof *ret) || ret->what >= SET_KINDS || ret->reserved)
        return false;
    for (int i = 0; i < GENERATIONS; i++) {
        bool is_used = i == 0 || ret->what == SET_THRESHOLDS;
        if (ret->values[i] < 0 || ret->values[i] > (is_used ? max[ret->what] : 0))
            return false;
    }
    return true;
}

bool decode_event(const void *payload, uint32_t bytes, struct msg_event_collection *ret)
{
    return copy(payload, bytes, ret, sizeof *ret) && ret->generation < GENERATIONS &&
           ret->trigger < TRIGGERS && ret->start_ns <= time_max_ns &&
           ret->pause_ns <= time_max_ns - ret->start_ns && ret->number < UINT64_MAX &&
           ret->collected >= 0 && ret->uncollectable >= 0;
}
