/*
 * The table of layout facts (agent/ag_pyver.h) against the interpreters' own headers: for each
 * interpreter whose headers are installed a small program is compiled that prints where the fields lie.
 *
 * A field of the table that is set and is not compared here fails the test.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/ag_pyver.h"
#include "inspector/base/mem.h"
#include "inspector/base/str.h"
#include "tests/support/child.h"
#include "tests/support/interp.h"
#include "tests/support/target.h"
#include "tests/support/test.h"

enum { ANY = 99 };

/* ---- what is compared ---- */

struct field {
    const char *name;
    size_t at;              /* in struct ag_layout */
    unsigned first, last;   /* minor versions */
    const char *expression; /* in C, with that version's headers */
    bool is_wide;           /* 32 bits, not 16 */
};

#define FIELD(name, first, last, type, member)                                                     \
    {                                                                                              \
#name, offsetof(struct ag_layout, name), first, last, "offsetof(" #type ", " #member ")",  \
            false                                                                                  \
    }
#define SIZE(name, type)                                                                           \
    {                                                                                              \
#name, offsetof(struct ag_layout, name), 8, ANY, "sizeof(" #type ")", false                \
    }
#define CODE(name, first, last, member) FIELD(name, first, last, PyCodeObject, member)
#define FUNC(name, first)               FIELD(name, first, ANY, PyFunctionObject, name)
#define FRAME(name, first, last, member)                                                           \
    FIELD(name, first, last, struct _PyInterpreterFrame, member)
#define OLD_FRAME(name, last, member) FIELD(name, 8, last, PyFrameObject, member)

