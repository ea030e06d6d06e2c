// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/evtchn when Xen's table of channels cannot grow: binding one port too
 * many has to fail, and to leave the ports before it alone.  The table is filled
 * by the module evtchn_test; evtchn_core.sh has the whole test.
 */

#include <errno.h>
#include <fcntl.h>
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

/* More than a page of the table has. */
#define MANY_PORTS	2048

static int bind_port(int fd)
{
	struct ioctl_evtchn_bind_unbound_port op = { .remote_domain = DOMID_SELF };

	return ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &op);
}

/* Ports bound until the device refused; the first one goes to *first. */
static int bind_all(int fd, unsigned int *first)
{
	int count, port;

	for (count = 0; count < MANY_PORTS; count++) {
		port = bind_port(fd);
		if (port < 0)
			break;
		if (!count)
			*first = port;
	}
	printf("# %d ports, then: %s\n", count,
	       count < MANY_PORTS ? strerror(errno) : "no error");
	fflush(stdout);
	return count;
}

/* The device still knows its ports, and takes new ones for those given back. */
static int device_works(int fd, unsigned int port)
{
	struct ioctl_evtchn_notify notify = { .port = port };
	struct ioctl_evtchn_unbind unbind = { .port = port };

	if (ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify)) {
		printf("# port %u: %s\n", port, strerror(errno));
		return 0;
	}
	if (ioctl(fd, IOCTL_EVTCHN_UNBIND, &unbind)) {
		printf("# giving back port %u: %s\n", port, strerror(errno));
		return 0;
	}
	if (bind_port(fd) < 0) {
		printf("# binding a port again: %s\n", strerror(errno));
		return 0;
	}
	return 1;
}

int main(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	unsigned int first = 0;
	int count;

	if (fd < 0) {
		perror("# " DEVICE);
		return 1;
	}
	count = bind_all(fd, &first);
	if (count < 1 || count == MANY_PORTS || !device_works(fd, first))
		return 1;
	return close(fd) ? 1 : 0;
}
