// SPDX-License-Identifier: GPL-2.0-only
/*
 * xenfeature - what the PV devices of a domain may offer, per device.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rebind.h"
#include "report.h"
#include "store.h"
#include "util.h"

/**
 * enum status - exit statuses; xenfeature.8 lists them
 * @DONE: all went as asked
 * @USAGE: the command line is wrong
 * @SYSTEM: xenstore or the system failed
 * @MISSING: no such domain or device
 * @FIXED: the key cannot be requested
 * @BUSY: the guest uses what would be taken away, or a device that may be refused
 * @PARTLY: the device works, but a request was not granted
 * @REFUSED: the backend refused the device
 * @OTHER_DOMAIN: the backend is in another domain
 */
enum status {
	DONE = 0,
	USAGE = 1,
	SYSTEM = 2,
	MISSING = 3,
	FIXED = 4,
	BUSY = 5,
	PARTLY = 6,
	REFUSED = 7,
	OTHER_DOMAIN = 8,
};

/**
 * struct options - what the command line says apart from words
 * @json: print JSON
 * @strict: the backend is to refuse the device rather than change a value
 * @force: take away what the guest uses
 * @write_only: leave the driver alone
 */
struct options {
	bool json;
	bool strict;
	bool force;
	bool write_only;
};

static const char usage[] =
	"usage: xenfeature list DOMAIN [--json]\n"
	"       xenfeature show DOMAIN DEVICE [--json]\n"
	"       xenfeature set DOMAIN DEVICE KEY=VALUE... [--strict] [--force] [--no-rebind]\n"
	"                  [--json]\n"
	"       xenfeature rebind DOMAIN DEVICE [--force] [--json]\n"
	"\n"
	"DOMAIN is a name or a number, DEVICE is vif/0, vbd/51712 or a disk's name such as xvda.\n"
	"KEY:VALUE;KEY:VALUE does as well, and KEY=default withdraws a request.\n"
	"See xenfeature(8) for keys and exit statuses.\n";

static enum status wrong(const char *what)
{
	fprintf(stderr, "xenfeature: %s\n%s", what, usage);
	return USAGE;
}

static void free_devices(struct device *devices, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		device_free(&devices[i]);
	free(devices);
}

static enum status find_domain(const struct store *store, const char *name,
			       unsigned int *domid)
{
	if (!store_domain(store, name, domid))
		return DONE;
	fprintf(stderr, "xenfeature: no such domain: %s%s\n", name,
		store->self ? " (not in dom0: use its number)" : "");
	return MISSING;
}

/* Moves the device out of the array. */
static enum status take_device(struct device *devices, size_t nr, const char *name,
			       struct device *device)
{
	for (size_t i = 0; i < nr; i++) {
		if (!device_is(&devices[i], name))
			continue;
		*device = devices[i];
		devices[i] = (struct device){ };
		return DONE;
	}
	return MISSING;
}

/* An error is news only as long as the device does not work. */
static void forget_old_error(const struct store *store, struct device *device)
{
	bool here = device->place.domid == store->self;

	if (device->back_state == STATE_CLOSING || device->back_state == STATE_CLOSED ||
	    (here && !rebind_is_bound(device)))
		return;
	free(device->error);
	device->error = NULL;
}

static int reload(const struct store *store, struct device *device)
{
	int err = store_reload(store, device);

	if (!err)
		forget_old_error(store, device);
	return err;
}

static enum status find_device(const struct store *store, char **words, struct device *device)
{
	enum status status;
	struct device *devices;
	unsigned int domid;
	size_t nr;

	status = find_domain(store, words[0], &domid);
	if (status)
		return status;
	store_devices(store, domid, &devices, &nr);
	status = take_device(devices, nr, words[1], device);
	if (!status) {
		forget_old_error(store, device);
	} else {
		fprintf(stderr, "xenfeature: domain %s has no device %s%s", words[0], words[1],
			nr ? ", only" : "");
		for (size_t i = 0; i < nr; i++) {
			fputc(' ', stderr);
			print_safe(stderr, devices[i].type);
			fprintf(stderr, "/%u", devices[i].place.devid);
		}
		fputc('\n', stderr);
	}
	free_devices(devices, nr);
	return status;
}

