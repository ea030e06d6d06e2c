/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frontends that take more than they were offered: what all of them need.
 */
#ifndef _HOSTILE_H
#define _HOSTILE_H

#include <linux/if_ether.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/types.h>

#include <xen/interface/io/ring.h>
#include <xen/xenbus.h>

/* A ring or two, and room for what one request can name. */
#define HOSTILE_PAGES	20
#define HOSTILE_KEYS	8

/**
 * struct hostile_settings - module parameters
 * @dir:	debugfs directory of this module
 * @mac:	whom packets go to
 * @ip:		the same, IPv4
 * @tcp_port:	what sockets connect to there
 */
struct hostile_settings {
	struct dentry *dir;
	u8 mac[ETH_ALEN];
	u8 ip[4];
	u16 tcp_port;
};

extern struct hostile_settings hostile_settings;

/**
 * struct hostile_port - an event channel to the backend
 * @port:	its number
 * @irq:	its interrupt; 0 if there is no channel
 */
struct hostile_port {
	evtchn_port_t port;
	int irq;
};

/**
 * struct hostile_frontend - a device that this module drives
 * @dev:	the device
 * @channel:	events of its rings
 * @pages:	that the backend may map, zeroed, one after the other
 * @refs:	grant references of @pages
 * @nr_pages:	number of these
 * @dir:	debugfs directory with a file for each act
 * @lock:	one act at a time
 * @said:	keys in the frontend's directory, to be removed
 * @nr_said:	number of these
 */
struct hostile_frontend {
	struct xenbus_device *dev;
	struct hostile_port channel;
	void *pages;
	grant_ref_t refs[HOSTILE_PAGES];
	unsigned int nr_pages;
	struct dentry *dir;
	struct mutex lock;	/* held while an act goes on */
	const char *said[HOSTILE_KEYS];
	unsigned int nr_said;
};

/**
 * struct hostile_act - something to do to a backend: a file, and to read it is to do it
 * @name:	of the file
 * @commit:	does it and prints what came of it, one line
 */
struct hostile_act {
	const char *name;
	void (*commit)(struct hostile_frontend *fe, const struct hostile_act *act,
		       struct seq_file *out);
};

/**
 * struct hostile_driver - frontend of one type of device
 * @xenbus:	has hostile_probe() and hostile_remove()
 * @size:	of a device's structure, which begins with struct hostile_frontend
 * @nr_pages:	that the backend shall be able to map, at most HOSTILE_PAGES
 * @connect:	lays out the rings and connects; 0 or a negative error
 * @acts:	the first of an array of structures that begin with struct hostile_act
 * @act_size:	of each of them
 * @nr_acts:	how many
 */
struct hostile_driver {
	struct xenbus_driver xenbus;
	size_t size;
	unsigned int nr_pages;
	int (*connect)(struct hostile_frontend *fe);
	const struct hostile_act *acts;
	size_t act_size;
	unsigned int nr_acts;
};

/**
 * hostile_page() - a page that the backend may map
 * @fe: the device
 * @number: of the page
 *
 * Context: Any.
 * Return: Its address.
 */
static inline void *hostile_page(const struct hostile_frontend *fe, unsigned int number)
{
	return fe->pages + number * XEN_PAGE_SIZE;
}

int hostile_probe(struct xenbus_device *dev, const struct xenbus_device_id *id);
void hostile_remove(struct xenbus_device *dev);
int hostile_say(struct hostile_frontend *fe, const char *key, const char *value);
int hostile_say_number(struct hostile_frontend *fe, const char *key, u32 value);
int hostile_become(struct hostile_frontend *fe, enum xenbus_state state, enum xenbus_state theirs);
int hostile_port_open(struct xenbus_device *dev, struct hostile_port *channel);
void hostile_port_close(struct xenbus_device *dev, struct hostile_port *channel);
bool hostile_reached(const RING_IDX *index, RING_IDX goal);

extern struct hostile_driver hostile_vif_driver;
extern struct hostile_driver hostile_vbd_driver;
extern struct hostile_driver hostile_vscsi_driver;
extern struct hostile_driver hostile_pvcalls_driver;

#endif /* _HOSTILE_H */
