// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two open files of /dev/xen/evtchn share a port: each gets its events, whether the other
 * writes the port back, does not, or leaves.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/types.h>

/* xen/evtchn.h takes it from a header that is not for user space. */
typedef __u16 domid_t;
#include <xen/evtchn.h>

#define DEVICE		"/dev/xen/evtchn"
#define DOMID_SELF	0x7ff0
#define SECONDS		10

/* The first file has both ends, and the second one the port that receives. */
static int first, second;
static unsigned int port, source;

static int fail(const char *what)
{
	printf("# %s: %s\n", what, strerror(errno));
	return 1;
}

static int open_pair(void)
{
	struct ioctl_evtchn_bind_unbound_port bind = { .remote_domain = DOMID_SELF };
	struct ioctl_evtchn_bind_interdomain connect = { .remote_domain = DOMID_SELF };
	int ret;

	first = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (first < 0)
		return fail(DEVICE);
	ret = ioctl(first, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
	if (ret < 0)
		return fail("bind");
	port = ret;
	connect.remote_port = port;
	ret = ioctl(first, IOCTL_EVTCHN_BIND_INTERDOMAIN, &connect);
	if (ret < 0)
		return fail("connect");
	source = ret;
	return 0;
}

static int join(void)
{
	struct ioctl_evtchn_bind bind = { .port = port };

	second = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (second < 0)
		return fail(DEVICE);
	return ioctl(second, IOCTL_EVTCHN_BIND_STATIC, &bind) ? fail("share") : 0;
}

static int leave(void)
{
	struct ioctl_evtchn_unbind unbind = { .port = port };

	return ioctl(second, IOCTL_EVTCHN_UNBIND, &unbind) ? fail("unbind") : close(second);
}

static int send(void)
{
	struct ioctl_evtchn_notify notify = { .port = source };

	return ioctl(first, IOCTL_EVTCHN_NOTIFY, &notify) ? fail("notify") : 0;
}

static int write_back(int fd, unsigned int what)
{
	return write(fd, &what, sizeof(what)) == sizeof(what) ? 0 : fail("write back");
}

/* The new connection has an event of its own, at the other end. */
static int receive(int fd, const char *who)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	unsigned int got;

	for (;;) {
		errno = ETIMEDOUT;
		if (poll(&wait, 1, SECONDS * 1000) != 1 ||
		    read(fd, &got, sizeof(got)) != sizeof(got))
			return fail(who);
		if (got == port)
			return 0;
		if (write_back(fd, got))
			return 1;
	}
}

static int both_receive(void)
{
	return send() || receive(first, "event for the first file") ||
	       receive(second, "event for the second file");
}

/* Both have it; the port comes again once either has written it back. */
static int one_is_slow(void)
{
	return both_receive() || write_back(second, port) || both_receive() ||
	       write_back(second, port) || write_back(first, port);
}

static int first_goes_on(const char *after)
{
	return send() || receive(first, after) || write_back(first, port);
}

int main(void)
{
	int bad;

	bad = open_pair() || join() || both_receive() ||
	      write_back(first, port) || write_back(second, port) ||
	      one_is_slow() ||
	      leave() || first_goes_on("event after the second file unbound the port") ||
	      join() || both_receive() || close(second) || write_back(first, port) ||
	      first_goes_on("event after the second file was closed");
	if (!bad)
		printf("shared\n");
	return bad;
}