static enum status do_list(const struct store *store, char **words,
			   const struct options *options)
{
	enum status status;
	struct device *devices;
	unsigned int domid;
	size_t nr;

	status = find_domain(store, words[0], &domid);
	if (status)
		return status;
	store_devices(store, domid, &devices, &nr);
	for (size_t i = 0; i < nr; i++)
		forget_old_error(store, &devices[i]);
	if (options->json)
		json_list(stdout, devices, nr);
	else
		report_list(stdout, devices, nr);
	free_devices(devices, nr);
	return DONE;
}

static enum status do_show(const struct store *store, char **words,
			   const struct options *options)
{
	struct device device;
	enum status status = find_device(store, words, &device);

	if (status)
		return status;
	if (options->json)
		json_device(stdout, &device, NULL);
	else
		report_device(stdout, &device);
	device_free(&device);
	return DONE;
}

static enum status check_kind(const struct device *device)
{
	if (device->kind)
		return DONE;
	fprintf(stderr, "xenfeature: a backend of type ");
	print_safe(stderr, device->place.type);
	fprintf(stderr, " takes no requests\n");
	return FIXED;
}

static enum status parse_requests(const struct device *device, char **words,
				  struct request_list *list)
{
	for (; *words; words++) {
		enum request_result result = request_parse(device->kind, *words, list);

		if (result == REQUEST_OK)
			continue;
		fprintf(stderr, "xenfeature: ");
		print_safe(stderr, list->error);
		fputc('\n', stderr);
		return result == REQUEST_FIXED ? FIXED : USAGE;
	}
	return DONE;
}

/* Requests that are in xenstore already and not in the list bind the device as well. */
static void add_standing(const struct device *device, struct request_list *list)
{
	size_t nr = list->nr;

	for (size_t i = 0; i < device->nr_views; i++) {
		const struct feature_view *view = &device->views[i];
		struct request request = { .feature = view->feature };
		bool given = !view->feature || !view->requested;

		for (size_t j = 0; j < nr && !given; j++)
			given = list->entries[j].feature == view->feature;
		if (given || list->nr == REQUESTS_MAX ||
		    !number_parse(view->requested, strlen(view->requested), &request.value))
			continue;
		list->entries[list->nr++] = request;
	}
}

/* Does the guest use more than is requested? */
static bool print_conflict(const struct device *device, const struct request_list *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (!device_conflict(device, &list->entries[i]))
			continue;
		fprintf(stderr, "xenfeature: the guest uses more of %s than %u\n",
			list->entries[i].feature->key, list->entries[i].value);
		return true;
	}
	return false;
}

/* A standing request that no backend can grant, and that @list does not replace. */
static bool is_nonsense(const struct feature_view *view, const struct request_list *list)
{
	unsigned int value;

	if (!view->requested)
		return false;
	for (size_t i = 0; i < list->nr; i++) {
		if (list->entries[i].feature == view->feature)
			return false;
	}
	return !view->feature || !number_parse(view->requested, strlen(view->requested), &value);
}

/* Would the backend, with request-strict, refuse the device that the guest uses? */
static bool print_strictness(const struct device *device, const struct request_list *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (!device_exceeds(device, &list->entries[i]))
			continue;
		fprintf(stderr, "xenfeature: strict, and %s=%u may be more than the backend has\n",
			list->entries[i].feature->key, list->entries[i].value);
		return true;
	}
	for (size_t i = 0; i < device->nr_views; i++) {
		if (!is_nonsense(&device->views[i], list))
			continue;
		fprintf(stderr, "xenfeature: strict, and no backend grants ");
		print_safe(stderr, device->views[i].key);
		fputc('=', stderr);
		print_safe(stderr, device->views[i].requested);
		fputc('\n', stderr);
		return true;
	}
	return false;
}

/* May the driver be taken off the device now?  @list is all that will be requested. */
static enum status check_idle(const struct device *device, const struct request_list *list,
			      bool write, const struct options *options)
{
	bool strict = write ? options->strict : device->strict;
	bool conflict = !device->kind->rebinds;

	if (!device_is_active(device))
		return DONE;
	if (!write && device->strict_bad) {
		fprintf(stderr, "xenfeature: request-strict is neither 0 nor 1\n");
		conflict = true;
	}
	conflict = conflict || print_conflict(device, list) ||
		   (strict && print_strictness(device, list));
	if (!conflict) {
		fprintf(stderr, "xenfeature: warning: I/O of %s/%u pauses\n", device->type,
			device->place.devid);
		return DONE;
	}
	if (options->force) {
		fprintf(stderr, "xenfeature: the guest loses %s/%u until it connects anew\n",
			device->type, device->place.devid);
		return DONE;
	}
	fprintf(stderr, "xenfeature: %s/%u is busy: set it before the domain runs, between\n",
		device->type, device->place.devid);
	fprintf(stderr, "xenfeature: xl create -p or xl restore -p and xl unpause\n");
	return BUSY;
}