static const struct field fields[] = {
    FIELD(ht_name, 8, ANY, PyHeapTypeObject, ht_name),
    FIELD(ht_qualname, 8, ANY, PyHeapTypeObject, ht_qualname),
    FIELD(ht_module, 9, ANY, PyHeapTypeObject, ht_module),
    FIELD(ht_slots, 8, ANY, PyHeapTypeObject, ht_slots),
    FIELD(ht_cached_keys, 8, ANY, PyHeapTypeObject, ht_cached_keys),
    FIELD(tuple_items, 8, ANY, PyTupleObject, ob_item),
    SIZE(str_ascii, PyASCIIObject),
    SIZE(str_compact, PyCompactUnicodeObject),
    FIELD(str_utf8, 8, ANY, PyCompactUnicodeObject, utf8),
    FIELD(int_digits, 8, 11, PyLongObject, ob_digit),
    FIELD(int_digits, 12, ANY, PyLongObject, long_value.ob_digit),

    CODE(code_name, 8, ANY, co_name),
    CODE(code_qualname, 11, ANY, co_qualname),
    CODE(code_filename, 8, ANY, co_filename),
    CODE(code_firstlineno, 8, ANY, co_firstlineno),
    CODE(code_varnames, 8, 10, co_varnames),
    CODE(code_freevars, 8, 10, co_freevars),
    CODE(code_cellvars, 8, 10, co_cellvars),
    CODE(code_localsnames, 11, ANY, co_localsplusnames),
    CODE(code_localskinds, 11, ANY, co_localspluskinds),
    CODE(code_nlocals, 11, ANY, co_nlocalsplus),
    CODE(code_bytecode, 11, ANY, co_code_adaptive),
    CODE(code_stacksize, 8, ANY, co_stacksize),

    FUNC(func_code, 8),
    FUNC(func_globals, 8),
    FUNC(func_builtins, 10),
    FUNC(func_defaults, 8),
    FUNC(func_kwdefaults, 8),
    FUNC(func_closure, 8),
    FUNC(func_name, 8),
    FUNC(func_qualname, 8),
    FUNC(func_dict, 8),
    FUNC(func_module, 8),
    FUNC(func_annotations, 8),
    FUNC(func_doc, 8),
    FUNC(func_annotate, 14),
    FUNC(func_typeparams, 12),

    FIELD(gen_frame, 8, 10, PyGenObject, gi_frame),
    FIELD(gen_frame, 11, ANY, PyGenObject, gi_iframe),
    FIELD(gen_state, 11, ANY, PyGenObject, gi_frame_state),
    FIELD(gen_name, 8, ANY, PyGenObject, gi_name),
    FIELD(gen_qualname, 8, ANY, PyGenObject, gi_qualname),

    FIELD(ts_frame, 8, 10, PyThreadState, frame),
    FIELD(ts_frame, 11, 12, PyThreadState, cframe),
    FIELD(ts_frame, 13, ANY, PyThreadState, current_frame),
    {"ts_cframe", offsetof(struct ag_layout, ts_cframe), 11, 12, "1", false},
    FIELD(cframe_frame, 11, 12, _PyCFrame, current_frame),
    {"ts_bytes", offsetof(struct ag_layout, ts_bytes), 8, ANY, "sizeof(PyThreadState)", false},
    {"interp_bytes", offsetof(struct ag_layout, interp_bytes), 8, 10, "sizeof(PyInterpreterState)",
     true},
    FIELD(ts_thread_id, 8, ANY, PyThreadState, thread_id),
    FIELD(ts_native_id, 11, ANY, PyThreadState, native_thread_id),

    OLD_FRAME(frame_previous, 10, f_back),
    OLD_FRAME(frame_code, 10, f_code),
    OLD_FRAME(frame_globals, 10, f_globals),
    OLD_FRAME(frame_locals, 10, f_locals),
    OLD_FRAME(frame_lasti, 10, f_lasti),
    OLD_FRAME(frame_plus, 10, f_localsplus),
    OLD_FRAME(frame_stack, 9, f_stacktop),
    FIELD(frame_stack, 10, 10, PyFrameObject, f_stackdepth),
    FRAME(frame_previous, 11, ANY, previous),
    FRAME(frame_code, 11, 12, f_code),
    FRAME(frame_code, 13, ANY, f_executable),
    FRAME(frame_func, 11, 11, f_func),
    FRAME(frame_func, 12, ANY, f_funcobj),
    FRAME(frame_globals, 11, ANY, f_globals),
    FRAME(frame_locals, 11, ANY, f_locals),
    FRAME(frame_object, 11, ANY, frame_obj),
    FRAME(frame_owner, 11, ANY, owner),
    FRAME(frame_plus, 11, ANY, localsplus),
    FRAME(frame_lasti, 11, 12, prev_instr),
    FRAME(frame_lasti, 13, ANY, instr_ptr),
    FRAME(frame_stack, 11, 13, stacktop),
    FRAME(frame_stack, 14, ANY, stackpointer),
    FIELD(pyframe_frame, 11, ANY, struct _frame, f_frame),
};

/* The same in every version. */
#define TYPE_FIELD(name, member)                                                                   \
    {                                                                                              \
#name, name, 8, ANY, "offsetof(PyTypeObject, " #member ")", false                          \
    }
#define CONSTANT(name, last, expression)                                                           \
    {                                                                                              \
#name, name, 8, last, #expression, false                                                   \
    }

