// SPDX-License-Identifier: GPL-2.0-only
/*
 * What event channels promise, tried on channels that this domain has with
 * itself: nothing is lost, nothing comes twice, and that over moves to other
 * CPUs, CPUs that go away, and a save and restore of the domain.
 *
 * Each test is a file in debugfs, below xen_evtchn_test, see evtchn_tests.h.  Tests that
 * need something to happen meanwhile come in two files, NAME_start and NAME_finish.
 *
 * Nothing but exported symbols and hypercalls is used, so that the same tests
 * judge any kernel.
 *
 * A channel is a pair of ports: what is sent on the peer raises the port, and
 * Xen lets such a port move between vCPUs, as it does those of drivers.
 */

#define pr_fmt(fmt) "evtchn_test: " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <asm/xen/hypercall.h>

#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/sched.h>
#include <xen/interface/vcpu.h>
#include <xen/page.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "evtchn_tests.h"

#define TEST_NAME	"evtchn_test"

/* Channels of the tests that want many, of those that want several. */
#define TEST_MANY	1000
#define TEST_SOME	16

/* What must come has so long, what must not come is waited for so long. */
#define TEST_PATIENCE	(10 * HZ)
#define TEST_SETTLE_MS	100

/* The CPU that goes away, and the one that stays for sure. */
#define TEST_CPU	1
#define TEST_CPU_STAYS	0

/**
 * struct test_chan - a channel of this domain with itself
 * @port: the port that is bound to @irq
 * @peer: the port whose events arrive at @port
 * @irq: interrupt of @port
 * @life: which life of the domain it was made in, see test_life
 * @late: the handler signals the end of interrupt itself
 * @hold: it does not do so for now
 * @handled: calls of the handler
 * @sent: events sent by the load, which sends none before the last was handled
 * @extra: calls of the handler that no event of the load was the reason for
 */
struct test_chan {
	evtchn_port_t	port;
	evtchn_port_t	peer;
	int		irq;
	unsigned int	life;
	bool		late;
	bool		hold;
	atomic_t	handled;
	unsigned int	sent;
	atomic_t	extra;
};

/**
 * struct test_set - several channels
 * @chan: the channels
 * @nr: how many are open
 */
struct test_set {
	struct test_chan	*chan;
	unsigned int		nr;
};

/* A restored domain has lost all ports, so none of before may be closed. */
static unsigned int test_life;

/* Calls of test_handler, of all channels together. */
static atomic_t test_handled;

/* Xen's view of a port; a port that cannot be asked for is as good as closed. */
static unsigned int port_status(evtchn_port_t port)
{
	struct evtchn_status op;

	return port_ask(port, &op) ? EVTCHNSTAT_closed : op.status;
}

/* The port that @virq of @cpu is bound to, or 0. */
static evtchn_port_t port_of_virq(unsigned int virq, unsigned int cpu)
{
	evtchn_port_t port;

	for (port = 1; port < xen_evtchn_nr_channels(); port++) {
		struct evtchn_status op;

		if (port_ask(port, &op))
			continue;
		if (op.status == EVTCHNSTAT_virq && op.u.virq == virq &&
		    op.vcpu == xen_vcpu_nr(cpu))
			return port;
	}
	return 0;
}

/* Returns once @port is pending; does not take the event. */
static void port_poll(evtchn_port_t port)
{
	struct sched_poll op = { .nr_ports = 1 };

	set_xen_guest_handle(op.ports, &port);
	HYPERVISOR_sched_op(SCHEDOP_poll, &op);
}

static irqreturn_t test_handler(int irq, void *dev_id)
{
	struct test_chan *ch = dev_id;

	atomic_inc(&test_handled);
	atomic_inc(&ch->handled);
	if (ch->late && !READ_ONCE(ch->hold))
		xen_irq_lateeoi(irq, 0);

	return IRQ_HANDLED;
}

static int chan_alloc(struct test_chan *ch)
{
	int port = port_open(), peer;

	if (port < 0)
		return port;
	peer = port_connect(DOMID_SELF, port);
	if (peer < 0) {
		xen_evtchn_close(port);
		return peer;
	}

	ch->port = port;
	ch->peer = peer;
	ch->life = READ_ONCE(test_life);
	return 0;
}

static int chan_bind(struct test_chan *ch, irq_handler_t handler, void *dev_id)
{
	if (ch->late)
		return bind_evtchn_to_irqhandler_lateeoi(ch->port, handler, 0,
							 TEST_NAME, dev_id);
	return bind_evtchn_to_irqhandler(ch->port, handler, 0, TEST_NAME, dev_id);
}

/*
 * The port is not closed when the binding fails: who has to close it then differs
 * between causes, and closing a free port is fatal.
 */
