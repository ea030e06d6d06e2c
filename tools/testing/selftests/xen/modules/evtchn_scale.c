// SPDX-License-Identifier: GPL-2.0-only
/*
 * Very many event channels: as many as the parameter says, of this domain with itself, each
 * with an IRQ and a handler.  They stay between the tests, which are run in the order
 * scale_open, scale_raise, scale_close.  The others need none: high_port is about a port that
 * depth 3 does not have, and the churn binds and closes while something else happens.
 *
 * A channel takes two ports, its own and the peer that it is raised by.
 */
#define pr_fmt(fmt) "evtchn_scale: " fmt

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <xen/events.h>
#include <xen/interface/event_nlevel.h>
#include <xen/xen.h>

#include "evtchn_tests.h"

#define SCALE_NAME	"evtchn_scale"

/* The first port that depth 3 does not have, with words of 64 bits; ports of depth 4. */
#define DEPTH3_PORTS	262144U
#define MOST_PORTS	1048576U

/* Raised with interrupts off. */
#define SCALE_BURST	1024

/* So long nothing may come while something is missing. */
#define SCALE_PATIENCE	(10 * HZ)
#define SCALE_SETTLE_MS	100

/* The CPU of the churn, and how often its timer falls due. */
#define CHURN_CPU	1
#define CHURN_PERIOD	ms_to_ktime(50)

static unsigned int channels = 20000;
module_param(channels, uint, 0444);
MODULE_PARM_DESC(channels, "how many channels to bind");

/**
 * struct scale_chan - a channel of this domain with itself
 * @port: bound to @irq
 * @peer: what is sent here arrives at @port
 * @irq: of @port
 * @handled: calls of the handler
 */
struct scale_chan {
	evtchn_port_t	port;
	evtchn_port_t	peer;
	int		irq;
	unsigned int	handled;
};

/**
 * struct churn - a thread that binds and closes, and a timer beside it
 * @task: the thread, or NULL
 * @timer: on the same CPU
 * @error: of the thread, if it could not go on
 * @rounds: channels bound and closed
 * @longest: time that one of them took
 * @last: when the timer was last due
 * @gap: the longest time between two of those
 */
struct churn {
	struct task_struct	*task;
	struct hrtimer		timer;
	int			error;
	unsigned int		rounds;
	ktime_t			longest;
	ktime_t			last;
	ktime_t			gap;
};

/**
 * struct scale - what there is between tests
 * @chan: the channels
 * @nr: how many of them are bound
 * @highest: of their ports
 * @churn: runs now, if it has a thread
 */
struct scale {
	struct scale_chan	*chan;
	unsigned int		nr;
	evtchn_port_t		highest;
	struct churn		churn;
};

static struct scale scale;

static irqreturn_t scale_handler(int irq, void *dev_id)
{
	struct scale_chan *ch = dev_id;

	WRITE_ONCE(ch->handled, ch->handled + 1);
	return IRQ_HANDLED;
}

static int chan_close(struct scale_chan *ch)
{
	unbind_from_irqhandler(ch->irq, ch);
	return port_close(ch->peer);
}

/* On @port, which is open and has no peer yet; after an error it has none. */
static int chan_bind(struct scale_chan *ch, evtchn_port_t port)
{
	int peer = port_connect(DOMID_SELF, port);

	if (peer < 0)
		return peer;
	ch->port = port;
	ch->peer = peer;
	ch->handled = 0;
	ch->irq = bind_evtchn_to_irqhandler(port, scale_handler, 0, SCALE_NAME, ch);
	if (ch->irq < 0)
		port_close(peer);
	return min(ch->irq, 0);
}

static int chan_open(struct scale_chan *ch)
{
	int port = port_open(), err;

	if (port < 0)
		return port;
	err = chan_bind(ch, port);
	/* Who closes the port of a binding that fails differs between kernels. */
	if (err)
		pr_err("binding port %d failed: %d; it stays open\n", port, err);
	return err;
}

static unsigned long free_kib(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return info.freeram << (PAGE_SHIFT - 10);
}

/* Pages of leaves that Xen has; 0 with another ABI. */
static unsigned int leaf_pages(void)
{
	struct evtchn_nlevel_query query = {};

	return evtchn_op(EVTCHNOP_nlevel_query, &query) ? 0 : 2 * query.nr_leaves;
}

/* What @nr channels took since then, in time and memory. */
static void tell_cost(struct test_run *run, const char *what, unsigned int nr, ktime_t start,
		      unsigned long free_before)
{
	s64 us = ktime_us_delta(ktime_get(), start);

	seq_printf(run->out, "# %s: %u channels in %lld ms, %lld us each; ", what, nr,
		   div_s64(us, USEC_PER_MSEC), nr ? div_s64(us, nr) : 0);
	seq_printf(run->out, "%lu KiB were free, %lu are; leaf pages: %u\n", free_before,
		   free_kib(), leaf_pages());
}

