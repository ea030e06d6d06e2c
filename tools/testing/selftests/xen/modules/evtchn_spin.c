// SPDX-License-Identifier: GPL-2.0-only
/*
 * One CPU holds a spinlock, another wants it.  With PV spinlocks it waits in Xen before long,
 * for an event at a channel that nobody may handle: the holder sends that when it lets go.  A
 * guest in which the channel is not masked does not live through this.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <xen/xen.h>

#include "evtchn_tests.h"

#define SPIN_NAME	"evtchn_spin"

/* Long enough for who waits to give up spinning, though both may share a processor. */
#define HOLD_MS		200
/* How long one waits for the other to come, at most. */
#define COME_NS		(2 * NSEC_PER_SEC)

/**
 * struct contest - two CPUs and a lock
 * @lock: what both want
 * @held: one has it
 * @wanted: the other is about to take it
 * @waited: how long that took, in ns; 0 if they never met
 * @work: the other's part
 */
struct contest {
	spinlock_t		lock;		/* both want it */
	bool			held;
	bool			wanted;
	u64			waited;
	struct work_struct	work;
};

static bool comes(const bool *flag)
{
	u64 end = ktime_get_ns() + COME_NS;

	while (!READ_ONCE(*flag)) {
		if (ktime_get_ns() > end)
			return false;
		cpu_relax();
	}
	return true;
}

static long hold(void *data)
{
	struct contest *c = data;

	spin_lock_irq(&c->lock);
	WRITE_ONCE(c->held, true);
	if (comes(&c->wanted))
		mdelay(HOLD_MS);
	spin_unlock_irq(&c->lock);
	return 0;
}

static void want(struct work_struct *work)
{
	struct contest *c = container_of(work, struct contest, work);
	u64 start;

	if (!comes(&c->held))
		return;
	start = ktime_get_ns();
	WRITE_ONCE(c->wanted, true);
	spin_lock_irq(&c->lock);
	c->waited = ktime_get_ns() - start;
	spin_unlock_irq(&c->lock);
}

static void contest(struct test_run *run, unsigned int holder, unsigned int waiter)
{
	struct contest c = {};

	spin_lock_init(&c.lock);
	INIT_WORK_ONSTACK(&c.work, want);
	schedule_work_on(waiter, &c.work);
	work_on_cpu(holder, hold, &c);
	flush_work(&c.work);
	destroy_work_on_stack(&c.work);
	seq_printf(run->out, "# CPU %u waited %llu ns for CPU %u\n", waiter, c.waited, holder);
	if (c.waited < HOLD_MS * NSEC_PER_MSEC / 2)
		test_fail(run, "CPU %u did not have to wait", waiter);
}

static void spin_kick(struct test_run *run)
{
	cpus_read_lock();
	if (!cpu_online(0) || !cpu_online(1)) {
		run->skip = "needs CPUs 0 and 1";
	} else {
		contest(run, 0, 1);
		contest(run, 1, 0);
	}
	cpus_read_unlock();
}

static const struct test_case spin_tests[] = {
	{ "spin_kick", spin_kick },
};

static struct dentry *spin_dir;

static int __init evtchn_spin_init(void)
{
	if (!xen_domain())
		return -ENODEV;
	spin_dir = test_files("xen_" SPIN_NAME, spin_tests, ARRAY_SIZE(spin_tests));
	return 0;
}
module_init(evtchn_spin_init);

static void __exit evtchn_spin_exit(void)
{
	debugfs_remove(spin_dir);
}
module_exit(evtchn_spin_exit);

MODULE_DESCRIPTION("Two CPUs of a Xen domain want one spinlock");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
