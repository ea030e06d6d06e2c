// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one delivered event costs, in guest instructions.
 *
 * The module binds n event channels to this very domain, makes all of them
 * pending while interrupts are off, enables interrupts and takes the time until
 * the last handler is about to return.  Nothing but exported symbols is used, so
 * that the same binary interface measures any kernel.
 *
 * Each channel is an IPI port: it takes a single port, it can be sent to from
 * the domain that owns it, and it always stays on the vCPU it was made for.
 *
 * Times are TSC ticks, turned into instructions by a loop of known length that
 * is timed at load.  This is exact where the TSC counts instructions (QEMU with
 * -icount); elsewhere the figures are merely that loop's equivalent, and the
 * calibration line says so.
 */

#define pr_fmt(fmt) "bench: " fmt

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include <asm/tsc.h>
#include <asm/xen/hypercall.h>

#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#define BENCH_ROUNDS		21
#define BENCH_MAX_LIST		16
#define BENCH_NAME		"evtchn_bench"

/* All channels live on this CPU: new channels start there on every ABI. */
#define BENCH_CPU		0

#define CALIBRATION_INSNS	1000000UL

/* More than any ABI can have; keeps the arrays allocatable. */
#define BENCH_MAX_CHANNELS	BIT(24)

/**
 * enum bench_kind - what is measured
 * @BENCH_EDGE: delivery to a plain handler
 * @BENCH_LATEEOI: delivery to a handler that signals the end of interrupt itself
 * @BENCH_BIND: binding one more channel and unbinding it again
 */
enum bench_kind {
	BENCH_EDGE,
	BENCH_LATEEOI,
	BENCH_BIND,
};

static const char * const bench_kind_names[] = {
	[BENCH_EDGE]	= "edge",
	[BENCH_LATEEOI]	= "lateeoi",
	[BENCH_BIND]	= "bind",
};

/**
 * struct bench_channel - one channel under measure
 * @port: its event channel port
 * @irq: the interrupt it is bound to
 * @count: events handled in the current round
 */
struct bench_channel {
	evtchn_port_t	port;
	int		irq;
	unsigned int	count;
};

/**
 * struct bench_samples - the ticks of all rounds of one figure
 * @ticks: one value a round
 */
struct bench_samples {
	u64		ticks[BENCH_ROUNDS];
};

/**
 * struct bench - the state of a run
 * @abi: name of the event channel ABI in use
 * @channels: the channels, @nr of them bound
 * @nr: number of bound channels
 * @left: events of the current round that no handler has seen yet
 * @end: TSC when the last handler of the round was done
 * @cal_ticks: ticks that CALIBRATION_INSNS instructions take
 * @figures: lines with a figure that were printed
 * @failed: failures that were printed
 * @bind: ticks of binding one channel
 * @unbind: ticks of unbinding one channel
 */
struct bench {
	const char		*abi;
	struct bench_channel	*channels;
	unsigned int		nr;
	unsigned int		left;
	u64			end;
	u64			cal_ticks;
	unsigned int		figures;
	unsigned int		failed;
	struct bench_samples	bind;
	struct bench_samples	unbind;
};

static struct bench bench;

static unsigned int n_list[BENCH_MAX_LIST] = { 1, 8, 64, 512, 1024, 4000 };
static int n_count = 6;
module_param_array_named(n, n_list, uint, &n_count, 0444);
MODULE_PARM_DESC(n, "numbers of channels to measure with");

static char *kinds[BENCH_MAX_LIST] = { "edge", "lateeoi", "bind" };
static int kinds_count = 3;
module_param_array(kinds, charp, &kinds_count, 0444);
MODULE_PARM_DESC(kinds, "what to measure: edge, lateeoi, bind (and unbind)");

static void bench_account(struct bench_channel *ch)
{
	ch->count++;
	if (!--bench.left)
		bench.end = rdtsc_ordered();
}

