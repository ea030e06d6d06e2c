// SPDX-License-Identifier: GPL-2.0-only
#include "rebind.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

#ifndef XENFEATURE_SYSFS
#define XENFEATURE_SYSFS "/sys/bus/xen-backend"
#endif

/* As long as libxl gives a backend. */
#define WAIT_SECONDS	10
#define STEP_NS		50000000
#define STEPS		(WAIT_SECONDS * (1000000000LL / STEP_NS))

/* The kernel's name for the device. */
static char *bus_id(const struct device *device)
{
	return make_string("%s-%u-%u", device->place.type, device->place.front_domid,
			   device->place.devid);
}

bool rebind_is_bound(const struct device *device)
{
	char *id = bus_id(device);
	char *path = make_string("%s/devices/%s/driver", XENFEATURE_SYSFS, id);
	bool bound = !access(path, F_OK);

	free(path);
	free(id);
	return bound;
}

/* Writes the device's name to a file of its driver. */
static int tell_driver(const struct device *device, const char *file)
{
	char *path = make_string("%s/drivers/%s/%s", XENFEATURE_SYSFS, device->place.type, file);
	char *id = bus_id(device);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0 || write(fd, id, strlen(id)) < 0)
		ret = -errno;
	if (fd >= 0)
		close(fd);
	free(id);
	free(path);
	return ret;
}

/* In the child: what libxl gives its scripts, see Xen's docs on block and network scripts. */
static void run_child(const struct device *device, const char *script, const char *command)
{
	const struct backend_place *place = &device->place;
	char *path = make_string("backend/%s/%u/%u", place->type, place->front_domid,
				 place->devid);
	char *vif = make_string("vif%u.%u", place->front_domid, place->devid);
	const char * const arguments[] = { script, command, "type_if=vif", NULL };
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	setenv("script", script, 1);
	setenv("XENBUS_TYPE", place->type, 1);
	setenv("XENBUS_PATH", path, 1);
	setenv("XENBUS_BASE_PATH", "backend", 1);
	setenv("vif", vif, 1);
	/* What a script prints is no part of our output. */
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(script, (char * const *)arguments);
	_exit(127);
}

static int run_script(const struct device *device, const char *script, const char *command)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (!child)
		run_child(device, script, command);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECHILD;
}

static bool script_is_done(const struct rebind *rebind)
{
	char *status = store_backend_node(rebind->store, rebind->device, "hotplug-status");
	bool connected = status && !strcmp(status, "connected");

	free(status);
	return connected;
}

static bool driver_is_loaded(const struct device *device)
{
	char *path = make_string("%s/drivers/%s/bind", XENFEATURE_SYSFS, device->place.type);
	bool loaded = !access(path, F_OK);

	free(path);
	return loaded;
}

/*
 * Only a network device's script works on what goes with the driver, its interface. A driver that
 * is there and has not got the device has refused it, and its script's work was undone then.
 */
static void find_script(struct rebind *rebind)
{
	const struct device *device = rebind->device;

	if (strcmp(device->place.type, "vif"))
		return;
	rebind->hotplug = rebind->bound ? script_is_done(rebind) : driver_is_loaded(device);
	if (rebind->hotplug && store_runs_scripts(rebind->store, device))
		rebind->script = store_backend_node(rebind->store, device, "script");
	if (rebind->script && rebind->script[0] != '/') {
		free(rebind->script);
		rebind->script = NULL;
	}
}

int rebind_begin(struct rebind *rebind, const struct store *store, const struct device *device)
{
	int err;

	*rebind = (struct rebind){ .store = store, .device = device };
	rebind->bound = rebind_is_bound(device);
	find_script(rebind);
	if (!rebind->bound)
		return 0;
	/* The interface goes in any case: a script that cannot take leave is no obstacle. */
	if (rebind->script)
		run_script(device, rebind->script, "offline");
	err = tell_driver(device, "unbind");
	if (!err)
		return 0;
	if (rebind->script)
		run_script(device, rebind->script, "online");
	free(rebind->script);
	return err;
}

static bool is_ready(const struct device *device, enum xenbus_state state)
{
	if (device_is_active(device))
		return state == STATE_CONNECTED;
	if (device->front_state == STATE_CLOSED && state == STATE_CLOSED)
		return true;
	return state >= STATE_INIT_WAIT && state <= STATE_CONNECTED;
}

static int wait_ready(const struct rebind *rebind)
{
	const struct timespec step = { .tv_nsec = STEP_NS };

	for (int i = 0; i < STEPS; i++) {
		enum xenbus_state state = store_state(rebind->store, rebind->device);

		if (is_ready(rebind->device, state) &&
		    (!rebind->hotplug || script_is_done(rebind)))
			return 0;
		if (state == STATE_UNKNOWN)
			return -ENOENT;
		if (state == STATE_CLOSING)
			return -EIO;
		nanosleep(&step, NULL);
	}
	return -ETIMEDOUT;
}

int rebind_end(struct rebind *rebind)
{
	int err = tell_driver(rebind->device, "bind");

	if (err == -ENOENT)
		err = -ENXIO;
	if (!err && rebind->script)
		err = run_script(rebind->device, rebind->script, "online");
	if (!err)
		err = wait_ready(rebind);
	free(rebind->script);
	return err;
}