static int chan_open(struct test_chan *ch, bool late, irq_handler_t handler,
		     void *dev_id)
{
	int ret = chan_alloc(ch);

	if (ret)
		return ret;

	ch->late = late;
	ch->irq = chan_bind(ch, handler, dev_id);
	return ch->irq < 0 ? ch->irq : 0;
}

static void chan_close(struct test_chan *ch, void *dev_id)
{
	unbind_from_irqhandler(ch->irq, dev_id);
	if (ch->life == READ_ONCE(test_life))
		xen_evtchn_close(ch->peer);
}

static void chan_raise(struct test_chan *ch)
{
	notify_remote_via_evtchn(ch->peer);
}

static void set_close(struct test_set *set)
{
	while (set->nr) {
		struct test_chan *ch = &set->chan[--set->nr];

		chan_close(ch, ch);
		cond_resched();
	}
	kvfree(set->chan);
	set->chan = NULL;
}

static bool set_open(struct test_run *run, struct test_set *set, unsigned int nr,
		     bool late)
{
	int ret = -ENOMEM;

	set->nr = 0;
	set->chan = kvcalloc(nr, sizeof(*set->chan), GFP_KERNEL);
	while (set->chan && set->nr < nr) {
		struct test_chan *ch = &set->chan[set->nr];

		ret = chan_open(ch, late, test_handler, ch);
		if (ret)
			break;
		set->nr++;
		cond_resched();
	}
	if (!ret)
		return true;

	test_fail(run, "opening channel %u failed: %d", set->nr, ret);
	set_close(set);
	return false;
}

static void set_raise(struct test_set *set)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		chan_raise(&set->chan[i]);
}

static void set_hold(struct test_set *set, bool hold)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		WRITE_ONCE(set->chan[i].hold, hold);
}

static void set_eoi(struct test_set *set)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		xen_irq_lateeoi(set->chan[i].irq, 0);
}

static bool set_move(struct test_run *run, struct test_set *set, unsigned int cpu)
{
	unsigned int i;
	int ret;

	for (i = 0; i < set->nr; i++) {
		ret = irq_set_affinity(set->chan[i].irq, cpumask_of(cpu));
		if (ret) {
			test_fail(run, "IRQ %d does not go to CPU %u: %d",
				  set->chan[i].irq, cpu, ret);
			return false;
		}
	}
	return true;
}

static bool set_reached(struct test_set *set, unsigned int want)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		if (atomic_read(&set->chan[i].handled) < want)
			return false;
	return true;
}

static void set_wait(struct test_set *set, unsigned int want, unsigned long ticks)
{
	unsigned long end = jiffies + ticks;

	while (!set_reached(set, want) && time_before(jiffies, end))
		msleep(20);
}

/* Each channel has come @want times, and comes no more. */
static void set_expect_in(struct test_run *run, struct test_set *set,
			  unsigned int want, const char *when, unsigned long ticks)
{
	unsigned int i, less = 0, more = 0, least = UINT_MAX;

	set_wait(set, want, ticks);
	msleep(TEST_SETTLE_MS);
	for (i = 0; i < set->nr; i++) {
		unsigned int handled = atomic_read(&set->chan[i].handled);

		least = min(least, handled);
		less += handled < want;
		more += handled > want;
	}
	if (less)
		test_fail(run, "%s: %u of %u channels came too seldom, one %u times",
			  when, less, set->nr, least);
	if (more)
		test_fail(run, "%s: %u of %u channels came too often", when, more,
			  set->nr);
}

static void set_expect(struct test_run *run, struct test_set *set,
		       unsigned int want, const char *when)
{
	set_expect_in(run, set, want, when, TEST_PATIENCE);
}

static void test_many(struct test_run *run, bool late)
{
	struct test_set set;

	if (!set_open(run, &set, TEST_MANY, late))
		return;

	set_raise(&set);
	set_expect(run, &set, 1, "raised one by one");

	local_irq_disable();
	set_raise(&set);
	local_irq_enable();
	set_expect(run, &set, 2, "raised together");

	set_close(&set);
}

static void test_many_edge(struct test_run *run)
{
	test_many(run, false);
}

static void test_many_lateeoi(struct test_run *run)
{
	test_many(run, true);
}

/* Until its EOI a channel stays quiet; what was raised meanwhile is one event. */
static void test_raised_before_eoi(struct test_run *run)
{
	struct test_set set;
	unsigned int i;

	if (!set_open(run, &set, TEST_MANY, true))
		return;

	set_hold(&set, true);
	set_raise(&set);
	set_expect(run, &set, 1, "first");
	for (i = 0; i < 3; i++)
		set_raise(&set);
	set_expect(run, &set, 1, "raised before the EOI");

	set_hold(&set, false);
	set_eoi(&set);
	set_expect(run, &set, 2, "after the EOI");
	set_raise(&set);
	set_expect(run, &set, 3, "raised after the EOI");

	set_close(&set);
}

