// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/evtchn as a program sees it.
 *
 * No peer is needed: a port that waits for a remote domain may be bound by this
 * very domain, which gives two ports, each the other's remote end.  A
 * notification through one of them is an event on the other.
 *
 * Binding the second port also raises one event there, as the hypervisor's
 * interface promises; bind_pair() takes it away.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The header below uses the type without defining it. */
#define domid_t __u16
#include <xen/evtchn.h>

#include "../kselftest_harness.h"

#define DEVICE		"/dev/xen/evtchn"

/* From the hypervisor's interface, which has no header for user space. */
#define DOMID_SELF	0x7ff0U
#define DOMID_LAST	0x7fefU		/* the highest that a domain can have */
#define VIRQ_PROFILER	7U		/* per vCPU, bound by no kernel here */
#define VIRQ_TIMER	0U		/* per vCPU, always bound by the kernel */
#define VIRQ_NONE	1000U

#define WAIT_MS		5000		/* what is due has come by then */
#define QUIET_MS	200		/* what has not come by then never will */

#define MANY_PAIRS	40		/* more ports than the first ring has slots */
#define CYCLES		2000
#define FILL_MAX	4300		/* above the 2-level ABI's limit */
#define RING_MAX	4096
#define ROUNDS		1000
#define SENDERS		2

/* The port of an ioctl's result and of a ring entry; 0 is never a valid one. */
struct pair {
	__u32 sink;
	__u32 source;
};

static int evtchn_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static int bind_unbound(int fd)
{
	struct ioctl_evtchn_bind_unbound_port arg = {
		.remote_domain = DOMID_SELF,
	};

	return evtchn_ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &arg);
}

static int bind_remote(int fd, unsigned int domain, __u32 port)
{
	struct ioctl_evtchn_bind_interdomain arg = {
		.remote_domain = domain,
		.remote_port = port,
	};

	return evtchn_ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &arg);
}

static int bind_virq(int fd, unsigned int virq)
{
	struct ioctl_evtchn_bind_virq arg = { .virq = virq };

	return evtchn_ioctl(fd, IOCTL_EVTCHN_BIND_VIRQ, &arg);
}

static int bind_static(int fd, __u32 port)
{
	struct ioctl_evtchn_bind arg = { .port = port };

	return evtchn_ioctl(fd, IOCTL_EVTCHN_BIND_STATIC, &arg);
}

static int unbind(int fd, __u32 port)
{
	struct ioctl_evtchn_unbind arg = { .port = port };

	return evtchn_ioctl(fd, IOCTL_EVTCHN_UNBIND, &arg);
}

static int notify(int fd, __u32 port)
{
	struct ioctl_evtchn_notify arg = { .port = port };

	return evtchn_ioctl(fd, IOCTL_EVTCHN_NOTIFY, &arg);
}

static int reset(int fd)
{
	return evtchn_ioctl(fd, IOCTL_EVTCHN_RESET, NULL);
}

static int restrict_to(int fd, __u16 domain)
{
	struct ioctl_evtchn_restrict_domid arg = { .domid = domain };

	return evtchn_ioctl(fd, IOCTL_EVTCHN_RESTRICT_DOMID, &arg);
}

static int unmask(int fd, __u32 port)
{
	ssize_t ret = write(fd, &port, sizeof(port));

	if (ret < 0)
		return -errno;
	return ret == sizeof(port) ? 0 : -EIO;
}

static short poll_events(int fd, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout) < 0 ? POLLNVAL : p.revents;
}

static bool quiet(int fd)
{
	return !poll_events(fd, QUIET_MS);
}

/* The next port in the ring, or 0 when none comes. */
static __u32 next_event(int fd)
{
	__u32 port;

	if (poll_events(fd, WAIT_MS) != POLLIN)
		return 0;
	return read(fd, &port, sizeof(port)) == sizeof(port) ? port : 0;
}