static irqreturn_t bench_handler(int irq, void *dev_id)
{
	bench_account(dev_id);
	return IRQ_HANDLED;
}

static irqreturn_t bench_handler_lateeoi(int irq, void *dev_id)
{
	xen_irq_lateeoi(irq, 0);
	bench_account(dev_id);
	return IRQ_HANDLED;
}

static int bench_cmp(const void *a, const void *b)
{
	u64 x = *(const u64 *)a;
	u64 y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void bench_sort(struct bench_samples *s)
{
	sort(s->ticks, BENCH_ROUNDS, sizeof(s->ticks[0]), bench_cmp, NULL);
}

/* Ticks of @events events to instructions for one of them, rounded. */
static u64 bench_insns(u64 ticks, unsigned int events)
{
	u64 divisor = bench.cal_ticks * events;

	return div64_u64(ticks * CALIBRATION_INSNS + divisor / 2, divisor);
}

static void bench_print(const char *kind, unsigned int n, unsigned int events,
			struct bench_samples *s)
{
	bench_sort(s);
	pr_info("abi=%s kind=%s n=%u vcpus=%u median=%llu min=%llu max=%llu\n",
		bench.abi, kind, n, num_online_cpus(),
		bench_insns(s->ticks[BENCH_ROUNDS / 2], events),
		bench_insns(s->ticks[0], events),
		bench_insns(s->ticks[BENCH_ROUNDS - 1], events));
	bench.figures++;
}

static int bench_alloc_port(evtchn_port_t *port)
{
	struct evtchn_bind_ipi op = { .vcpu = xen_vcpu_nr(BENCH_CPU) };
	int ret = HYPERVISOR_event_channel_op(EVTCHNOP_bind_ipi, &op);

	*port = op.port;
	return ret;
}

/*
 * Which ABI is in use is not exported.  Of all ABIs only FIFO has priorities;
 * the others are bitmaps, 2-level the one of fixed size.
 */
static int bench_find_abi(void)
{
	struct evtchn_set_priority op = {
		.priority = EVTCHN_FIFO_PRIORITY_DEFAULT,
	};
	int ret;

	ret = bench_alloc_port(&op.port);
	if (ret)
		return ret;

	if (!HYPERVISOR_event_channel_op(EVTCHNOP_set_priority, &op))
		bench.abi = "fifo";
	else if (xen_evtchn_nr_channels() == EVTCHN_2L_NR_CHANNELS)
		bench.abi = "2l";
	else
		bench.abi = "nlevel";
	xen_evtchn_close(op.port);
	return 0;
}

/*
 * Binds @ch to a fresh port; the ticks of the binding alone go to @ticks.  The
 * port is not closed when the binding fails: who has to close it then differs
 * between causes, and closing a free port is fatal.
 */
static int bench_bind(struct bench_channel *ch, enum bench_kind kind, u64 *ticks)
{
	u64 start;
	int ret;

	ret = bench_alloc_port(&ch->port);
	if (ret)
		return ret;

	start = rdtsc_ordered();
	if (kind == BENCH_LATEEOI)
		ch->irq = bind_evtchn_to_irqhandler_lateeoi(ch->port,
							    bench_handler_lateeoi,
							    0, BENCH_NAME, ch);
	else
		ch->irq = bind_evtchn_to_irqhandler(ch->port, bench_handler, 0,
						    BENCH_NAME, ch);
	*ticks = rdtsc_ordered() - start;
	if (ch->irq < 0)
		return ch->irq;

	/* An IPI port cannot move; this only tells the interrupt core so. */
	ret = irq_set_affinity(ch->irq, cpumask_of(BENCH_CPU));
	if (ret)
		unbind_from_irqhandler(ch->irq, ch);
	return ret;
}

static u64 bench_unbind(struct bench_channel *ch)
{
	u64 start = rdtsc_ordered();

	unbind_from_irqhandler(ch->irq, ch);
	return rdtsc_ordered() - start;
}

static void bench_unbind_all(void)
{
	while (bench.nr) {
		bench_unbind(&bench.channels[--bench.nr]);
		cond_resched();
	}
	kvfree(bench.channels);
	bench.channels = NULL;
}

/* Binds @n channels, or as many as there are free ports: see bench.nr. */
static int bench_bind_all(enum bench_kind kind, unsigned int n)
{
	u64 ticks;
	int ret = 0;

	bench.channels = kvcalloc(n, sizeof(*bench.channels), GFP_KERNEL);
	if (!bench.channels)
		return -ENOMEM;

	while (bench.nr < n) {
		ret = bench_bind(&bench.channels[bench.nr], kind, &ticks);
		if (ret)
			break;
		bench.nr++;
		cond_resched();
	}
	if (ret == -ENOSPC && bench.nr) {
		pr_info("note: wanted n=%u got n=%u, no free port left\n", n,
			bench.nr);
		ret = 0;
	}
	return ret;
}

static void bench_fail(const char *kind, const char *what, unsigned int count)
{
	pr_err("FAILED abi=%s kind=%s n=%u: %u %s\n", bench.abi, kind,
	       bench.nr, count, what);
	bench.failed++;
}

/* Returns whether each channel was delivered exactly once. */
static bool bench_verify(const char *kind, unsigned int late)
{
	unsigned int i, lost = 0, twice = 0;

	for (i = 0; i < bench.nr; i++) {
		lost += !bench.channels[i].count;
		twice += bench.channels[i].count > 1;
	}
	if (late && !lost && !twice)
		bench_fail(kind, "events late (event_loop_timeout too small?)",
			   late);
	if (lost)
		bench_fail(kind, "events lost", lost);
	if (twice)
		bench_fail(kind, "events delivered more than once", twice);

	return !late && !lost && !twice;
}

/*
 * Events that are still missing once interrupts have been on for a moment were
 * held back: lets them come in, to tell late ones from lost ones.
 */
static unsigned int bench_late(void)
{
	unsigned int late;

	udelay(1);
	late = READ_ONCE(bench.left);
	if (late)
		msleep(1000);
	return late;
}

static bool bench_round(const char *kind, u64 *ticks)
{
	unsigned int i;
	u64 start;

	for (i = 0; i < bench.nr; i++)
		bench.channels[i].count = 0;
	bench.left = bench.nr;

	local_irq_disable();
	for (i = 0; i < bench.nr; i++)
		notify_remote_via_evtchn(bench.channels[i].port);
	start = rdtsc_ordered();
	local_irq_enable();

	if (!bench_verify(kind, bench_late()))
		return false;

	*ticks = bench.end - start;
	return true;
}

static void bench_deliver(enum bench_kind kind)
{
	const char *name = bench_kind_names[kind];
	struct bench_samples *s = &bench.bind;
	unsigned int i;

	for (i = 0; i < BENCH_ROUNDS; i++) {
		if (!bench_round(name, &s->ticks[i]))
			return;
		cond_resched();
	}
	bench_print(name, bench.nr, bench.nr, s);
}

/* With bench.nr channels bound: what does the last of them cost? */
static int bench_bind_unbind(void)
{
	struct bench_channel *ch = &bench.channels[bench.nr - 1];
	unsigned int i;
	int ret;

	for (i = 0; i < BENCH_ROUNDS; i++) {
		bench.unbind.ticks[i] = bench_unbind(ch);
		ret = bench_bind(ch, BENCH_EDGE, &bench.bind.ticks[i]);
		if (ret) {
			bench.nr--;
			return ret;
		}
		cond_resched();
	}
	bench_print("bind", bench.nr, 1, &bench.bind);
	bench_print("unbind", bench.nr, 1, &bench.unbind);
	return 0;
}

static int bench_measure(enum bench_kind kind, unsigned int n)
{
	int ret = bench_bind_all(kind, n);

	if (!ret && kind == BENCH_BIND)
		ret = bench_bind_unbind();
	else if (!ret)
		bench_deliver(kind);
	if (ret)
		pr_err("cannot bind %u channels: %d\n", n, ret);

	bench_unbind_all();
	return ret;
}

/* Loops of CALIBRATION_INSNS instructions each: cheap ones, and divisions. */
static void bench_loop_cheap(void)
{
	unsigned long turns = CALIBRATION_INSNS / 2;

	asm volatile("1: dec %0\n\tjnz 1b" : "+r" (turns) : : "cc");
}

static void bench_loop_divide(void)
{
	unsigned long turns = CALIBRATION_INSNS / 4;
	unsigned long low = 1, high = 0;

	asm volatile("1: xor %2, %2\n\tdiv %0\n\tdec %0\n\tjnz 1b"
		     : "+r" (turns), "+a" (low), "+d" (high) : : "cc");
}

/* The least of several runs: others may run on the same physical CPU. */
static u64 bench_time_loop(void (*loop)(void))
{
	struct bench_samples *s = &bench.bind;
	unsigned long flags;
	unsigned int i;
	u64 start;

	for (i = 0; i < BENCH_ROUNDS; i++) {
		local_irq_save(flags);
		start = rdtsc_ordered();
		loop();
		s->ticks[i] = rdtsc_ordered() - start;
		local_irq_restore(flags);
	}
	bench_sort(s);
	return s->ticks[0];
}

/* A TSC that counts instructions sees no difference between the loops. */
static int bench_calibrate(void)
{
	u64 divide = bench_time_loop(bench_loop_divide);

	bench.cal_ticks = bench_time_loop(bench_loop_cheap);
	if (!bench.cal_ticks)
		return -ENODEV;

	pr_info("calibration instructions=%lu ticks=%llu divisions=%llu exact=%s\n",
		CALIBRATION_INSNS, bench.cal_ticks, divide,
		abs_diff(divide, bench.cal_ticks) * 100 <= bench.cal_ticks ?
		"yes" : "no");
	return 0;
}

static int bench_run(void)
{
	int k, i, kind, ret;

	ret = bench_find_abi();
	if (!ret)
		ret = bench_calibrate();
	for (k = 0; k < kinds_count && !ret; k++) {
		kind = match_string(bench_kind_names,
				    ARRAY_SIZE(bench_kind_names), kinds[k]);
		if (kind < 0) {
			pr_err("kinds: %s is none of edge, lateeoi, bind\n",
			       kinds[k]);
			return -EINVAL;
		}
		for (i = 0; i < n_count && !ret; i++)
			ret = bench_measure(kind, n_list[i]);
	}
	return ret;
}

static bool bench_list_valid(void)
{
	int i;

	for (i = 0; i < n_count; i++) {
		if (n_list[i] && n_list[i] <= BENCH_MAX_CHANNELS)
			continue;
		pr_err("n: %u is not between 1 and %lu\n", n_list[i],
		       BENCH_MAX_CHANNELS);
		return false;
	}
	return true;
}

static int __init evtchn_bench_init(void)
{
	cpumask_var_t old;
	int ret;

	if (!xen_domain())
		return -ENODEV;
	if (!bench_list_valid())
		return -EINVAL;
	if (!zalloc_cpumask_var(&old, GFP_KERNEL))
		return -ENOMEM;

	cpumask_copy(old, current->cpus_ptr);
	ret = set_cpus_allowed_ptr(current, cpumask_of(BENCH_CPU));
	if (!ret) {
		ret = bench_run();
		set_cpus_allowed_ptr(current, old);
	}
	free_cpumask_var(old);

	pr_info("done figures=%u failed=%u error=%d\n", bench.figures,
		bench.failed, ret);
	return ret;
}
module_init(evtchn_bench_init);

static void __exit evtchn_bench_exit(void)
{
}
module_exit(evtchn_bench_exit);

MODULE_DESCRIPTION("Guest instructions per delivered Xen event");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