/**
 * struct test_load - a thread that keeps channels busy
 * @set: the channels
 * @task: the thread
 */
struct test_load {
	struct test_set		set;
	struct task_struct	*task;
};

static struct test_load test_load;

/* Only what was sent may come: there is one event under way at most. */
static irqreturn_t load_handler(int irq, void *dev_id)
{
	struct test_chan *ch = dev_id;

	if (atomic_read(&ch->handled) == READ_ONCE(ch->sent))
		atomic_inc(&ch->extra);
	else
		atomic_inc(&ch->handled);
	if (ch->late)
		xen_irq_lateeoi(irq, 0);

	return IRQ_HANDLED;
}

static bool load_send(struct test_chan *ch)
{
	if (atomic_read(&ch->handled) != ch->sent)
		return false;

	WRITE_ONCE(ch->sent, ch->sent + 1);
	chan_raise(ch);
	return true;
}

static int load_thread(void *data)
{
	struct test_load *load = data;

	while (!kthread_should_stop()) {
		unsigned int i, sent = 0;

		for (i = 0; i < load->set.nr; i++)
			sent += load_send(&load->set.chan[i]);
		if (sent)
			cond_resched();
		else
			usleep_range(50, 100);
	}
	return 0;
}

static void load_close(struct test_load *load)
{
	set_close(&load->set);
	load->task = NULL;
}

static int load_open(struct test_load *load, bool late)
{
	struct test_set *set = &load->set;
	int ret;

	set->chan = kvcalloc(TEST_SOME, sizeof(*set->chan), GFP_KERNEL);
	if (!set->chan)
		return -ENOMEM;

	for (set->nr = 0; set->nr < TEST_SOME; set->nr++) {
		struct test_chan *ch = &set->chan[set->nr];

		ret = chan_open(ch, late, load_handler, ch);
		if (ret)
			return ret;
	}
	return 0;
}

/* Prints the interrupts, for the script to move them about. */
static void load_start(struct test_run *run, bool late)
{
	struct test_load *load = &test_load;
	unsigned int i;
	int ret;

	if (load->task) {
		test_fail(run, "the load is there already");
		return;
	}

	ret = load_open(load, late);
	if (!ret) {
		load->task = kthread_create(load_thread, load, TEST_NAME);
		ret = PTR_ERR_OR_ZERO(load->task);
	}
	if (ret) {
		test_fail(run, "the load does not start: %d", ret);
		load_close(load);
		return;
	}

	kthread_bind(load->task, TEST_CPU_STAYS);
	wake_up_process(load->task);
	for (i = 0; i < load->set.nr; i++)
		seq_printf(run->out, "irq %d\n", load->set.chan[i].irq);
}

static void test_load_edge_start(struct test_run *run)
{
	load_start(run, false);
}

static void test_load_lateeoi_start(struct test_run *run)
{
	load_start(run, true);
}

static void load_check(struct test_run *run, struct test_set *set, bool once)
{
	unsigned int i, lost = 0, extra = 0, least = UINT_MAX;

	for (i = 0; i < set->nr; i++) {
		struct test_chan *ch = &set->chan[i];

		lost += atomic_read(&ch->handled) != ch->sent;
		extra += atomic_read(&ch->extra);
		least = min(least, ch->sent);
	}
	seq_printf(run->out, "# at least %u events a channel, %u came twice\n", least,
		   extra);
	if (lost)
		test_fail(run, "%u of %u channels lost an event", lost, set->nr);
	if (extra && once)
		test_fail(run, "%u events came twice", extra);
	if (!lost && least < 100)
		test_fail(run, "too few events to prove anything");
}

static void load_finish(struct test_run *run, bool once)
{
	struct test_load *load = &test_load;

	if (!load->task) {
		test_fail(run, "there is no load");
		return;
	}
	kthread_stop(load->task);
	msleep(1000);
	load_check(run, &load->set, once);
	load_close(load);
}

static void test_load_finish(struct test_run *run)
{
	load_finish(run, false);
}

static void test_load_finish_once(struct test_run *run)
{
	load_finish(run, true);
}

/* Static: a kernel that mishandles the second bind never lets go of these. */
static struct test_chan double_first;
static struct test_chan double_second;