/* Takes the next event, which has to be @port's, and lets more come. */
static bool take_event(int fd, __u32 port)
{
	return next_event(fd) == port && !unmask(fd, port);
}

static int bind_pair(int fd, struct pair *pair)
{
	int ret = bind_unbound(fd);

	if (ret < 0)
		return ret;
	pair->sink = ret;

	ret = bind_remote(fd, DOMID_SELF, pair->sink);
	if (ret < 0)
		return ret;
	pair->source = ret;

	return take_event(fd, pair->source) ? 0 : -ETIMEDOUT;
}

/* Interrupts counted in one line of /proc/interrupts if that is @name's. */
static long line_interrupts(char *line, const char *name)
{
	char *c = strchr(line, ':');
	long total = 0;
	char *end;

	if (!c || !strstr(line, name))
		return 0;

	c++;
	for (;;) {
		long value = strtol(c, &end, 10);

		if (end == c)
			return total;
		total += value;
		c = end;
	}
}

/* Events that reached the device from all ports of this program. */
static long delivered(void)
{
	char name[32] = "evtchn:";
	char *line = NULL;
	size_t size = 0;
	long total = 0;
	FILE *file;

	/* The driver names its interrupts after the program that opens it. */
	if (prctl(PR_GET_NAME, name + strlen(name)))
		return -errno;
	file = fopen("/proc/interrupts", "r");
	if (!file)
		return -errno;
	while (getline(&line, &size, file) > 0)
		total += line_interrupts(line, name);
	free(line);
	fclose(file);

	return total;
}

/*
 * Notifies and waits until the event is in the ring: what is still on its way
 * cannot be seen with poll() while older events are unread.
 */
static bool notify_delivered(int fd, __u32 source)
{
	long before = delivered();
	time_t end = time(NULL) + WAIT_MS / 1000;

	if (before < 0 || notify(fd, source))
		return false;
	while (delivered() <= before) {
		if (time(NULL) > end)
			return false;
		usleep(1000);
	}
	return true;
}

static int compare_ports(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a;
	__u32 y = *(const __u32 *)b;

	return x < y ? -1 : x > y;
}

static bool all_different(__u32 *ports, unsigned int n)
{
	unsigned int i;

	qsort(ports, n, sizeof(*ports), compare_ports);
	for (i = 1; i < n; i++)
		if (ports[i - 1] == ports[i])
			return false;
	return true;
}

/* Binds ports until that is refused; the refusal goes to @error. */
static unsigned int fill(int fd, __u32 *ports, int *error)
{
	unsigned int n;
	int ret;

	*error = 0;
	for (n = 0; n < FILL_MAX; n++) {
		ret = bind_unbound(fd);
		if (ret < 0) {
			*error = ret;
			break;
		}
		ports[n] = ret;
	}
	return n;
}

