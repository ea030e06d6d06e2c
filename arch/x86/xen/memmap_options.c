// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the command line ends the RAM of a PV domain.
 *
 * mem= and memmap= are carried out when early parameters are parsed, which is after frames have
 * got their PFNs.  Frames whose RAM they take away would be lost to everybody, so that the limit
 * is looked up before.
 *
 * Pure: runs in early boot and in user space alike.
 */

#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "memmap.h"

/**
 * struct ram_end - what was said so far
 * @limit:	no RAM from this byte on, 0 for no limit
 * @exact:	memmap=exactmap was there: RAM is what comes behind it
 * @end:	end of the RAM that was listed since
 */
struct ram_end {
	u64 limit;
	bool exact;
	u64 end;
};

/* Where a value ends, which may be in quotes. */
static bool __init is_end(char c)
{
	return !c || isspace(c) || c == '"';
}

static void __init add_limit(struct ram_end *ram, u64 bytes)
{
	if (!bytes)
		return;
	ram->limit = min(ram->limit ?: bytes, bytes);
	ram->end = min(ram->end, bytes);
}

/* One element of memmap=.  Only RAM matters: SIZE, SIZE@START, exactmap. */
static char __init *read_element(struct ram_end *ram, char *at)
{
	u64 size, start;

	if (!strncmp(at, "exactmap", strlen("exactmap"))) {
		*ram = (struct ram_end){ .exact = true };
	} else {
		size = memparse(at, &at);
		if (*at == '@') {
			start = memparse(at + 1, &at);
			ram->end = max(ram->end, start + size);
		} else if (*at == ',' || is_end(*at)) {
			add_limit(ram, size);
		}
	}
	while (*at != ',' && !is_end(*at))
		at++;
	return at;
}

static void __init read_memmap(struct ram_end *ram, char *at)
{
	do {
		at = read_element(ram, at);
	} while (*at++ == ',');
}

/* The value of @option at @at, behind quotes; NULL if it is not there. */
static char __init *find_value(char *at, const char *option)
{
	size_t len = strlen(option);

	if (strncmp(at, option, len))
		return NULL;
	return at + len + (at[len] == '"');
}

/* An option starts at @at.  Returns false behind the last one of the kernel, which is "--". */
static bool __init read_option(struct ram_end *ram, char *at)
{
	char *value;

	at += *at == '"';
	value = find_value(at, "mem=");
	if (value)
		add_limit(ram, memparse(value, NULL));
	value = find_value(at, "memmap=");
	if (value)
		read_memmap(ram, value);
	return strncmp(at, "--", 2) || !is_end(at[2]);
}

/**
 * xmap_mem_limit() - find where mem= and memmap= end the RAM
 * @cmdline: the command line, not changed
 *
 * mem=SIZE and memmap=SIZE take RAM away from SIZE on; the smallest counts.  memmap=exactmap
 * takes all that was said before it back, and ends RAM with the last of the memmap=SIZE@START
 * behind it.  Quotes are those of the kernel's own parser, and what follows "--" is not the
 * kernel's.
 *
 * Context: Early boot.
 * Return: the first byte that is no RAM, 0 for no limit.
 */
u64 __init xmap_mem_limit(char *cmdline)
{
	bool quoted = false, start = true;
	struct ram_end ram = {};
	char *at;

	for (at = cmdline; *at; at++) {
		if (start && !read_option(&ram, at))
			break;
		quoted ^= *at == '"';
		start = !quoted && isspace(*at);
	}
	return ram.exact && ram.end ? ram.end : ram.limit;
}
