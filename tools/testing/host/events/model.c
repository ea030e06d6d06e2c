// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of Xen, of VCPUs and of the core, around the real engines.
 *
 * Senders send to channels as Xen does.  VCPUs run an upcall loop.  Others mask and
 * unmask channels, move, close and bind them, and take VCPUs off line and back.  What
 * knows of Xen's side of an ABI may stop them all, but not the senders, and have all
 * channels closed, Xen's side forgotten, and begin anew.  When
 * all have done their share, all is unmasked, the VCPUs that are not off line run, and
 * then:
 *
 * - each event that was sent has been seen by a handler that began afterwards;
 * - nothing is pending.
 *
 * At all times:
 *
 * - the engine offers no channel that was masked before its scan began and still is;
 * - a handler that masks its channel until it is done is not called before it is;
 * - a handler is called only for an event;
 * - no actor waits for ever (seen in the explorer only).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define REASON_USER	1U
#define REASON_EOI	2U
#define MAX_SENDERS	3

enum cpu_state { CPU_ONLINE, CPU_STOPPING, CPU_DEAD };

/**
 * struct vcpu - a VCPU
 * @upcall_pending: set by Xen, cleared by the guest
 * @state: as hot-plug sees it
 * @in_upcall: odd while it runs an upcall
 * @scan_began: the oracle's clock when the engine was entered
 */
struct vcpu {
	u8 upcall_pending;
	enum cpu_state state;
	unsigned int in_upcall;
	u64 scan_began;
};

struct chan chans[MAX_CHANS];
unsigned int nr_chans, nr_cpus;
bool pv_guest;

static struct vcpu vcpus[MAX_CPUS];
static struct chan *by_port[1 << 20];
static int hotplug;
static unsigned int nr_inside;
static bool stop_wanted;
static u64 now;
static u64 given_back, handled;
static unsigned int nr_busy, sends_each, sends;
static bool quiet, rebinding;
static u64 seed;
static const char *name = "model";
static bool bug_wanted;

static void result(bool good)
{
	printf("KTAP version 1\n1..1\n%sok 1 %s\n", good ? "" : "not ", name);
	fflush(stdout);
	_exit(!good);
}

/**
 * violated() - say so, and end
 * @what: what happened that should not
 * @chan: the channel, or NULL
 */
void violated(const char *what, const struct chan *chan)
{
	printf("# seed %llu, channel %d: %s\n", (unsigned long long)seed,
	       chan ? (int)(chan - chans) : -1, what);
	result(bug_wanted);
}

static void stuck(void)
{
	violated("the run does not come to an end", NULL);
}

/**
 * lock() - take a spinlock
 * @lock: lock
 */
void lock(int *lock)
{
	while (xchg(lock, 1))
		cpu_relax();
}

/**
 * unlock() - release a spinlock
 * @lock: lock
 */
