#include "inspector/ui/keymap.h"

#include <stdlib.h>
#include <string.h>

#include "inspector/base/cleanup.h"
#include "inspector/base/mem.h"

enum { MAX_WORD_BYTES = 64 };

struct keymap {
    struct binding *bindings;
    size_t n_bindings, cap;
};

static const struct {
    const char *name;
    enum key_class parent;
} classes[N_KEY_CLASSES] = {[KEYS_NONE] = {"none", KEYS_NONE},
#define C(id, name, parent) [KEYS_##id] = {name, KEYS_##parent},
                            UI_KEY_CLASSES(C)
#undef C
};

const char *key_class_name(enum key_class keys)
{
    return classes[keys].name;
}

enum key_class key_class_parent(enum key_class keys)
{
    return classes[keys].parent;
}

bool key_class_is(enum key_class keys, enum key_class other)
{
    while (keys != KEYS_NONE && keys != other)
        keys = classes[keys].parent;
    return keys == other;
}

static enum key_class find_class(const char *name)
{
    for (unsigned i = 1; i < N_KEY_CLASSES; i++)
        if (!strcmp(classes[i].name, name))
            return (enum key_class)i;
    return KEYS_NONE;
}

static struct binding *find_own(const struct keymap *keymap, enum key_class keys, ui_key key)
{
    for (size_t i = 0; i < keymap->n_bindings; i++) {
        struct binding *binding = &keymap->bindings[i];
        if (binding->keys == keys && binding->key == key)
            return binding;
    }
    return NULL;
}

/* The binding that is in force for `key` in `keys`, or NULL. */
static const struct binding *find_effective(const struct keymap *keymap, enum key_class keys,
                                            ui_key key)
{
    for (; keys != KEYS_NONE; keys = classes[keys].parent) {
        const struct binding *binding = find_own(keymap, keys, key);
        if (binding)
            return binding;
    }
    return NULL;
}

enum action keymap_lookup(const struct keymap *keymap, enum key_class keys, ui_key key)
{
    const struct binding *binding = find_effective(keymap, keys, key);

    return binding ? binding->action : ACT_NONE;
}

bool keymap_is_effective(const struct keymap *keymap, enum key_class keys,
                         const struct binding *binding)
{
    return binding->action != ACT_NONE && find_effective(keymap, keys, binding->key) == binding;
}

static void append(struct keymap *keymap, struct binding binding)
{
    keymap->bindings =
        xrealloc(keymap->bindings, (keymap->n_bindings + 1) * sizeof *keymap->bindings);
    keymap->bindings[keymap->n_bindings++] = binding;
}

/* Keys that mean the same in every view, because the fingers of people know them. */
static bool is_reserved(ui_key key)
{
    static const char reserved[] = "hjklgGnN/?:qQ";

    return key == UI_KEY_ESCAPE || key == UI_KEY_ENTER ||
           (key < 0x80 && strchr(reserved, (int)key));
}

/* Classes in which letters are typed or choose an item. */
static bool is_modal(enum key_class keys)
{
    return key_class_is(keys, KEYS_PROMPT) || key_class_is(keys, KEYS_DIALOG);
}

static struct err *check(const struct keymap *keymap, const struct binding *binding)
{
    char name[KEY_NAME_BYTES];
    const char *class_name = classes[binding->keys].name;

    if (find_own(keymap, binding->keys, binding->key))
        return err_new(ERR_INTERNAL, NULL, "key '%s' is bound twice in '%s'",
                       key_to_name(binding->key, name), class_name);
    if (is_modal(binding->keys) || binding->keys == KEYS_GLOBAL || binding->keys == KEYS_LIST)
        return NULL;
    const struct binding *above =
        find_effective(keymap, classes[binding->keys].parent, binding->key);
    if (is_reserved(binding->key) && above && above->action != binding->action)
        return err_new(ERR_INTERNAL, NULL, "key '%s' is '%s' everywhere and cannot be '%s' in '%s'",
                       key_to_name(binding->key, name), action_name(above->action),
                       action_name(binding->action), class_name);
    return NULL;
}

