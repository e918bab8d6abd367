-- The requirement's questions to the Iceberg table, as it asks them of Trino:  floe sql -f examples/weather/queries.sql

-- Show catalogs
SHOW CATALOGS;

-- Show tables
SHOW TABLES FROM iceberg.default;

-- Query weather data
SELECT * FROM iceberg.default.weather;

-- Query by partition (hour-based partitioning)
SELECT * FROM iceberg.default.weather WHERE hour(ts) = 14;

-- Aggregate queries
SELECT city, AVG(CAST(temperature AS DOUBLE)) as avg_temp
FROM iceberg.default.weather
GROUP BY city;

-- Query with time range
SELECT * FROM iceberg.default.weather
WHERE ts >= TIMESTAMP '2026-01-08 14:00:00'
  AND ts < TIMESTAMP '2026-01-08 15:00:00';

-- And to the five-second averages, as it asks them of PostgreSQL: view latest aggregations
SELECT * FROM weather ORDER BY window_start DESC LIMIT 10;

-- View average temperature by city
SELECT city, AVG(avg_temperature) as overall_avg, SUM(record_count) as total_records
FROM weather
GROUP BY city
ORDER BY overall_avg DESC;
