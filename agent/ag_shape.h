/*
 * What a value of a type looks like to a person: the kinds of types whose instances a preview can tell
 * apart. Found once for each type.
 *
 * C types are known by their full C name, Python classes by module and name; subclasses are what their
 * first known base is. For the frozen copy, one thread.
 */
#pragma once

#include "agent/ag_types.h"

enum ag_shape {
    AG_SHAPE_UNKNOWN, /* not looked at yet */
    AG_SHAPE_NONE,    /* nothing is known */
    AG_SHAPE_STR,
    AG_SHAPE_BYTES,
    AG_SHAPE_BYTEARRAY,
    AG_SHAPE_INT,
    AG_SHAPE_FLOAT,
    AG_SHAPE_COMPLEX,
    AG_SHAPE_LIST,
    AG_SHAPE_TUPLE,
    AG_SHAPE_RECORD, /* a tuple with names: of collections.namedtuple, or of C code */
    AG_SHAPE_DICT,
    AG_SHAPE_ORDERED,  /* OrderedDict */
    AG_SHAPE_DEFAULTS, /* defaultdict */
    AG_SHAPE_SET,
    AG_SHAPE_DEQUE,
    AG_SHAPE_ARRAY,
    AG_SHAPE_ENUM,
    AG_SHAPE_DATACLASS,
    AG_SHAPE_INSTANCE, /* of a Python class, or with a __dict__ */
    AG_SHAPE_EXCEPTION,
    AG_SHAPE_DATE,
    AG_SHAPE_DATETIME,
    AG_SHAPE_TIME,
    AG_SHAPE_TIMEDELTA,
    AG_SHAPE_TIMEZONE,
    AG_SHAPE_DECIMAL,
    AG_SHAPE_UUID,
    AG_SHAPE_PATH,
    AG_SHAPE_PATTERN,
    AG_SHAPE_MEMORYVIEW,
    AG_SHAPE_MMAP,
    AG_SHAPE_FILE, /* with a descriptor: io.FileIO, socket, epoll */
    AG_SHAPE_LOCK,
    AG_SHAPE_RLOCK,
    AG_SHAPE_RANGE,
    AG_SHAPE_SLICE,
    AG_SHAPE_PROXY, /* mappingproxy */
    AG_SHAPES,
};

/* Remembered in `type`. */
enum ag_shape ag_shape_of(const struct ag_types *types, struct ag_type *type);
