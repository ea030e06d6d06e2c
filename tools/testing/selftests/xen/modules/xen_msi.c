// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a message of a PCI device become one interrupt?
 *
 * A driver for QEMU's device "edu", which raises an interrupt when it is told to.  To bind it is
 * to run the test: a number of interrupts, one after the other, each with a status of its own.
 * The attribute "result" of the device has "ok" or what went wrong, and so has the log.  Without
 * that attribute there was no interrupt to test with, and the log says why.
 */

#define pr_fmt(fmt) "xen_msi: " fmt

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#define MSI_NAME	"xen_msi"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

/* Byte offsets in BAR 0, registers of 32 bits. */
#define EDU_ID		0x00	/* what and which version it is */
#define EDU_LIVE	0x04	/* reads as the complement of what was written */
#define EDU_STATUS	0x24	/* raised and not acknowledged */
#define EDU_RAISE	0x60	/* adds to the status, with an interrupt */
#define EDU_ACK		0x64	/* takes away from the status */
#define EDU_REGS	0x68

#define EDU_IS		0x010000ed
#define EDU_PATTERN	0x5a0ff0c3

#define NR_RAISED	16
#define COME_MS		2000
/* What comes twice, comes twice at once. */
#define SETTLE_MS	20

/**
 * struct msi_card - the device
 * @pdev:	as PCI has it
 * @regs:	its registers
 * @irq:	of its message
 * @count:	interrupts so far
 * @seen:	status at the last one
 * @came:	there was one
 * @result:	of the test
 */
struct msi_card {
	struct pci_dev *pdev;
	void __iomem *regs;
	int irq;
	atomic_t count;
	u32 seen;
	struct completion came;
	char result[80];
};

static irqreturn_t msi_handler(int irq, void *data)
{
	struct msi_card *card = data;
	u32 status = ioread32(card->regs + EDU_STATUS);

	/* It is gone, and there is nothing to acknowledge. */
	if (PCI_POSSIBLE_ERROR(status))
		return IRQ_NONE;
	iowrite32(status, card->regs + EDU_ACK);
	/* One without a status counts, too: it is one too many. */
	WRITE_ONCE(card->seen, status);
	atomic_inc(&card->count);
	complete(&card->came);
	return IRQ_HANDLED;
}

static __printf(2, 3) bool wrong(struct msi_card *card, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(card->result, sizeof(card->result), fmt, args);
	va_end(args);
	pr_err("IRQ %d: %s\n", card->irq, card->result);
	return false;
}

static bool raise_one(struct msi_card *card, unsigned int nr)
{
	u32 bit = BIT(nr - 1);
	unsigned int count;

	reinit_completion(&card->came);
	iowrite32(bit, card->regs + EDU_RAISE);
	if (!wait_for_completion_timeout(&card->came, msecs_to_jiffies(COME_MS)))
		return wrong(card, "interrupt %u did not come in %u ms", nr, COME_MS);
	msleep(SETTLE_MS);

	count = atomic_read(&card->count);
	if (count != nr)
		return wrong(card, "%u interrupts of %u writes", count, nr);
	if (READ_ONCE(card->seen) != bit)
		return wrong(card, "interrupt %u came with status %#x, not %#x", nr,
			     READ_ONCE(card->seen), bit);
	return true;
}

static void run_test(struct msi_card *card)
{
	unsigned int nr;

	for (nr = 1; nr <= NR_RAISED; nr++) {
		if (!raise_one(card, nr))
			return;
	}
	strscpy(card->result, "ok");
	pr_info("IRQ %d: %u interrupts, each once\n", card->irq, NR_RAISED);
}

/* Is it what its IDs say, and do its registers lie where they are mapped? */
static int is_alive(struct msi_card *card)
{
	u32 id = ioread32(card->regs + EDU_ID), live;

	if (id != EDU_IS) {
		pr_err("identification is %#x\n", id);
		return -ENODEV;
	}
	iowrite32(EDU_PATTERN, card->regs + EDU_LIVE);
	live = ioread32(card->regs + EDU_LIVE);
	if (live != (u32)~EDU_PATTERN) {
		pr_err("liveness check reads %#x\n", live);
		return -EIO;
	}
	return 0;
}