static int open_all(struct scale *s)
{
	int err = 0;

	while (!err && s->nr < channels) {
		struct scale_chan *ch = &s->chan[s->nr];

		err = chan_open(ch);
		if (!err) {
			s->nr++;
			s->highest = max3(s->highest, ch->port, ch->peer);
		}
		cond_resched();
	}
	return err;
}

static void close_all(struct scale *s)
{
	while (s->nr) {
		chan_close(&s->chan[--s->nr]);
		cond_resched();
	}
	vfree(s->chan);
	s->chan = NULL;
	s->highest = 0;
}

static void scale_open(struct test_run *run)
{
	unsigned long free_before = free_kib();
	ktime_t start = ktime_get();
	struct scale *s = &scale;
	int err = -ENOMEM;

	if (s->chan) {
		test_fail(run, "they are open already");
		return;
	}
	s->chan = vcalloc(channels, sizeof(*s->chan));
	if (s->chan)
		err = open_all(s);
	if (err)
		test_fail(run, "channel %u of %u: %d", s->nr + 1, channels, err);
	tell_cost(run, "open", s->nr, start, free_before);
	seq_printf(run->out, "# highest port: %u\n", s->highest);
	if (err)
		close_all(s);
}

static void scale_close(struct test_run *run)
{
	unsigned long free_before = free_kib();
	ktime_t start = ktime_get();
	struct scale *s = &scale;
	unsigned int nr = s->nr;

	if (!nr) {
		test_fail(run, "they are not open");
		return;
	}
	close_all(s);
	tell_cost(run, "close", nr, start, free_before);
}

static u64 all_handled(const struct scale *s)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < s->nr; i++)
		sum += READ_ONCE(s->chan[i].handled);
	return sum;
}

/* Until so many have come, or nothing comes any more. */
static void wait_for_events(const struct scale *s, u64 want)
{
	unsigned long end = jiffies + SCALE_PATIENCE;
	u64 before = 0, now;

	while ((now = all_handled(s)) < want && time_before(jiffies, end)) {
		if (now != before)
			end = jiffies + SCALE_PATIENCE;
		before = now;
		msleep(20);
	}
	msleep(SCALE_SETTLE_MS);
}

/* Each has come @want times since it was opened, and comes no more. */
static void expect_each(struct test_run *run, const struct scale *s, unsigned int want,
			const char *how)
{
	unsigned int i, less = 0, more = 0;
	evtchn_port_t port = 0;

	wait_for_events(s, (u64)want * s->nr);
	for (i = 0; i < s->nr; i++) {
		unsigned int handled = READ_ONCE(s->chan[i].handled);

		less += handled < want;
		more += handled > want;
		if (handled != want)
			port = s->chan[i].port;
	}
	if (less || more)
		test_fail(run, "%s: of %u channels %u came too seldom, %u too often; port %u did",
			  how, s->nr, less, more, port);
}

static void raise_one_by_one(const struct scale *s)
{
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		port_send(s->chan[i].peer);
		cond_resched();
	}
}

static void raise_in_bursts(const struct scale *s)
{
	unsigned int i, end = 0;

	for (i = 0; i < s->nr; cond_resched()) {
		end = min(end + SCALE_BURST, s->nr);
		local_irq_disable();
		for (; i < end; i++)
			port_send(s->chan[i].peer);
		local_irq_enable();
	}
}

static void scale_raise(struct test_run *run)
{
	struct scale *s = &scale;
	ktime_t start = ktime_get();
	unsigned int i;

	if (!s->nr) {
		test_fail(run, "they are not open");
		return;
	}
	for (i = 0; i < s->nr; i++)
		WRITE_ONCE(s->chan[i].handled, 0);
	raise_one_by_one(s);
	expect_each(run, s, 1, "one by one");
	tell_cost(run, "raise one by one", s->nr, start, free_kib());
	start = ktime_get();
	raise_in_bursts(s);
	expect_each(run, s, 2, "in bursts");
	tell_cost(run, "raise in bursts", s->nr, start, free_kib());
}

/* Opens ports, which come in order, until there is one that depth 3 does not have. */
static int open_high_port(unsigned long *taken)
{
	int port;

	while ((port = port_open()) >= 0 && port <= DEPTH3_PORTS) {
		__set_bit(port, taken);
		cond_resched();
	}
	return port;
}

