-- The weather pipeline in one script: every event into an Iceberg table, five-second averages per city into a live table.
-- Run it on a node:  floe job submit examples/weather/weather.sql
SET 'pipeline.name' = 'weather';

CREATE TABLE IF NOT EXISTS weather_events (
  city        STRING,
  temperature STRING,
  ts          STRING,
  event_time  TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  WATERMARK FOR event_time AS event_time - INTERVAL '1' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'weather',
  'format' = 'json',
  'scan.startup.mode' = 'earliest-offset'
);

-- The live table behind http://127.0.0.1:3000: fresh the moment a window closes.
CREATE TABLE IF NOT EXISTS weather (
  city            STRING NOT NULL,
  avg_temperature DOUBLE,
  window_start    TIMESTAMP(3) NOT NULL,
  window_end      TIMESTAMP(3),
  record_count    BIGINT,
  PRIMARY KEY (city, window_start) NOT ENFORCED
) WITH ('connector' = 'realtime');

CREATE TABLE IF NOT EXISTS iceberg.`default`.weather (
  city        STRING,
  temperature STRING,
  ts          TIMESTAMP_LTZ(6)
) PARTITIONED BY (hour(ts)) WITH (
  'format-version' = '2',
  'write.parquet.compression-codec' = 'zstd'
);

EXECUTE STATEMENT SET
BEGIN
  INSERT INTO iceberg.`default`.weather
  SELECT city, temperature, event_time FROM weather_events;

  INSERT INTO weather
  SELECT city, AVG(CAST(temperature AS DOUBLE)), window_start, window_end, COUNT(*)
  FROM TABLE(TUMBLE(TABLE weather_events, DESCRIPTOR(event_time), INTERVAL '5' SECOND))
  GROUP BY city, window_start, window_end;
END;