static int map_regs(struct msi_card *card)
{
	int err = pci_request_region(card->pdev, 0, MSI_NAME);

	if (err) {
		pr_err("BAR 0 is not to be had: error %d\n", err);
		return err;
	}
	if (pci_resource_len(card->pdev, 0) >= EDU_REGS)
		card->regs = pci_iomap(card->pdev, 0, EDU_REGS);
	if (!card->regs) {
		pr_err("BAR 0 cannot be mapped\n");
		err = -ENOMEM;
		goto release;
	}
	err = is_alive(card);
	if (err)
		goto unmap;
	return 0;

unmap:
	pci_iounmap(card->pdev, card->regs);
release:
	pci_release_region(card->pdev, 0);
	return err;
}

static void unmap_regs(struct msi_card *card)
{
	pci_iounmap(card->pdev, card->regs);
	pci_release_region(card->pdev, 0);
}

static int enable_card(struct msi_card *card)
{
	int err = pci_enable_device(card->pdev);

	if (err) {
		pr_err("device cannot be enabled: error %d\n", err);
		return err;
	}
	err = map_regs(card);
	if (err) {
		pci_disable_device(card->pdev);
		return err;
	}
	/* A message is a write to memory. */
	pci_set_master(card->pdev);
	return 0;
}

static void disable_card(struct msi_card *card)
{
	pci_clear_master(card->pdev);
	unmap_regs(card);
	pci_disable_device(card->pdev);
}

static int take_irq(struct msi_card *card)
{
	int err = pci_alloc_irq_vectors(card->pdev, 1, 1, PCI_IRQ_MSI);

	if (err < 0) {
		pr_err("no message to be had: error %d\n", err);
		return err;
	}
	card->irq = pci_irq_vector(card->pdev, 0);
	if (card->irq < 0) {
		err = card->irq;
		pr_err("the message has no IRQ: error %d\n", err);
		goto free_vectors;
	}

	/* What another driver left there would be taken for an answer. */
	iowrite32(ioread32(card->regs + EDU_STATUS), card->regs + EDU_ACK);
	err = request_irq(card->irq, msi_handler, 0, MSI_NAME, card);
	if (err) {
		pr_err("IRQ %d is not to be had: error %d\n", card->irq, err);
		goto free_vectors;
	}
	return 0;

free_vectors:
	pci_free_irq_vectors(card->pdev);
	return err;
}

static int msi_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct msi_card *card = kzalloc(sizeof(*card), GFP_KERNEL);
	int err;

	if (!card)
		return -ENOMEM;
	card->pdev = pdev;
	init_completion(&card->came);
	pci_set_drvdata(pdev, card);

	err = enable_card(card);
	if (err)
		goto free_card;
	err = take_irq(card);
	if (err)
		goto disable;
	run_test(card);
	/* Bound even if the test failed: the result is to be read. */
	return 0;

disable:
	disable_card(card);
free_card:
	kfree(card);
	return err;
}

static void msi_remove(struct pci_dev *pdev)
{
	struct msi_card *card = pci_get_drvdata(pdev);

	free_irq(card->irq, card);
	pci_free_irq_vectors(pdev);
	disable_card(card);
	kfree(card);
}

static ssize_t result_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct msi_card *card = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", card->result);
}
static DEVICE_ATTR_RO(result);

static struct attribute *msi_attrs[] = {
	&dev_attr_result.attr,
	NULL
};
ATTRIBUTE_GROUPS(msi);

static const struct pci_device_id msi_ids[] = {
	{ PCI_DEVICE(EDU_VENDOR, EDU_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, msi_ids);

static struct pci_driver msi_driver = {
	.name		= MSI_NAME,
	.id_table	= msi_ids,
	.probe		= msi_probe,
	.remove		= msi_remove,
	.dev_groups	= msi_groups,
};
module_pci_driver(msi_driver);

MODULE_DESCRIPTION("Does a message of a PCI device become one interrupt?");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
