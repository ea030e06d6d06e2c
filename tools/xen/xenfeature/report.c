// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

#include <stdlib.h>
#include <string.h>

/* Longest string of somebody else that is worth a terminal's room. */
#define LONGEST 64

int print_safe(FILE *out, const char *text)
{
	int columns = 0;

	for (; *text && columns < LONGEST; text++) {
		unsigned char byte = *text;

		if (byte >= ' ' && byte < 0x7f && byte != '\\')
			columns += fprintf(out, "%c", byte);
		else
			columns += fprintf(out, "\\x%02x", byte);
	}
	if (*text)
		columns += fprintf(out, "...");
	return columns;
}

/* A string, or a dash, in a column of at least @width. */
static void print_cell(FILE *out, const char *text, int width)
{
	int columns = print_safe(out, text ? text : "-");

	fprintf(out, "%*s", columns < width ? width - columns : 1, "");
}

/* The bytes of the character at @text, or 0 if that is no UTF-8. */
static size_t utf8_length(const unsigned char *text)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int code;
	size_t len;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc0 || text[0] >= 0xf8)
		return 0;
	len = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	code = text[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return len;
}

void json_string(FILE *out, const char *text)
{
	if (!text) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	while (*text) {
		unsigned char byte = *text;
		size_t len = utf8_length((const unsigned char *)text);

		if (!len) {
			fputs("\\ufffd", out);
			len = 1;
		} else if (byte == '"' || byte == '\\') {
			fprintf(out, "\\%c", byte);
		} else if (byte < ' ' || byte == 0x7f) {
			fprintf(out, "\\u%04x", byte);
		} else {
			fwrite(text, 1, len, out);
		}
		text += len;
	}
	fputc('"', out);
}

static void print_requests(FILE *out, const struct device *device)
{
	const char *separator = "";

	for (size_t i = 0; i < device->nr_views; i++) {
		const struct feature_view *view = &device->views[i];

		if (!view->requested)
			continue;
		fputs(separator, out);
		print_safe(out, view->key);
		fputc('=', out);
		print_safe(out, view->requested);
		separator = " ";
	}
	if (device->strict)
		fprintf(out, "%sstrict", separator);
	else if (!*separator)
		fputs(device->kind ? "-" : "(takes no requests)", out);
}

void report_list(FILE *out, const struct device *devices, size_t nr)
{
	fprintf(out, "%-16s%-10s%-16s%-16s%s\n", "DEVICE", "BACKEND", "STATE", "FRONTEND",
		"REQUESTS");
	for (size_t i = 0; i < nr; i++) {
		const struct device *device = &devices[i];
		char number[32];
		int columns = print_safe(out, device->type);

		columns += fprintf(out, "/%u", device->place.devid);
		fprintf(out, "%*s", columns < 16 ? 16 - columns : 1, "");
		snprintf(number, sizeof(number), "%u", device->place.domid);
		print_cell(out, number, 10);
		print_cell(out, state_word(device->back_state), 16);
		print_cell(out, state_word(device->front_state), 16);
		print_requests(out, device);
		fputc('\n', out);
	}
}

void report_device(FILE *out, const struct device *device)
{
	fprintf(out, "device    ");
	print_safe(out, device->type);
	fprintf(out, "/%u of domain %u", device->place.devid, device->place.front_domid);
	if (device->label) {
		fputs(", ", out);
		print_safe(out, device->label);
	}
	fprintf(out, "\nbackend   ");
	print_safe(out, device->place.type);
	fprintf(out, " in domain %u, %s\nfrontend  %s\n", device->place.domid,
		state_word(device->back_state), state_word(device->front_state));
	fprintf(out, "strict    %s\n", device->strict ? "yes" : "no");
	if (device->error) {
		fprintf(out, "error     ");
		print_safe(out, device->error);
		fputc('\n', out);
	}
	if (!device->kind) {
		fprintf(out, "This type of backend takes no requests.\n");
		return;
	}
	fprintf(out, "\n%-34s%-19s%-10s%-10s%-16s%s\n", "KEY", "SHORT", "OFFERED", "REQUEST",
		"STATUS", "FRONTEND");
	for (size_t i = 0; i < device->nr_views; i++) {
		const struct feature_view *view = &device->views[i];

		print_cell(out, view->key, 34);
		print_cell(out, view->feature ? view->feature->alias : NULL, 19);
		print_cell(out, view->offered, 10);
		print_cell(out, view->requested, 10);
		print_cell(out, view->status, 16);
		print_safe(out, view->front ? view->front : "-");
		fputc('\n', out);
	}
}

