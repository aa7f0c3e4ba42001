"""Debian's -dev packages as cc_library targets of one repository, @system."""

_LIBS = {
    "cmocka": ["-lcmocka"],
    "elf": ["-lelf"],
    "jansson": ["-ljansson"],
    "ncursesw": ["-lncursesw", "-ltinfo"],
    "vterm": ["-lvterm"],
    "zstd": ["-lzstd"],
}

def _impl(ctx):
    rules = ["package(default_visibility = ['//visibility:public'])"]
    for name, linkopts in _LIBS.items():
        rules.append("cc_library(name = '%s', linkopts = %s)" % (name, repr(linkopts)))
    ctx.file("WORKSPACE", "workspace(name = 'system')\n")
    ctx.file("BUILD", "\n".join(rules) + "\n")

system_libs = repository_rule(implementation = _impl, local = True)
