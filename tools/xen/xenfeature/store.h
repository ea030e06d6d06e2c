/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices and requests in xenstore.
 *
 * Where a device's backend is comes from nodes that its guest cannot write: libxl's own record
 * below /libxl, or, with toolstacks that keep none, the backends' directories themselves.
 */
#ifndef XENFEATURE_STORE_H
#define XENFEATURE_STORE_H

#include "device.h"
#include "request.h"

struct xs_handle;

/**
 * struct store - a connection to xenstore
 * @xs: libxenstore's handle
 * @self: the domain that this program runs in
 */
struct store {
	struct xs_handle *xs;
	unsigned int self;
};

/**
 * store_open() - connect to xenstore
 * @store: filled in
 *
 * Context: May wait.
 * Return: 0, or a negative errno with nothing to close
 */
int store_open(struct store *store);

/**
 * store_close() - end the connection
 * @store: an open one
 *
 * Context: May wait.
 */
void store_close(struct store *store);

/**
 * store_domain() - find a domain
 * @store: connection
 * @name: its name, or its number
 * @domid: set to its number
 *
 * A driver domain may not look at other domains: there, every number is taken for one.
 *
 * Context: May wait.
 * Return: 0, or -ENOENT
 */
int store_domain(const struct store *store, const char *name, unsigned int *domid);

/**
 * store_devices() - load all devices of a domain
 * @store: connection
 * @domid: the domain
 * @devices: set to an array, by type and number; the caller frees each and the array
 * @nr: set to how many
 *
 * Context: May wait.
 * Return: 0, or a negative errno with nothing to free
 */
int store_devices(const struct store *store, unsigned int domid, struct device **devices,
		  size_t *nr);

/**
 * store_reload() - read a device again
 * @store: connection
 * @device: what it was; replaced on success
 *
 * Context: May wait.
 * Return: 0, or -ENOENT when the device is gone; @device is as it was then
 */
int store_reload(const struct store *store, struct device *device);

/**
 * struct store_change - what to write
 * @list: what to request, and what to withdraw; NULL to leave requests and strictness
 * @strict: whether the backend is to refuse the device rather than change a value; with @list
 * @dropped: requests whose @choices the frontend loses where it uses more than they allow, or
 *	NULL
 */
struct store_change {
	const struct request_list *list;
	bool strict;
	const struct request_list *dropped;
};

/**
 * store_write() - write requests, all at once
 * @store: connection
 * @device: which device
 * @change: what to write
 *
 * Requests, what to read them with and the end of old answers and of an old error appear in one
 * transaction.  The owner of the backend's directory keeps access to all requests in it, nobody
 * else does.
 *
 * Context: May wait.
 * Return: 0, or a negative errno with nothing changed: -ENOENT when the device is gone,
 * -ENOSPC or -EDQUOT when xenstore's quota is used up
 */
int store_write(const struct store *store, const struct device *device,
		const struct store_change *change);

/**
 * store_state() - read the state of a device's backend
 * @store: connection
 * @device: which device
 *
 * Context: May wait.
 * Return: the state
 */
enum xenbus_state store_state(const struct store *store, const struct device *device);

/**
 * store_backend_node() - read a node of a device's backend
 * @store: connection
 * @device: which device
 * @name: which node
 *
 * Context: May wait.
 * Return: a string for the caller to free, or NULL
 */
char *store_backend_node(const struct store *store, const struct device *device,
			 const char *name);

/**
 * store_runs_scripts() - whether libxl made the device, so that hot-plug scripts are its matter
 * @store: connection
 * @device: which device
 *
 * Context: May wait.
 * Return: true if so; else it is udev that runs them
 */
bool store_runs_scripts(const struct store *store, const struct device *device);

#endif