/* Takes the next blank-separated word of *text; false at its end or at a word that is too long. */
static bool next_word(const char **text, char word[MAX_WORD_BYTES])
{
    *text += strspn(*text, " \t");
    size_t bytes = strcspn(*text, " \t");
    if (!bytes || bytes >= MAX_WORD_BYTES)
        return false;
    memcpy(word, *text, bytes);
    word[bytes] = '\0';
    *text += bytes;
    return true;
}

static struct err *add_spec(struct keymap *keymap, const struct binding_spec *spec)
{
    const char *names = spec->names, *label = spec->label;
    char word[MAX_WORD_BYTES];

    while (next_word(&names, word)) {
        struct binding binding = {spec->keys, UI_KEY_NONE, spec->action, label};
        if (!key_parse(word, &binding.key))
            return err_new(ERR_INTERNAL, NULL, "there is no key '%s' (for '%s')", word,
                           action_name(spec->action));
        ERR_RETURN(check(keymap, &binding));
        append(keymap, binding);
        label = NULL; /* the footer shows the first key */
    }
    return NULL;
}

struct err *keymap_create(const struct binding_spec *specs, struct keymap **ret)
{
    struct keymap *keymap = xalloc(sizeof *keymap);
    struct err *err = NULL;

    /* Parents first, so that check() sees what a class would shadow, whatever the order of the
     * table. */
    for (unsigned keys = 1; !err && keys < N_KEY_CLASSES; keys++)
        for (const struct binding_spec *spec = specs; !err && spec->action != ACT_NONE; spec++)
            if (spec->keys == keys)
                err = add_spec(keymap, spec);
    if (err) {
        keymap_destroy(keymap);
        return err;
    }
    *ret = keymap;
    return NULL;
}

void keymap_destroy(struct keymap *keymap)
{
    if (!keymap)
        return;
    free(keymap->bindings);
    free(keymap);
}

/* One line without its end; blank is fine, and so is a comment. */
static struct err *load_line(struct keymap *keymap, const char *line, const char *place)
{
    char word[3][MAX_WORD_BYTES];
    unsigned n = 0;
    struct binding binding = {.label = NULL};

    while (n < 3 && next_word(&line, word[n]))
        n++;
    if (!n || word[0][0] == '#')
        return NULL;
    if (n < 3 || line[strspn(line, " \t")])
        return err_new(ERR_INPUT, "for example: types ^t sort", "%s: want CLASS KEY ACTION", place);
    binding.keys = find_class(word[0]);
    binding.action = action_find(word[2]);
    if (binding.keys == KEYS_NONE)
        return err_new(ERR_INPUT, NULL, "%s: there is no class '%s'", place, word[0]);
    if (!key_parse(word[1], &binding.key))
        return err_new(ERR_INPUT, NULL, "%s: there is no key '%s'", place, word[1]);
    if (binding.action == ACT_NONE && strcmp(word[2], "none") != 0)
        return err_new(ERR_INPUT, NULL, "%s: there is no action '%s'", place, word[2]);
    struct binding *existing = find_own(keymap, binding.keys, binding.key);
    if (existing)
        *existing = binding;
    else
        append(keymap, binding);
    return NULL;
}

struct err *keymap_load(struct keymap *keymap, const char *text, const char *name)
{
    for (size_t number = 1; *text; number++) {
        size_t bytes = strcspn(text, "\n");
        _cleanup_free_ char *line = xstrndup(text, bytes);
        _cleanup_free_ char *place = xasprintf("%s:%zu", name, number);
        ERR_RETURN(load_line(keymap, line, place));
        text += bytes + (text[bytes] != '\0');
    }
    return NULL;
}

const struct binding *keymap_bindings(const struct keymap *keymap, size_t *n)
{
    *n = keymap->n_bindings;
    return keymap->bindings;
}

void keymap_describe(const struct keymap *keymap, enum key_class keys, enum action action,
                     struct str *ret)
{
    char name[KEY_NAME_BYTES];
    const char *separator = "";

    for (size_t i = 0; i < keymap->n_bindings; i++) {
        const struct binding *binding = &keymap->bindings[i];
        if (binding->action != action || !keymap_is_effective(keymap, keys, binding))
            continue;
        str_printf(ret, "%s%s", separator, key_to_name(binding->key, name));
        separator = " ";
    }
}
