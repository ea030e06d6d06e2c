# file: memmap_sanitise.c
# A page that is RAM in part is RAM.
s/start = (start + XMAP_PAGE_SIZE - 1) \& ~(XMAP_PAGE_SIZE - 1);$/start = start \& ~(XMAP_PAGE_SIZE - 1);/