static const struct field constants[] = {
    CONSTANT(OB_TYPE, ANY, offsetof(PyObject, ob_type)),
    CONSTANT(OB_SIZE, ANY, offsetof(PyVarObject, ob_size)),
    TYPE_FIELD(TP_NAME, tp_name),
    TYPE_FIELD(TP_BASICSIZE, tp_basicsize),
    TYPE_FIELD(TP_ITEMSIZE, tp_itemsize),
    TYPE_FIELD(TP_FLAGS, tp_flags),
    TYPE_FIELD(TP_TRAVERSE, tp_traverse),
    TYPE_FIELD(TP_WEAKLISTOFFSET, tp_weaklistoffset),
    TYPE_FIELD(TP_MEMBERS, tp_members),
    TYPE_FIELD(TP_BASE, tp_base),
    TYPE_FIELD(TP_DICT, tp_dict),
    TYPE_FIELD(TP_DICTOFFSET, tp_dictoffset),
    TYPE_FIELD(TP_IS_GC, tp_is_gc),
    TYPE_FIELD(TP_BASES, tp_bases),
    TYPE_FIELD(TP_MRO, tp_mro),
    TYPE_FIELD(TP_CACHE, tp_cache),
    TYPE_FIELD(TP_SUBCLASSES, tp_subclasses),
    TYPE_FIELD(TP_DEL, tp_del),
    TYPE_FIELD(TP_FINALIZE, tp_finalize),
    CONSTANT(LIST_ITEMS, ANY, offsetof(PyListObject, ob_item)),
    CONSTANT(CELL_REF, ANY, offsetof(PyCellObject, ob_ref)),
    CONSTANT(METHOD_FUNC, ANY, offsetof(PyMethodObject, im_func)),
    CONSTANT(METHOD_SELF, ANY, offsetof(PyMethodObject, im_self)),
    CONSTANT(CFUNCTION_ML, ANY, offsetof(PyCFunctionObject, m_ml)),
    CONSTANT(DESCR_NAME, ANY, offsetof(PyDescrObject, d_name)),
    CONSTANT(DESCR_METHOD, ANY, offsetof(PyMethodDescrObject, d_method)),
    CONSTANT(ML_METH, ANY, offsetof(PyMethodDef, ml_meth)),
    CONSTANT(ML_FLAGS, ANY, offsetof(PyMethodDef, ml_flags)),
    CONSTANT(WEAKREF_OBJECT, ANY, offsetof(PyWeakReference, wr_object)),
    CONSTANT(SET_USED, ANY, offsetof(PySetObject, used)),
    CONSTANT(DICT_USED, ANY, offsetof(PyDictObject, ma_used)),
    CONSTANT(DICT_KEYS, ANY, offsetof(PyDictObject, ma_keys)),
    CONSTANT(DICT_VALUES, ANY, offsetof(PyDictObject, ma_values)),
    CONSTANT(MEMBER_BYTES, ANY, sizeof(struct PyMemberDef)),
    CONSTANT(MEMBER_TYPE, ANY, offsetof(struct PyMemberDef, type)),
    CONSTANT(MEMBER_OFFSET, ANY, offsetof(struct PyMemberDef, offset)),
    CONSTANT(MEMBER_OBJECT, ANY, 6 /* T_OBJECT */),
    CONSTANT(MEMBER_OBJECT_EX, ANY, T_OBJECT_EX),
};

enum {
    N_FIELDS = sizeof fields / sizeof *fields,
    N_CONSTANTS = sizeof constants / sizeof *constants
};

/* ---- asking the headers ---- */

/* Where the headers of an interpreter are; "" if they are not there. The caller's. */
static char *find_headers(const struct interp *interp)
{
    static const char script[] = "import sysconfig; print(sysconfig.get_path('include'), end='')";
    struct child_output output;

    if (*interp->root) /* another system's C library */
        return xstrdup("");
    child_run((const char *[]){interp->path, "-c", script, NULL}, &output);
    char *header = xasprintf("%s/Python.h", output.out), *path = xstrdup(output.out);
    if (access(header, R_OK))
        *path = '\0';
    free(header);
    child_output_deinit(&output);
    return path;
}

static void add_prints(struct str *source, const struct field *list, size_t n, unsigned minor)
{
    for (size_t i = 0; i < n; i++)
        if (minor >= list[i].first && minor <= list[i].last)
            str_printf(source, "    printf(\"%%lu\\n\", (unsigned long)(%s)); /* %s */\n",
                       list[i].expression, list[i].name);
}