static void double_bind_check(struct test_run *run, struct test_chan *first)
{
	struct test_set set = { .chan = first, .nr = 1 };

	if (port_status(first->port) != EVTCHNSTAT_interdomain ||
	    irq_from_evtchn(first->port) != first->irq) {
		test_fail(run, "the first owner lost its channel");
		xen_evtchn_close(first->peer);
		return;
	}
	chan_raise(first);
	set_expect(run, &set, 1, "first owner");
	chan_close(first, first);
}

/* A port has one owner, unless all of them share it: a second one is turned away. */
static void test_double_bind(struct test_run *run)
{
	struct test_chan *first = &double_first;
	struct test_chan *second = &double_second;
	int ret;

	ret = chan_open(first, false, test_handler, first);
	if (ret) {
		test_fail(run, "opening a channel failed: %d", ret);
		return;
	}
	atomic_set(&first->handled, 0);

	second->port = first->port;
	ret = chan_bind(second, test_handler, second);
	if (ret != -EBUSY)
		test_fail(run, "the second bind returned %d", ret);
	if (ret >= 0)
		unbind_from_irqhandler(ret, second);
	double_bind_check(run, first);
}

/* Xen's profiler has no user in Linux; it is a VIRQ that any domain may bind. */
static void test_double_virq(struct test_run *run)
{
	const unsigned int virq = VIRQ_XENOPROF;
	int irq, ret;

	irq = bind_virq_to_irqhandler(virq, 0, test_handler, 0, TEST_NAME, &double_first);
	if (irq < 0) {
		test_fail(run, "binding the VIRQ failed: %d", irq);
		return;
	}

	ret = bind_virq_to_irqhandler(virq, 0, test_handler, 0, TEST_NAME, &double_second);
	if (ret != -EBUSY)
		test_fail(run, "the second bind returned %d", ret);
	if (ret >= 0)
		unbind_from_irqhandler(ret, &double_second);

	if (!port_of_virq(virq, 0))
		test_fail(run, "the first owner lost its VIRQ");
	else
		unbind_from_irqhandler(irq, &double_first);
}

/**
 * struct test_prio - the timer against channels of default priority
 * @set: the channels
 * @timer: falls due after they were raised
 * @before: handlers of channels that ran before the timer's, in this round
 */
struct test_prio {
	struct test_set	set;
	struct hrtimer	timer;
	unsigned int	before;
};

#define PRIO_CHANNELS	32
#define PRIO_ROUNDS	20

static enum hrtimer_restart prio_due(struct hrtimer *timer)
{
	struct test_prio *prio = container_of(timer, struct test_prio, timer);

	prio->before = atomic_read(&test_handled);
	return HRTIMER_NORESTART;
}

/*
 * With interrupts off the channels come first and the timer last, so that only its
 * priority can bring it to the front; with an ABI that has none, that the kernel looks at
 * its port before all others.
 */
static void prio_round(struct test_prio *prio, evtchn_port_t timer_port)
{
	ktime_t due;

	atomic_set(&test_handled, 0);
	prio->before = PRIO_CHANNELS;

	local_irq_disable();
	set_raise(&prio->set);
	hrtimer_start(&prio->timer, ms_to_ktime(1), HRTIMER_MODE_REL_PINNED_HARD);
	due = ktime_add_ms(ktime_get(), 2);
	while (ktime_before(ktime_get(), due))
		cpu_relax();
	port_poll(timer_port);
	local_irq_enable();

	msleep(20);
	hrtimer_cancel(&prio->timer);
}

static void prio_on_cpu(struct test_run *run, struct test_prio *prio,
			unsigned int cpu)
{
	evtchn_port_t timer_port = port_of_virq(VIRQ_TIMER, cpu);
	unsigned int i, late = 0, worst = 0;

	if (!timer_port) {
		test_fail(run, "CPU %u has no VIRQ for its timer", cpu);
		return;
	}
	if (!set_move(run, &prio->set, cpu))
		return;

	for (i = 0; i < PRIO_ROUNDS; i++) {
		prio_round(prio, timer_port);
		late += prio->before > 0;
		worst = max(worst, prio->before);
	}
	if (late)
		test_fail(run, "CPU %u: timer not first in %u of %u rounds, behind %u of %u",
			  cpu, late, PRIO_ROUNDS, worst, PRIO_CHANNELS);
}

static void prio_on_all(struct test_run *run, struct test_prio *prio)
{
	cpumask_var_t old;
	unsigned int cpu;

	if (!alloc_cpumask_var(&old, GFP_KERNEL)) {
		test_fail(run, "no memory");
		return;
	}
	cpumask_copy(old, current->cpus_ptr);
	for_each_online_cpu(cpu) {
		if (set_cpus_allowed_ptr(current, cpumask_of(cpu)))
			test_fail(run, "cannot run on CPU %u", cpu);
		else
			prio_on_cpu(run, prio, cpu);
	}
	set_cpus_allowed_ptr(current, old);
	free_cpumask_var(old);
}

