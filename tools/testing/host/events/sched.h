/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Actors that run at the same time: threads, or fibers whose interleaving is chosen.
 *
 * With HOST_THREADS each actor is a thread.  With HOST_EXPLORE they are fibers of one
 * thread, and after each shared access (shim_step()) another one may run, as a random
 * number says.  The same seed gives the same run.
 */
#ifndef HOST_EVENTS_SCHED_H
#define HOST_EVENTS_SCHED_H

#include "shim.h"

#define SCHED_MAX_ACTORS	16

void sched_begin(u64 seed);
void sched_spawn(void (*fn)(void *arg), void *arg);
void sched_run(void);
u64 sched_random(void);
extern void (*sched_stuck)(void);

#endif /* HOST_EVENTS_SCHED_H */
