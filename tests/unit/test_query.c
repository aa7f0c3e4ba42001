#include "inspector/rows/query.h"

#include <stdlib.h>

#include "tests/support/fake_stream.h"
#include "tests/support/test.h"

static const char graph[] =
    "top : dict size=300 gen=2 -> n1 : app.Node size=2000 rc=150 gen=2, top -> n2 : app.Node\n"
    "n1 -> l : list size=5000, n2 -> l, n2 -> s : str untracked, l -> n1\n"
    "f : app.sub/Outer.File finalized gen=permanent\n"
    "type app.sub/Outer.File finalizer\n";

/* By object name. */
static uint64_t *lengths(const struct snapshot *s)
{
    uint64_t *length = malloc(s->n_objects * sizeof *length);

    for (uint32_t i = 0; i < s->n_objects; i++)
        length[i] = QUERY_NO_LENGTH;
    length[fake_object(s, "top")] = 2;
    length[fake_object(s, "l")] = 1000;
    length[fake_object(s, "s")] = 0;
    return length;
}

/* The names of the objects that pass, in the order of the graph's naming, joined by blanks. */
static void check(const char *text, const char *want)
{
    static const char *const names[] = {"top", "n1", "n2", "l", "s", "f"};
    struct snapshot *s = fake_snapshot(graph);
    uint64_t *length = lengths(s);
    struct query *query = NULL;
    char shown[64] = "";
    size_t at;

    assert_ok(query_parse(text, &query, &at));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (query_match(query, &(struct query_heap){s, length}, fake_object(s, names[i]))) {
            strcat(shown, *shown ? " " : "");
            strcat(shown, names[i]);
        }
    if (strcmp(shown, want) != 0)
        fprintf(stderr, "query: %s\n", text);
    assert_string_equal(shown, want);
    query_destroy(query);
    free(length);
    snapshot_unref(s);
}

static void check_error(const char *text, const char *part, size_t where)
{
    struct query *query = NULL;
    size_t at = 999;

    assert_fails(query_parse(text, &query, &at), ERR_USAGE, part);
    assert_null(query);
    if (at != where)
        fprintf(stderr, "query: %s\n", text);
    assert_int_equal(at, where);
}

static void test_query__texts(void **state)
{
    (void)state;
    check("type==app.Node", "n1 n2");
    check("type != builtins.dict", "n1 n2 l s f");
    check("type~node", "n1 n2");
    check("type~NODE", "");
    check("type~'app'", "n1 n2 f");
    check("module==app", "n1 n2");
    check("module==app.sub", "f");
    check("module~sub", "f");
    check("module~File", "");
    check("module==builtins", "top l s");
}

static void test_query__numbers(void **state)
{
    (void)state;
    check("shallow>1k", "n1 l");
    check("shallow==2000", "n1");
    check("shallow<=300 and shallow>=300", "top");
    check("refcount>100", "n1");
    check("refcount<1", "top f");
    check("referrers==2", "n1 l");
    check("referrers == 0", "top f");
    check("referents>1", "top n2");
    check("len>999", "l");
    check("len>=0", "top l s");
    check("len!=1000", "top s");
    check("retained>0", ""); /* nobody has computed it */
}

static void test_query__states(void **state)
{
    (void)state;
    check("gen==2", "top n1");
    check("gen==permanent", "f");
    check("gen<2", "n2 l");
    check("gen!=2", "n2 l f"); /* what is not tracked has none */
    check("tracked==no", "s");
    check("not tracked", "s");
    check("finalizer", "f");
    check("finalized and finalizer==yes", "f");
    check("finalizer!=yes", "top n1 n2 l s");
}

static void test_query__edges(void **state)
{
    (void)state;
    check("referrer.type==builtins.dict", "n1 n2");
    check("referent.type==builtins.list", "n1 n2");
    check("referrer.type~list or referent.type~str", "n1 n2");
    check("not referrer.type~.", "top f");
}

static void test_query__logic(void **state)
{
    (void)state;
    check("type~Node and gen==2", "n1");
    check("type~Node or gen==permanent", "n1 n2 f");
    check("type~dict or type~Node and gen==2", "top n1"); /* and binds tighter */
    check("(type~dict or type~Node) and gen==2", "top n1");
    check("not type~Node and tracked", "top l f");
    check("not (type~Node and gen==2)", "top n2 l s f");
    check("not not type~Node", "n1 n2");
    check("  ( ( type~Node ) )  ", "n1 n2");
    check("(tracked)and(gen==2)", "top n1");
}

static void test_query__errors(void **state)
{
    (void)state;
    check_error("", "a field is missing at character 1", 0);
    check_error("typ~x", "there is no such field at character 1; the fields are: type, module", 0);
    check_error("type~x and", "a field is missing at character 11", 10);
    check_error("type~x gen==2", "'and' or 'or' is missing at character 8", 7);
    check_error("type", "an operator (== != < <= > >= ~) is missing at character 5", 4);
    check_error("type=x", "an operator", 4);
    check_error("type>x", "texts are compared with ==, != and ~, at character 5", 4);
    check_error("shallow~5", "numbers are compared with", 7);
    check_error("tracked>yes", "yes and no are compared with == and !=", 7);
    check_error("shallow>", "a value is missing at character 9", 8);
    check_error("shallow > many", "'many' is not a size such as 512, 10k or 1.5mib at character 11",
                10);
    check_error("gen==old", "'old' is not a generation", 5);
    check_error("tracked==perhaps", "is not yes or no", 9);
    check_error("(type~x", "the bracket is not closed at character 1", 0);
    check_error("gen==1 and (type~x gen==2)", "'and' or 'or' is missing at character 20", 19);
    check_error("type~x)", "'and' or 'or' is missing", 6);
    check_error("type=='x", "the quote is not closed at character 7", 6);
    check_error("type~\xc3\xa9 x", "at character 8", 8); /* characters, not bytes */
    check_error("not", "a field is missing at character 4", 3);
    check_error("and", "there is no such field", 0);
}

static void test_query__depth_is_bounded(void **state)
{
    char text[4096];
    struct query *query = NULL;
    size_t at;

    (void)state;
    memset(text, '(', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_fails(query_parse(text, &query, &at), ERR_USAGE, "nested too deeply at character 101");
}

static void test_query__points(void **state)
{
    struct str line = STR_INIT;

    (void)state;
    query_point("gen==2 or x\n", 10, &line);
    assert_string_equal(line.text, "gen==2 or x?\n          ^\n");
    str_deinit(&line);
}

static void test_query__knows_what_it_needs(void **state)
{
    struct query *query;
    size_t at;

    (void)state;
    assert_ok(query_parse("type~x or not (len>2)", &query, &at));
    assert_true(query_needs_length(query));
    query_destroy(query);
    assert_ok(query_parse("type~len", &query, &at));
    assert_false(query_needs_length(query));
    query_destroy(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_query__texts),
        TEST(test_query__numbers),
        TEST(test_query__states),
        TEST(test_query__edges),
        TEST(test_query__logic),
        TEST(test_query__errors),
        TEST(test_query__depth_is_bounded),
        TEST(test_query__points),
        TEST(test_query__knows_what_it_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
