"""A program with a type whose tp_traverse is broken: `broken.py address|trap|loop|recursion|nothing`.

Such a type comes from an extension module; here a Python class is patched. The collector is off, or it would find out.
"""

import ctypes
import gc
import lines
import mmap
import sys

TP_TRAVERSE = 184
CODE = {
    "trap": b"\x0f\x0b",  # ud2
    "loop": b"\xeb\xfe",  # jmp to itself
    "recursion": b"\xe8\xfb\xff\xff\xff",  # call itself
    # calls visit() with an address where nothing is: mov rax,rsi; mov rdi,…; mov rsi,rdx; jmp rax
    "wild": b"\x48\x89\xf0\x48\xbf\x10\x00\xad\xde\x00\x00\x00\x00\x48\x89\xd6\xff\xe0",
}

gc.disable()


class Broken:
    def __init__(self):
        self.held = [self]


class Sound:
    def __init__(self, held):
        self.held = held


objects = [Sound(Broken()) for _ in range(20)]
slot = ctypes.c_uint64.from_address(id(Broken) + TP_TRAVERSE)
sound = slot.value
page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(CODE.get(sys.argv[1], b"\xc3"))
view = ctypes.c_char.from_buffer(page)
slot.value = 0x10 if sys.argv[1] == "address" else ctypes.addressof(view)


def check():
    return len(objects) == 20 and all(sound.held.held[0] is sound.held for sound in objects)


lines.say("ready")
lines.serve(check=check)
slot.value = sound
del view
