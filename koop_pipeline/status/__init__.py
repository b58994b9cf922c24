"""Where every cooperative of a batch stands: made from staging, written as a snapshot that all readers read."""
