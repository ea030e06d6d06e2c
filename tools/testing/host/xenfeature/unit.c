// SPDX-License-Identifier: GPL-2.0-only
/*
 * What xenfeature computes without a store: arguments, tables, decisions, output.
 *
 * Prints a line for each check that failed, and the number of checks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "report.h"
#include "request.h"
#include "util.h"

static unsigned int checks, failures;

#define CHECK(condition, ...) do {				\
	checks++;						\
	if (!(condition)) {					\
		failures++;					\
		printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);	\
		printf(__VA_ARGS__);				\
		printf("\n");					\
	}							\
} while (0)

/**
 * struct number_case - a text, and the number that it is
 * @text: what is read
 * @good: it is one
 * @value: which
 */
struct number_case {
	const char *text;
	bool good;
	unsigned int value;
};

static const struct number_case number_cases[] = {
	{ "0", true, 0 }, { "1", true, 1 }, { "007", true, 7 }, { "4294967295", true, 4294967295u },
	{ "00000000000000000000000000000000004", true, 4 },
	{ "", false, 0 }, { "-1", false, 0 }, { "+1", false, 0 }, { " 1", false, 0 },
	{ "1 ", false, 0 }, { "1\n", false, 0 }, { "0x4", false, 0 }, { "4294967296", false, 0 },
	{ "18446744073709551617", false, 0 }, { "99999999999999999999999999", false, 0 },
	{ "1e3", false, 0 }, { "1.0", false, 0 }, { "\xc3\xa9", false, 0 }, { "\xff", false, 0 },
	{ "four", false, 0 },
};

static void test_numbers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(number_cases); i++) {
		const struct number_case *c = &number_cases[i];
		unsigned int value = 77;
		bool good = number_parse(c->text, strlen(c->text), &value);

		CHECK(good == c->good, "'%s'", c->text);
		CHECK(value == (c->good ? c->value : 77), "'%s' gave %u", c->text, value);
	}
}

/**
 * struct request_case - an argument, and what it asks for
 * @type: the backend
 * @argument: what an admin types
 * @result: whether it is understood
 * @want: KEY=VALUE and spaces, as they go to xenstore; or part of the error
 */
struct request_case {
	const char *type;
	const char *argument;
	enum request_result result;
	const char *want;
};

