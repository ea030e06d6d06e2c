/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PV device as xenstore shows it at one moment, and what can be concluded from that.
 *
 * Pure: store.c fills it in, nothing here reads xenstore.
 */
#ifndef XENFEATURE_DEVICE_H
#define XENFEATURE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "keys.h"
#include "request.h"

/**
 * enum xenbus_state - the states of frontend and backend, as in Xen's io/xenbus.h
 * @STATE_UNKNOWN: no such device
 * @STATE_INITIALISING: made by the toolstack, no driver has it yet
 * @STATE_INIT_WAIT: the backend has published what it offers
 * @STATE_INITIALISED: the frontend has made its choice
 * @STATE_CONNECTED: in use
 * @STATE_CLOSING: on the way out
 * @STATE_CLOSED: out
 */
enum xenbus_state {
	STATE_UNKNOWN = 0,
	STATE_INITIALISING = 1,
	STATE_INIT_WAIT = 2,
	STATE_INITIALISED = 3,
	STATE_CONNECTED = 4,
	STATE_CLOSING = 5,
	STATE_CLOSED = 6,
};

/**
 * struct backend_place - what the path of a backend's directory says
 * @domid: the domain that the backend runs in
 * @type: the directory below "backend"; owned by whoever has the structure
 * @front_domid: the domain that the device is for
 * @devid: the number of the device there
 */
struct backend_place {
	unsigned int domid;
	char *type;
	unsigned int front_domid;
	unsigned int devid;
};

/**
 * struct feature_view - one key of a device; strings are NULL where there is no such node
 * @feature: the key, or NULL for a request that is for no known key
 * @key: its name
 * @offered: what the backend published
 * @requested: what the toolstack asked for
 * @status: what the backend made of that
 * @front: what the frontend chose
 */
struct feature_view {
	const struct feature *feature;
	char *key;
	char *offered;
	char *requested;
	char *status;
	char *front;
};

/**
 * struct device - one PV device; it owns all its strings
 * @type: the frontend's type, which people know it by
 * @place: where its backend is
 * @kind: what can be requested, NULL if nothing can
 * @back: the backend's directory
 * @front: the frontend's directory; may be NULL
 * @label: the name that the toolstack gave a disk, or NULL
 * @strict: requests are to be granted, or the device refused
 * @strict_bad: nobody can read whether they are, and so the device is refused
 * @back_state: state of the backend
 * @front_state: state of the frontend
 * @error: what the backend's driver last complained about, or NULL
 * @views: its keys
 * @nr_views: how many
 */
struct device {
	char *type;
	struct backend_place place;
	const struct backend_kind *kind;
	char *back;
	char *front;
	char *label;
	bool strict;
	bool strict_bad;
	enum xenbus_state back_state;
	enum xenbus_state front_state;
	char *error;
	struct feature_view *views;
	size_t nr_views;
};

/**
 * enum outcome - what became of a request
 * @OUTCOME_GRANTED: the backend uses the value
 * @OUTCOME_CLAMPED: the backend uses the nearest value that it can
 * @OUTCOME_INVALID: the backend did not understand the value and uses its own
 * @OUTCOME_UNSUPPORTED: the backend does not know the key
 * @OUTCOME_LATER: the backend says so when the frontend connects
 * @OUTCOME_UNCONFIRMED: the value is in force, and the backend does not say why
 * @OUTCOME_IGNORED: the backend reads no requests
 */
enum outcome {
	OUTCOME_GRANTED,
	OUTCOME_CLAMPED,
	OUTCOME_INVALID,
	OUTCOME_UNSUPPORTED,
	OUTCOME_LATER,
	OUTCOME_UNCONFIRMED,
	OUTCOME_IGNORED,
};

/**
 * backend_place_parse() - read the path of a backend's directory
 * @path: /local/domain/DOMID/backend/TYPE/FRONT-DOMID/DEVID
 * @place: where it goes; place->type is allocated on success
 *
 * Context: Any.
 * Return: true if @path has that form
 */
bool backend_place_parse(const char *path, struct backend_place *place);

/**
 * device_is() - whether a device is the one that an admin named
 * @device: the device
 * @name: TYPE/NUMBER, or a disk's label, or vbd/LABEL
 *
 * Context: Any.
 * Return: true if it is
 */
bool device_is(const struct device *device, const char *name);

/**
 * device_is_active() - whether a frontend has made its choice already
 * @device: the device
 *
 * Context: Any.
 * Return: true if the frontend is connected, or about to be
 */
bool device_is_active(const struct device *device);

/**
 * device_view() - find one key of a device
 * @device: the device
 * @feature: the key
 *
 * Context: Any.
 * Return: its view, or NULL if it has none
 */
const struct feature_view *device_view(const struct device *device,
				       const struct feature *feature);

/**
 * device_conflict() - whether a request would take away what the frontend may be using
 * @device: an active device
 * @request: the request
 *
 * A frontend keeps what it negotiated until it connects anew, and the backend enforces what it
 * offers now. So a frontend that uses more than that would lose the device.
 *
 * Context: Any.
 * Return: true if the frontend uses, or may use, more than @request allows
 */
bool device_conflict(const struct device *device, const struct request *request);

/**
 * device_exceeds() - whether a request is for more than the backend offers
 * @device: an active device
 * @request: the request
 *
 * Perhaps the backend offers less because of an earlier request; it cannot be seen. What it
 * granted this device already is not too much.
 *
 * Context: Any.
 * Return: true if the backend may not grant @request
 */
bool device_exceeds(const struct device *device, const struct request *request);

/**
 * device_outcome() - what became of a request
 * @device: the device after the request
 * @request: the request; not one that withdraws
 *
 * Context: Any.
 * Return: the outcome
 */
enum outcome device_outcome(const struct device *device, const struct request *request);

/**
 * outcome_word() - the name of an outcome
 * @outcome: which
 *
 * Context: Any.
 * Return: a word, the same as the backend's where it has one
 */
const char *outcome_word(enum outcome outcome);

/**
 * state_word() - the name of a state
 * @state: any number that a frontend may have written
 *
 * Context: Any.
 * Return: a word
 */
const char *state_word(enum xenbus_state state);

/**
 * device_free() - free what a device owns
 * @device: the device; not freed itself
 *
 * Context: Any.
 */
void device_free(struct device *device);

#endif
