/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory maps of real machines and guests. */
#ifndef HOST_MEMORY_MAPS_H
#define HOST_MEMORY_MAPS_H

#include "gen.h"

/**
 * struct real_map - a map that was seen
 * @name:	where
 * @dom0:	a machine's map, not a guest's
 * @entry:	start, end (first byte behind) and type; ends with a type of 0
 */
struct real_map {
	const char *name;
	bool dom0;
	struct {
		u64 start, end;
		u32 type;
	} entry[32];
};

extern const struct real_map real_maps[];
extern const unsigned int nr_real_maps;

#endif /* HOST_MEMORY_MAPS_H */
