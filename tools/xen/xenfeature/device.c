// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

static const char * const outcome_words[] = {
	[OUTCOME_GRANTED] = "granted",
	[OUTCOME_CLAMPED] = "clamped",
	[OUTCOME_INVALID] = "invalid",
	[OUTCOME_UNSUPPORTED] = "unsupported",
	[OUTCOME_LATER] = "later",
	[OUTCOME_UNCONFIRMED] = "unconfirmed",
	[OUTCOME_IGNORED] = "ignored",
};

static const char * const state_words[] = {
	[STATE_UNKNOWN] = "absent",
	[STATE_INITIALISING] = "initialising",
	[STATE_INIT_WAIT] = "waiting",
	[STATE_INITIALISED] = "initialised",
	[STATE_CONNECTED] = "connected",
	[STATE_CLOSING] = "closing",
	[STATE_CLOSED] = "closed",
	[7] = "reconfiguring",
	[8] = "reconfigured",
};

/* The path behind @word, or NULL if it does not start with that. */
static const char *skip_word(const char *path, const char *word)
{
	size_t len = strlen(word);

	return path && !strncmp(path, word, len) ? path + len : NULL;
}

/* The path behind a number, which @end must follow. */
static const char *skip_number(const char *path, char end, unsigned int *number)
{
	size_t len;

	if (!path)
		return NULL;
	len = strspn(path, "0123456789");
	if (path[len] != end || !number_parse(path, len, number))
		return NULL;
	return path + len + (end != '\0');
}

bool backend_place_parse(const char *path, struct backend_place *place)
{
	size_t len;
	const char *type;

	path = skip_word(path, "/local/domain/");
	path = skip_number(path, '/', &place->domid);
	type = skip_word(path, "backend/");
	if (!type)
		return false;
	len = strcspn(type, "/");
	if (!len || type[len] != '/')
		return false;
	path = skip_number(type + len + 1, '/', &place->front_domid);
	if (!skip_number(path, '\0', &place->devid))
		return false;
	place->type = strndup(type, len);
	return place->type;
}

bool device_is(const struct device *device, const char *name)
{
	size_t len = strlen(device->type);
	const char *number = name + len + 1;
	unsigned int devid;

	if (device->label && !strcmp(name, device->label))
		return true;
	if (strncmp(name, device->type, len) || name[len] != '/')
		return false;
	if (device->label && !strcmp(number, device->label))
		return true;
	return number_parse(number, strlen(number), &devid) && devid == device->place.devid;
}

bool device_is_active(const struct device *device)
{
	switch (device->front_state) {
	case STATE_UNKNOWN:
	case STATE_INITIALISING:
	case STATE_CLOSED:
		return false;
	default:
		return true;
	}
}

const struct feature_view *device_view(const struct device *device, const struct feature *feature)
{
	for (size_t i = 0; i < device->nr_views; i++) {
		if (device->views[i].feature == feature)
			return &device->views[i];
	}
	return NULL;
}

static unsigned int number_or(const char *text, unsigned int missing)
{
	unsigned int number = missing;

	if (text)
		number_parse(text, strlen(text), &number);
	return number;
}

bool device_conflict(const struct device *device, const struct request *request)
{
	const struct feature *feature = request->feature;
	const struct feature_view *view = device_view(device, feature);
	unsigned int used;

	if (request->withdraw || !view)
		return false;
	used = number_or(view->offered, 0);
	if (feature->front) {
		unsigned int chosen = number_or(view->front, feature->unused);

		/* What is not offered is not in use, whatever the frontend would like. */
		if (view->offered && feature_takes_away(feature, used, chosen))
			used = chosen;
	}
	return feature_takes_away(feature, used, request->value);
}

/* Of a key that is settled late, what is offered also depends on the frontend. */
static bool was_granted(const struct feature_view *view, unsigned int value)
{
	static const char word[] = "granted ";
	const char *number = view->status ? view->status + sizeof(word) - 1 : NULL;
	unsigned int granted;

	return number && !strncmp(view->status, word, sizeof(word) - 1) &&
	       number_parse(number, strlen(number), &granted) && granted == value;
}

bool device_exceeds(const struct device *device, const struct request *request)
{
	const struct feature_view *view = device_view(device, request->feature);

	if (request->withdraw || !view || was_granted(view, request->value))
		return false;
	return feature_takes_away(request->feature, request->value, number_or(view->offered, 0));
}

static bool in_force(const struct feature_view *view, unsigned int value)
{
	unsigned int offered;

	return view && view->offered &&
	       number_parse(view->offered, strlen(view->offered), &offered) && offered == value;
}

enum outcome device_outcome(const struct device *device, const struct request *request)
{
	const struct feature_view *view = device_view(device, request->feature);

	if (!view || !view->status) {
		if (request->feature->late && !device_is_active(device))
			return OUTCOME_LATER;
		return in_force(view, request->value) ? OUTCOME_UNCONFIRMED : OUTCOME_IGNORED;
	}
	for (int i = OUTCOME_GRANTED; i <= OUTCOME_UNSUPPORTED; i++) {
		size_t len = strlen(outcome_words[i]);

		if (!strncmp(view->status, outcome_words[i], len) &&
		    (view->status[len] == ' ' || view->status[len] == '\0'))
			return i;
	}
	return OUTCOME_IGNORED;
}

const char *outcome_word(enum outcome outcome)
{
	return outcome_words[outcome];
}

const char *state_word(enum xenbus_state state)
{
	unsigned int number = state;

	if (number >= ARRAY_SIZE(state_words))
		return "nonsense";
	return state_words[number];
}

void device_free(struct device *device)
{
	for (size_t i = 0; i < device->nr_views; i++) {
		struct feature_view *view = &device->views[i];

		free(view->key);
		free(view->offered);
		free(view->requested);
		free(view->status);
		free(view->front);
	}
	free(device->views);
	free(device->type);
	free(device->place.type);
	free(device->back);
	free(device->front);
	free(device->label);
	free(device->error);
}