static int open_device(void)
{
	return open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static void set_blocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

FIXTURE(evtchn)
{
	int fd;
};

FIXTURE_SETUP(evtchn)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(evtchn)
{
	close(self->fd);
}

TEST_F(evtchn, fresh_device_is_writable_and_empty)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN | POLLOUT };
	__u32 port;

	ASSERT_EQ(1, poll(&p, 1, WAIT_MS));
	EXPECT_EQ(POLLOUT, p.revents);
	EXPECT_EQ(-1, read(self->fd, &port, sizeof(port)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(evtchn, bind_unbound_gives_new_ports)
{
	int a = bind_unbound(self->fd);
	int b = bind_unbound(self->fd);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	EXPECT_NE(a, b);
	EXPECT_TRUE(quiet(self->fd));
	EXPECT_EQ(0, unbind(self->fd, a));
	EXPECT_EQ(0, unbind(self->fd, b));
}

TEST_F(evtchn, bind_interdomain_raises_one_event)
{
	int sink = bind_unbound(self->fd);
	int source;

	ASSERT_LT(0, sink);
	source = bind_remote(self->fd, DOMID_SELF, sink);
	ASSERT_LT(0, source);
	EXPECT_NE(sink, source);
	EXPECT_EQ(source, next_event(self->fd));
	EXPECT_EQ(0, unmask(self->fd, source));
	EXPECT_TRUE(quiet(self->fd));
}

TEST_F(evtchn, event_is_read_exactly_once)
{
	struct pair p;
	__u32 port;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_EQ(p.sink, next_event(self->fd));
	EXPECT_EQ(-1, read(self->fd, &port, sizeof(port)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, unmask(self->fd, p.sink));
	EXPECT_TRUE(quiet(self->fd));
}

TEST_F(evtchn, both_directions)
{
	struct pair p;
	int i;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, notify(self->fd, p.source));
		EXPECT_TRUE(take_event(self->fd, p.sink));
		ASSERT_EQ(0, notify(self->fd, p.sink));
		EXPECT_TRUE(take_event(self->fd, p.source));
	}
}

TEST_F(evtchn, masked_until_written_back)
{
	struct pair p;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, p.source));
	ASSERT_EQ(p.sink, next_event(self->fd));

	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(quiet(self->fd));
	ASSERT_EQ(0, unmask(self->fd, p.sink));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	EXPECT_TRUE(quiet(self->fd));
}

TEST_F(evtchn, notifications_while_masked_merge)
{
	struct pair p;
	int i;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, p.source));
	ASSERT_EQ(p.sink, next_event(self->fd));
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, notify(self->fd, p.source));
	ASSERT_EQ(0, unmask(self->fd, p.sink));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	EXPECT_TRUE(quiet(self->fd));
}

TEST_F(evtchn, a_masked_port_does_not_hold_up_others)
{
	struct pair held, p;

	ASSERT_EQ(0, bind_pair(self->fd, &held));
	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, held.source));
	ASSERT_EQ(held.sink, next_event(self->fd));
	ASSERT_EQ(0, notify(self->fd, held.source));

	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	EXPECT_TRUE(quiet(self->fd));
}

/* Rings of several sizes on the way, and an order that is not the ports'. */
TEST_F(evtchn, many_ports_come_in_order_of_notification)
{
	struct pair p[MANY_PAIRS];
	__u32 got[MANY_PAIRS + 1];
	int i, turn, pick;

	for (i = 0; i < MANY_PAIRS; i++)
		ASSERT_EQ(0, bind_pair(self->fd, &p[i]));

	/* Several turns, so that the ring wraps. */
	for (turn = 0; turn < 4; turn++) {
		for (i = 0; i < MANY_PAIRS; i++) {
			pick = (i * 7 + turn) % MANY_PAIRS;
			ASSERT_TRUE(notify_delivered(self->fd, p[pick].source));
		}
		ASSERT_EQ(MANY_PAIRS * sizeof(got[0]),
			  read(self->fd, got, sizeof(got)));
		for (i = 0; i < MANY_PAIRS; i++) {
			pick = (i * 7 + turn) % MANY_PAIRS;
			EXPECT_EQ(p[pick].sink, got[i]);
		}
		ASSERT_EQ(MANY_PAIRS * sizeof(got[0]),
			  write(self->fd, got, MANY_PAIRS * sizeof(got[0])));
	}
	EXPECT_TRUE(quiet(self->fd));
}

TEST_F(evtchn, events_go_to_the_file_that_bound_the_port)
{
	int other = open_device();
	struct pair p;
	int source;
	int sink;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, bind_pair(self->fd, &p));
	sink = bind_unbound(other);
	ASSERT_LT(0, sink);
	source = bind_remote(self->fd, DOMID_SELF, sink);
	ASSERT_LT(0, source);
	ASSERT_TRUE(take_event(self->fd, source));

	ASSERT_EQ(0, notify(self->fd, source));
	EXPECT_TRUE(take_event(other, sink));
	EXPECT_TRUE(quiet(self->fd));
	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	EXPECT_TRUE(quiet(other));

	EXPECT_EQ(-ENOTCONN, notify(other, p.source));
	EXPECT_EQ(-ENOTCONN, unbind(other, p.source));
	close(other);
}

