/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking a backend's driver off a device of this domain, and giving the device back to it.
 */
#ifndef XENFEATURE_REBIND_H
#define XENFEATURE_REBIND_H

#include "store.h"

/**
 * struct rebind - a device without its driver
 * @store: connection
 * @device: the device
 * @bound: the driver had the device
 * @script: the hot-plug script that libxl ran for the device, or NULL
 * @hotplug: the device needs a script's work to be complete
 */
struct rebind {
	const struct store *store;
	const struct device *device;
	bool bound;
	char *script;
	bool hotplug;
};

/**
 * rebind_is_bound() - whether a driver has a device
 * @device: a device whose backend is in this domain
 *
 * Context: Any.
 * Return: true if so
 */
bool rebind_is_bound(const struct device *device);

/**
 * rebind_begin() - take the driver off the device
 * @rebind: filled in
 * @store: connection
 * @device: a device whose backend is in this domain
 *
 * Context: May wait; runs a hot-plug script.
 * Return: 0, and rebind_end() has to follow; or a negative errno, and the driver still has it
 */
int rebind_begin(struct rebind *rebind, const struct store *store, const struct device *device);

/**
 * rebind_end() - give the device to its driver and wait until both are ready
 * @rebind: what rebind_begin() made; of no further use
 *
 * Context: Waits for seconds; runs a hot-plug script.
 * Return: 0; -ENXIO when no driver is there that would take the device; -ETIMEDOUT when the
 * backend does not get ready; -EIO when it closes; -ECHILD when the hot-plug script failed; or
 * what the driver refused the device with
 */
int rebind_end(struct rebind *rebind);

#endif