void unlock(int *lock)
{
	shim_step();
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/**
 * xen_upcall() - Xen notifies a VCPU
 * @cpu: VCPU
 */
void xen_upcall(unsigned int cpu)
{
	xchg(&vcpus[cpu].upcall_pending, 1);
}

/**
 * guest_upcall() - a PV guest has its own upcall made
 * @cpu: the VCPU that runs
 */
void guest_upcall(unsigned int cpu)
{
	WRITE_ONCE(vcpus[cpu].upcall_pending, 1);
}

/* Xen's lock of a channel: many may send, one may change. */
static void xen_read_lock(struct chan *chan)
{
	int old;

	for (;;) {
		old = READ_ONCE(chan->xen_lock);
		if (old >= 0 && sync_try_cmpxchg(&chan->xen_lock, &old, old + 1))
			return;
		cpu_relax();
	}
}

static void xen_read_unlock(struct chan *chan)
{
	shim_step();
	__atomic_sub_fetch(&chan->xen_lock, 1, __ATOMIC_SEQ_CST);
}

static void xen_write_lock(struct chan *chan)
{
	int old;

	for (;;) {
		old = 0;
		if (sync_try_cmpxchg(&chan->xen_lock, &old, -1))
			return;
		cpu_relax();
	}
}

static void xen_write_unlock(struct chan *chan)
{
	shim_step();
	__atomic_store_n(&chan->xen_lock, 0, __ATOMIC_SEQ_CST);
}

static void xen_send(struct chan *chan)
{
	xen_read_lock(chan);
	if (chan->xen_bound) {
		bump(chan->sent);
		/* Counted before anybody can take it, corrected by the ABI's model. */
		bump(chan->raised);
		xen_set_pending(chan, READ_ONCE(chan->xen_cpu));
	}
	xen_read_unlock(chan);
}

static void xen_bind(struct chan *chan, bool bound, unsigned int cpu)
{
	xen_write_lock(chan);
	chan->xen_bound = bound;
	if (bound)
		WRITE_ONCE(chan->xen_cpu, cpu);
	else
		xen_clear_pending(chan);
	xen_write_unlock(chan);
}

/*
 * Under Xen's lock of the domain's channels.  That excludes no sender: one may have read the
 * old VCPU, and notifies that one later.
 */
static void xen_bind_vcpu(struct chan *chan, unsigned int cpu)
{
	abi_event_lock();
	WRITE_ONCE(chan->xen_cpu, cpu);
	abi_event_unlock();
}

/*
 * The core, under the channel's lock.  The oracle calls a channel masked from after
 * the bit is set to before it is cleared.
 */
static void set_mask(struct chan *chan)
{
	abi_mask(chan);
	poke(chan->masked_at, bump(now));
}

static void clear_mask(struct chan *chan, unsigned int me)
{
	poke(chan->masked_at, 0);
	abi_unmask(chan, me);
}

static void set_pending(struct chan *chan)
{
	bump(chan->raised);
	abi_set_pending(chan);
}

static void add_reason(struct chan *chan, unsigned int reason)
{
	if (!chan->reasons && chan->bound)
		set_mask(chan);
	WRITE_ONCE(chan->reasons, chan->reasons | reason);
}

static void drop_reason(struct chan *chan, unsigned int reason, unsigned int me)
{
	unsigned int before = chan->reasons;

	WRITE_ONCE(chan->reasons, before & ~reason);
	if (before && !chan->reasons && chan->bound)
		clear_mask(chan, me);
}

static void core_mask(struct chan *chan)
{
	lock(&chan->lock);
	add_reason(chan, REASON_USER);
	unlock(&chan->lock);
}

static void core_unmask(struct chan *chan, unsigned int me)
{
	lock(&chan->lock);
	drop_reason(chan, REASON_USER, me);
	unlock(&chan->lock);
}

static void core_eoi(struct chan *chan, unsigned int me)
{
	lock(&chan->lock);
	if (chan->eoi_due) {
		poke(chan->eoi_due, false);
		drop_reason(chan, REASON_EOI, me);
	}
	unlock(&chan->lock);
}

static void core_kick(struct chan *chan, unsigned int me)
{
	lock(&chan->lock);
	if (chan->bound) {
		if (!chan->reasons)
			set_mask(chan);
		set_pending(chan);
		if (!chan->reasons)
			clear_mask(chan, me);
	}
	unlock(&chan->lock);
}

static void core_move(struct chan *chan, unsigned int cpu, unsigned int me)
{
	lock(&chan->lock);
	if (chan->bound && chan->cpu != cpu) {
#ifndef MODEL_MOVE_WITHOUT_MASK
		if (!chan->reasons)
			set_mask(chan);
#endif
		xen_bind_vcpu(chan, cpu);
		poke(chan->moved, true);
		WRITE_ONCE(chan->cpu, cpu);
#ifndef MODEL_MOVE_WITHOUT_MASK
		if (!chan->reasons)
			clear_mask(chan, me);
#endif
	}
	unlock(&chan->lock);
}

/* What came for a VCPU where the channel is no more. */
static void core_pass_on(struct chan *chan, unsigned int me)
{
#ifndef MODEL_NO_PASS_ON
	lock(&chan->lock);
	if (chan->bound && !chan->reasons) {
		set_mask(chan);
		clear_mask(chan, me);
	}
	unlock(&chan->lock);
#endif
}

static unsigned int online_cpu(void)
{
	unsigned int cpu;

	do {
		cpu = sched_random() % nr_cpus;
	} while (peek(vcpus[cpu].state) != CPU_ONLINE);
	return cpu;
}

/*
 * Events too many: what was left pending for whoever comes next, and what was taken
 * before and is looked up afterwards.
 */
static u64 strays(struct chan *chan)
{
	unsigned int cpu, nr = abi_pending(chan);

	for (cpu = 0; abi_looks_up_late && cpu < nr_cpus; cpu++)
		nr += peek(vcpus[cpu].in_upcall) & 1;
	return nr;
}

static void core_bind(struct chan *chan)
{
	lock(&chan->lock);
	if (!chan->bound && !abi_busy(chan)) {
		poke(chan->sent, 0);
		poke(chan->seen, 0);
		poke(chan->raised, strays(chan));
		poke(chan->taken, 0);
		poke(chan->moved, false);
		WRITE_ONCE(chan->cpu, online_cpu());
		chan->bound = true;
		lock(&chan->desc);
		chan->installed = true;
		unlock(&chan->desc);
		xen_bind(chan, true, chan->cpu);
		/* The mask bit is set, whatever was done to the reasons meanwhile. */
		poke(chan->reasons, REASON_USER);
		drop_reason(chan, REASON_USER, NO_CPU);
	}
	unlock(&chan->lock);
}

/*
 * As free_irq(), then the closing of the port.  A VCPU that has claimed the channel, and
 * has not come to its handler yet, is not waited for.
 */
static void core_close(struct chan *chan)
{
	lock(&chan->desc);
	chan->installed = false;
	unlock(&chan->desc);
	while (READ_ONCE(chan->running))
		cpu_relax();
	lock(&chan->lock);
	if (chan->bound) {
		add_reason(chan, REASON_USER);
		WRITE_ONCE(chan->life, chan->life + 1);
		chan->bound = false;
		poke(chan->eoi_due, false);
		xen_bind(chan, false, 0);
	}
	unlock(&chan->lock);
}

/* All that is of the guest is done inside, but for what stops the guest. */
static bool enter(void)
{
	bump(nr_inside);
	if (!peek(stop_wanted))
		return true;
	drop(nr_inside);
	return false;
}

static void leave(void)
{
	drop(nr_inside);
}

/**
 * core_reset() - all channels are closed, the ABI is left, and all is begun anew
 * @reset: the ABI's part, on both sides; only senders run, and find no channel
 *
 * As EVTCHNOP_reset and the way of a restore after it do, with all VCPUs stopped.
 */
void core_reset(void (*reset)(void))
{
	bool was_bound[MAX_CHANS];
	unsigned int i;

	poke(stop_wanted, true);
	while (peek(nr_inside))
		cpu_relax();
	for (i = 0; i < nr_chans; i++) {
		struct chan *chan = &chans[i];

		was_bound[i] = chan->bound;
		if (!chan->bound)
			continue;
		xen_bind(chan, false, 0);
		chan->bound = false;
		WRITE_ONCE(chan->life, chan->life + 1);
		poke(chan->eoi_due, false);
		poke(chan->masked_at, bump(now));
	}
	reset();
	for (i = 0; i < nr_chans; i++)
		if (was_bound[i])
			core_bind(&chans[i]);
	poke(stop_wanted, false);
}

/**
 * core_chan() - a port's channel
 * @port: port
 *
 * Return: channel, or NULL for a port that nobody uses.
 */
struct chan *core_chan(unsigned int port)
{
	return port < ARRAY_SIZE(by_port) ? by_port[port] : NULL;
}

/**
 * core_offered() - the engine says that a channel is pending and not masked
 * @cpu: VCPU that runs
 * @chan: channel
 */
void core_offered(unsigned int cpu, const struct chan *chan)
{
	u64 masked_at = peek(chan->masked_at);

	if (masked_at && masked_at <= vcpus[cpu].scan_began)
		violated("a masked channel is offered", chan);
}

/**
 * core_life() - look a channel up
 * @chan: channel
 *
 * Return: which of the core's channels of this port it is at present.
 */
unsigned int core_life(const struct chan *chan)
{
	return READ_ONCE(chan->life);
}

/**
 * core_claim() - is a channel that is still pending to be run here?
 * @cpu: VCPU that runs
 * @chan: channel
 *
 * Return: true if it is.
 */
bool core_claim(unsigned int cpu, struct chan *chan)
{
	if (READ_ONCE(chan->cpu) != cpu) {
		if (peek(chan->moved))
			core_pass_on(chan, cpu);
		return false;
	}
	return !READ_ONCE(chan->reasons);
}

/* Under the lock: the event is given back, or it is the channel's until its EOI. */
static bool begin_eoi(struct chan *chan, unsigned int life)
{
	if (chan->life != life)
		return false;
	if (chan->reasons) {
		set_pending(chan);
		bump(chan->taken);
		bump(given_back);
		return false;
	}
	if (peek(chan->eoi_due))
		violated("a handler is called again before it is done", chan);
	poke(chan->eoi_due, true);
#ifndef MODEL_NO_EOI_MASK
	add_reason(chan, REASON_EOI);
#endif
	return true;
}

/* As genirq: a handler begins only where there is one, and is waited for then. */
static bool begin_handler(struct chan *chan, unsigned int life)
{
	bool begun;

	lock(&chan->desc);
	begun = chan->installed && peek(chan->life) == life;
	if (begun) {
		bump(chan->running);
		if (bump(chan->taken) > peek(chan->raised))
			violated("a handler is called without an event", chan);
	}
	unlock(&chan->desc);
	return begun;
}

static void handle(unsigned int cpu, struct chan *chan)
{
	u64 random = sched_random();

	bump(handled);
	poke(chan->seen, peek(chan->sent));
	/* As an IPI, or the like. */
	if (!peek(quiet) && random % 8 == 0)
		xen_send(&chans[random / 8 % nr_chans]);
	if (!(random >> 32 & 3))
		core_eoi(chan, cpu);
	drop(chan->running);
}

/**
 * core_run() - run a channel's handler
 * @cpu: VCPU that runs
 * @chan: channel, whose event was taken
 * @life: as it was looked up
 */
void core_run(unsigned int cpu, struct chan *chan, unsigned int life)
{
	bool mine = true;

	if (chan->eoi) {
		lock(&chan->lock);
		mine = begin_eoi(chan, life);
		unlock(&chan->lock);
	}
	if (mine && begin_handler(chan, life))
		handle(cpu, chan);
}

/* Whoever has the port now gets the event; or it waits for the next who does. */
static void core_return(struct chan *chan, unsigned int cpu)
{
	bool bound;

	lock(&chan->lock);
	bound = chan->bound;
	if (!bound)
		set_pending(chan);
	unlock(&chan->lock);
	if (bound)
		core_kick(chan, cpu);
}

/**
 * core_run_claimed() - run the handler of a channel that was looked up before the taking
 * @cpu: VCPU that runs
 * @chan: channel, whose event was taken
 * @life: as it was looked up
 */
void core_run_claimed(unsigned int cpu, struct chan *chan, unsigned int life)
{
#ifndef MODEL_RUN_WHOSE_PORT_IT_WAS
	if (READ_ONCE(chan->life) != life) {
		core_return(chan, cpu);
		return;
	}
#endif
	core_run(cpu, chan, life);
}

/**
 * core_give_back() - an event was taken, but the channel is masked by now
 * @cpu: VCPU that runs
 * @chan: channel
 * @life: as it was looked up
 */
void core_give_back(unsigned int cpu, struct chan *chan, unsigned int life)
{
	bool back;

	lock(&chan->lock);
	back = chan->reasons;
	if (back && chan->life == life && chan->bound) {
		set_pending(chan);
		bump(chan->taken);
		bump(given_back);
	}
	unlock(&chan->lock);
	if (!back)
		core_run(cpu, chan, life);
}

/**
 * core_orphan() - an event was taken off a dead VCPU's queues
 * @cpu: that VCPU
 * @chan: channel
 */
void core_orphan(unsigned int cpu, struct chan *chan)
{
	if (READ_ONCE(chan->cpu) != cpu)
		core_kick(chan, NO_CPU);
}

static void upcall(unsigned int cpu)
{
	struct vcpu *vcpu = &vcpus[cpu];

	bump(vcpu->in_upcall);
	do {
		xchg(&vcpu->upcall_pending, 0);
		vcpu->scan_began = peek(now);
		abi_deliver(cpu);
	} while (READ_ONCE(vcpu->upcall_pending));
	bump(vcpu->in_upcall);
}

/* What a VCPU does besides: EOI threads and unmasking of its own channels. */
static void idle(unsigned int cpu)
{
	unsigned int i, first = sched_random() % nr_chans;
	struct chan *chan = &chans[first];

	for (i = 0; i < nr_chans && !peek(chan->eoi_due); i++)
		chan = &chans[(first + i) % nr_chans];
	if (peek(chan->eoi_due))
		core_eoi(chan, cpu);
	else if (peek(chan->reasons) & REASON_USER && sched_random() % 4 == 0)
		core_unmask(chan, cpu);
	cpu_relax();
}

/*
 * Off line until told otherwise, or to the end.  What came for it meanwhile may have
 * made no upcall.
 */
static bool off_line(unsigned int cpu)
{
	poke(vcpus[cpu].state, CPU_DEAD);
	while (peek(vcpus[cpu].state) == CPU_DEAD) {
		if (!peek(nr_busy))
			return true;
		cpu_relax();
	}
	WRITE_ONCE(vcpus[cpu].upcall_pending, 1);
	return false;
}

/* Return: whether there is no more to do. */
static bool work(unsigned int cpu)
{
	if (READ_ONCE(vcpus[cpu].upcall_pending)) {
		upcall(cpu);
		return false;
	}
	if (!peek(nr_busy))
		return true;
	idle(cpu);
	return false;
}

static void act_vcpu(void *arg)
{
	struct vcpu *vcpu = arg;
	unsigned int cpu = vcpu - vcpus;
	bool done = false;

	while (!done)
		if (peek(vcpu->state) == CPU_STOPPING) {
			done = off_line(cpu);
		} else if (enter()) {
			done = work(cpu);
			leave();
		} else {
			cpu_relax();
		}
}

static void act_sender(void *arg)
{
	unsigned int i;

	for (i = 0; i < sends; i++) {
		xen_send(&chans[sched_random() % nr_chans]);
		/* More would only find the channel pending. */
		if (sched_random() % 8 == 0)
			cpu_relax();
	}
	__atomic_sub_fetch(&nr_busy, 1, __ATOMIC_SEQ_CST);
}

/* No sender is held up for as long as it takes to remove a VCPU. */
static void wait_for_senders(void)
{
	unsigned int i;

	for (i = 0; i < nr_chans; i++) {
		xen_write_lock(&chans[i]);
		xen_write_unlock(&chans[i]);
	}
}

static void cpu_off(unsigned int cpu)
{
	unsigned int i;

	lock(&hotplug);
	poke(vcpus[cpu].state, CPU_STOPPING);
	while (peek(vcpus[cpu].state) != CPU_DEAD)
		cpu_relax();
	for (i = 0; i < nr_chans; i++)
		if (peek(chans[i].cpu) == cpu)
			core_move(&chans[i], online_cpu(), NO_CPU);
	wait_for_senders();
#ifndef MODEL_NO_DRAIN
	abi_dead(cpu);
#endif
	for (i = 0; i < nr_chans; i++)
		if (peek(chans[i].moved))
			core_pass_on(&chans[i], NO_CPU);
	unlock(&hotplug);
}

static void flip_cpu(void)
{
	unsigned int cpu = sched_random() % nr_cpus;

	if (!cpu)
		return;
	if (peek(vcpus[cpu].state) == CPU_ONLINE)
		cpu_off(cpu);
	else
		poke(vcpus[cpu].state, CPU_ONLINE);
}

static void flip_mask(struct chan *chan)
{
	if (peek(chan->reasons) & REASON_USER)
		core_unmask(chan, NO_CPU);
	else
		core_mask(chan);
}

/* The port often goes to the next who asks. */
static void close_and_bind(struct chan *chan)
{
	core_close(chan);
	if (sched_random() % 2)
		core_bind(chan);
}

static void move(struct chan *chan)
{
	lock(&hotplug);
	core_move(chan, online_cpu(), NO_CPU);
	unlock(&hotplug);
}

/*
 * The first also binds, closes, and takes VCPUs off line: one at a time.  In some runs it
 * does little else than to close and bind.
 */
static void churn(bool first)
{
	struct chan *chan = &chans[sched_random() % nr_chans];
	unsigned int what = sched_random() % 16;

	if (first && rebinding && what < 8)
		what = 12;
	if (what < 6)
		flip_mask(chan);
	else if (what < 11 || !first)
		move(chan);
	else if (what == 11)
		flip_cpu();
	else if (what == 12)
		close_and_bind(chan);
	else
		core_bind(chan);
}

static void act_churn(void *arg)
{
	unsigned int i;

	for (i = 0; i < sends / 2; i++) {
		while (!enter())
			cpu_relax();
		churn(!arg);
		leave();
	}
	__atomic_sub_fetch(&nr_busy, 1, __ATOMIC_SEQ_CST);
}

/* No actor runs any more: let all that is on its way arrive. */
static void settle(void)
{
	unsigned int i, round;

	poke(quiet, true);
	for (i = 0; i < nr_chans; i++)
		if (chans[i].bound)
			core_unmask(&chans[i], NO_CPU);
	for (round = 0; round < 4; round++) {
		for (i = 0; i < nr_cpus; i++)
			if (vcpus[i].state == CPU_ONLINE && vcpus[i].upcall_pending)
				upcall(i);
		for (i = 0; i < nr_chans; i++)
			core_eoi(&chans[i], NO_CPU);
	}
}

static void check_end(void)
{
	unsigned int i;

	for (i = 0; i < nr_cpus; i++)
		if (vcpus[i].state == CPU_ONLINE && vcpus[i].upcall_pending)
			violated("a VCPU has no rest", NULL);
	for (i = 0; i < nr_chans; i++) {
		if (!chans[i].bound)
			continue;
		if (chans[i].reasons)
			violated("a channel stays masked", &chans[i]);
		if (abi_pending(&chans[i]))
			violated("an event is lost: it stays pending", &chans[i]);
		if (chans[i].taken > chans[i].raised)
			violated("a handler was called without an event", &chans[i]);
		if (chans[i].seen != chans[i].sent)
			violated("an event is lost: nobody has seen it", &chans[i]);
	}
}

static void setup(void)
{
	unsigned int i;

	for (i = 0; i < nr_chans; i++)
		by_port[chans[i].port] = NULL;
	memset(vcpus, 0, sizeof(vcpus));
	memset(chans, 0, sizeof(chans));
	hotplug = 0;
	nr_inside = 0;
	stop_wanted = false;
	quiet = false;
	nr_cpus = 1 + sched_random() % MAX_CPUS;
	nr_chans = 1 + sched_random() % (sched_random() % 2 ? 4 : MAX_CHANS);
	pv_guest = sched_random() % 2;
	abi_setup();
	for (i = 0; i < nr_chans; i++) {
		chans[i].eoi = sched_random() % 2;
		chans[i].reasons = REASON_USER;
		chans[i].masked_at = bump(now);
		by_port[chans[i].port] = &chans[i];
		core_bind(&chans[i]);
	}
}

static void run_once(void)
{
	unsigned int i, senders;

	sched_begin(seed);
	setup();
	/* In a short run the last events are many: those whose loss no later one hides. */
	sends = sched_random() % 2 ? sends_each : 1 + sends_each / 16;
	senders = 2 + sched_random() % (MAX_SENDERS - 1);
	rebinding = sched_random() % 4 == 0;
	nr_busy = senders + 2;
	for (i = 0; i < nr_cpus; i++)
		sched_spawn(act_vcpu, &vcpus[i]);
	for (i = 0; i < senders; i++)
		sched_spawn(act_sender, NULL);
	sched_spawn(act_churn, NULL);
	sched_spawn(act_churn, &nr_busy);
	sched_spawn(abi_grow, NULL);
	sched_run();
	settle();
	check_end();
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* model NAME EVENTS SENDS SEED [found]: with "found", a violation is what is wanted. */
int main(int argc, char **argv)
{
	double start = seconds();
	u64 events, first;

	if (argc < 5)
		return 2;
	name = argv[1];
	events = strtoull(argv[2], NULL, 0);
	sends_each = strtoul(argv[3], NULL, 0);
	seed = strtoull(argv[4], NULL, 0);
	first = seed;
	bug_wanted = argc > 5;
	sched_stuck = stuck;
	while (handled < events) {
		run_once();
		seed++;
	}
	printf("# seeds %llu to %llu: %llu events handled, %llu given back, in %.1f s\n",
	       (unsigned long long)first, (unsigned long long)seed - 1,
	       (unsigned long long)handled, (unsigned long long)given_back, seconds() - start);
	result(!bug_wanted);
}
