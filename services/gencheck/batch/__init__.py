"""Whole catalogues: a manifest in shards, results as Parquet, merged into one answer."""
