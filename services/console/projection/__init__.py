"""People, contacts and waves as the events tell of them, and the counters over them."""
