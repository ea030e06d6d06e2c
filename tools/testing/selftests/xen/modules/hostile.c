// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frontends that take more than they were offered.
 *
 * There is one for each type of device, beside the kernel's own: a device goes to them by
 * "unbind" and "bind" in sysfs.  Each then has a directory in debugfs, below xen_hostile, with
 * a file for each thing to do; to read it is to do it.  The last line is what the backend
 * answered, in one word where that is enough: "okay", "error", "silence".  The words are no
 * verdict.  Whether an answer is right depends on the limits of the device, which the tests know,
 * and so does what became of the data, which only the other side can say.
 */

#define pr_fmt(fmt) "xen_hostile: " fmt

#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/module.h>

#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "hostile.h"

/* An emulated machine is slow. */
#define PATIENCE_US	(20 * USEC_PER_SEC)
#define POLL_US		(20 * USEC_PER_MSEC)

struct hostile_settings hostile_settings = { .tcp_port = 5002 };

module_param_array_named(mac, hostile_settings.mac, byte, NULL, 0444);
MODULE_PARM_DESC(mac, "MAC address that packets go to, 6 numbers");
module_param_array_named(ip, hostile_settings.ip, byte, NULL, 0444);
MODULE_PARM_DESC(ip, "IPv4 address that packets go to, 4 numbers");
module_param_named(tcp_port, hostile_settings.tcp_port, ushort, 0444);
MODULE_PARM_DESC(tcp_port, "TCP port that sockets connect to");

static irqreturn_t channel_event(int irq, void *unused)
{
	xen_irq_lateeoi(irq, 0);
	return IRQ_HANDLED;
}

/**
 * hostile_port_open() - make an event channel to the backend
 * @dev: the device
 * @channel: where it goes; whoever waits polls, events are only acknowledged
 *
 * Context: Sleeps.
 * Return: 0 or a negative error, with no channel.
 */
int hostile_port_open(struct xenbus_device *dev, struct hostile_port *channel)
{
	int err = xenbus_alloc_evtchn(dev, &channel->port);

	channel->irq = 0;
	if (err)
		return err;
	err = bind_evtchn_to_irqhandler_lateeoi(channel->port, channel_event, 0, "xen_hostile",
						channel);
	if (err < 0) {
		xenbus_free_evtchn(dev, channel->port);
		return err;
	}
	channel->irq = err;
	return 0;
}

/**
 * hostile_port_close() - end an event channel
 * @dev: the device
 * @channel: the channel, if there is one
 *
 * Context: Sleeps.
 */
void hostile_port_close(struct xenbus_device *dev, struct hostile_port *channel)
{
	if (channel->irq)
		unbind_from_irqhandler(channel->irq, channel);
	channel->irq = 0;
}

/**
 * hostile_reached() - wait until the backend has moved an index of a ring
 * @index: the index
 * @goal: how far
 *
 * Context: Sleeps.
 * Return: Whether it came that far; what it says there can be read then.
 */
bool hostile_reached(const RING_IDX *index, RING_IDX goal)
{
	RING_IDX now;
	int err = read_poll_timeout(READ_ONCE, now, (s32)(now - goal) >= 0, POLL_US, PATIENCE_US,
				    false, *index);

	virt_rmb();	/* the index before what it says is there */
	return !err;
}

static int await(struct xenbus_device *dev, enum xenbus_state state)
{
	enum xenbus_state now;

	return read_poll_timeout(xenbus_read_driver_state, now, now == state, POLL_US,
				 PATIENCE_US, false, dev->otherend);
}

/**
 * hostile_become() - change the state of the frontend
 * @fe: the device
 * @state: its new state
 * @theirs: what the backend is expected to answer
 *
 * Context: Sleeps.
 * Return: 0; -ETIMEDOUT if the backend does not answer so; an error of xenstore.
 */
int hostile_become(struct hostile_frontend *fe, enum xenbus_state state, enum xenbus_state theirs)
{
	int err = xenbus_switch_state(fe->dev, state) ?: await(fe->dev, theirs);

	if (err)
		dev_warn(&fe->dev->dev, "state %s, and the backend is not %s\n",
			 xenbus_strstate(state), xenbus_strstate(theirs));
	return err;
}

/* The kernel's own driver has left the device Closed, if it had it. */
static int begin(struct hostile_frontend *fe)
{
	if (xenbus_read_driver_state(fe->dev->otherend) == XenbusStateInitWait)
		return 0;
	return hostile_become(fe, XenbusStateClosed, XenbusStateClosed) ?:
	       hostile_become(fe, XenbusStateInitialising, XenbusStateInitWait);
}

/* The backend waits in state 2 after that, for keys and a state.  On failure nothing is held. */
static int open_frontend(struct hostile_frontend *fe, struct xenbus_device *dev,
			 unsigned int nr_pages)
{
	int err;

	fe->dev = dev;
	fe->nr_pages = nr_pages;
	mutex_init(&fe->lock);
	dev_set_drvdata(&dev->dev, fe);
	err = begin(fe);
	if (err)
		return err;
	err = xenbus_setup_ring(dev, GFP_KERNEL, &fe->pages, nr_pages, fe->refs);
	if (err)
		return err;
	err = hostile_port_open(dev, &fe->channel);
	if (err) {
		xenbus_teardown_ring(&fe->pages, nr_pages, fe->refs);
		return err;
	}
	fe->dir = debugfs_create_dir(dev_name(&dev->dev), hostile_settings.dir);
	return 0;
}

