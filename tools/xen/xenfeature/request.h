/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an admin types after the device: KEY=VALUE, or KEY:VALUE;KEY:VALUE.
 *
 * Pure: strings in, a table out.
 */
#ifndef XENFEATURE_REQUEST_H
#define XENFEATURE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "keys.h"

/* More than any backend has keys: a list that long repeats one. */
#define REQUESTS_MAX	16
#define REQUEST_ERROR	240

/**
 * struct request - one key and what is wanted for it
 * @feature: the key
 * @value: the value as the backend's directory will have it
 * @withdraw: take the request back; @value means nothing then
 */
struct request {
	const struct feature *feature;
	unsigned int value;
	bool withdraw;
};

/**
 * struct request_list - the requests of one command
 * @entries: each key at most once
 * @nr: how many
 * @error: what was wrong, if something was
 */
struct request_list {
	struct request entries[REQUESTS_MAX];
	size_t nr;
	char error[REQUEST_ERROR];
};

/**
 * enum request_result - whether an argument could be understood
 * @REQUEST_OK: it is in the list
 * @REQUEST_BAD: it is no request, or its value is none
 * @REQUEST_FIXED: the key exists, but cannot be requested
 */
enum request_result {
	REQUEST_OK,
	REQUEST_BAD,
	REQUEST_FIXED,
};

/**
 * number_parse() - read a decimal number, nothing else
 * @text: digits only
 * @len: how many bytes
 * @value: where it goes; untouched on failure
 *
 * Context: Any.
 * Return: true if @text is a number of at most 32 bits
 */
bool number_parse(const char *text, size_t len, unsigned int *value);

/**
 * request_parse() - read one argument
 * @kind: the type of backend
 * @argument: KEY=VALUE, or a list of KEY:VALUE with semicolons between them
 * @list: gets what @argument asks for, or the error
 *
 * Context: Any.
 * Return: REQUEST_OK; else @list->error says what to mend, and @list is of no further use
 */
enum request_result request_parse(const struct backend_kind *kind, const char *argument,
				  struct request_list *list);

#endif