TEST_F(evtchn, reads_are_whole_ports)
{
	struct pair p[3];
	__u32 got[3] = { };
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, bind_pair(self->fd, &p[i]));
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(notify_delivered(self->fd, p[i].source));

	EXPECT_EQ(0, read(self->fd, got, 0));
	EXPECT_EQ(0, read(self->fd, got, 3));
	EXPECT_EQ(4, read(self->fd, got, 7));
	EXPECT_EQ(p[0].sink, got[0]);
	EXPECT_EQ(0, got[1]);
	EXPECT_EQ(8, read(self->fd, got, 11));
	EXPECT_EQ(p[1].sink, got[0]);
	EXPECT_EQ(p[2].sink, got[1]);
}

TEST_F(evtchn, reads_may_ask_for_more_than_there_is)
{
	size_t size = 4 * getpagesize();
	__u32 *got = calloc(1, size);
	struct pair p;

	ASSERT_NE(NULL, got);
	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, p.source));
	ASSERT_EQ(POLLIN, poll_events(self->fd, WAIT_MS));
	EXPECT_EQ(sizeof(*got), read(self->fd, got, size));
	EXPECT_EQ(p.sink, got[0]);
	EXPECT_EQ(0, got[1]);
	free(got);
}

TEST_F(evtchn, writes_are_whole_ports)
{
	struct pair p;
	__u32 port[2];

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, p.source));
	ASSERT_EQ(p.sink, next_event(self->fd));
	ASSERT_EQ(0, notify(self->fd, p.source));

	port[0] = p.sink;
	port[1] = p.sink;
	EXPECT_EQ(0, write(self->fd, port, 0));
	EXPECT_EQ(0, write(self->fd, port, 3));
	EXPECT_TRUE(quiet(self->fd));
	EXPECT_EQ(4, write(self->fd, port, 7));
	EXPECT_TRUE(take_event(self->fd, p.sink));
}

/* One page is taken from an oversized write, the rest is left. */
TEST_F(evtchn, writes_end_after_a_page)
{
	size_t page = getpagesize();
	__u32 *ports = calloc(2, page);
	struct pair p;

	ASSERT_NE(NULL, ports);
	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, p.source));
	ASSERT_EQ(p.sink, next_event(self->fd));
	ASSERT_EQ(0, notify(self->fd, p.source));

	ports[page / sizeof(*ports)] = p.sink;
	EXPECT_EQ(page, write(self->fd, ports, 2 * page));
	EXPECT_TRUE(quiet(self->fd));
	ports[page / sizeof(*ports) - 1] = p.sink;
	EXPECT_EQ(page, write(self->fd, ports, 2 * page));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	free(ports);
}

TEST_F(evtchn, writing_strange_ports_is_harmless)
{
	struct pair p;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	EXPECT_EQ(0, unmask(self->fd, 0));
	EXPECT_EQ(0, unmask(self->fd, UINT32_MAX));
	EXPECT_EQ(0, unmask(self->fd, p.sink));
	EXPECT_EQ(0, unmask(self->fd, p.sink));
	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	EXPECT_TRUE(quiet(self->fd));
}

