/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices as text and as JSON.
 *
 * Pure but for the stream: strings of a frontend are shown so that they can do no harm to a
 * terminal or to a program that reads JSON.
 */
#ifndef XENFEATURE_REPORT_H
#define XENFEATURE_REPORT_H

#include <stdio.h>

#include "device.h"

/**
 * print_safe() - print a string of somebody else for a terminal
 * @out: where to
 * @text: the string
 *
 * Context: Any.
 * Return: how many columns it took
 */
int print_safe(FILE *out, const char *text);

/**
 * json_string() - print a string, or null
 * @out: where to
 * @text: any bytes; those that are no UTF-8 become U+FFFD. NULL prints null
 *
 * Context: Any.
 */
void json_string(FILE *out, const char *text);

/**
 * report_list() - a line for each device
 * @out: where to
 * @devices: the devices
 * @nr: how many
 *
 * Context: Any.
 */
void report_list(FILE *out, const struct device *devices, size_t nr);

/**
 * report_device() - everything about one device
 * @out: where to
 * @device: the device
 *
 * Context: Any.
 */
void report_device(FILE *out, const struct device *device);

/**
 * report_outcomes() - a line for each request
 * @out: where to
 * @device: the device after the requests
 * @list: the requests
 *
 * Context: Any.
 */
void report_outcomes(FILE *out, const struct device *device, const struct request_list *list);

/**
 * json_list() - devices as an array
 * @out: where to
 * @devices: the devices
 * @nr: how many
 *
 * Context: Any.
 */
void json_list(FILE *out, const struct device *devices, size_t nr);

/**
 * json_device() - one device as an object
 * @out: where to
 * @device: the device
 * @list: the requests that were just made, or NULL; their outcomes become a member
 *
 * Context: Any.
 */
void json_device(FILE *out, const struct device *device, const struct request_list *list);

#endif
