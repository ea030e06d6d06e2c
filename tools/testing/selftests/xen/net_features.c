// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which off-loads a network device has on, for guests without ethtool.
 *
 *	net_features DEVICE FEATURE...
 *
 * Prints "FEATURE=on" or "FEATURE=off" for each, in one line.  The names are ethtool's,
 * "tx-checksum-ipv4" for one.  A name that the kernel does not know is an error.
 */
#include <err.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#define WORD_BITS	32

struct device {
	int socket;
	struct ifreq request;
	unsigned int nr;			/* features that the kernel knows */
	struct ethtool_gstrings *names;
	struct ethtool_gfeatures *features;
};

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		err(1, "%zu bytes", size);
	return memory;
}

static void ask(struct device *device, void *command, const char *what)
{
	device->request.ifr_data = command;
	if (ioctl(device->socket, SIOCETHTOOL, &device->request))
		err(1, "%s: %s", device->request.ifr_name, what);
}

static void open_device(struct device *device, const char *name)
{
	size_t size = strlen(name) + 1;

	if (size > sizeof(device->request.ifr_name))
		errx(1, "%s: the name is too long", name);
	memcpy(device->request.ifr_name, name, size);
	device->socket = socket(AF_INET, SOCK_DGRAM, 0);
	if (device->socket < 0)
		err(1, "socket");
}

static void count_features(struct device *device)
{
	struct ethtool_sset_info *info = allocate(sizeof(*info) + sizeof(info->data[0]));

	info->cmd = ETHTOOL_GSSET_INFO;
	info->sset_mask = 1ULL << ETH_SS_FEATURES;
	ask(device, info, "number of features");
	if (!info->sset_mask)
		errx(1, "%s: no features", device->request.ifr_name);
	device->nr = info->data[0];
	free(info);
}

static void read_features(struct device *device)
{
	unsigned int words = (device->nr + WORD_BITS - 1) / WORD_BITS;

	device->names = allocate(sizeof(*device->names) + device->nr * ETH_GSTRING_LEN);
	device->names->cmd = ETHTOOL_GSTRINGS;
	device->names->string_set = ETH_SS_FEATURES;
	device->names->len = device->nr;
	ask(device, device->names, "names of features");

	device->features = allocate(sizeof(*device->features) +
				    words * sizeof(device->features->features[0]));
	device->features->cmd = ETHTOOL_GFEATURES;
	device->features->size = words;
	ask(device, device->features, "features");
}

static const char *state(const struct device *device, const char *name)
{
	for (unsigned int i = 0; i < device->nr; i++) {
		const char *known = (const char *)device->names->data + i * ETH_GSTRING_LEN;

		if (!strncmp(known, name, ETH_GSTRING_LEN)) {
			uint32_t active = device->features->features[i / WORD_BITS].active;

			return active >> i % WORD_BITS & 1 ? "on" : "off";
		}
	}
	errx(1, "%s: the kernel has no such feature", name);
}

int main(int argc, char **argv)
{
	struct device device = {};

	if (argc < 3)
		errx(1, "usage: %s DEVICE FEATURE...", argv[0]);
	open_device(&device, argv[1]);
	count_features(&device);
	read_features(&device);
	for (int i = 2; i < argc; i++)
		printf("%s%s=%s", i > 2 ? " " : "", argv[i], state(&device, argv[i]));
	putchar('\n');
	return 0;
}