static void test_priority(struct test_run *run)
{
	static struct test_prio prio;

	if (!set_open(run, &prio.set, PRIO_CHANNELS, false))
		return;

	hrtimer_init(&prio.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	prio.timer.function = prio_due;
	prio_on_all(run, &prio);
	set_close(&prio.set);
}

/**
 * struct test_storm - a channel that raises itself, and a thread that wants its CPU
 * @chan: the channel
 * @end: when it stops doing so; before the start, the past
 * @gap: the longest time that the thread had to wait for the CPU
 * @over: it has waited for the last time
 */
struct test_storm {
	struct test_chan	chan;
	ktime_t			end;
	ktime_t			gap;
	struct completion	over;
};

/*
 * Too short for any watchdog, should nothing else run for all of it; and what a thread that
 * has the CPU to itself may have to wait.
 */
#define STORM_MS		2000
#define STORM_MOST_MS	1000

static irqreturn_t storm_handler(int irq, void *dev_id)
{
	struct test_storm *storm = dev_id;

	atomic_inc(&storm->chan.handled);
	if (ktime_before(ktime_get(), storm->end))
		chan_raise(&storm->chan);
	return IRQ_HANDLED;
}

/* The time of the storm begins here: then this thread does have the CPU. */
static int storm_thread(void *data)
{
	struct test_storm *storm = data;
	ktime_t last = ktime_get(), now;

	storm->end = ktime_add_ms(last, STORM_MS);
	chan_raise(&storm->chan);
	do {
		cond_resched();
		now = ktime_get();
		storm->gap = max(storm->gap, ktime_sub(now, last));
		last = now;
	} while (ktime_before(now, storm->end));
	complete(&storm->over);
	return 0;
}

static void storm_run(struct test_run *run, struct test_storm *storm)
{
	struct test_set set = { .chan = &storm->chan, .nr = 1 };
	struct task_struct *task;
	unsigned int handled;

	if (!set_move(run, &set, TEST_CPU_STAYS))
		return;
	task = kthread_create(storm_thread, storm, TEST_NAME "_storm");
	if (IS_ERR(task)) {
		test_fail(run, "no thread: %ld", PTR_ERR(task));
		return;
	}
	kthread_bind(task, TEST_CPU_STAYS);
	wake_up_process(task);
	wait_for_completion(&storm->over);

	msleep(TEST_SETTLE_MS);
	handled = atomic_read(&storm->chan.handled);
	seq_printf(run->out, "# %u events in %d ms; waited %lld ms at most\n", handled,
		   STORM_MS, ktime_to_ms(storm->gap));
	if (ktime_to_ms(storm->gap) >= STORM_MOST_MS)
		test_fail(run, "nothing else ran on the CPU for %lld ms",
			  ktime_to_ms(storm->gap));
	if (handled < 2)
		test_fail(run, "the channel did not raise itself: this proves nothing");
}

/* Held back, but not for good: the last event comes late, and a further one as always. */
static void storm_is_over(struct test_run *run, struct test_storm *storm)
{
	struct test_set set = { .chan = &storm->chan, .nr = 1 };

	msleep(1000);
	atomic_set(&storm->chan.handled, 0);
	chan_raise(&storm->chan);
	set_expect(run, &set, 1, "after the storm");
}

/* A channel without late EOI, which its user cannot be expected to hold back. */
static void test_storm(struct test_run *run)
{
	static struct test_storm storm;
	int ret;

	storm = (struct test_storm) {};
	init_completion(&storm.over);
	ret = chan_open(&storm.chan, false, storm_handler, &storm);
	if (ret) {
		test_fail(run, "opening a channel failed: %d", ret);
		return;
	}
	storm_run(run, &storm);
	storm_is_over(run, &storm);
	chan_close(&storm.chan, &storm);
}

static bool can_unplug(struct test_run *run)
{
	if (cpu_online(TEST_CPU))
		return true;
	run->skip = "needs two CPUs";
	return false;
}

static void unplug(struct test_run *run)
{
	int ret = remove_cpu(TEST_CPU);

	if (ret)
		test_fail(run, "CPU %u does not go offline: %d", TEST_CPU, ret);
}

static void plug(struct test_run *run)
{
	int ret = add_cpu(TEST_CPU);

	if (ret)
		test_fail(run, "CPU %u does not go online: %d", TEST_CPU, ret);
}

/* The CPU of a late EOI may be gone when it is signalled. */
static void test_held_over_offline(struct test_run *run)
{
	struct test_set set;

	if (!can_unplug(run) || !set_open(run, &set, TEST_SOME, true))
		return;

	set_hold(&set, true);
	if (set_move(run, &set, TEST_CPU)) {
		set_raise(&set);
		set_expect(run, &set, 1, "on the CPU");
		unplug(run);
		set_raise(&set);
		set_expect(run, &set, 1, "CPU offline, no EOI yet");
		set_hold(&set, false);
		set_eoi(&set);
		set_expect(run, &set, 2, "CPU offline, after the EOI");
		plug(run);
		set_raise(&set);
		set_expect(run, &set, 3, "CPU online again");
	}
	set_close(&set);
}

/**
 * struct test_link - a channel of a flood
 * @chan: the channel
 * @flood: the flood
 */
struct test_link {
	struct test_chan	chan;
	struct test_flood	*flood;
};

/**
 * struct test_flood - channels that raise one another, to keep a CPU in its upcall
 * @link: the channels, each of which has one event, as a kernel may well let one
 *	that has event after event wait
 * @nr: how many are open
 * @last_ms: how long each handler takes once the kernel has looked at the clock
 * @then: channels that are raised at last, or NULL
 * @done: that was it
 */
struct test_flood {
	struct test_link	*link;
	unsigned int		nr;
	unsigned int		last_ms;
	struct test_set		*then;
	struct completion	done;
};

/*
 * Linux's own code looks at the clock every 256 events, and the first look is where its
 * time begins: it defers after the second.
 */
#define FLOOD_LOOK	512
#define FLOOD_EVENTS	576
#define FLOOD_US	200

static irqreturn_t flood_handler(int irq, void *dev_id)
{
	struct test_link *link = dev_id;
	struct test_flood *flood = link->flood;

	if (link < flood->link + FLOOD_LOOK)
		udelay(FLOOD_US);
	else
		mdelay(flood->last_ms);
	if (++link < flood->link + flood->nr) {
		chan_raise(&link->chan);
		return IRQ_HANDLED;
	}
	if (flood->then)
		set_raise(flood->then);
	complete(&flood->done);
	return IRQ_HANDLED;
}

static int flood_add(struct test_flood *flood, unsigned int cpu)
{
	struct test_link *link = &flood->link[flood->nr];
	int ret;

	link->flood = flood;
	ret = chan_open(&link->chan, false, flood_handler, link);
	if (ret)
		return ret;

	flood->nr++;
	return irq_set_affinity(link->chan.irq, cpumask_of(cpu));
}

static void flood_close(struct test_flood *flood)
{
	while (flood->nr) {
		struct test_link *link = &flood->link[--flood->nr];

		chan_close(&link->chan, link);
	}
	kvfree(flood->link);
}

/* Returns when the upcall on @cpu is near its end; EOIs in it were deferred. */
static void flood_run(struct test_run *run, struct test_flood *flood, unsigned int cpu)
{
	int ret = 0;

	flood->link = kvcalloc(FLOOD_EVENTS, sizeof(*flood->link), GFP_KERNEL);
	if (!flood->link)
		ret = -ENOMEM;
	while (!ret && flood->nr < FLOOD_EVENTS)
		ret = flood_add(flood, cpu);
	init_completion(&flood->done);
	if (ret) {
		test_fail(run, "flood, channel %u: %d", flood->nr, ret);
	} else {
		pr_info("the flood begins\n");
		chan_raise(&flood->link[0].chan);
		if (!wait_for_completion_timeout(&flood->done, TEST_PATIENCE))
			test_fail(run, "the flood does not end");
	}
	flood_close(flood);
}

/*
 * Long enough for others, such as the console, to have an event meanwhile: its EOI
 * is deferred then.
 */
static void test_long_upcall(struct test_run *run)
{
	struct test_flood flood = { .last_ms = 50 };

	flood_run(run, &flood, TEST_CPU_STAYS);
}

/*
 * EOIs that are held back on a CPU must not go with it.  The script makes the
 * kernel hold them back for long, so that there is time to unplug and plug.
 */
static void test_deferred_eoi(struct test_run *run)
{
	struct test_set set;
	struct test_flood flood = { .then = &set };

	if (!can_unplug(run) || !set_open(run, &set, TEST_SOME, true))
		return;

	if (set_move(run, &set, TEST_CPU)) {
		flood_run(run, &flood, TEST_CPU);
		set_raise(&set);
		set_expect(run, &set, 1, "EOI deferred");
		unplug(run);
		plug(run);
		set_expect(run, &set, 1, "CPU was unplugged and plugged");
		set_expect_in(run, &set, 2, "EOI long due", 60 * HZ);
	}
	set_close(&set);
}

/**
 * struct test_dying - raises channels at the last moment of a CPU
 * @irq: an interrupt of no device; the kernel moves it before those of the channels,
 *	as its number is lower, with interrupts off on the CPU that goes
 * @armed: raise the channels when that happens
 * @set: the channels
 */
struct test_dying {
	int		irq;
	bool		armed;
	struct test_set	set;
};

static struct test_dying test_dying;

static int dying_set_affinity(struct irq_data *data, const struct cpumask *dest,
			      bool force)
{
	struct test_dying *dying = irq_data_get_irq_chip_data(data);

	if (dying->armed) {
		dying->armed = false;
		set_raise(&dying->set);
	}
	irq_data_update_effective_affinity(data, dest);
	return IRQ_SET_MASK_OK;
}

static void dying_nop(struct irq_data *data)
{
}

static struct irq_chip dying_chip = {
	.name			= TEST_NAME,
	.irq_mask		= dying_nop,
	.irq_unmask		= dying_nop,
	.irq_set_affinity	= dying_set_affinity,
	.flags			= IRQCHIP_SKIP_SET_WAKE,
};

static irqreturn_t dying_handler(int irq, void *dev_id)
{
	return IRQ_NONE;
}

/* Before any channel, so that its number is lower than all of theirs. */
static int dying_open(struct test_dying *dying)
{
	int ret = irq_alloc_desc_from(0, -1);

	if (ret < 0)
		return ret;

	dying->irq = ret;
	irq_set_chip_and_handler(dying->irq, &dying_chip, handle_simple_irq);
	irq_set_chip_data(dying->irq, dying);
	irq_clear_status_flags(dying->irq, IRQ_NOREQUEST);
	irq_set_status_flags(dying->irq, IRQ_MOVE_PCNTXT);
	ret = request_irq(dying->irq, dying_handler, 0, TEST_NAME, dying);
	if (ret)
		irq_free_desc(dying->irq);
	return ret;
}

static void dying_close(struct test_dying *dying)
{
	free_irq(dying->irq, dying);
	irq_free_desc(dying->irq);
}

static void dying_unplug(struct test_run *run, struct test_dying *dying)
{
	unsigned int i;

	for (i = 0; i < dying->set.nr; i++)
		if (dying->set.chan[i].irq < dying->irq)
			test_fail(run, "IRQ %d is moved too early", dying->set.chan[i].irq);

	if (irq_set_affinity(dying->irq, cpumask_of(TEST_CPU)) ||
	    !set_move(run, &dying->set, TEST_CPU)) {
		test_fail(run, "cannot prepare CPU %u", TEST_CPU);
		return;
	}

	dying->armed = true;
	unplug(run);
	if (dying->armed)
		test_fail(run, "the channels were not raised: this proves nothing");
	set_expect(run, &dying->set, 1, "raised on the CPU that goes");
	plug(run);
	set_raise(&dying->set);
	set_expect(run, &dying->set, 2, "raised later");
}

static void dead_cpu(struct test_run *run, bool late)
{
	struct test_dying *dying = &test_dying;

	if (!can_unplug(run) || !set_open(run, &dying->set, TEST_SOME, late))
		return;

	dying_unplug(run, dying);
	set_close(&dying->set);
}

/* Events that wait for a CPU when it goes are handled by another one. */
static void test_dead_cpu_edge(struct test_run *run)
{
	dead_cpu(run, false);
}

static void test_dead_cpu_lateeoi(struct test_run *run)
{
	dead_cpu(run, true);
}

/* As a console does when it is closed: the port stays open, and the IRQ stays. */
static void set_take_handlers(struct test_set *set)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		free_irq(set->chan[i].irq, &set->chan[i]);
}

