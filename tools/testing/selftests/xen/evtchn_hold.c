// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds ports of /dev/xen/evtchn until somebody kills it: the kernel then closes them,
 * whatever became of them meanwhile.
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
#define PORTS		8

int main(void)
{
	struct ioctl_evtchn_bind_unbound_port op = { .remote_domain = DOMID_SELF };
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	int i, port;

	if (fd < 0) {
		printf("# %s: %s\n", DEVICE, strerror(errno));
		return 1;
	}
	for (i = 0; i < PORTS; i++) {
		port = ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &op);
		if (port < 0) {
			printf("# port %d of %d: %s\n", i + 1, PORTS, strerror(errno));
			return 1;
		}
	}
	printf("held\n");
	fflush(stdout);
	pause();
	return 0;
}
