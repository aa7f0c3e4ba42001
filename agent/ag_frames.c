#include "agent/ag_frames.h"

#include <stdbool.h>
#include <stddef.h>

#include "agent/ag_pyver.h"

enum {
    OWNER_GENERATOR = 1,
    OWNER_FRAME_OBJECT = 2, /* 0 thread, 1 generator, 2 frame object; above: stubs of the C stack */
    GENERATOR_FRAME_CLEARED = 4,
    STACK_TAG_MASK = 3,   /* 3.14: _PyStackRef */
    FRAMES_MAX = 1 << 20, /* deeper stacks are taken for a broken chain */
};

/* The object in a slot of a frame, or NULL: 3.14 tags references and stores small ints in slots. */
static struct pyobj *untag(uint64_t slot)
{
    if (layout->minor < 14)
        return (struct pyobj *)slot;
    if ((slot & STACK_TAG_MASK) == STACK_TAG_MASK)
        return NULL;
    return (struct pyobj *)(slot & ~(uint64_t)STACK_TAG_MASK);
}

static struct pyobj *slot_at(struct pyframe *frame, int offset)
{
    return untag(AG_FIELD(uint64_t, frame, offset));
}

struct pyobj *ag_frame_code(struct pyframe *frame)
{
    struct pyobj *code = slot_at(frame, layout->frame_code);

    return code && AG_FIELD(struct pyobj *, code, OB_TYPE) == api.PyCode_Type ? code : NULL;
}

bool ag_frame_is_traversed(struct pyframe *frame)
{
    if (layout->minor >= 14)
        return AG_FIELD(char *, frame, layout->frame_stack) != NULL;
    return AG_FIELD(int, frame, layout->frame_stack) >= 0;
}

/* How many of f_localsplus are in use: locals, and what is on the value stack where that is known.
 */
static uint64_t slots_in_use(struct pyframe *frame, struct pyobj *code)
{
    int locals = AG_FIELD(int, code, layout->code_nlocals);
    int stack = AG_FIELD(int, code, layout->code_stacksize);
    int64_t used;

    if (layout->minor >= 14) {
        char *top = AG_FIELD(char *, frame, layout->frame_stack);
        used = top ? (top - ((char *)frame + layout->frame_plus)) / 8 : locals;
    } else {
        used = AG_FIELD(int, frame, layout->frame_stack); /* -1 while it runs */
    }
    return (uint64_t)(used >= locals && used <= (int64_t)locals + stack ? used : locals);
}

void ag_frame_slots(struct pyframe *frame, ag_slot_fn *slot, void *arg)
{
    struct pyobj *code = ag_frame_code(frame);

    slot(slot_at(frame, layout->frame_func), AG_SLOT_FUNCTION, NULL, arg);
    slot(AG_FIELD(struct pyobj *, frame, layout->frame_locals), AG_SLOT_LOCALS, NULL, arg);
    slot(AG_FIELD(struct pyobj *, frame, layout->frame_object), AG_SLOT_FRAME_OBJECT, NULL, arg);
    if (!code)
        return;
    slot(code, AG_SLOT_CODE, NULL, arg);
    struct pyobj *names = AG_FIELD(struct pyobj *, code, layout->code_localsnames);
    uint64_t locals = (uint64_t)AG_FIELD(int, code, layout->code_nlocals);
    uint64_t used = slots_in_use(frame, code);
    for (uint64_t i = 0; i < used; i++) {
        struct pyobj *object = slot_at(frame, layout->frame_plus + (int)(8 * i));
        if (i < locals)
            slot(object, AG_SLOT_LOCAL,
                 AG_FIELD(struct pyobj *, names, layout->tuple_items + (int)(8 * i)), arg);
        else
            slot(object, AG_SLOT_TEMPORARY, NULL, arg);
    }
}

/* f_localsplus: variables, cells, free variables, in that order; then the value stack. */
void ag_old_frame_slots(struct pyobj *frame, ag_slot_fn *slot, void *arg)
{
    struct pyobj *code = AG_FIELD(struct pyobj *, frame, layout->frame_code);
    const int tuples[] = {layout->code_varnames, layout->code_cellvars, layout->code_freevars};
    struct pyobj **at = (struct pyobj **)((char *)frame + layout->frame_plus);

    for (int t = 0; t < 3; t++) {
        struct pyobj *names = AG_FIELD(struct pyobj *, code, tuples[t]);
        uint64_t n = names ? AG_FIELD(uint64_t, names, OB_SIZE) : 0;
        for (uint64_t i = 0; i < n; i++)
            slot(*at++, AG_SLOT_LOCAL,
                 AG_FIELD(struct pyobj *, names, layout->tuple_items + (int)(8 * i)), arg);
    }
    struct pyobj **top = AG_FIELD(struct pyobj **, frame, layout->frame_stack);
    if (layout->minor == 10) {
        int depth = AG_FIELD(int, frame, layout->frame_stack);
        top = depth > 0 ? at + depth : NULL;
    }
    int stack = AG_FIELD(int, code, layout->code_stacksize);
    for (int i = 0; top && at < top && i < stack; i++)
        slot(*at++, AG_SLOT_TEMPORARY, NULL, arg);
}

