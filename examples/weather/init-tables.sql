-- The requirement's table as its Trino script makes it. `location` is left out: Floe keeps tables under its own warehouse.
CREATE TABLE iceberg.default.weather (
    city VARCHAR,
    temperature VARCHAR,
    ts TIMESTAMP WITH TIME ZONE
) WITH (
    compression_codec = 'ZSTD',
    format = 'PARQUET',
    format_version = 2,
    partitioning = ARRAY['hour(ts)']
);
