#include "agent/ag_module.h"

#include <stddef.h>

#include "agent/ag_api.h"

bool ag_module_open(const char *name, struct ag_module *ret)
{
    struct pyobj *modules = api.PyImport_GetModuleDict(); /* borrowed */

    ret->name = name;
    ret->was_imported = modules && api.PyDict_GetItemString(modules, name);
    ret->module = api.PyImport_ImportModule(name);
    return ret->module != NULL;
}

struct pyobj *ag_module_get(const struct ag_module *module, const char *name)
{
    struct pyobj *dict = api.PyModule_GetDict(module->module); /* borrowed, like what is in it */

    return dict ? api.PyDict_GetItemString(dict, name) : NULL;
}

void ag_module_close(struct ag_module *module)
{
    if (!module->module)
        return;
    if (!module->was_imported)
        api.PyDict_DelItemString(api.PyImport_GetModuleDict(), module->name);
    api.Py_DecRef(module->module);
    module->module = NULL;
}