struct pyframe *ag_frame_of_object(struct pyobj *frame_object)
{
    struct pyframe *frame = AG_FIELD(struct pyframe *, frame_object, layout->pyframe_frame);

    return frame && AG_FIELD(char, frame, layout->frame_owner) == OWNER_FRAME_OBJECT ? frame : NULL;
}

struct pyframe *ag_frame_of_generator(struct pyobj *generator)
{
    if (AG_FIELD(int8_t, generator, layout->gen_state) >= GENERATOR_FRAME_CLEARED)
        return NULL;
    return (struct pyframe *)((char *)generator + layout->gen_frame);
}

int ag_frame_line(struct pyframe *frame)
{
    struct pyobj *code = ag_frame_code(frame);
    char *instruction = AG_FIELD(char *, frame, layout->frame_lasti);

    if (!code || !instruction)
        return 0;
    /* 3.13+ points at the next instruction while a call is under way; its predecessor is on the
     * line */
    int offset = (int)(instruction - ((char *)code + layout->code_bytecode));
    int line = api.PyCode_Addr2Line(code, offset < 0 ? 0 : offset);
    return line > 0 ? line : 0;
}

int ag_old_frame_line(struct pyobj *frame)
{
    struct pyobj *code = AG_FIELD(struct pyobj *, frame, layout->frame_code);
    int lasti = AG_FIELD(int, frame, layout->frame_lasti);
    int line = api.PyCode_Addr2Line(code, layout->minor == 10 ? lasti * 2 : lasti);

    return line > 0 ? line : 0;
}

/* ---- all that run ---- */

static struct pyframe *top_frame(struct pyts *thread)
{
    char *frame = AG_FIELD(char *, thread, layout->ts_frame);

    if (layout->ts_cframe && frame)
        frame = AG_FIELD(char *, frame, layout->cframe_frame);
    return (struct pyframe *)frame;
}

static void pass_on(struct pyobj *object, enum ag_slot_kind kind, struct pyobj *name, void *arg)
{
    const struct ag_frames_sink *sink = arg;

    if (object)
        sink->slot(object, kind, name, sink->arg);
}

/*
 * The frame of a generator is part of the generator, whose references are in ag_edges.c. The generator
 * itself is held by the value stack of the frame that called it; where that cannot be read, the
 * generator is said to be held.
 */
static void generator_frame(struct pyframe *frame, const struct ag_frames_sink *sink)
{
    struct pyframe *caller = AG_FIELD(struct pyframe *, frame, layout->frame_previous);
    bool held = !caller || AG_FIELD(char, caller, layout->frame_owner) > OWNER_FRAME_OBJECT ||
                !ag_frame_is_traversed(caller);

    sink->frame(frame, (struct pyobj *)((char *)frame - layout->gen_frame), held, sink->arg);
    ag_frame_slots(frame, pass_on, (void *)sink);
}

static void running_frame(struct pyframe *frame, const struct ag_frames_sink *sink)
{
    if (layout->minor < 11) {
        sink->frame(frame, (struct pyobj *)frame, true, sink->arg);
        ag_old_frame_slots((struct pyobj *)frame, pass_on, (void *)sink);
    } else if (AG_FIELD(char, frame, layout->frame_owner) == OWNER_GENERATOR) {
        generator_frame(frame, sink);
    } else if (AG_FIELD(char, frame, layout->frame_owner) <= OWNER_FRAME_OBJECT) {
        sink->frame(frame, NULL, false, sink->arg);
        ag_frame_slots(frame, pass_on, (void *)sink);
    }
}

static void thread_frames(struct pyts *thread, const struct ag_frames_sink *sink)
{
    struct pyframe *frame = top_frame(thread);

    for (int i = 0; frame && i < FRAMES_MAX; i++) {
        running_frame(frame, sink);
        frame = AG_FIELD(struct pyframe *, frame, layout->frame_previous);
    }
}

bool ag_frames_is_ours(struct pyts *thread)
{
    return thread == api.PyThreadState_Get();
}

void ag_frames_each(const struct ag_frames_sink *sink)
{
    struct pyinterp *interp = api.PyInterpreterState_Head();

    for (; interp; interp = api.PyInterpreterState_Next(interp)) {
        struct pyts *thread = api.PyInterpreterState_ThreadHead(interp);
        int64_t id = api.PyInterpreterState_GetID(interp);
        for (; thread; thread = api.PyThreadState_Next(thread)) {
            if (ag_frames_is_ours(thread))
                continue;
            sink->thread(thread, (uint32_t)id, sink->arg);
            thread_frames(thread, sink);
        }
    }
}
