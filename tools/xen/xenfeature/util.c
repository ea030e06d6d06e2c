// SPDX-License-Identifier: GPL-2.0-only
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *make_string(const char *format, ...)
{
	va_list arguments;
	char *string;

	va_start(arguments, format);
	if (vasprintf(&string, format, arguments) < 0) {
		fprintf(stderr, "xenfeature: out of memory\n");
		exit(2);
	}
	va_end(arguments);
	return string;
}