TEST_F(evtchn, bad_addresses)
{
	struct pair p;
	void *bad;

	bad = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, bad);
	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, p.source));
	ASSERT_EQ(POLLIN, poll_events(self->fd, WAIT_MS));

	EXPECT_EQ(-1, read(self->fd, bad, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, write(self->fd, bad, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-EFAULT, evtchn_ioctl(self->fd, IOCTL_EVTCHN_BIND_VIRQ, bad));
	EXPECT_EQ(-EFAULT, evtchn_ioctl(self->fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, bad));
	EXPECT_EQ(-EFAULT, evtchn_ioctl(self->fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, bad));
	EXPECT_EQ(-EFAULT, evtchn_ioctl(self->fd, IOCTL_EVTCHN_BIND_STATIC, bad));
	EXPECT_EQ(-EFAULT, evtchn_ioctl(self->fd, IOCTL_EVTCHN_UNBIND, bad));
	EXPECT_EQ(-EFAULT, evtchn_ioctl(self->fd, IOCTL_EVTCHN_NOTIFY, bad));
	EXPECT_EQ(-EFAULT, evtchn_ioctl(self->fd, IOCTL_EVTCHN_RESTRICT_DOMID, bad));

	/* None of that has lost the event. */
	EXPECT_TRUE(take_event(self->fd, p.sink));
}

TEST_F(evtchn, unknown_commands)
{
	EXPECT_GT(0, evtchn_ioctl(self->fd, _IO('E', 200), NULL));
	EXPECT_GT(0, evtchn_ioctl(self->fd, 0, NULL));
}

TEST_F(evtchn, ports_that_are_not_bound)
{
	struct pair p;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	EXPECT_EQ(-ENOTCONN, notify(self->fd, 0));
	EXPECT_EQ(-ENOTCONN, notify(self->fd, UINT32_MAX));
	EXPECT_EQ(-ENOTCONN, unbind(self->fd, 0));
	EXPECT_EQ(-EINVAL, unbind(self->fd, UINT32_MAX));

	EXPECT_EQ(0, unbind(self->fd, p.source));
	EXPECT_EQ(-ENOTCONN, unbind(self->fd, p.source));
	EXPECT_EQ(-ENOTCONN, notify(self->fd, p.source));
}

TEST_F(evtchn, binds_that_are_refused)
{
	int other = open_device();
	struct pair p;
	int port;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, bind_pair(self->fd, &p));

	/* Taken, by this file and for another one. */
	EXPECT_EQ(-EINVAL, bind_remote(self->fd, DOMID_SELF, p.sink));
	EXPECT_EQ(-EINVAL, bind_remote(other, DOMID_SELF, p.sink));
	EXPECT_EQ(-EISCONN, bind_static(self->fd, p.sink));
	/* Free, and impossible. */
	port = bind_unbound(other);
	ASSERT_LT(0, port);
	ASSERT_EQ(0, unbind(other, port));
	EXPECT_EQ(-EINVAL, bind_remote(self->fd, DOMID_SELF, port));
	EXPECT_EQ(-EINVAL, bind_remote(self->fd, DOMID_SELF, UINT32_MAX));
	EXPECT_EQ(-ESRCH, bind_remote(self->fd, DOMID_LAST, 1));
	EXPECT_EQ(-EINVAL, bind_virq(self->fd, VIRQ_NONE));

	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	close(other);
}

TEST_F(evtchn, peer_may_go_and_come_back)
{
	struct pair p;
	int source;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, unbind(self->fd, p.source));
	/* The end that stays waits for a peer again. */
	EXPECT_EQ(0, notify(self->fd, p.sink));
	EXPECT_TRUE(quiet(self->fd));

	source = bind_remote(self->fd, DOMID_SELF, p.sink);
	ASSERT_LT(0, source);
	ASSERT_TRUE(take_event(self->fd, source));
	ASSERT_EQ(0, notify(self->fd, source));
	EXPECT_TRUE(take_event(self->fd, p.sink));
}

TEST_F(evtchn, virq_has_one_owner)
{
	int other = open_device();
	int port;

	ASSERT_LE(0, other);
	port = bind_virq(self->fd, VIRQ_PROFILER);
	ASSERT_LT(0, port);
	EXPECT_EQ(-EEXIST, bind_virq(self->fd, VIRQ_PROFILER));
	EXPECT_EQ(-EEXIST, bind_virq(other, VIRQ_PROFILER));
	EXPECT_EQ(-EEXIST, bind_virq(self->fd, VIRQ_TIMER));

	ASSERT_EQ(0, unbind(self->fd, port));
	port = bind_virq(other, VIRQ_PROFILER);
	EXPECT_LT(0, port);
	close(other);
	EXPECT_LT(0, bind_virq(self->fd, VIRQ_PROFILER));
}