static enum status check_here(const struct store *store, const struct device *device)
{
	if (device->place.domid == store->self)
		return DONE;
	fprintf(stderr, "xenfeature: the backend is in domain %u: use --no-rebind here, and then\n",
		device->place.domid);
	fprintf(stderr, "xenfeature: there: xenfeature rebind %u %s/%u\n",
		device->place.front_domid, device->type, device->place.devid);
	return OTHER_DOMAIN;
}

static void print_write_error(int err)
{
	fprintf(stderr, "xenfeature: cannot write the requests: %s", strerror(-err));
	if (err == -ENOSPC || err == -EDQUOT)
		fprintf(stderr, " (xenstore's quota of the backend's domain is used up)");
	fputc('\n', stderr);
}

/* Which requests may have cost the device. */
static void print_unmet(const struct device *device)
{
	for (size_t i = 0; i < device->nr_views; i++) {
		const struct feature_view *view = &device->views[i];

		if (!view->requested || !view->status || !strncmp(view->status, "granted", 7))
			continue;
		fprintf(stderr, "xenfeature: request ");
		print_safe(stderr, view->key);
		fputc('=', stderr);
		print_safe(stderr, view->requested);
		fprintf(stderr, ": ");
		print_safe(stderr, view->status);
		fputc('\n', stderr);
	}
}

static enum status print_bind_error(const struct store *store, struct device *device, int err)
{
	if (err == -ENXIO && device->back_state == STATE_INITIALISING) {
		fprintf(stderr,
			"xenfeature: no driver for %s is loaded yet; it will read the requests\n",
			device->place.type);
		return DONE;
	}
	reload(store, device);
	if (err == -ETIMEDOUT && !device->error)
		fprintf(stderr, "xenfeature: the backend is not ready after 10 s, it is %s\n",
			state_word(device->back_state));
	else if (err == -ECHILD)
		fprintf(stderr, "xenfeature: the hot-plug script failed, see /var/log/xen\n");
	else
		fprintf(stderr, "xenfeature: the backend refused the device: %s\n",
			strerror(-err));
	print_unmet(device);
	if (device->error) {
		fprintf(stderr, "xenfeature: its driver says: ");
		print_safe(stderr, device->error);
		fputc('\n', stderr);
	}
	return REFUSED;
}

/* Writes with the driver taken off the device meanwhile. */
static enum status rebind(const struct store *store, struct device *device,
			  const struct store_change *change)
{
	struct rebind work;
	int write_err;
	int err = rebind_begin(&work, store, device);

	if (err) {
		fprintf(stderr, "xenfeature: cannot take the driver off %s/%u: %s\n",
			device->type, device->place.devid, strerror(-err));
		return SYSTEM;
	}
	write_err = store_write(store, device, change);
	err = rebind_end(&work);
	if (write_err)
		print_write_error(write_err);
	if (err) {
		enum status status = print_bind_error(store, device, err);

		return write_err ? SYSTEM : status;
	}
	return write_err ? SYSTEM : DONE;
}

/* A device must not be left without driver because somebody hung up. */
static enum status rebind_blocked(const struct store *store, struct device *device,
				  const struct store_change *change)
{
	enum status status;
	sigset_t signals, old;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGPIPE);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGTSTP);
	sigprocmask(SIG_BLOCK, &signals, &old);
	status = rebind(store, device, change);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}

/* No outcomes: the driver has not decided yet. */
static enum status print_undecided(const struct store *store, struct device *device,
				   const struct options *options)
{
	if (!options->json)
		return DONE;
	if (reload(store, device)) {
		fprintf(stderr, "xenfeature: the device is gone\n");
		return MISSING;
	}
	json_device(stdout, device, NULL);
	return DONE;
}

static enum status write_only(const struct store *store, struct device *device,
			      const struct request_list *list, const struct options *options)
{
	const struct store_change change = { .list = list, .strict = options->strict };
	int err = store_write(store, device, &change);

	if (!err)
		return print_undecided(store, device, options);
	print_write_error(err);
	return SYSTEM;
}

