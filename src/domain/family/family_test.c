/* The words of notices, and the codes by which children are fetched. */
#include "base/check.h"

#include <string.h>

#include "family_text.h"

static void test_the_words_are_fixed_and_what_is_added_stands_behind(void **state)
{
    (void)state;
    char text[400];
    family_text(family_kind("reunify"), false, "北门操场", false, text, sizeof text);
    CHECK_STR(text, "请凭本页的接领码接孩子，带身份证件，听从现场安排。地点：北门操场");
    family_text(family_kind("hold"), true, "", false, text, sizeof text);
    CHECK(strncmp(text, "【演练】", strlen("【演练】")) == 0);
    family_text(family_kind("hold"), true, "Until ten.", true, text, sizeof text);
    CHECK(strstr(text, "DRILL") != NULL && strstr(text, "school. Until ten.") != NULL);
    CHECK(family_kind("panic") == NULL);
    size_t n;
    const struct family_kind *all = family_kinds(&n);
    for (size_t i = 0; i < n; i++) CHECK(all[i].zh[0] != 0 && all[i].en[0] != 0 && family_kind(all[i].name) == &all[i]);
}

static void test_a_code_lasts_five_minutes_and_is_one_key_s_own(void **state)
{
    (void)state;
    const uint8_t one[FAMILY_KEY_BYTES] = {1}, two[FAMILY_KEY_BYTES] = {2};
    const int64_t begin = 1795000000000LL / FAMILY_CODE_MS * FAMILY_CODE_MS;
    char a[9], b[9];
    family_code(one, begin, 0, a);
    CHECK_EQ(strlen(a), 8);
    CHECK_EQ(strspn(a, "0123456789"), 8);
    family_code(one, begin + FAMILY_CODE_MS - 1, 0, b);
    CHECK_STR(a, b);
    family_code(one, begin + FAMILY_CODE_MS, 0, b);
    CHECK(strcmp(a, b) != 0);
    family_code(one, begin + FAMILY_CODE_MS, 1, b); /* the one before */
    CHECK_STR(a, b);
    family_code(two, begin, 0, b);
    CHECK(strcmp(a, b) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_the_words_are_fixed_and_what_is_added_stands_behind), TEST(test_a_code_lasts_five_minutes_and_is_one_key_s_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
