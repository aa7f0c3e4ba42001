# Reads `bazel test` summaries; looks up each target's log; prints what failed and what was skipped by name, and in
# its last line "passed failed skipped" counts of test cases (cmocka's, tests/support/test.h).
#
#     awk -v logs=bazel-testlogs -f tests/support/tally.awk BAZEL_OUTPUT
#
# A target that failed without a failed case (it crashed, or took too long) counts as one.

# "name [where]" of the same name in a row are shown as one line.
function show(what, target, name,    base) {
    base = name
    sub(/ \[[^]]*\]$/, "", base)
    if (what == shown_what && target == shown_target && base == shown_base && base != name) {
        sub(/\]$/, ", " substr(name, length(base) + 3), line_shown)
        return
    }
    flush_line()
    shown_what = what
    shown_target = target
    shown_base = base
    line_shown = "  " what ": " target " " name
}

function flush_line() {
    if (line_shown != "")
        print line_shown
    line_shown = ""
}

/^\/\/[^ ]+:[^ ]+ +(\(cached\) )?(PASSED|FLAKY|FAILED|TIMEOUT|NO STATUS)/ {
    target = $1
    good = /PASSED|FLAKY/
    log_path = target
    sub(/^\/\//, logs "/", log_path)
    sub(/:/, "/", log_path)
    log_path = log_path "/test.log"
    split("", seen)
    failed_here = 0
    while (!/FAILED TO BUILD|NO STATUS/ && (getline line < log_path) > 0) {
        if (line ~ /^\[       OK \] /)
            passed++
        else if (line ~ /^\[  (FAILED |SKIPPED)  ?\] / && line !~ / test\(s\)/ && !(line in seen)) {
            seen[line] = 1
            name = line
            sub(/^\[[^]]*\] /, "", name)
            if (line ~ /FAILED/) {
                show("failed", target, name)
                failed_here++
            } else {
                show("skipped", target, name)
                skipped++
            }
        }
    }
    close(log_path)
    if (!good && !failed_here) {
        show("failed", target, $0)
        failed_here = 1
    }
    failed += failed_here
}
END {
    flush_line()
    print passed + 0, failed + 0, skipped + 0
}