TEST_F(evtchn, reset_empties_the_ring)
{
	struct pair p;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, notify(self->fd, p.source));
	ASSERT_EQ(POLLIN, poll_events(self->fd, WAIT_MS));
	ASSERT_EQ(0, reset(self->fd));
	EXPECT_TRUE(quiet(self->fd));

	/* The port itself stays as it was: bound, and masked. */
	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(quiet(self->fd));
	ASSERT_EQ(0, unmask(self->fd, p.sink));
	EXPECT_TRUE(take_event(self->fd, p.sink));
}

/* Who writes ports back without reading them gets an error, not a hang. */
TEST_F_TIMEOUT(evtchn, overflow_is_reported_until_reset, 120)
{
	struct pair p;
	__u32 port;
	int i;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	for (i = 0; i < RING_MAX; i++) {
		ASSERT_TRUE(notify_delivered(self->fd, p.source));
		if (poll_events(self->fd, 0) == POLLERR)
			break;
		ASSERT_EQ(0, unmask(self->fd, p.sink));
	}
	ASSERT_LT(i, RING_MAX);
	EXPECT_EQ(-1, read(self->fd, &port, sizeof(port)));
	EXPECT_EQ(EFBIG, errno);

	ASSERT_EQ(0, reset(self->fd));
	ASSERT_EQ(0, unmask(self->fd, p.sink));
	EXPECT_TRUE(quiet(self->fd));
	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(take_event(self->fd, p.sink));
}

TEST_F(evtchn, restricted_file)
{
	struct pair p;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	EXPECT_EQ(-EINVAL, restrict_to(self->fd, 0));
	EXPECT_EQ(-EINVAL, restrict_to(self->fd, DOMID_SELF));
	EXPECT_EQ(-EINVAL, restrict_to(self->fd, UINT16_MAX));
	ASSERT_EQ(0, restrict_to(self->fd, DOMID_LAST));

	EXPECT_EQ(-EACCES, restrict_to(self->fd, DOMID_LAST));
	EXPECT_EQ(-EACCES, restrict_to(self->fd, 1));
	EXPECT_EQ(-EACCES, bind_unbound(self->fd));
	EXPECT_EQ(-EACCES, bind_virq(self->fd, VIRQ_PROFILER));
	EXPECT_EQ(-EACCES, bind_remote(self->fd, DOMID_SELF, p.sink));
	EXPECT_EQ(-EACCES, bind_remote(self->fd, 0, 1));
	/* Allowed; there is just no such domain. */
	EXPECT_EQ(-ESRCH, bind_remote(self->fd, DOMID_LAST, 1));

	/* What was bound before goes on. */
	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	EXPECT_EQ(0, unbind(self->fd, p.source));
}

struct delayed {
	int fd;
	__u32 port;
};

static void *notify_later(void *arg)
{
	struct delayed *d = arg;

	usleep(100000);
	return (void *)(long)notify(d->fd, d->port);
}

TEST_F(evtchn, blocking_read_wakes_up)
{
	struct delayed d = { .fd = self->fd };
	pthread_t thread;
	struct pair p;
	__u32 port;
	void *result;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	set_blocking(self->fd);
	d.port = p.source;
	ASSERT_EQ(0, pthread_create(&thread, NULL, notify_later, &d));
	EXPECT_EQ(sizeof(port), read(self->fd, &port, sizeof(port)));
	EXPECT_EQ(p.sink, port);
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(NULL, result);
}

