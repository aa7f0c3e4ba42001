/* What query.c compiles and query_match.c evaluates. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct text_match;

enum field {
    FIELD_TYPE,
    FIELD_MODULE,
    FIELD_REFERRER_TYPE,
    FIELD_REFERENT_TYPE,
    FIELD_SHALLOW,
    FIELD_RETAINED,
    FIELD_REFCOUNT,
    FIELD_REFERRERS,
    FIELD_REFERENTS,
    FIELD_LEN,
    FIELD_GEN,
    FIELD_TRACKED,
    FIELD_FINALIZER,
    FIELD_FINALIZED,
};

enum op { OP_EQ, OP_NE, OP_LE, OP_GE, OP_LT, OP_GT, OP_CONTAINS, N_OPS };

enum node_kind { NODE_TEST, NODE_NOT, NODE_AND, NODE_OR };

/* A node stands behind those that it is made of. */
struct node {
    enum node_kind kind;
    uint32_t left, right; /* NOT: left */
    enum field field;
    enum op op;
    int64_t number;
    char *text;
    struct text_match *match;
};

struct query {
    struct node *nodes;
    size_t n, cap;
    uint32_t root;
};
