/* Fixed teams: few officers stand at each post over the whole rota, so that guards and pupils know them. That is no flow; it is reached by exchanges from the
 * proven plan, whose cost stays the bound that the difference is told against. */
#ifndef HX_ROTA_TEAM_H
#define HX_ROTA_TEAM_H

#include "domain/rota/rota_instance.h"

#define ROTA_TEAM_WEIGHT 120 /* what a new face at a post may cost at most in way, in units of 100 m: it is halved with each further duty there */

/* Different officers at each post, added up over the posts. */
int rota_members(const struct rota *r, const struct rota_plan *p);
/* Exchanges officers who serve at the same peak until no exchange helps. Everybody serves when they did, so nothing hard is broken and no load changes; p->cost is
 * afresh, p->bound stays, p->optimal says whether they are still equal. `report` false stops it between two passes; may be NULL. Returns the exchanges. */
int rota_steady(const struct rota *r, int weight, bool (*go_on)(void *arg), void *arg, struct rota_plan *p);

#endif
