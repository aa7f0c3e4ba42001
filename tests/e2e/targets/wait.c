/* A program that says "ready" and waits for the end of its input. It stands in for an interpreter of another make. */
#include <unistd.h>

const char version[] = "3.11.7"; /* what somebody who looks for a Python may find */

int main(void)
{
    char byte;

    if (write(1, "ready\n", 6) != 6)
        return 1;
    while (read(0, &byte, 1) > 0)
        ;
    return version[0] != '3';
}
