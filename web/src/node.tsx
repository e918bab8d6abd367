// The node: addresses, topics, jobs, tables.
import type { ComponentChildren } from 'preact';
import { now } from './clock';
import { ago, behind, bytes, count, duration, none, rate } from './format';
import { clockSkew, status } from './store';

interface Column {
  name: string;
  text?: boolean;
}

function Section({ title, columns, empty, rows }: { title: string; columns: Column[]; empty: ComponentChildren; rows: ComponentChildren[] }) {
  const id = `section-${title.toLowerCase()}`;
  return (
    <section class="card section" aria-labelledby={id}>
      <h2 id={id}>
        {title} <span class="badge">{rows.length}</span>
      </h2>
      {rows.length === 0 ? (
        <p class="hint">{empty}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-labelledby={id}>
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column.name} scope="col" class={column.text ? 'text' : ''}>
                    {column.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{rows}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const icons: Record<string, string> = { running: '●', restarting: '↻', finished: '✓', failed: '✕', stopped: '■', canceled: '■' };

export function Node() {
  const node = status.value;
  if (!node) return <section class="card empty">Waiting for the node’s first status…</section>;
  const serverNow = now.value + clockSkew.value;
  return (
    <div class="node">
      <section class="card section" aria-labelledby="section-node">
        <h2 id="section-node">This node</h2>
        <dl class="facts">
          <div>
            <dt>Version</dt>
            <dd>{node.version}</dd>
          </div>
          <div>
            <dt>Up for</dt>
            <dd>{duration(serverNow - Date.parse(node.started))}</dd>
          </div>
          {Object.entries(node.addresses).map(([name, address]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{address}</code>
              </dd>
            </div>
          ))}
        </dl>
      </section>
      <Section
        title="Jobs"
        columns={[
          { name: 'Job', text: true },
          { name: 'State', text: true },
          { name: 'Rows in' },
          { name: 'Rows out' },
          { name: 'Late' },
          { name: 'Dead-lettered' },
          { name: 'Lag' },
          { name: 'Watermark' },
          { name: 'Checkpoint' },
        ]}
        empty={
          <>
            No jobs. Submit one with <code>floe job submit script.sql</code>.
          </>
        }
        rows={node.jobs.map((job) => (
          <tr key={job.id}>
            <th scope="row">{job.name}</th>
            <td class="text">
              <span class="state" data-state={job.state} title={job.error ?? undefined}>
                <span aria-hidden="true">{icons[job.state] ?? '○'}</span> {job.state}
              </span>
              {job.error && <div class="error-text">{job.error}</div>}
            </td>
            <td>{count(job.rows_in)}</td>
            <td>{count(job.rows_out)}</td>
            <td>{count(job.late)}</td>
            <td>{count(job.dead_lettered)}</td>
            <td>{behind(job.lag_ms, job.lag_records)}</td>
            <td>{ago(job.watermark, serverNow)}</td>
            <td>{ago(job.last_checkpoint, serverNow)}</td>
          </tr>
        ))}
      />
      <Section
        title="Topics"
        columns={[{ name: 'Topic', text: true }, { name: 'Partitions' }, { name: 'Records' }, { name: 'End offset' }, { name: 'Size' }, { name: 'Records/s' }]}
        empty={
          <>
            No topics. Create one with <code>floe topic create NAME</code>.
          </>
        }
        rows={node.topics.map((topic) => (
          <tr key={topic.name}>
            <th scope="row">{topic.name}</th>
            <td>{count(topic.partitions)}</td>
            <td>{count(topic.records)}</td>
            <td>{count(topic.end_offset)}</td>
            <td>{bytes(topic.bytes)}</td>
            <td>{rate(topic.records_per_second)}</td>
          </tr>
        ))}
      />
      <Section
        title="Tables"
        columns={[{ name: 'Table', text: true }, { name: 'Kind', text: true }, { name: 'Rows' }, { name: 'Size' }, { name: 'Last commit' }, { name: 'Snapshot' }]}
        empty={
          <>
            No tables. <code>CREATE TABLE</code> in <code>floe sql</code> makes one.
          </>
        }
        rows={node.tables.map((table) => (
          <tr key={table.name}>
            <th scope="row">{table.name}</th>
            <td class="text">{table.kind}</td>
            <td>{count(table.rows)}</td>
            <td>{bytes(table.bytes)}</td>
            <td>{ago(table.last_commit, serverNow)}</td>
            <td class="dim">{table.snapshot ?? none}</td>
          </tr>
        ))}
      />
    </div>
  );
}