static const struct request_case request_cases[] = {
	{ "vif", "queues=2", REQUEST_OK, "multi-queue-max-queues=2 " },
	{ "vif", "multi-queue-max-queues=2", REQUEST_OK, "multi-queue-max-queues=2 " },
	{ "vif", "queues=4294967295", REQUEST_OK, "multi-queue-max-queues=4294967295 " },
	{ "vif", "tso4=off", REQUEST_OK, "feature-gso-tcpv4=0 " },
	{ "vif", "tso6=1", REQUEST_OK, "feature-gso-tcpv6=1 " },
	{ "vif", "csum=0", REQUEST_OK, "feature-no-csum-offload=1 " },
	{ "vif", "csum=on", REQUEST_OK, "feature-no-csum-offload=0 " },
	{ "vif", "feature-no-csum-offload=1", REQUEST_OK, "feature-no-csum-offload=1 " },
	{ "vif", "csum6=0", REQUEST_OK, "feature-ipv6-csum-offload=0 " },
	{ "vif", "csum=default", REQUEST_OK, "feature-no-csum-offload=default " },
	{ "vbd", "queues:2;max-ring-page-order:0", REQUEST_OK,
	  "multi-queue-max-queues=2 max-ring-page-order=0 " },
	{ "vbd", "queues:2;ring-order:default;", REQUEST_OK,
	  "multi-queue-max-queues=2 max-ring-page-order=default " },
	{ "vbd", "indirect-segments=0", REQUEST_OK, "feature-max-indirect-segments=0 " },
	{ "vbd", "persistent=0", REQUEST_OK, "feature-persistent=0 " },
	{ "vscsi", "sg-segments=26", REQUEST_OK, "feature-sg-grant=26 " },
	{ "pvcalls", "max-page-order=4", REQUEST_OK, "max-page-order=4 " },
	{ "vif", "queues=0", REQUEST_BAD, "from 1 to 4294967295" },
	{ "vif", "queues=", REQUEST_BAD, "not ''" },
	{ "vif", "queues=-1", REQUEST_BAD, "not '-1'" },
	{ "vif", "queues=0x2", REQUEST_BAD, "not '0x2'" },
	{ "vif", "queues=2=3", REQUEST_BAD, "not '2=3'" },
	{ "vif", "queues=4294967296", REQUEST_BAD, "not '4294967296'" },
	{ "vif", "tso4=2", REQUEST_BAD, "feature-gso-tcpv4 is 0, 1" },
	{ "vif", "csum=2", REQUEST_BAD, "csum is 0, 1" },
	{ "vif", "csum=", REQUEST_BAD, "not ''" },
	{ "vif", "queues", REQUEST_BAD, "'queues' is not KEY:VALUE" },
	{ "vif", "=2", REQUEST_BAD, "'=2' is not KEY=VALUE" },
	{ "vif", "", REQUEST_BAD, "'' is not KEY:VALUE" },
	{ "vif", ";", REQUEST_BAD, "'' is not KEY:VALUE" },
	{ "vif", "queues:2;;sg:0", REQUEST_BAD, "'' is not KEY:VALUE" },
	{ "vif", "queues:2;queues:2", REQUEST_BAD, "multi-queue-max-queues is given twice" },
	{ "vif", "queues:2;multi-queue-max-queues:2", REQUEST_BAD, "is given twice" },
	{ "vif", "ring-order=1", REQUEST_BAD, "'ring-order' is no key of a vif backend" },
	{ "vif", "Queues=1", REQUEST_BAD, "ctrl-ring" },
	{ "vbd", "queue=1", REQUEST_BAD, "try queues ring-order" },
	{ "vif", "feature-rx-copy=0", REQUEST_FIXED, "feature-rx-copy cannot be requested" },
	{ "vif", "feature-rx-flip=1", REQUEST_FIXED, "cannot be requested" },
	{ "vbd", "feature-flush-cache=0", REQUEST_FIXED, "would be lost" },
	{ "vbd", "feature-discard:0", REQUEST_FIXED, "no-discard" },
	{ "vbd", "sectors=1", REQUEST_FIXED, "property of the disk" },
	{ "pvcalls", "versions=1", REQUEST_FIXED, "protocol" },
};

static void requests_text(const struct request_list *list, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < list->nr && used < size; i++) {
		const struct request *r = &list->entries[i];

		if (r->withdraw)
			used += snprintf(text + used, size - used, "%s=default ", r->feature->key);
		else
			used += snprintf(text + used, size - used, "%s=%u ", r->feature->key,
					 r->value);
	}
}

static void test_requests(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(request_cases); i++) {
		const struct request_case *c = &request_cases[i];
		struct request_list list = { };
		char got[512];
		enum request_result result;

		result = request_parse(backend_kind_find(c->type), c->argument, &list);
		requests_text(&list, got, sizeof(got));
		CHECK(result == c->result, "'%s' gave %d", c->argument, result);
		if (c->result == REQUEST_OK)
			CHECK(!strcmp(got, c->want), "'%s' gave '%s'", c->argument, got);
		else
			CHECK(strstr(list.error, c->want), "'%s': %s", c->argument, list.error);
	}
}

