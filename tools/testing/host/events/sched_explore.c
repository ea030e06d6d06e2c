// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actors as fibers, interleaved as a random number says.
 *
 * How often there is a change is drawn anew for each run.  Now and then an actor is
 * frozen for long, as a VCPU is that Xen does not run: what one actor finds when it
 * returns after many steps of all others is what threads hardly ever show.
 */
#include <stdlib.h>
#include <ucontext.h>

#include "sched.h"

#define STACK_BYTES	(64 * 1024)
/* A run that takes longer does not come to an end. */
#define MAX_STEPS	0x4000000ULL

struct fiber {
	void (*fn)(void *arg);
	void *arg;
	void *stack;
	void *sp;
	ucontext_t context;
	u64 frozen_until;
};

static struct fiber fibers[SCHED_MAX_ACTORS];
static struct fiber outside;
static struct fiber *current;
static unsigned int nr_fibers;
/* A bit for each fiber. */
static u32 live, frozen;
static u64 rng, steps, next_thaw;
static unsigned int until_switch, mean_steps;

/* Called when a run does not come to an end. */
void (*sched_stuck)(void);

/**
 * sched_random() - a random number
 *
 * Return: 64 random bits.
 */
u64 sched_random(void)
{
	u64 x;

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

/* Let those go on whose time has come. */
static void thaw(void)
{
	unsigned int i;

	next_thaw = ~0ULL;
	for (i = 0; i < nr_fibers; i++) {
		if (!(frozen & 1U << i))
			continue;
		if (fibers[i].frozen_until <= steps)
			frozen &= ~(1U << i);
		else if (fibers[i].frozen_until < next_thaw)
			next_thaw = fibers[i].frozen_until;
	}
}

static void freeze(struct fiber *fiber, u64 for_steps)
{
	fiber->frozen_until = steps + for_steps;
	frozen |= 1U << (fiber - fibers);
	if (fiber->frozen_until < next_thaw)
		next_thaw = fiber->frozen_until;
}

/* Someone who may run; if all are frozen, they thaw. */
static struct fiber *choose(unsigned int random)
{
	u32 mask, turn = random % SCHED_MAX_ACTORS;

	if (steps >= next_thaw)
		thaw();
	mask = live & ~frozen;
	if (!mask) {
		frozen = 0;
		mask = live;
	}
	/* The first from a random place on, round. */
	mask |= mask << SCHED_MAX_ACTORS;
	return &fibers[(__builtin_ctz(mask >> turn) + turn) % SCHED_MAX_ACTORS];
}

static void change(void)
{
	struct fiber *from = current, *to;
	u64 random = sched_random();

	if (steps > MAX_STEPS)
		sched_stuck();
	until_switch = 1 + (random >> 40) % (2 * mean_steps);
	if ((random >> 8) % 64 == 0)
		freeze(from, 16ULL << (random >> 16) % 8);
	to = choose(random);
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
		change();
}

/**
 * explore_wait() - nothing to do before another actor has done something
 */
void explore_wait(void)
{
	if (!current)
		return;
	steps++;
	freeze(current, 1 + sched_random() % 32);
	change();
}

static void enter(void)
{
	struct fiber *self = current;

	self->fn(self->arg);
	live &= ~(1U << (self - fibers));
	current = live ? choose(sched_random()) : NULL;
	swap_to(self, current ? current : &outside);
	abort();
}

/**
 * sched_begin() - begin a run
 * @seed: what all random numbers come from
 */
void sched_begin(u64 seed)
{
	rng = seed * 0xd1342543de82ef95ULL + 1;
	nr_fibers = 0;
	live = 0;
	frozen = 0;
	next_thaw = ~0ULL;
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
	prepare(fiber, enter);
	live |= 1U << (fiber - fibers);
}

/**
 * sched_run() - run until all actors have returned
 */
void sched_run(void)
{
	current = choose(sched_random());
	swap_to(&outside, current);
}