static const char *outcome_reason(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_CLAMPED:
		return "the nearest that is possible";
	case OUTCOME_INVALID:
		return "the backend does not understand the value";
	case OUTCOME_UNSUPPORTED:
		return "the backend does not have this feature";
	case OUTCOME_LATER:
		return "the backend decides when the frontend connects";
	case OUTCOME_UNCONFIRMED:
		return "it is in force, without status: is xenstore's quota used up?";
	case OUTCOME_IGNORED:
		return "the backend's kernel does not read requests";
	default:
		return NULL;
	}
}

void report_outcomes(FILE *out, const struct device *device, const struct request_list *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		const struct request *request = &list->entries[i];
		const struct feature_view *view = device_view(device, request->feature);
		enum outcome outcome;

		fprintf(out, "%s: ", request->feature->key);
		if (request->withdraw) {
			fprintf(out, "request withdrawn, offered ");
		} else {
			outcome = device_outcome(device, request);
			fprintf(out, "%u %s", request->value, outcome_word(outcome));
			if (outcome_reason(outcome))
				fprintf(out, " (%s)", outcome_reason(outcome));
			fprintf(out, ", offered ");
		}
		print_safe(out, view && view->offered ? view->offered : "-");
		fputc('\n', out);
	}
}

static void json_member(FILE *out, const char *name, const char *text)
{
	fprintf(out, ", \"%s\": ", name);
	json_string(out, text);
}

static void json_views(FILE *out, const struct device *device)
{
	fputs(", \"features\": {", out);
	for (size_t i = 0; i < device->nr_views; i++) {
		const struct feature_view *view = &device->views[i];

		fputs(i ? ", " : "", out);
		json_string(out, view->key);
		fputs(": {\"short\": ", out);
		json_string(out, view->feature ? view->feature->alias : NULL);
		json_member(out, "offered", view->offered);
		json_member(out, "requested", view->requested);
		json_member(out, "status", view->status);
		json_member(out, "frontend", view->front);
		fputc('}', out);
	}
	fputc('}', out);
}

static void json_outcomes(FILE *out, const struct device *device,
			  const struct request_list *list)
{
	fputs(", \"outcomes\": {", out);
	for (size_t i = 0; i < list->nr; i++) {
		const struct request *request = &list->entries[i];

		fputs(i ? ", " : "", out);
		json_string(out, request->feature->key);
		fputs(": ", out);
		json_string(out, request->withdraw ? "withdrawn" :
			    outcome_word(device_outcome(device, request)));
	}
	fputc('}', out);
}

static void json_body(FILE *out, const struct device *device, const struct request_list *list)
{
	fprintf(out, "{\"domain\": %u, \"type\": ", device->place.front_domid);
	json_string(out, device->type);
	fprintf(out, ", \"id\": %u", device->place.devid);
	json_member(out, "label", device->label);
	fprintf(out, ", \"backend\": {\"domain\": %u", device->place.domid);
	json_member(out, "type", device->place.type);
	json_member(out, "path", device->back);
	fprintf(out, ", \"state\": %d}, \"frontend\": {\"state\": %d}", device->back_state,
		device->front_state);
	fprintf(out, ", \"requestable\": %s, \"strict\": %s", device->kind ? "true" : "false",
		device->strict ? "true" : "false");
	json_member(out, "error", device->error);
	json_views(out, device);
	if (list)
		json_outcomes(out, device, list);
	fputc('}', out);
}

void json_list(FILE *out, const struct device *devices, size_t nr)
{
	fputc('[', out);
	for (size_t i = 0; i < nr; i++) {
		fputs(i ? ",\n " : "", out);
		json_body(out, &devices[i], NULL);
	}
	fputs("]\n", out);
}

void json_device(FILE *out, const struct device *device, const struct request_list *list)
{
	json_body(out, device, list);
	fputc('\n', out);
}