/* Any bytes: no crash, no request twice, and only keys of the table. */
static void test_random_requests(void)
{
	static const char pieces[][16] = {
		"queues", "csum", "sg", "tso4", "max-ring-", "page-order", "=", ":", ";", "0",
		"1", "2", "default", "on", "-", "\xff", "\n", "feature-", "rx-copy", "4294967296",
	};
	unsigned int seed = 1;

	for (int i = 0; i < 20000; i++) {
		struct request_list list = { };
		char argument[256] = "";
		const char *type = rand_r(&seed) % 2 ? "vif" : "vbd";

		for (int j = rand_r(&seed) % 12; j; j--)
			strcat(argument, pieces[rand_r(&seed) % ARRAY_SIZE(pieces)]);
		if (request_parse(backend_kind_find(type), argument, &list) == REQUEST_OK)
			CHECK(list.nr && list.nr <= 11, "'%s' gave %zu", argument, list.nr);
		else
			CHECK(strlen(list.error) > 10, "'%s': %s", argument, list.error);
		for (size_t a = 0; a < list.nr; a++) {
			for (size_t b = 0; b < a; b++)
				CHECK(list.entries[a].feature != list.entries[b].feature,
				      "'%s'", argument);
		}
	}
}

static void test_tables(void)
{
	static const char * const types[] = { "vif", "vbd", "vscsi", "pvcalls" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct backend_kind *kind = backend_kind_find(types[i]);

		CHECK(kind && kind->nr_features && kind->nr_features < REQUESTS_MAX, "%s",
		      types[i]);
		for (size_t j = 0; kind && j < kind->nr_features; j++) {
			const struct feature *f = &kind->features[j];

			CHECK(feature_find(kind, f->key, strlen(f->key), NULL) == f, "%s", f->key);
			CHECK(feature_find(kind, f->alias, strlen(f->alias), NULL) == f, "%s",
			      f->alias);
			CHECK(!fixed_key_find(kind, f->key, strlen(f->key)), "%s", f->key);
			CHECK(f->what && f->what[0], "%s", f->key);
		}
	}
	CHECK(!backend_kind_find("qdisk"), "qdisk");
	CHECK(!backend_kind_find("vbd3"), "vbd3");
	CHECK(!backend_kind_find(""), "empty");
}

static void test_places(void)
{
	static const char * const bad[] = {
		"", "/", "/local/domain/0/backend/vif/5", "/local/domain/0/backend/vif/5/",
		"/local/domain/0/backend/vif/5/0/", "/local/domain/0/backend/vif/5/0/x",
		"/local/domain/0/backend//5/0", "/local/domain//backend/vif/5/0",
		"/local/domain/x/backend/vif/5/0", "/local/domain/0/device/vif/5/0",
		"/local/domain/0/backend/vif/-5/0", "/local/domain/0/backend/vif/5/4294967296",
		"local/domain/0/backend/vif/5/0", "/local/domain/0/backend/vif",
	};
	struct backend_place place;

	CHECK(backend_place_parse("/local/domain/3/backend/vbd/17/51712", &place), "vbd");
	CHECK(place.domid == 3 && place.front_domid == 17 && place.devid == 51712 &&
	      !strcmp(place.type, "vbd"), "%u %s %u %u", place.domid, place.type,
	      place.front_domid, place.devid);
	free(place.type);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(!backend_place_parse(bad[i], &place), "'%s'", bad[i]);
}

/* A vif of domain 5 that offers 4 queues and TSO; its strings are the caller's. */
static struct device make_vif(struct feature_view *views)
{
	struct device device = {
		.type = "vif", .place = { .type = "vif", .front_domid = 5 },
		.kind = backend_kind_find("vif"), .back = "/local/domain/0/backend/vif/5/0",
		.back_state = STATE_CONNECTED, .front_state = STATE_CONNECTED,
		.views = views, .nr_views = 3,
	};

	views[0] = (struct feature_view){ .key = "multi-queue-max-queues", .offered = "4",
					  .front = "2" };
	views[1] = (struct feature_view){ .key = "feature-gso-tcpv4", .offered = "1" };
	views[2] = (struct feature_view){ .key = "feature-no-csum-offload" };
	for (int i = 0; i < 3; i++)
		views[i].feature = feature_find(device.kind, views[i].key, strlen(views[i].key),
						NULL);
	return device;
}

