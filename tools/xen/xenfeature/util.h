/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XENFEATURE_UTIL_H
#define XENFEATURE_UTIL_H

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * make_string() - format a string into memory of its own
 * @format: as for printf()
 *
 * Ends the program when there is no memory: nothing this small could go on.
 *
 * Context: Any.
 * Return: the string, for the caller to free
 */
char *make_string(const char *format, ...);

#endif
