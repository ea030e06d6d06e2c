// SPDX-License-Identifier: GPL-2.0-only
/* Actors as threads: what the seed decides is what they do, not when. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "sched.h"

struct thread {
	void (*fn)(void *arg);
	void *arg;
	pthread_t id;
	u64 rng;
};

static struct thread threads[SCHED_MAX_ACTORS];
static unsigned int nr_threads;
static u64 seed_of_run;
static __thread struct thread *self;
static struct thread outside;

/* Not called by threads. */
void (*sched_stuck)(void);

/**
 * sched_random() - a random number
 *
 * Return: 64 random bits.
 */
u64 sched_random(void)
{
	struct thread *thread = self ? self : &outside;
	u64 x;

	thread->rng += 0x9e3779b97f4a7c15ULL;
	x = thread->rng;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/**
 * thread_wait() - nothing to do before another actor has done something
 */
void thread_wait(void)
{
	sched_yield();
}

static void *enter(void *arg)
{
	self = arg;
	self->fn(self->arg);
	return NULL;
}

/**
 * sched_begin() - begin a run
 * @seed: what all random numbers come from
 */
void sched_begin(u64 seed)
{
	seed_of_run = seed * 0xd1342543de82ef95ULL + 1;
	outside.rng = seed_of_run;
	nr_threads = 0;
}

/**
 * sched_spawn() - add an actor
 * @fn: what it does
 * @arg: for @fn
 */
void sched_spawn(void (*fn)(void *arg), void *arg)
{
	struct thread *thread = &threads[nr_threads++];

	thread->fn = fn;
	thread->arg = arg;
	thread->rng = seed_of_run + ((u64)nr_threads << 40);
}

/**
 * sched_run() - run until all actors have returned
 */
void sched_run(void)
{
	unsigned int i;

	for (i = 0; i < nr_threads; i++)
		if (pthread_create(&threads[i].id, NULL, enter, &threads[i]))
			abort();
	for (i = 0; i < nr_threads; i++)
		pthread_join(threads[i].id, NULL);
}
