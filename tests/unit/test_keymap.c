#include "inspector/ui/keymap.h"

#include <stdlib.h>

#include "tests/support/test.h"

static struct keymap *defaults(void)
{
    struct keymap *keymap = NULL;

    assert_ok(keymap_create(keymap_defaults, &keymap));
    return keymap;
}

static ui_key key(const char *name)
{
    ui_key found = UI_KEY_NONE;

    assert_true(key_parse(name, &found));
    return found;
}

static void test_keymap__key_names_are_read_and_written(void **state)
{
    static const char *const names[] = {"j",   "^a",  "^z",    "F1",    "F12",   "Up",
                                        "Esc", "Tab", "S-Tab", "Space", "Enter", "日"};
    char buf[KEY_NAME_BYTES];
    ui_key none = 42;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(key_to_name(key(names[i]), buf), names[i]);
    assert_int_equal(key("^c"), 3);
    assert_false(key_parse("", &none));
    assert_false(key_parse("F13", &none));
    assert_false(key_parse("Nope", &none));
    assert_false(key_parse("^A", &none));
    assert_int_equal(none, 42);
}

static void test_keymap__defaults_have_no_conflict(void **state)
{
    (void)state;
    keymap_destroy(defaults());
}

static void test_keymap__looks_in_the_class_then_in_its_parents(void **state)
{
    struct keymap *keymap = defaults();

    (void)state;
    assert_int_equal(keymap_lookup(keymap, KEYS_TYPES, key("D")), ACT_DIFF);
    assert_int_equal(keymap_lookup(keymap, KEYS_PROCS, key("t")), ACT_NONE);
    assert_int_equal(keymap_lookup(keymap, KEYS_OBJECT, key("v")), ACT_VALUE);
    assert_int_equal(keymap_lookup(keymap, KEYS_OBJECT, key("f")), ACT_FILTER);
    assert_int_equal(keymap_lookup(keymap, KEYS_OBJECT, key("?")), ACT_HELP);
    assert_int_equal(keymap_lookup(keymap, KEYS_PROMPT, key("?")), ACT_NONE);
    assert_true(key_class_is(KEYS_OBJECT, KEYS_LIST));
    assert_false(key_class_is(KEYS_PAGER, KEYS_LIST));
    keymap_destroy(keymap);
}

static void check_conflict(const struct binding_spec *specs, const char *why)
{
    struct keymap *keymap = NULL;

    assert_fails(keymap_create(specs, &keymap), ERR_INTERNAL, why);
    assert_null(keymap);
}

static void test_keymap__finds_conflicts(void **state)
{
    const struct binding_spec twice[] = {{KEYS_LIST, "x y", ACT_FILTER, NULL},
                                         {KEYS_LIST, "y", ACT_SORT, NULL},
                                         {KEYS_NONE, "", ACT_NONE, NULL}};
    const struct binding_spec unknown[] = {{KEYS_LIST, "x Hyper", ACT_FILTER, NULL},
                                           {KEYS_NONE, "", ACT_NONE, NULL}};
    const struct binding_spec reserved[] = {{KEYS_TYPES, "j", ACT_DIFF, NULL},
                                            {KEYS_GLOBAL, "j", ACT_DOWN, NULL},
                                            {KEYS_NONE, "", ACT_NONE, NULL}};
    const struct binding_spec same_again[] = {{KEYS_TYPES, "Enter", ACT_OPEN, "objects"},
                                              {KEYS_GLOBAL, "Enter", ACT_OPEN, NULL},
                                              {KEYS_TYPES, "x", ACT_DIFF, NULL},
                                              {KEYS_GLOBAL, "x", ACT_SORT, NULL},
                                              {KEYS_NONE, "", ACT_NONE, NULL}};
    struct keymap *keymap = NULL;

    (void)state;
    check_conflict(twice, "key 'y' is bound twice in 'lists'");
    check_conflict(unknown, "there is no key 'Hyper'");
    check_conflict(reserved, "key 'j' is 'down' everywhere and cannot be 'diff' in 'types'");
    assert_ok(keymap_create(same_again, &keymap));
    keymap_destroy(keymap);
}