static bool conflict(const struct device *device, const char *argument)
{
	struct request_list list = { };

	if (request_parse(device->kind, argument, &list) != REQUEST_OK)
		abort();
	return device_conflict(device, &list.entries[0]);
}

static void test_conflicts(void)
{
	struct feature_view views[3];
	struct device vif = make_vif(views);

	CHECK(conflict(&vif, "queues=1"), "2 in use");
	CHECK(!conflict(&vif, "queues=2"), "2 in use");
	CHECK(!conflict(&vif, "queues=9"), "2 in use");
	CHECK(!conflict(&vif, "queues=default"), "withdrawn");
	views[0].front = NULL;
	CHECK(!conflict(&vif, "queues=1"), "a frontend without multi-queue has one");
	views[0].front = "4000000000";
	CHECK(conflict(&vif, "queues=3"), "4 offered, more said to be in use");
	views[0].front = "nonsense";
	CHECK(!conflict(&vif, "queues=1"), "nonsense is not believed");
	CHECK(conflict(&vif, "tso4=0"), "TSO offered");
	CHECK(!conflict(&vif, "tso4=1"), "TSO offered");
	views[1].offered = "0";
	CHECK(!conflict(&vif, "tso4=0"), "TSO not offered");
	CHECK(conflict(&vif, "csum=0"), "checksums are off-loaded unless denied");
	CHECK(!conflict(&vif, "csum=1"), "checksums are off-loaded unless denied");
	views[2].offered = "1";
	CHECK(!conflict(&vif, "csum=0"), "denied already");
}

static bool exceeds(const struct device *device, const char *argument)
{
	struct request_list list = { };

	if (request_parse(device->kind, argument, &list) != REQUEST_OK)
		abort();
	return device_exceeds(device, &list.entries[0]);
}

static void test_excess(void)
{
	struct feature_view views[3];
	struct device vif = make_vif(views);

	CHECK(!exceeds(&vif, "queues=4"), "4 offered");
	CHECK(exceeds(&vif, "queues=5"), "4 offered");
	CHECK(!exceeds(&vif, "queues=default"), "withdrawn");
	CHECK(!exceeds(&vif, "csum=0") && !exceeds(&vif, "csum=1"), "not denied");
	views[2].offered = "1";
	CHECK(exceeds(&vif, "csum=1") && !exceeds(&vif, "csum=0"), "denied");
	views[1].offered = "0";
	CHECK(exceeds(&vif, "tso4=1") && !exceeds(&vif, "tso4=0"), "TSO not offered");
	views[1].status = "granted 0";
	CHECK(exceeds(&vif, "tso4=1"), "granted was something else");
	views[1].status = "granted 1";
	CHECK(!exceeds(&vif, "tso4=1"), "granted, and the frontend does without");
	views[1].status = "granted";
	CHECK(exceeds(&vif, "tso4=1"), "no number");
	views[1].offered = NULL;
	CHECK(exceeds(&vif, "tso4=1") && !exceeds(&vif, "tso4=0"), "not published");
}

static void test_persistent(void)
{
	const struct backend_kind *vbd = backend_kind_find("vbd");
	struct feature_view view = { .key = "feature-persistent", .offered = "1", .front = "1",
				     .feature = feature_find(vbd, "persistent", 10, NULL) };
	struct device device = { .kind = vbd, .views = &view, .nr_views = 1,
				 .front_state = STATE_CONNECTED };
	struct request request = { .feature = view.feature };

	CHECK(conflict(&device, "persistent=0"), "both have it");
	view.front = "0";
	CHECK(!conflict(&device, "persistent=0"), "the frontend does without");
	view.front = "1";
	view.offered = "0";
	CHECK(!conflict(&device, "persistent=0"), "the backend does without");
	CHECK(device_outcome(&device, &request) == OUTCOME_UNCONFIRMED, "connected, no answer");
	request.value = 1;
	CHECK(device_outcome(&device, &request) == OUTCOME_IGNORED, "connected, not in force");
	device.front_state = STATE_INITIALISING;
	CHECK(device_outcome(&device, &request) == OUTCOME_LATER, "not connected, no answer");
}