static void try_high_port(struct test_run *run, evtchn_port_t port)
{
	struct scale_chan ch;
	struct scale s = { .chan = &ch, .nr = 1 };
	int err = chan_bind(&ch, port);

	seq_printf(run->out, "# port: %u, leaf pages: %u\n", port, leaf_pages());
	if (err) {
		test_fail(run, "binding port %u failed: %d", port, err);
		return;
	}
	port_send(ch.peer);
	expect_each(run, &s, 1, "first event");
	port_send(ch.peer);
	expect_each(run, &s, 2, "second event");
	chan_close(&ch);
}

/* Only one of the ports has an IRQ. */
static void high_port(struct test_run *run)
{
	unsigned long *taken = vcalloc(BITS_TO_LONGS(MOST_PORTS), sizeof(long));
	unsigned int bit;
	int port;

	if (!taken) {
		test_fail(run, "no memory");
		return;
	}
	port = open_high_port(taken);
	if (port < 0)
		test_fail(run, "no port above %u: %d", DEPTH3_PORTS, port);
	else
		try_high_port(run, port);
	for_each_set_bit(bit, taken, MOST_PORTS) {
		port_close(bit);
		cond_resched();
	}
	vfree(taken);
}

static enum hrtimer_restart churn_due(struct hrtimer *timer)
{
	struct churn *churn = container_of(timer, struct churn, timer);
	ktime_t now = ktime_get();

	churn->gap = max(churn->gap, ktime_sub(now, churn->last));
	churn->last = now;
	hrtimer_forward_now(timer, CHURN_PERIOD);
	return HRTIMER_RESTART;
}

static int churn_once(struct churn *churn)
{
	ktime_t start = ktime_get();
	struct scale_chan ch;
	int err = chan_open(&ch);

	if (!err)
		err = chan_close(&ch);
	churn->longest = max(churn->longest, ktime_sub(ktime_get(), start));
	churn->rounds += !err;
	return err;
}

/* The timer is started here, for it to be on this CPU. */
static int churn_thread(void *data)
{
	struct churn *churn = data;

	churn->last = ktime_get();
	hrtimer_start(&churn->timer, CHURN_PERIOD, HRTIMER_MODE_REL_PINNED_HARD);
	while (!kthread_should_stop()) {
		if (!churn->error)
			churn->error = churn_once(churn);
		usleep_range(100, 200);
	}
	hrtimer_cancel(&churn->timer);
	return 0;
}

static void churn_start(struct test_run *run)
{
	struct churn *churn = &scale.churn;
	struct task_struct *task;

	if (churn->task || !cpu_online(CHURN_CPU)) {
		test_fail(run, "it runs already, or there is no CPU %u", CHURN_CPU);
		return;
	}
	*churn = (struct churn) {};
	hrtimer_init(&churn->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	churn->timer.function = churn_due;
	task = kthread_create(churn_thread, churn, "evtchn_churn");
	if (IS_ERR(task)) {
		test_fail(run, "no thread: %ld", PTR_ERR(task));
		return;
	}
	churn->task = task;
	kthread_bind(task, CHURN_CPU);
	wake_up_process(task);
}

static void churn_stop(struct churn *churn)
{
	kthread_stop(churn->task);
	churn->task = NULL;
}

/* Whether the times are good is for who started it to say. */
static void churn_finish(struct test_run *run)
{
	struct churn *churn = &scale.churn;

	if (!churn->task) {
		test_fail(run, "it does not run");
		return;
	}
	churn_stop(churn);
	seq_printf(run->out, "# churn: %u rounds, longest_ms %lld, gap_ms %lld\n", churn->rounds,
		   ktime_to_ms(churn->longest), ktime_to_ms(churn->gap));
	if (churn->error)
		test_fail(run, "round %u: %d", churn->rounds + 1, churn->error);
	if (!churn->rounds || !churn->gap)
		test_fail(run, "nothing happened");
}

static const struct test_case scale_tests[] = {
	{ "scale_open", scale_open },
	{ "scale_raise", scale_raise },
	{ "scale_close", scale_close },
	{ "high_port", high_port },
	{ "churn_start", churn_start },
	{ "churn_finish", churn_finish },
};

static struct dentry *scale_dir;

static int __init evtchn_scale_init(void)
{
	if (!xen_domain())
		return -ENODEV;
	if (!channels || channels > MOST_PORTS / 2) {
		pr_err("channels=%u: use 1 to %u\n", channels, MOST_PORTS / 2);
		return -EINVAL;
	}
	scale_dir = test_files("xen_" SCALE_NAME, scale_tests, ARRAY_SIZE(scale_tests));
	return 0;
}
module_init(evtchn_scale_init);

static void __exit evtchn_scale_exit(void)
{
	debugfs_remove(scale_dir);
	if (scale.churn.task)
		churn_stop(&scale.churn);
	close_all(&scale);
}
module_exit(evtchn_scale_exit);

MODULE_DESCRIPTION("Very many Xen event channels");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