static void set_give_handlers(struct test_run *run, struct test_set *set)
{
	unsigned int i;
	int ret;

	for (i = 0; i < set->nr; i++) {
		struct test_chan *ch = &set->chan[i];

		ret = request_irq(ch->irq, test_handler, 0, TEST_NAME, ch);
		if (ret)
			test_fail(run, "IRQ %d has no handler again: %d", ch->irq, ret);
	}
}

/* A CPU goes that channels without a handler are on.  Their next handler gets what came since. */
static void reopened(struct test_run *run, bool late)
{
	struct test_set set;

	if (!can_unplug(run) || !set_open(run, &set, TEST_SOME, late))
		return;
	if (set_move(run, &set, TEST_CPU)) {
		set_take_handlers(&set);
		unplug(run);
		set_raise(&set);
		set_give_handlers(run, &set);
		set_expect(run, &set, 1, "raised while there was no handler");
		plug(run);
		set_raise(&set);
		set_expect(run, &set, 2, "raised later");
	}
	set_close(&set);
}

static void test_reopened_edge(struct test_run *run)
{
	reopened(run, false);
}

static void test_reopened_lateeoi(struct test_run *run)
{
	reopened(run, true);
}

static struct test_set hold_set;

/* The domain is saved and restored with EOIs outstanding. */
static void test_hold_start(struct test_run *run)
{
	if (hold_set.nr) {
		test_fail(run, "started already");
		return;
	}
	if (!set_open(run, &hold_set, TEST_SOME, true))
		return;
	set_hold(&hold_set, true);
	set_raise(&hold_set);
	set_expect(run, &hold_set, 1, "before");
}