/* For whoever comes next nothing is left in the frontend's directory. */
static void close_frontend(struct hostile_frontend *fe)
{
	debugfs_remove(fe->dir);
	/* Some backends let go of the rings in one of these states, and some in the other. */
	hostile_become(fe, XenbusStateClosing, XenbusStateClosing);
	hostile_become(fe, XenbusStateClosed, XenbusStateClosed);
	while (fe->nr_said)
		xenbus_rm(XBT_NIL, fe->dev->nodename, fe->said[--fe->nr_said]);
	hostile_port_close(fe->dev, &fe->channel);
	xenbus_teardown_ring(&fe->pages, fe->nr_pages, fe->refs);
}

/**
 * hostile_say() - write a key into the frontend's directory
 * @fe: the device
 * @key: its name, for as long as the device is open
 * @value: what it says
 *
 * Context: Sleeps.
 * Return: 0; -ENOSPC beyond HOSTILE_KEYS; an error of xenstore.
 */
int hostile_say(struct hostile_frontend *fe, const char *key, const char *value)
{
	if (fe->nr_said == HOSTILE_KEYS)
		return -ENOSPC;
	fe->said[fe->nr_said++] = key;
	return xenbus_write(XBT_NIL, fe->dev->nodename, key, value);
}

/**
 * hostile_say_number() - write a number into the frontend's directory
 * @fe: the device
 * @key: its name, for as long as the device is open
 * @value: the number
 *
 * Context: Sleeps.
 * Return: As hostile_say().
 */
int hostile_say_number(struct hostile_frontend *fe, const char *key, u32 value)
{
	char text[sizeof("4294967295")];

	snprintf(text, sizeof(text), "%u", value);
	return hostile_say(fe, key, text);
}

/**
 * struct hostile_entry - what a file stands for
 * @fe:		device
 * @act:	what to do to its backend
 */
struct hostile_entry {
	struct hostile_frontend *fe;
	const struct hostile_act *act;
};

static int act_show(struct seq_file *out, void *unused)
{
	const struct hostile_entry *entry = out->private;

	mutex_lock(&entry->fe->lock);
	entry->act->commit(entry->fe, entry->act, out);
	mutex_unlock(&entry->fe->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(act);

static int make_file(struct hostile_frontend *fe, const struct hostile_act *act)
{
	struct hostile_entry *entry = devm_kzalloc(&fe->dev->dev, sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->fe = fe;
	entry->act = act;
	debugfs_create_file(act->name, 0400, fe->dir, entry, &act_fops);
	return 0;
}

static int make_files(struct hostile_frontend *fe, const struct hostile_driver *driver)
{
	const void *act = driver->acts;
	int err = 0;

	for (unsigned int i = 0; !err && i < driver->nr_acts; i++, act += driver->act_size)
		err = make_file(fe, act);
	return err;
}

/**
 * hostile_probe() - take a device, connect it, and make its acts available
 * @dev: the device, bound to a struct hostile_driver
 * @id: not looked at, a driver has one type
 *
 * Context: The bus' probe function.  Sleeps.
 * Return: 0 or a negative error, with the device given back.
 */
int hostile_probe(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	const struct hostile_driver *driver =
		container_of(to_xenbus_driver(dev->dev.driver), struct hostile_driver, xenbus);
	struct hostile_frontend *fe = devm_kzalloc(&dev->dev, driver->size, GFP_KERNEL);
	int err;

	if (!fe)
		return -ENOMEM;
	err = open_frontend(fe, dev, driver->nr_pages);
	if (err)
		return err;
	err = driver->connect(fe) ?: make_files(fe, driver);
	if (err)
		close_frontend(fe);
	return err;
}

/**
 * hostile_remove() - give a device back
 * @dev: the device
 *
 * Context: The bus' remove function.  Sleeps.
 */
void hostile_remove(struct xenbus_device *dev)
{
	close_frontend(dev_get_drvdata(&dev->dev));
}

static struct hostile_driver * const drivers[] = {
	&hostile_vif_driver,
	&hostile_vbd_driver,
	&hostile_vscsi_driver,
	&hostile_pvcalls_driver,
};

static void unregister_drivers(unsigned int nr)
{
	while (nr--)
		xenbus_unregister_driver(&drivers[nr]->xenbus);
	debugfs_remove(hostile_settings.dir);
}

static int __init hostile_init(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;
	hostile_settings.dir = debugfs_create_dir("xen_hostile", NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(drivers); i++) {
		err = xenbus_register_frontend(&drivers[i]->xenbus);
		if (err) {
			unregister_drivers(i);
			return err;
		}
	}
	return 0;
}
module_init(hostile_init);

static void __exit hostile_exit(void)
{
	unregister_drivers(ARRAY_SIZE(drivers));
}
module_exit(hostile_exit);

MODULE_DESCRIPTION("Xen frontends that take more than they were offered");
MODULE_LICENSE("GPL");
