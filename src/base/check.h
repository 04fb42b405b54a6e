/* Claims for tests: one line each, with both values when they differ. */
#ifndef HX_CHECK_H
#define HX_CHECK_H

/* cmocka wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CHECK(c) assert_true(c)
#define CHECK_EQ(a, b) assert_int_equal(a, b)
#define CHECK_STR(a, b) assert_string_equal(a, b)
#define TEST(f) cmocka_unit_test(f)

#endif