TEST_F(evtchn, poll_wakes_up)
{
	struct delayed d = { .fd = self->fd };
	pthread_t thread;
	struct pair p;
	void *result;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	d.port = p.source;
	ASSERT_EQ(0, pthread_create(&thread, NULL, notify_later, &d));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(NULL, result);
}

static void ignore_signal(int sig)
{
}

/* Signals keep coming: one of them finds the read asleep. */
TEST_F(evtchn, blocking_read_is_interruptible)
{
	struct itimerval tick = {
		.it_interval.tv_usec = 50000,
		.it_value.tv_usec = 50000,
	};
	struct sigaction action = { .sa_handler = ignore_signal };
	struct pair p;
	__u32 port;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	set_blocking(self->fd);
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &tick, NULL));
	EXPECT_EQ(-1, read(self->fd, &port, sizeof(port)));
	EXPECT_EQ(EINTR, errno);
	memset(&tick, 0, sizeof(tick));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &tick, NULL));
}

TEST_F(evtchn, event_raises_sigio)
{
	struct timespec timeout = { .tv_sec = WAIT_MS / 1000 };
	struct pair p;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, bind_pair(self->fd, &p));
	ASSERT_EQ(0, fcntl(self->fd, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_ASYNC | O_NONBLOCK));
	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_EQ(SIGIO, sigtimedwait(&set, NULL, &timeout));
	EXPECT_TRUE(take_event(self->fd, p.sink));
}

TEST_F(evtchn, close_releases_the_interrupts)
{
	struct pair p[4];
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, bind_pair(self->fd, &p[i]));
	/* Each second port has had its first event. */
	EXPECT_EQ(4, delivered());
	/* Bound, pending and unread at once. */
	ASSERT_EQ(0, notify(self->fd, p[0].source));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(0, delivered());

	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, bind_pair(self->fd, &p[0]));
	ASSERT_EQ(0, notify(self->fd, p[0].source));
	EXPECT_TRUE(take_event(self->fd, p[0].sink));
}

/* A port lost in each cycle would show in the numbers given out. */
TEST_F_TIMEOUT(evtchn, bind_and_close_for_ever, 600)
{
	__u32 low = UINT32_MAX, high = 0;
	int i, fd, port;

	for (i = 0; i < CYCLES; i++) {
		fd = open_device();
		ASSERT_LE(0, fd);
		port = bind_unbound(fd);
		ASSERT_LT(0, port);
		if ((__u32)port < low)
			low = port;
		if ((__u32)port > high)
			high = port;
		ASSERT_EQ(0, close(fd));
	}
	EXPECT_LT(high - low, CYCLES / 2);
}

TEST_F_TIMEOUT(evtchn, bind_until_the_limit, 600)
{
	__u32 *ports = calloc(FILL_MAX, sizeof(*ports));
	unsigned int first, second;
	int fd = open_device();
	struct pair p;
	int error;

	ASSERT_NE(NULL, ports);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind_pair(self->fd, &p));

	first = fill(fd, ports, &error);
	TH_LOG("bound %u ports, then: %s", first, strerror(-error));
	if (first < FILL_MAX)
		EXPECT_EQ(-ENOSPC, error);
	ASSERT_LT(0, first);
	EXPECT_TRUE(all_different(ports, first));
	/* The others do not suffer. */
	ASSERT_EQ(0, notify(self->fd, p.source));
	EXPECT_TRUE(take_event(self->fd, p.sink));
	ASSERT_EQ(0, close(fd));

	fd = open_device();
	ASSERT_LE(0, fd);
	second = fill(fd, ports, &error);
	EXPECT_EQ(first, second);
	ASSERT_EQ(0, close(fd));
	free(ports);
}

struct sender {
	int fd;
	__u32 port;
	sem_t seen;
	atomic_uint *sent;
	int result;
};

