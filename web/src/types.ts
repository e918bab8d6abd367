// The JSON of the console's API (src/console/README.md).

export interface Point {
  time: string;
  temperature: number;
}

export interface Series {
  cities: string[];
  data: Record<string, Point[]>;
}

export interface TopicStatus {
  name: string;
  partitions: number;
  records: number;
  end_offset: number;
  bytes: number;
  records_per_second: number;
}

export interface JobStatus {
  id: string;
  name: string;
  state: string;
  rows_in: number;
  rows_out: number;
  filtered: number;
  late: number;
  dead_lettered: number;
  watermark: string | null;
  lag_records: number;
  lag_ms: number;
  last_checkpoint: string | null;
  error: string | null;
}

export interface TableStatus {
  name: string;
  kind: string;
  rows: number;
  bytes: number;
  snapshot: string | null;
  last_commit: string | null;
}

export interface NodeStatus {
  version: string;
  started: string;
  now: string;
  uptime_ms: number;
  addresses: Record<string, string>;
  topics: TopicStatus[];
  jobs: JobStatus[];
  tables: TableStatus[];
}
