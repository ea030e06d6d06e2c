// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actors as fibers, interleaved as a random number says.
 *
 * How often there is a change is drawn anew for each run.  Now and then an actor is
 * frozen for long, as a VCPU is that Xen does not run: what one actor finds when it
 * returns after many steps of all others is what threads hardly ever show.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <ucontext.h>

#include "sched.h"

#define STACK_BYTES	(64 * 1024)
/* A run that takes longer does not come to an end. */
#define MAX_STEPS	(1ULL << 26)

struct fiber {
	void (*fn)(void *arg);
	void *arg;
	void *stack;
	void *sp;
	ucontext_t context;
	uint64_t frozen_until;
	bool done;
};

static struct fiber fibers[SCHED_MAX_ACTORS];
static struct fiber outside;
static struct fiber *current;
static unsigned int nr_fibers, nr_live;
static uint64_t rng, steps;
static unsigned int until_switch, mean_steps;

/* Called when a run does not come to an end. */
void (*sched_stuck)(void);

/**
 * sched_random() - a random number
 *
 * Return: 64 random bits.
 */
uint64_t sched_random(void)
{
	uint64_t x;

	rng += 0x9e3779b97f4a7c15ULL;
	x = rng;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
void sched_swap(void **save, void *load);
asm(".text\n"
    ".globl sched_swap\n"
    "sched_swap:\n"
    "	pushq %rbp\n"
    "	pushq %rbx\n"
    "	pushq %r12\n"
    "	pushq %r13\n"
    "	pushq %r14\n"
    "	pushq %r15\n"
    "	movq %rsp, (%rdi)\n"
    "	movq %rsi, %rsp\n"
    "	popq %r15\n"
    "	popq %r14\n"
    "	popq %r13\n"
    "	popq %r12\n"
    "	popq %rbx\n"
    "	popq %rbp\n"
    "	ret\n");

static void swap_to(struct fiber *from, struct fiber *to)
{
	sched_swap(&from->sp, to->sp);
}

static void prepare(struct fiber *fiber, void (*entry)(void))
{
	void **sp = (void **)((char *)fiber->stack + STACK_BYTES);

	/* What sched_swap() pops, below an address that is aligned for a call. */
	*--sp = NULL;
	*--sp = (void *)entry;
	fiber->sp = sp - 6;
}
#else
static void swap_to(struct fiber *from, struct fiber *to)
{
	swapcontext(&from->context, &to->context);
}

static void prepare(struct fiber *fiber, void (*entry)(void))
{
	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = fiber->stack;
	fiber->context.uc_stack.ss_size = STACK_BYTES;
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, entry, 0);
}
#endif

/* Someone who may run, from a random place on; if all are frozen, they thaw. */
static struct fiber *choose(bool another)
{
	unsigned int i, first;
	struct fiber *fiber;

	for (;;) {
		first = sched_random() % nr_fibers;
		for (i = 0; i < nr_fibers; i++) {
			fiber = &fibers[(first + i) % nr_fibers];
			if (fiber->done || fiber->frozen_until > steps)
				continue;
			if (!another || fiber != current || nr_live == 1)
				return fiber;
		}
		for (i = 0; i < nr_fibers; i++)
			fibers[i].frozen_until = 0;
	}
}

static void change(bool another)
{
	struct fiber *from = current, *to;

	if (steps > MAX_STEPS)
		sched_stuck();
	until_switch = 1 + sched_random() % (2 * mean_steps);
	if (sched_random() % 64 == 0)
		from->frozen_until = steps + (16ULL << sched_random() % 8);
	to = choose(another);
	if (to == from)
		return;
	current = to;
	swap_to(from, to);
}

/**
 * explore_step() - a shared access is about to be made
 */
void explore_step(void)
{
	if (!current)
		return;
	steps++;
	if (!--until_switch)
		change(false);
}

/**
 * explore_wait() - nothing to do before another actor has done something
 */
void explore_wait(void)
{
	if (!current)
		return;
	steps++;
	change(true);
}

static void enter(void)
{
	struct fiber *self = current;

	self->fn(self->arg);
	self->done = true;
	nr_live--;
	current = nr_live ? choose(false) : NULL;
	swap_to(self, current ? current : &outside);
	abort();
}

/**
 * sched_begin() - begin a run
 * @seed: what all random numbers come from
 */
void sched_begin(uint64_t seed)
{
	rng = seed * 0xd1342543de82ef95ULL + 1;
	nr_fibers = 0;
	nr_live = 0;
	steps = 0;
	mean_steps = 1U << sched_random() % 7;
	until_switch = mean_steps;
}

/**
 * sched_spawn() - add an actor
 * @fn: what it does
 * @arg: for @fn
 */
void sched_spawn(void (*fn)(void *arg), void *arg)
{
	struct fiber *fiber = &fibers[nr_fibers++];

	if (!fiber->stack)
		fiber->stack = malloc(STACK_BYTES);
	if (!fiber->stack)
		abort();
	fiber->fn = fn;
	fiber->arg = arg;
	fiber->done = false;
	fiber->frozen_until = 0;
	prepare(fiber, enter);
	nr_live++;
}

/**
 * sched_run() - run until all actors have returned
 */
void sched_run(void)
{
	current = choose(false);
	swap_to(&outside, current);
}
