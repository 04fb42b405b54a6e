#include <stdlib.h>

#include "domain/plan/plan_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct plan_text plan;
    char why[200];
    (void)!plan_parse((struct str){(const char *)data, n}, &plan, n % 2, why, sizeof why);
    return 0;
}