/* Sends on only when the event before has been seen: none may get lost. */
static void *send_and_wait(void *arg)
{
	struct sender *s = arg;
	struct timespec end;
	int i;

	for (i = 0; i < ROUNDS && !s->result; i++) {
		s->result = notify(s->fd, s->port);
		clock_gettime(CLOCK_REALTIME, &end);
		end.tv_sec += 2 * WAIT_MS / 1000;
		if (!s->result && sem_timedwait(&s->seen, &end))
			s->result = -errno;
	}
	return NULL;
}

TEST_F_TIMEOUT(evtchn, two_senders_lose_nothing, 120)
{
	struct sender s[SENDERS] = { };
	unsigned int count[SENDERS] = { };
	pthread_t thread[SENDERS];
	struct pair p[SENDERS];
	__u32 port;
	int i, total;

	for (i = 0; i < SENDERS; i++) {
		ASSERT_EQ(0, bind_pair(self->fd, &p[i]));
		s[i].fd = self->fd;
		s[i].port = p[i].source;
		ASSERT_EQ(0, sem_init(&s[i].seen, 0, 0));
	}
	for (i = 0; i < SENDERS; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, send_and_wait,
					    &s[i]));

	for (total = 0; total < SENDERS * ROUNDS; total++) {
		port = next_event(self->fd);
		for (i = 0; i < SENDERS && p[i].sink != port; i++)
			;
		ASSERT_LT(i, SENDERS);
		count[i]++;
		ASSERT_EQ(0, unmask(self->fd, port));
		sem_post(&s[i].seen);
	}
	for (i = 0; i < SENDERS; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
		EXPECT_EQ(0, s[i].result);
		EXPECT_EQ(ROUNDS, count[i]);
	}
	EXPECT_TRUE(quiet(self->fd));
}

/* Counts, then notifies, and never waits: events merge. */
static void *send_without_waiting(void *arg)
{
	struct sender *s = arg;
	int i;

	for (i = 0; i < ROUNDS && !s->result; i++) {
		atomic_fetch_add(s->sent, 1);
		s->result = notify(s->fd, s->port);
	}
	return NULL;
}

/*
 * The last count must not be missed.  It is read after the port was written
 * back, so a notification that comes later raises an event of its own.
 */
TEST_F_TIMEOUT(evtchn, two_senders_on_one_port_wake_the_reader, 120)
{
	struct sender s[SENDERS] = { };
	pthread_t thread[SENDERS];
	atomic_uint sent = 0;
	unsigned int seen;
	struct pair p;
	int i;

	ASSERT_EQ(0, bind_pair(self->fd, &p));
	for (i = 0; i < SENDERS; i++) {
		s[i].fd = self->fd;
		s[i].port = p.source;
		s[i].sent = &sent;
		ASSERT_EQ(0, pthread_create(&thread[i], NULL,
					    send_without_waiting, &s[i]));
	}
	do {
		ASSERT_TRUE(take_event(self->fd, p.sink));
		seen = atomic_load(&sent);
	} while (seen < SENDERS * ROUNDS);

	for (i = 0; i < SENDERS; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
		EXPECT_EQ(0, s[i].result);
	}
}

static bool under_xen(void)
{
	char type[8] = "";
	FILE *file;

	file = fopen("/sys/hypervisor/type", "r");
	if (!file)
		return false;
	if (!fgets(type, sizeof(type), file))
		type[0] = '\0';
	fclose(file);

	return !strncmp(type, "xen", 3);
}

static const char *reason_to_skip(void)
{
	if (!under_xen())
		return "not a Xen domain, or no CONFIG_XEN_SYS_HYPERVISOR";
	if (geteuid())
		return "needs root";
	if (access(DEVICE, F_OK))
		return "no " DEVICE ": CONFIG_XEN_DEV_EVTCHN is off";
	return NULL;
}

int main(int argc, char **argv)
{
	const char *reason = reason_to_skip();

	if (reason) {
		ksft_print_header();
		ksft_exit_skip("%s\n", reason);
	}
	return test_harness_run(argc, argv);
}
