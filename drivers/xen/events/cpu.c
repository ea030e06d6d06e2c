// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCPUs: which one a channel is placed on, and their coming and going.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>

#include "channel.h"

static unsigned int fewest(struct xen_channel *chan, const struct cpumask *mask)
{
	unsigned int best = nr_cpu_ids, least = UINT_MAX, cpu;

	for_each_cpu_and(cpu, mask, cpu_online_mask) {
		unsigned int count = atomic_read(&per_cpu_ptr(chan->ev->cpus, cpu)->channels);

		/* What is there already is not counted twice, and stays if it may. */
		if (cpu == chan->cpu)
			count--;
		if (count < least || (count == least && cpu == chan->cpu)) {
			least = count;
			best = cpu;
		}
	}
	return best;
}

/**
 * xen_pick_cpu() - the VCPU of a set that has the fewest channels
 * @chan: to be placed there
 * @mask: VCPUs to choose from; if none of them is online, all
 *
 * Context: Any.
 * Return: Linux's number of a VCPU that is online.
 */
unsigned int xen_pick_cpu(struct xen_channel *chan, const struct cpumask *mask)
{
	unsigned int cpu = fewest(chan, mask);

	return cpu < nr_cpu_ids ? cpu : fewest(chan, cpu_online_mask);
}

static int cpu_prepare(unsigned int cpu)
{
	struct xen_evtchn *ev = &xen_evtchn;
	int err;

	mutex_lock(&ev->lock);
	err = ev->abi->cpu_up(ev->abi_data, per_cpu_ptr(ev->cpus, cpu));
	mutex_unlock(&ev->lock);
	if (err)
		xen_evtchn_complain("make a VCPU ready for events", err);
	return err;
}

/* genirq has moved its channels away by now. */
static int cpu_dead(unsigned int cpu)
{
	struct xen_evtchn *ev = &xen_evtchn;

	mutex_lock(&ev->lock);
	ev->abi->cpu_dead(ev->abi_data, per_cpu_ptr(ev->cpus, cpu));
	xen_evtchn_look_again(ev);
	mutex_unlock(&ev->lock);
	return 0;
}

/**
 * xen_evtchn_watch_cpus() - be told when a VCPU comes or goes
 *
 * Context: Boot.
 * Return: 0, or -errno.
 */
int xen_evtchn_watch_cpus(void)
{
	return cpuhp_setup_state_nocalls(CPUHP_XEN_EVTCHN_PREPARE, "xen/evtchn:prepare",
					 cpu_prepare, cpu_dead);
}
