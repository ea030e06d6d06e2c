// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU that has long been idle when its domain is suspended.
 *
 * To suspend a domain, each CPU shuts its tick down, and then the machine is stopped, which takes
 * those that are idle out of it.  On a CPU where nothing ran for a while there is no timer then
 * but that of the tick.  A device that takes its time, as the last one, makes it so.  What goes
 * wrong, the kernel says in its log; the parameter "resumes" tells whether there was anything
 * to see.
 */

#define pr_fmt(fmt) "xen_resume: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>

#include <xen/xen.h>

#define RESUME_NAME	"xen_resume"

/* Longer than the scheduler may keep a timer for tasks that are gone. */
#define IDLE_MS		2500

static unsigned int resumes;
module_param(resumes, uint, 0444);
MODULE_PARM_DESC(resumes, "resumes after CPUs had been idle");

static int take_time(struct device *dev)
{
	msleep(IDLE_MS);
	return 0;
}

static int count(struct device *dev)
{
	resumes++;
	pr_info("%u\n", resumes);
	return 0;
}

static const struct dev_pm_ops resume_ops = {
	.freeze_noirq	= take_time,
	.restore_noirq	= count,
};

static struct platform_driver resume_driver = {
	.driver = {
		.name	= RESUME_NAME,
		.pm	= &resume_ops,
	},
};

static struct platform_device *resume_device;

static int __init xen_resume_init(void)
{
	int rc;

	if (!xen_domain())
		return -ENODEV;
	rc = platform_driver_register(&resume_driver);
	if (rc)
		return rc;
	resume_device = platform_device_register_simple(RESUME_NAME, PLATFORM_DEVID_NONE, NULL, 0);
	rc = PTR_ERR_OR_ZERO(resume_device);
	if (rc)
		platform_driver_unregister(&resume_driver);
	return rc;
}
module_init(xen_resume_init);

static void __exit xen_resume_exit(void)
{
	platform_device_unregister(resume_device);
	platform_driver_unregister(&resume_driver);
}
module_exit(xen_resume_exit);

MODULE_DESCRIPTION("CPUs are idle when their Xen domain is suspended");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