/* What became of the requests, on standard output and as status. */
static enum status print_outcomes(const struct store *store, struct device *device,
				  const struct request_list *list,
				  const struct options *options)
{
	enum status status = DONE;

	if (reload(store, device)) {
		fprintf(stderr, "xenfeature: the device is gone\n");
		return MISSING;
	}
	for (size_t i = 0; i < list->nr; i++) {
		const struct request *request = &list->entries[i];
		enum outcome outcome;

		if (request->withdraw)
			continue;
		outcome = device_outcome(device, request);
		if (outcome != OUTCOME_GRANTED && outcome != OUTCOME_LATER)
			status = PARTLY;
	}
	if (options->json)
		json_device(stdout, device, list);
	else
		report_outcomes(stdout, device, list);
	return status;
}

static enum status apply(const struct store *store, struct device *device,
			 const struct request_list *list, bool write,
			 const struct options *options)
{
	struct request_list all = *list;
	struct store_change change = { .list = write ? list : NULL, .strict = options->strict };
	enum status status = check_here(store, device);

	add_standing(device, &all);
	if (!status)
		status = check_idle(device, &all, write, options);
	/* A frontend that is not connected has no use for what it chose before. */
	if (options->force || !device_is_active(device))
		change.dropped = &all;
	if (!status)
		status = rebind_blocked(store, device, &change);
	if (status)
		return status;
	if (store_state(store, device) == STATE_INITIALISING)
		return print_undecided(store, device, options);
	return print_outcomes(store, device, write ? list : &all, options);
}

static enum status do_set(const struct store *store, char **words,
			  const struct options *options)
{
	struct request_list list = { };
	struct device device;
	enum status status = find_device(store, words, &device);

	if (status)
		return status;
	status = check_kind(&device);
	if (!status)
		status = parse_requests(&device, words + 2, &list);
	if (!status && options->write_only)
		status = write_only(store, &device, &list, options);
	else if (!status)
		status = apply(store, &device, &list, true, options);
	device_free(&device);
	return status;
}

static enum status do_rebind(const struct store *store, char **words,
			     const struct options *options)
{
	static const struct request_list none;
	struct device device;
	enum status status = find_device(store, words, &device);

	if (status)
		return status;
	status = check_kind(&device);
	if (!status)
		status = apply(store, &device, &none, false, options);
	device_free(&device);
	return status;
}

/**
 * struct command - one word after the program's name
 * @name: the word
 * @function: what it does
 * @least: how many words follow at least
 * @most: how many words follow at most
 */
struct command {
	const char *name;
	enum status (*function)(const struct store *store, char **words,
				const struct options *options);
	int least;
	int most;
};

static const struct command commands[] = {
	{ "list", do_list, 1, 1 },
	{ "show", do_show, 2, 2 },
	{ "set", do_set, 3, 2 + REQUESTS_MAX },
	{ "rebind", do_rebind, 2, 2 },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static enum status run(const struct command *command, char **words,
		       const struct options *options)
{
	struct store store;
	enum status status;
	int err = store_open(&store);

	if (err) {
		fprintf(stderr, "xenfeature: no connection to xenstore: %s; are you root?\n",
			strerror(-err));
		return SYSTEM;
	}
	status = command->function(&store, words, options);
	store_close(&store);
	if (fflush(stdout) || ferror(stdout)) {
		perror("xenfeature: output");
		return SYSTEM;
	}
	return status;
}

static enum status parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "strict", no_argument, NULL, 's' },
		{ "force", no_argument, NULL, 'f' },
		{ "no-rebind", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		switch (option) {
		case 'j':
			options->json = true;
			break;
		case 's':
			options->strict = true;
			break;
		case 'f':
			options->force = true;
			break;
		case 'n':
			options->write_only = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(DONE);
		default:
			fputs(usage, stderr);
			return USAGE;
		}
	}
	return DONE;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options options = { };
	enum status status = parse_options(argc, argv, &options);
	char **words = argv + optind;
	int nr = argc - optind;

	if (status)
		return status;
	if (!nr)
		return wrong("no command");
	command = find_command(words[0]);
	if (!command)
		return wrong("no such command");
	if (nr - 1 < command->least)
		return wrong("too few words");
	if (nr - 1 > command->most)
		return wrong("too many words");
	if ((options.strict || options.write_only) && command->function != do_set)
		return wrong("--strict and --no-rebind are for set");
	if (options.force && (command->function == do_list || command->function == do_show))
		return wrong("--force is for set and rebind");
	return run(command, words + 1, &options);
}
