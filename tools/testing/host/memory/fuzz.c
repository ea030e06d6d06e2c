// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz: made-up maps into the planner, judged by the oracle.
 *
 *	fuzz [-c CATEGORIES] [-n MAPS] [-s SEED] [-i INDEX] [-t SECONDS]
 *
 * MAPS is the number for all categories together.  Each input is planned with arrays full of
 * ones, and now and then again with arrays full of zeroes; the plans must be the same.  A plan
 * that takes a second of CPU time hangs.  With INDEX only that input of the first
 * category is planned, and printed.
 *
 * The last line tells what was found: "found after N maps: ..." (exit code 1) or "clean".
 */

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "oracle.h"

static struct input in;
static struct subject first, second;
static char category;
static u64 done, index_now;

static void report(const char *what)
{
	printf("found after %llu maps: %s (category %c, index %llu)\n", done, what, category,
	       index_now);
	fflush(stdout);
}

static void on_hang(int sig)
{
	(void)sig;
	report("hang");
	_exit(1);
}

/* @seconds of CPU time from now, never for 0. */
static void set_alarm(time_t seconds)
{
	const struct itimerval timer = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

static const char *try_input(bool twice)
{
	memset(first.p2m, 0xff, sizeof(first.p2m[0]) * 8);
	memset(first.e820, 0xff, sizeof(first.e820[0]) * 8);
	set_alarm(1);
	subject_run(&first, &in);
	set_alarm(0);
	if (twice) {
		memset(&second, 0, sizeof(second));
		subject_run(&second, &in);
		if (first.rc != second.rc)
			return "another result the second time";
		if (!first.rc && !xmap_same_plan(&first.plan, &second.plan))
			return "another plan the second time";
	}
	return oracle(&in, &first);
}

static u64 plans[256], failures[256];

static int run(const char *categories, u64 maps, u64 seed, double seconds)
{
	double start = clock(), limit = seconds * CLOCKS_PER_SEC;
	size_t nr = strlen(categories);
	const char *what;

	for (done = 0; done < maps; ) {
		category = categories[done % nr];
		index_now = done / nr;
		gen_input(&in, category, seed, index_now);
		done++;
		what = try_input(!(done % 16));
		if (what) {
			report(what);
			return 1;
		}
		plans[(u8)category]++;
		failures[(u8)category] += !!first.rc;
		if (limit && !(done % 256) && clock() - start > limit)
			break;
	}
	for (; *categories; categories++)
		printf("# category %c: %llu maps, %llu without a plan\n", *categories,
		       plans[(u8)*categories], failures[(u8)*categories]);
	printf("clean after %llu maps\n", done);
	return 0;
}

int main(int argc, char **argv)
{
	const char *categories = GEN_CATEGORIES, *what;
	u64 maps = 100000, seed = 1;
	long long only = -1;
	double seconds = 0;
	int c;

	while ((c = getopt(argc, argv, "c:n:s:i:t:")) != -1) {
		if (c == 'c')
			categories = optarg;
		else if (c == 'n')
			maps = strtoull(optarg, NULL, 0);
		else if (c == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 'i')
			only = strtoll(optarg, NULL, 0);
		else if (c == 't')
			seconds = atof(optarg);
		else
			return 2;
	}
	if (!*categories || strspn(categories, GEN_CATEGORIES) != strlen(categories))
		return 2;
	signal(SIGVTALRM, on_hang);
	if (only < 0)
		return run(categories, maps, seed, seconds);

	category = *categories;
	index_now = only;
	gen_input(&in, category, seed, index_now);
	gen_print(&in);
	what = try_input(true);
	subject_print(&first);
	printf("%s\n", what ?: "clean");
	return what ? 1 : 0;
}
