# file: memmap_sanitise.c
# Entries are taken as they come.
/sort(e->edge, e->nr/ d
