// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds ports of /dev/xen/evtchn until somebody kills it: the kernel then closes them,
 * whatever became of them meanwhile.
 *
 * SIGUSR1 says that a restore has taken them away: as many are bound again, in the same
 * open file, and an event goes through each.  They are likely to have the numbers of
 * those before.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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

#define SECONDS		10

static int fail(const char *what, int nr)
{
	printf("# port %d of %d: %s: %s\n", nr + 1, PORTS, what, strerror(errno));
	fflush(stdout);
	return 1;
}

static int bind_all(int fd, int *ports)
{
	struct ioctl_evtchn_bind_unbound_port op = { .remote_domain = DOMID_SELF };
	int i;

	for (i = 0; i < PORTS; i++) {
		ports[i] = ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &op);
		if (ports[i] < 0)
			return fail("bind", i);
	}
	return 0;
}

/* What is lost is told, and not sent through somebody else's port. */
static int notify_lost(int fd, const int *ports)
{
	int i;

	for (i = 0; i < PORTS; i++) {
		struct ioctl_evtchn_notify op = { .port = ports[i] };

		if (!ioctl(fd, IOCTL_EVTCHN_NOTIFY, &op))
			errno = 0;
		if (errno != ENOTCONN)
			return fail("notify, lost", i);
	}
	return 0;
}

/* The other end is a port of this file as well: it sends, the first receives. */
static int send_through(int fd, int port)
{
	struct ioctl_evtchn_bind_interdomain connect = {
		.remote_domain = DOMID_SELF,
		.remote_port = port,
	};
	struct ioctl_evtchn_notify notify = {};
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	unsigned int got = 0;
	int other = ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &connect);

	if (other < 0)
		return -1;
	notify.port = other;
	if (ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify))
		return -1;
	while (got != (unsigned int)port) {
		if (poll(&wait, 1, SECONDS * 1000) != 1 ||
		    read(fd, &got, sizeof(got)) != sizeof(got)) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (write(fd, &got, sizeof(got)) != sizeof(got))
			return -1;
	}
	return 0;
}

static int bind_again(int fd, int *ports)
{
	int i, err = notify_lost(fd, ports);

	if (bind_all(fd, ports))
		return 1;
	for (i = 0; i < PORTS; i++)
		if (send_through(fd, ports[i]))
			return fail("an event", i);
	return err;
}

int main(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	int ports[PORTS], sig;
	sigset_t set;

	if (fd < 0) {
		printf("# %s: %s\n", DEVICE, strerror(errno));
		return 1;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (bind_all(fd, ports))
		return 1;
	printf("held\n");
	fflush(stdout);
	while (!sigwait(&set, &sig)) {
		if (!bind_again(fd, ports))
			printf("bound again\n");
		fflush(stdout);
	}
	return 0;
}