static char *make_source(unsigned minor)
{
    struct str source = STR_INIT;

    str_append(&source, "#define Py_BUILD_CORE 1\n#include <Python.h>\n#include <stddef.h>\n"
                        "#include <structmember.h>\n#include <frameobject.h>\n");
    if (minor >= 11)
        str_append(&source, "#include <internal/pycore_frame.h>\n");
    else
        str_append(&source, "#include <internal/pycore_pystate.h>\n");
    if (minor == 9 || minor == 10)
        str_append(&source, "#include <internal/pycore_interp.h>\n");
    if (minor >= 14)
        str_append(&source, "#include <internal/pycore_interpframe_structs.h>\n");
    str_append(&source, "int main(void)\n{\n");
    add_prints(&source, fields, N_FIELDS, minor);
    add_prints(&source, constants, N_CONSTANTS, minor);
    str_append(&source, "    return 0;\n}\n");
    return str_steal(&source);
}

/* What the program printed; the caller's. */
static char *run_source(const char *source, const char *headers)
{
    const char *base = getenv("TEST_TMPDIR");
    char *work = xasprintf("%s/layout-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(work));
    char *file = xasprintf("%s/layout.c", work), *program = xasprintf("%s/layout", work);
    char *include = xasprintf("-I%s", headers), *internal = xasprintf("-I%s/internal", headers);
    struct child_output output;
    FILE *to = fopen(file, "we");

    assert_non_null(to);
    fputs(source, to);
    fclose(to);
    child_run((const char *[]){"/usr/bin/gcc", "-w", include, internal, file, "-o", program, NULL},
              &output);
    if (output.status)
        test_fail("%s", output.err);
    child_output_deinit(&output);
    child_run((const char *[]){program, NULL}, &output);
    assert_int_equal(output.status, 0);
    unlink(program);
    unlink(file);
    rmdir(work);
    free(work);
    free(file);
    free(program);
    free(include);
    free(internal);
    free(output.err);
    return output.out;
}

/* ---- comparing ---- */

/* The next number; fails the test if there is none. */
static unsigned long next_number(char **text)
{
    char *end;
    unsigned long number = strtoul(*text, &end, 10);

    assert_ptr_not_equal(end, *text);
    *text = end;
    return number;
}

static bool compare(const char *name, unsigned long ours, unsigned long theirs)
{
    if (ours == theirs)
        return true;
    fprintf(stderr, "%s is %lu, not %lu\n", name, theirs, ours);
    return false;
}

/* Fields of the row that are set, but were not compared. */
static bool all_compared(struct ag_layout *row)
{
    const unsigned char *bytes = (const unsigned char *)row;
    bool all = true;

    row->minor = 0;
    for (size_t i = 0; i < sizeof *row; i++)
        if (bytes[i]) {
            fprintf(stderr, "nothing is compared with byte %zu of the row\n", i);
            all = false;
        }
    return all;
}

static void layout__is_that_of_the_headers(void **state)
{
    const struct interp *interp = *state;
    char *headers = find_headers(interp);
    bool fine = true;

    if (!*headers || access("/usr/bin/gcc", X_OK)) {
        print_message("no headers of %s are installed\n", interp->name);
        free(headers);
        skip();
    }
    assert_true(ag_pyver_select(interp->minor));
    struct ag_layout rest = *layout;
    char *source = make_source(interp->minor), *answer = run_source(source, headers), *at = answer;
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (interp->minor < fields[i].first || interp->minor > fields[i].last)
            continue;
        size_t bytes = fields[i].is_wide ? sizeof(uint32_t) : sizeof(uint16_t);
        uint32_t ours = 0; /* little-endian */
        memcpy(&ours, (const char *)layout + fields[i].at, bytes);
        memset((char *)&rest + fields[i].at, 0, bytes);
        fine &= compare(fields[i].name, ours, next_number(&at));
    }
    for (size_t i = 0; i < N_CONSTANTS; i++)
        if (interp->minor <= constants[i].last)
            fine &= compare(constants[i].name, constants[i].at, next_number(&at));
    fine &= all_compared(&rest);
    free(source);
    free(answer);
    free(headers);
    assert_true(fine);
}

int main(int argc, char **argv)
{
    static const struct behaviour behaviours[] = {BEHAVIOUR(layout__is_that_of_the_headers)};

    return interp_main("layout", behaviours, BEHAVIOURS(behaviours), argc, argv);
}