static void test_keymap__every_action_has_help_and_a_key(void **state)
{
    struct keymap *keymap = defaults();
    size_t n;
    const struct binding *bindings = keymap_bindings(keymap, &n);
    bool is_bound[N_ACTIONS] = {false};

    (void)state;
    for (size_t i = 0; i < n; i++)
        is_bound[bindings[i].action] = true;
    for (unsigned i = 1; i < N_ACTIONS; i++) {
        enum action action = (enum action)i;
        const char *help = action_help(action);
        if (!is_bound[i])
            fail_msg("no key is bound to '%s'", action_name(action));
        if (!help || strlen(help) < 3 || help[strlen(help) - 1] == '.' ||
            (help[0] >= 'A' && help[0] <= 'Z'))
            fail_msg("the help of '%s' is missing, or does not look like the others",
                     action_name(action));
        if (action_find(action_name(action)) != action)
            fail_msg("two actions are called '%s'", action_name(action));
    }
    keymap_destroy(keymap);
}

static void test_keymap__what_changes_the_target_is_in_its_menu(void **state)
{
    struct keymap *keymap = defaults();

    (void)state;
    for (unsigned i = 1; i < N_ACTIONS; i++) {
        struct str keys = STR_INIT;
        if (!(action_flags((enum action)i) & ACTION_F_TARGET))
            continue;
        keymap_describe(keymap, KEYS_TARGET_MENU, (enum action)i, &keys);
        if (!keys.len_bytes)
            fail_msg("'%s' changes the target but has no key in the ! menu",
                     action_name((enum action)i));
        str_deinit(&keys);
    }
    keymap_destroy(keymap);
}

static void check_keys(const struct keymap *keymap, enum key_class keys, enum action action,
                       const char *want)
{
    struct str text = STR_INIT;

    keymap_describe(keymap, keys, action, &text);
    assert_string_equal(text.text, want);
    str_deinit(&text);
}

static void test_keymap__the_user_rebinds(void **state)
{
    struct keymap *keymap = defaults();

    (void)state;
    assert_ok(keymap_load(keymap,
                          "# mine\n"
                          "\n"
                          "  lists  ^t  sort\n"
                          "types t none\n"
                          "everywhere j up\n"
                          "lists # mark",
                          "keys"));
    assert_int_equal(keymap_lookup(keymap, KEYS_TYPES, key("^t")), ACT_SORT);
    assert_int_equal(keymap_lookup(keymap, KEYS_TYPES, key("t")), ACT_NONE);
    assert_int_equal(keymap_lookup(keymap, KEYS_TYPES, key("#")), ACT_MARK);
    check_keys(keymap, KEYS_TYPES, ACT_UP, "j Up k");
    check_keys(keymap, KEYS_TYPES, ACT_DOWN, "Down");
    assert_fails(keymap_load(keymap, "types t sort\nnowhere x sort", "keys"), ERR_INPUT,
                 "keys:2: there is no class 'nowhere'");
    assert_int_equal(keymap_lookup(keymap, KEYS_TYPES, key("t")), ACT_SORT);
    assert_fails(keymap_load(keymap, "types Hyper sort", "keys"), ERR_INPUT, "no key 'Hyper'");
    assert_fails(keymap_load(keymap, "types x fly", "keys"), ERR_INPUT, "no action 'fly'");
    assert_fails(keymap_load(keymap, "types x", "keys"), ERR_INPUT, "want CLASS KEY ACTION");
    assert_fails(keymap_load(keymap, "types x sort now", "keys"), ERR_INPUT,
                 "want CLASS KEY ACTION");
    keymap_destroy(keymap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keymap__key_names_are_read_and_written),
        TEST(test_keymap__defaults_have_no_conflict),
        TEST(test_keymap__looks_in_the_class_then_in_its_parents),
        TEST(test_keymap__finds_conflicts),
        TEST(test_keymap__every_action_has_help_and_a_key),
        TEST(test_keymap__what_changes_the_target_is_in_its_menu),
        TEST(test_keymap__the_user_rebinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
