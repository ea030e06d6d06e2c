// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets Debian's xenstored run on a machine without Xen: the libraries that would speak to the
 * hypervisor, as far as xenstored uses them.  Preloaded.  Nothing of xenstored itself changes;
 * clients come in by its socket, as in dom0.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenctrl.h>

#define PAGE 4096

/* Handles are opaque; any pointer will do. */
static char handle;

void *xenevtchn_open(void *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return &handle;
}

void *xenevtchn_fdopen(void *logger, int fd, unsigned int flags)
{
	(void)fd;
	return xenevtchn_open(logger, flags);
}

/* No event ever comes. */
int xenevtchn_fd(void *channels)
{
	static int fd = -1;

	(void)channels;
	if (fd < 0)
		fd = eventfd(0, EFD_CLOEXEC);
	return fd;
}

int xenevtchn_bind_interdomain(void *channels, uint32_t domid, uint32_t port)
{
	(void)channels;
	(void)domid;
	return port + 1;
}

int xenevtchn_bind_virq(void *channels, unsigned int virq)
{
	(void)channels;
	(void)virq;
	return 1;
}

int xenevtchn_notify(void *channels, uint32_t port)
{
	(void)channels;
	(void)port;
	return 0;
}

int xenevtchn_pending(void *channels)
{
	(void)channels;
	return -1;
}

int xenevtchn_unbind(void *channels, uint32_t port)
{
	return xenevtchn_notify(channels, port);
}

int xenevtchn_unmask(void *channels, uint32_t port)
{
	return xenevtchn_notify(channels, port);
}

void *xengnttab_open(void *logger, unsigned int flags)
{
	return xenevtchn_open(logger, flags);
}

int xengnttab_close(void *grants)
{
	(void)grants;
	return 0;
}

int xengnttab_set_max_grants(void *grants, uint32_t count)
{
	return xenevtchn_notify(grants, count);
}

void *xengnttab_map_grant_ref(void *grants, uint32_t domid, uint32_t ref, int prot)
{
	(void)grants;
	(void)domid;
	(void)ref;
	(void)prot;
	return calloc(1, PAGE);
}

int xengnttab_unmap(void *grants, void *page, uint32_t count)
{
	(void)grants;
	(void)count;
	free(page);
	return 0;
}

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
				unsigned int flags)
{
	(void)dombuild_logger;
	return xenevtchn_open(logger, flags);
}

int xc_interface_close(xc_interface *interface)
{
	(void)interface;
	return 0;
}

/* Every domain that is asked for exists. */
int xc_domain_getinfo(xc_interface *interface, uint32_t first, unsigned int count,
		      xc_dominfo_t *info)
{
	(void)interface;
	(void)count;
	memset(info, 0, sizeof(*info));
	info->domid = first;
	return 1;
}

/* dom0's own page and port, which xenfs would offer. */
static int open_xenfs(const char *path)
{
	int fd = memfd_create("xenfs", MFD_CLOEXEC);

	if (fd < 0)
		return fd;
	if (strstr(path, "port"))
		return write(fd, "1", 1) == 1 && !lseek(fd, 0, SEEK_SET) ? fd : -1;
	return ftruncate(fd, PAGE) ? -1 : fd;
}

int open(const char *path, int flags, ...)
{
	int (*real)(const char *path, int flags, ...) = dlsym(RTLD_NEXT, "open");
	va_list arguments;
	mode_t mode;

	if (!strncmp(path, "/proc/xen/xsd_", 14))
		return open_xenfs(path);
	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return real(path, flags, mode);
}
