#include "agent/ag_pyver.h"

#include <stdbool.h>
#include <stddef.h>

const struct ag_layout *layout;

/* Rows are written as a difference to the version before where little changed. */
#define FUNC_OLD                                                                                   \
    .func_code = 16, .func_globals = 24, .func_defaults = 32, .func_kwdefaults = 40,               \
    .func_closure = 48, .func_doc = 56, .func_name = 64, .func_dict = 72, .func_module = 88,       \
    .func_annotations = 96, .func_qualname = 104
#define FUNC_NEW /* 3.10+ */                                                                       \
    .func_globals = 16, .func_builtins = 24, .func_name = 32, .func_qualname = 40,                 \
    .func_code = 48, .func_defaults = 56, .func_kwdefaults = 64, .func_closure = 72,               \
    .func_doc = 80, .func_dict = 88, .func_module = 104, .func_annotations = 112
#define CODE_OLD /* 3.8–3.10 */                                                                  \
    .code_firstlineno = 40, .code_varnames = 72, .code_freevars = 80, .code_cellvars = 88,         \
    .code_filename = 104, .code_name = 112, .code_stacksize = 32
#define GEN_OLD   /* 3.8, 3.9 */ .gen_frame = 16, .gen_name = 48, .gen_qualname = 56
#define GEN_NEW   /* 3.12+ */ .gen_frame = 72, .gen_state = 67, .gen_name = 24, .gen_qualname = 32
#define STR_OLD   .str_ascii = 48, .str_compact = 72, .str_utf8 = 56
#define STR_NEW   /* 3.12+ */ .str_ascii = 40, .str_compact = 56, .str_utf8 = 48
#define FRAME_OLD /* 3.8–3.10 */                                                                 \
    .ts_frame = 24, .ts_thread_id = 176, .frame_previous = 24, .frame_code = 32,                   \
    .frame_globals = 48, .frame_locals = 56
#define FRAME_312                                                                                  \
    .frame_code = 0, .frame_previous = 8, .frame_func = 16, .frame_globals = 24,                   \
    .frame_locals = 40, .frame_object = 48, .frame_lasti = 56, .frame_stack = 64,                  \
    .frame_owner = 70, .frame_plus = 72, .pyframe_frame = 24

/* clang-format off */
static const struct ag_layout rows[] = {
    {.minor = 8,
     .ht_name = 848, .ht_qualname = 864, .ht_slots = 856, .ht_cached_keys = 872, .tuple_items =
     24, .int_digits = 24, STR_OLD, CODE_OLD, FUNC_OLD, GEN_OLD, FRAME_OLD, .frame_lasti = 104,
     .frame_stack = 72, .frame_plus = 360, .ts_bytes = 264, .interp_bytes = 2720},
    {.minor = 9,
     .ht_name = 840, .ht_qualname = 856, .ht_slots = 848, .ht_cached_keys = 864, .ht_module = 872,
     .tuple_items = 24, .int_digits = 24, STR_OLD, CODE_OLD, FUNC_OLD, GEN_OLD, FRAME_OLD,
     .frame_lasti = 104, .frame_stack = 72, .frame_plus = 360, .ts_bytes = 264, .interp_bytes = 5656},
    {.minor = 10,
     .ht_name = 848, .ht_qualname = 864, .ht_slots = 856, .ht_cached_keys = 872, .ht_module = 880,
     .tuple_items = 24, .int_digits = 24, STR_OLD, CODE_OLD, FUNC_NEW, .gen_frame = 16, .gen_name
     = 40, .gen_qualname = 48, FRAME_OLD, .frame_lasti = 96, .frame_stack = 80, .frame_plus = 352,
     .ts_bytes = 280, .interp_bytes = 113528},
    {.minor = 11,
     .ht_name = 848, .ht_qualname = 864, .ht_slots = 856, .ht_cached_keys = 872, .ht_module = 880,
     .tuple_items = 24, .int_digits = 24, STR_OLD, FUNC_NEW, .code_name = 120, .code_qualname =
     128, .code_filename = 112, .code_firstlineno = 72, .code_localsnames = 96, .code_localskinds
     = 104, .code_nlocals = 76, .code_bytecode = 184, .code_stacksize = 68, .gen_frame = 80,
     .gen_state = 75, .gen_name = 32, .gen_qualname = 40, .ts_frame = 56, .ts_cframe = 1,
     .cframe_frame = 8, .ts_thread_id = 152, .ts_native_id = 160, .ts_bytes = 360, .frame_func = 0, .frame_globals
     = 8, .frame_locals = 24, .frame_code = 32, .frame_object = 40, .frame_previous = 48,
     .frame_lasti = 56, .frame_stack = 64, .frame_owner = 69, .frame_plus = 72, .pyframe_frame =
     24},
    {.minor = 12,
     .func_typeparams = 120, .ht_name = 856, .ht_qualname = 872, .ht_slots = 864, .ht_cached_keys = 880, .ht_module = 888,
     .tuple_items = 24, .int_digits = 24, STR_NEW, FUNC_NEW, GEN_NEW, FRAME_312, .code_name = 120,
     .code_qualname = 128, .code_filename = 112, .code_firstlineno = 68, .code_localsnames = 96,
     .code_localskinds = 104, .code_nlocals = 72, .code_bytecode = 192, .code_stacksize = 64,
     .ts_frame = 56, .ts_cframe = 1, .cframe_frame = 0, .ts_thread_id = 136, .ts_native_id = 144, .ts_bytes = 288},
    {.minor = 13,
     .func_typeparams = 120, .ht_name = 856, .ht_qualname = 872, .ht_slots = 864, .ht_cached_keys = 880, .ht_module = 888,
     .tuple_items = 24, .int_digits = 24, STR_NEW, FUNC_NEW, GEN_NEW, FRAME_312, .code_name = 120,
     .code_qualname = 128, .code_filename = 112, .code_firstlineno = 68, .code_localsnames = 96,
     .code_localskinds = 104, .code_nlocals = 72, .code_bytecode = 200, .code_stacksize = 64,
     .ts_frame = 72, .ts_thread_id = 152, .ts_native_id = 160, .ts_bytes = 304},
    {.minor = 14,
     .func_annotate = 120, .func_typeparams = 128, .ht_name = 856, .ht_qualname = 872, .ht_slots = 864, .ht_cached_keys = 880, .ht_module = 888,
     .tuple_items = 32, .int_digits = 24, STR_NEW, FUNC_NEW, GEN_NEW, .code_name = 120,
     .code_qualname = 128, .code_filename = 112, .code_firstlineno = 68, .code_localsnames = 96,
     .code_localskinds = 104, .code_nlocals = 72, .code_bytecode = 208, .code_stacksize = 64,
     .ts_frame = 72, .ts_thread_id = 152, .ts_native_id = 160, .ts_bytes = 304, .frame_code = 0, .frame_previous =
     8, .frame_func = 16, .frame_globals = 24, .frame_locals = 40, .frame_object = 48,
     .frame_lasti = 56, .frame_stack = 64, .frame_owner = 74, .frame_plus = 80, .pyframe_frame =
     24},
};
/* clang-format on */

bool ag_pyver_select(unsigned minor)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].minor == minor)
            layout = &rows[i];
    return layout != NULL;
}
