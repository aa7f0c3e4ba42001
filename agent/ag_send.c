#include "agent/ag_send.h"

#include "agent/ag_sys.h"

enum { LOOK_NS = 100 * AG_NS_PER_MS };

bool ag_inspector_alive(const struct shm *shm)
{
    uint32_t owner = atomic_load(&shm_inspector(shm)->lock.owner);

    return owner & FUTEX_TID_MASK && !(owner & FUTEX_OWNER_DIED) &&
           !atomic_load(&shm_inspector(shm)->leave);
}

void ag_sender_init(struct ag_sender *sender, const struct shm *shm, enum ring_id id)
{
    *sender = (struct ag_sender){.shm = shm};
    ring_init_producer(&sender->ring, shm_control(shm, id), shm->data[id], layout_ring_bytes(id));
}

bool ag_send(struct ag_sender *sender, enum msg_kind kind, const void *fixed, uint32_t fixed_bytes,
             const void *tail, uint32_t tail_bytes)
{
    enum ring_status status = RING_FULL;
    uint8_t *room = NULL;

    while (!sender->gone) {
        void *at;
        status = ring_reserve(&sender->ring, fixed_bytes + tail_bytes, &at);
        room = at;
        if (status != RING_FULL)
            break;
        if (ring_wait_space(&sender->ring, LOOK_NS) == RING_TIMEOUT &&
            !ag_inspector_alive(sender->shm))
            sender->gone = true;
    }
    if (status != RING_OK)
        sender->gone = true;
    if (sender->gone)
        return false;
    memcpy(room, fixed, fixed_bytes);
    memcpy(room + fixed_bytes, tail, tail_bytes);
    ring_commit(&sender->ring, (uint16_t)kind);
    return true;
}
