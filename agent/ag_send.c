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

/* Waits for room. False when there is nobody to make it, or no time to wait for that. */
static bool wait_for_room(struct ag_sender *sender, uint64_t since_ns)
{
    uint64_t asked_ns = ag_clock_ns();
    bool moved = ring_wait_space(&sender->ring, LOOK_NS) != RING_TIMEOUT;
    uint64_t now_ns = ag_clock_ns();

    if (!moved && !ag_inspector_alive(sender->shm))
        return false;
    if (!sender->patience_ns)
        return true;
    if (now_ns - asked_ns > sender->budget_ns || now_ns - since_ns > sender->patience_ns)
        return false;
    sender->budget_ns -= now_ns - asked_ns;
    return true;
}

bool ag_send(struct ag_sender *sender, enum msg_kind kind, const void *fixed, uint32_t fixed_bytes,
             const void *tail, uint32_t tail_bytes)
{
    enum ring_status status = RING_FULL;
    uint64_t since_ns = sender->patience_ns ? ag_clock_ns() : 0;
    uint8_t *room = NULL;

    while (!sender->gone) {
        void *at;
        status = ring_reserve(&sender->ring, fixed_bytes + tail_bytes, &at);
        room = at;
        if (status != RING_FULL)
            break;
        if (!wait_for_room(sender, since_ns))
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
