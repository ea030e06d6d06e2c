/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory maps and domains, made up. */
#ifndef HOST_MEMORY_GEN_H
#define HOST_MEMORY_GEN_H

#include "shim.h"
#include "memmap.h"

/**
 * struct input - what the code under test is called with
 * @raw:	the entries
 * @src:	the reader's result, points into @raw
 * @dom:	the domain, points to @object
 * @object:	boot objects
 * @boot_memory: memory to boot with is an object as well, where there is too little
 */
struct input {
	struct xmap_raw raw[XMAP_MAX_RAW];
	struct xmap_source src;
	struct xmap_domain dom;
	struct xmap_object object[8];
	bool boot_memory;
};

#define GEN_CATEGORIES	"ABCDEFGH"
/* What Xen answers if there is no map: ENOSYS, negative. */
#define GEN_NO_CALL	(-38)

void gen_input(struct input *in, char category, u64 seed, u64 index);
void gen_from_bytes(struct input *in, const u8 *data, size_t size);
void gen_objects(struct input *in, u64 kernel_pages, u64 initrd_pages);
void gen_add(struct input *in, u64 addr, u64 size, u32 type);
void gen_print(const struct input *in);

#endif /* HOST_MEMORY_GEN_H */
