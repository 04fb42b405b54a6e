/* How right an answer is, what it earns, and who wins a draw. Pure. */
#ifndef HX_ANSWER_SCORE_H
#define HX_ANSWER_SCORE_H

#include "base/str.h"

#define ANSWER_VALUE_MAX 201
#define ANSWER_OPTIONS_MAX 6
#define ANSWER_POINTS 1000 /* of a right answer at once; half of it at the end of the time */

enum answer_kind { ANSWER_CHOICE, ANSWER_ORDER, ANSWER_TEXT, ANSWER_HANDS, ANSWER_KIND_COUNT };
enum answer_kind answer_kind_of(const char *name); /* ANSWER_KIND_COUNT for none */

/* Reads a value into its one form: choice "BD" (letters in order), order "CADB" (each option once), text trimmed, in one case and
 * without blanks, hands "A12 B30" (counts of a show of hands). False: it is none. */
bool answer_read(enum answer_kind kind, int options, const char *value, char out[ANSWER_VALUE_MAX]);
/* Whether a solution fits the kind: as answer_read, for text words with '|' between, for hands letters. */
bool answer_solution_fits(enum answer_kind kind, int options, const char *solution);
/* Thousandths that are right, of a value in its one form: choice all or nothing, order by places, hands by pupils. */
int answer_share(enum answer_kind kind, const char *solution, const char *value);
/* Points for `share` after so many of limit_ms. */
int answer_points(int share, int64_t after_ms, int64_t limit_ms);

/* Puts `seats` in the order of SHA-256(seed ‖ number ‖ seat), numbers as 8 bytes, high first: the first ones win. Whoever knows
 * the seed can compute it again. */
void draw_order(const uint8_t seed[32], int64_t number, int64_t *seats, size_t n);

#endif