static void test_outcomes(void)
{
	static const struct {
		char *status;
		enum outcome want;
	} cases[] = {
		{ "granted 2", OUTCOME_GRANTED }, { "clamped 4", OUTCOME_CLAMPED },
		{ "invalid 4", OUTCOME_INVALID }, { "unsupported 0", OUTCOME_UNSUPPORTED },
		{ "granted", OUTCOME_GRANTED }, { "grantedly 2", OUTCOME_IGNORED },
		{ "", OUTCOME_IGNORED }, { NULL, OUTCOME_IGNORED },
	};
	struct feature_view views[3];
	struct device vif = make_vif(views);
	struct request request = { .feature = views[0].feature, .value = 2 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		views[0].status = cases[i].status;
		CHECK(device_outcome(&vif, &request) == cases[i].want, "%s", cases[i].status);
	}
}

static void test_names(void)
{
	struct device disk = { .type = "vbd", .label = "xvda", .place = { .devid = 51712 } };

	CHECK(device_is(&disk, "vbd/51712"), "number");
	CHECK(device_is(&disk, "xvda"), "label");
	CHECK(device_is(&disk, "vbd/xvda"), "type and label");
	CHECK(!device_is(&disk, "vbd/51713"), "another number");
	CHECK(!device_is(&disk, "vif/51712"), "another type");
	CHECK(!device_is(&disk, "vbd"), "no number");
	CHECK(!device_is(&disk, "vbd/"), "no number");
	CHECK(!device_is(&disk, ""), "nothing");
	CHECK(!device_is(&disk, "vb"), "part");
	CHECK(!strcmp(state_word(STATE_CLOSED), "closed"), "%s", state_word(STATE_CLOSED));
	CHECK(!strcmp(state_word(9), "nonsense"), "%s", state_word(9));
	CHECK(!strcmp(state_word(-1), "nonsense"), "%s", state_word(-1));
}

/* What a function prints into memory; for the caller to free. */
static char *printed_string(void (*print)(FILE *out, const char *text), const char *text)
{
	char *got;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	print(out, text);
	fclose(out);
	return got;
}

static void print_for_terminal(FILE *out, const char *text)
{
	print_safe(out, text);
}

static void test_strings(void)
{
	static const struct {
		void (*print)(FILE *out, const char *text);
		const char *text;
		const char *want;
	} cases[] = {
		{ json_string, NULL, "null" },
		{ json_string, "", "\"\"" },
		{ json_string, "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ json_string, "\n\x01\x7f", "\"\\u000a\\u0001\\u007f\"" },
		{ json_string, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xbc",
		  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xbc\"" },
		{ json_string, "\xff\x80", "\"\\ufffd\\ufffd\"" },
		{ json_string, "\xc3", "\"\\ufffd\"" },
		{ json_string, "\xc0\xaf", "\"\\ufffd\\ufffd\"" },
		{ json_string, "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ json_string, "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ print_for_terminal, "plain 1", "plain 1" },
		{ print_for_terminal, "\x1b[2J\\\n\xff", "\\x1b[2J\\x5c\\x0a\\xff" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *got = printed_string(cases[i].print, cases[i].text);

		CHECK(!strcmp(got, cases[i].want), "case %zu gave %s", i, got);
		free(got);
	}
}

int main(void)
{
	test_numbers();
	test_requests();
	test_random_requests();
	test_tables();
	test_places();
	test_conflicts();
	test_excess();
	test_persistent();
	test_outcomes();
	test_names();
	test_strings();
	printf("%u checks, %u failed\n", checks, failures);
	return failures != 0;
}
