// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the IRQ numbers that a Xen guest asks for.
 */

#include <kunit/test.h>

#include <asm/x86_init.h>

#include "../nr_irqs.h"

#define UNTOUCHED	12345

struct parse_case {
	const char *arg;
	int rc;
	int override;
};

static const struct parse_case parse_cases[] = {
	/*  1 */ { "0", 0, 0 },
	/*  2 */ { "1", 0, 1 },
	/*  3 */ { "300", 0, 300 },
	/*  4 */ { "1048576", 0, X86_MAX_EXTRA_IRQS },
	/*  5 */ { "max", 0, XEN_IRQ_WISH_MAX },
	/*  6 */ { "1048577", -ERANGE, UNTOUCHED },
	/*  7 */ { "4294967296", -ERANGE, UNTOUCHED },
	/*  8 */ { "99999999999999999999999", -ERANGE, UNTOUCHED },
	/*  9 */ { "-1", -EINVAL, UNTOUCHED },
	/* 10 */ { "-2", -EINVAL, UNTOUCHED },
	/* 11 */ { "", -EINVAL, UNTOUCHED },
	/* 12 */ { NULL, -EINVAL, UNTOUCHED },
	/* 13 */ { "64k", -EINVAL, UNTOUCHED },
	/* 14 */ { "0x40", -EINVAL, UNTOUCHED },
	/* 15 */ { " 64", -EINVAL, UNTOUCHED },
	/* 16 */ { "maximum", -EINVAL, UNTOUCHED },
	/* 17 */ { "MAX", -EINVAL, UNTOUCHED },
};

static void __init parse_values(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		int override = UNTOUCHED;

		KUNIT_EXPECT_EQ_MSG(test, c->rc,
				    xen_parse_irq_wish(c->arg, &override),
				    "case %d", i + 1);
		KUNIT_EXPECT_EQ_MSG(test, c->override, override,
				    "case %d", i + 1);
	}
}

static unsigned int __init wished(unsigned int vcpus, bool backends,
				  unsigned int abi_channels, int override)
{
	struct xen_irq_wish wish = {
		.vcpus = vcpus,
		.abi_channels = abi_channels,
		.backends = backends,
		.override = override,
	};

	return xen_irqs_wished(&wish);
}

static void __init estimate_covers_a_boot(struct kunit *test)
{
	/* A PV VCPU binds 5 IPIs and up to 3 VIRQs. */
	for (unsigned int vcpus = 1; vcpus <= 512; vcpus++)
		KUNIT_EXPECT_GE(test, wished(vcpus, false, 1 << 17,
					     XEN_IRQ_WISH_AUTO),
				vcpus * 8 + 2);
}

static void __init estimate_grows_with_vcpus(struct kunit *test)
{
	for (unsigned int vcpus = 1; vcpus < 512; vcpus++)
		KUNIT_EXPECT_GT(test, wished(vcpus + 1, false, 1 << 17,
					     XEN_IRQ_WISH_AUTO),
				wished(vcpus, false, 1 << 17,
				       XEN_IRQ_WISH_AUTO));
}

static void __init backends_want_more(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, wished(2, true, 1 << 17, XEN_IRQ_WISH_AUTO),
			wished(2, false, 1 << 17, XEN_IRQ_WISH_AUTO));
}

static void __init estimate_stays_within_the_abi(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 4096, wished(8192, true, 4096,
					   XEN_IRQ_WISH_AUTO));
}

static void __init estimate_is_modest(struct kunit *test)
{
	/* /proc/stat has a field for each: a small guest keeps it small. */
	KUNIT_EXPECT_LE(test, wished(1, false, 1 << 17, XEN_IRQ_WISH_AUTO),
			128);
}

static void __init admin_decides(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, wished(4, true, 1 << 17, 0));
	KUNIT_EXPECT_EQ(test, 77, wished(4, true, 1 << 17, 77));
	KUNIT_EXPECT_EQ(test, 5000, wished(4, true, 4096, 5000));
	KUNIT_EXPECT_EQ(test, 1 << 17, wished(4, true, 1 << 17,
					      XEN_IRQ_WISH_MAX));
	KUNIT_EXPECT_EQ(test, 4096, wished(4, true, 4096, XEN_IRQ_WISH_MAX));
}

static struct kunit_case xen_nr_irqs_cases[] __initdata = {
	KUNIT_CASE(parse_values),
	KUNIT_CASE(estimate_covers_a_boot),
	KUNIT_CASE(estimate_grows_with_vcpus),
	KUNIT_CASE(backends_want_more),
	KUNIT_CASE(estimate_stays_within_the_abi),
	KUNIT_CASE(estimate_is_modest),
	KUNIT_CASE(admin_decides),
	{}
};

static struct kunit_suite xen_nr_irqs_suite __initdata = {
	.name = "xen_nr_irqs",
	.test_cases = xen_nr_irqs_cases,
};
kunit_test_init_section_suites(&xen_nr_irqs_suite);

MODULE_DESCRIPTION("KUnit tests of the IRQ numbers for Xen event channels");
MODULE_LICENSE("GPL");