/* What a driver does then: a last EOI, and new channels instead of the old ones. */
static void test_hold_finish(struct test_run *run)
{
	struct test_set set;

	if (!hold_set.nr || hold_set.chan[0].life == test_life) {
		test_fail(run, "the domain was not restored");
		return;
	}
	set_eoi(&hold_set);
	set_expect(run, &hold_set, 1, "old channels");
	set_close(&hold_set);

	if (!set_open(run, &set, TEST_SOME, true))
		return;
	set_raise(&set);
	set_expect(run, &set, 1, "new channels");
	set_raise(&set);
	set_expect(run, &set, 2, "new channels again");
	set_close(&set);
}

/*
 * Leaves no room for further pages in Xen's table of channels, so that the kernel's
 * own attempt fails once a port above those of its first page is bound.  Xen keeps
 * the page for good.
 */
static void test_fill_array(struct test_run *run)
{
	struct evtchn_expand_array op;
	unsigned int pages = 0;
	unsigned long page;
	int ret;

	page = get_zeroed_page(GFP_KERNEL);
	if (!page) {
		test_fail(run, "no memory");
		return;
	}
	op.array_gfn = virt_to_gfn((void *)page);
	do {
		ret = evtchn_op(EVTCHNOP_expand_array, &op);
		pages += !ret;
	} while (!ret && pages < EVTCHN_FIFO_NR_CHANNELS);
	seq_printf(run->out, "# %u pages more\n", pages);
	if (!pages) {
		free_page(page);
		run->skip = "not the FIFO ABI";
	} else if (ret != -ENOSPC) {
		test_fail(run, "Xen returned %d", ret);
	}
}

static const struct test_case test_cases[] = {
	{ "many_edge", test_many_edge },
	{ "many_lateeoi", test_many_lateeoi },
	{ "raised_before_eoi", test_raised_before_eoi },
	{ "load_edge_start", test_load_edge_start },
	{ "load_lateeoi_start", test_load_lateeoi_start },
	{ "load_finish", test_load_finish },
	{ "load_finish_once", test_load_finish_once },
	{ "double_bind", test_double_bind },
	{ "double_virq", test_double_virq },
	{ "priority", test_priority },
	{ "storm", test_storm },
	{ "held_over_offline", test_held_over_offline },
	{ "deferred_eoi", test_deferred_eoi },
	{ "long_upcall", test_long_upcall },
	{ "dead_cpu_edge", test_dead_cpu_edge },
	{ "dead_cpu_lateeoi", test_dead_cpu_lateeoi },
	{ "reopened_edge", test_reopened_edge },
	{ "reopened_lateeoi", test_reopened_lateeoi },
	{ "hold_start", test_hold_start },
	{ "hold_finish", test_hold_finish },
	{ "fill_array", test_fill_array },
};

static int test_restored(struct notifier_block *nb, unsigned long event, void *data)
{
	WRITE_ONCE(test_life, test_life + 1);
	return NOTIFY_OK;
}

static struct notifier_block test_resume_nb = {
	.notifier_call = test_restored,
};

static struct dentry *test_dir;

static int __init evtchn_test_init(void)
{
	int ret;

	if (!xen_domain())
		return -ENODEV;

	ret = dying_open(&test_dying);
	if (ret)
		return ret;

	xen_resume_notifier_register(&test_resume_nb);
	test_dir = test_files("xen_" TEST_NAME, test_cases, ARRAY_SIZE(test_cases));
	return 0;
}
module_init(evtchn_test_init);

static void __exit evtchn_test_exit(void)
{
	debugfs_remove(test_dir);
	xen_resume_notifier_unregister(&test_resume_nb);
	if (test_load.task) {
		kthread_stop(test_load.task);
		load_close(&test_load);
	}
	if (hold_set.nr)
		set_close(&hold_set);
	dying_close(&test_dying);
}
module_exit(evtchn_test_exit);

MODULE_DESCRIPTION("Tests of Xen event channels");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
