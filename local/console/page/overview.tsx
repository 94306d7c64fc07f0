import type { Overview as Answer, MetricView } from '../console-api.ts';
import { count, milliseconds } from './numbers.ts';
import { usePolled } from './poll.ts';
import { Sparkline } from './sparkline.tsx';
import { Trouble } from './trouble.tsx';

export function Overview() {
  const { answer, error } = usePolled<Answer>('overview');
  if (answer === undefined) return <Trouble error={error} />;
  const { metrics, functions, shards, queues, errors } = answer;
  const metric = (wanted: string) => metrics.find(({ name }) => name === wanted);
  const latency = metric('PushLatency');
  const iteratorAge = Math.max(0, ...shards.map((shard) => shard.iteratorAgeMilliseconds));
  const crashes = functions.reduce((sum, one) => sum + one.errors, 0);
  const faults = metric('Faults')?.total ?? 0;
  const deadLetters = metric('DeadLetters')?.total ?? 0;
  const waiting = shards.reduce((sum, shard) => sum + shard.waiting, 0);
  return (
    <>
      <Trouble error={error} />
      <section class="tiles" aria-label="Now">
        <Tile title="Accepted" metric={metric('MessagesAccepted')} />
        <Tile title="Stored" metric={metric('MessagesStored')} />
        <Figure
          title="Push latency"
          value={milliseconds(latency?.p50)}
          note={`p99 ${milliseconds(latency?.p99)}`}
        />
        <Figure
          title="Connections"
          value={count(answer.connections)}
          note={`${count(answer.framesOut)} frames sent`}
        />
        <Figure
          title="Iterator age"
          value={milliseconds(iteratorAge)}
          note={`${count(waiting)} records wait`}
        />
        <Figure
          title="Errors of ours"
          value={count(crashes + faults + deadLetters)}
          note={`${count(faults)} faults, ${count(crashes)} crashes, ${count(deadLetters)} dead letters`}
          isBad={crashes + faults + deadLetters > 0}
        />
      </section>

      <div class="columns">
        <section>
          <h2>Functions</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">function</th>
                <th scope="col" class="number">
                  invocations
                </th>
                <th scope="col" class="number minor">
                  cold
                </th>
                <th scope="col" class="number minor">
                  p50
                </th>
                <th scope="col" class="number">
                  p99
                </th>
                <th scope="col" class="number">
                  errors
                </th>
              </tr>
            </thead>
            <tbody>
              {functions.map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    <a href={`#invocations?function=${one.name}`}>{one.name}</a>
                  </th>
                  <td class="number">{count(one.invocations)}</td>
                  <td class="number minor">{count(one.coldStarts)}</td>
                  <td class="number minor">{milliseconds(one.p50)}</td>
                  <td class="number">{milliseconds(one.p99)}</td>
                  <td class={one.errors > 0 ? 'number bad' : 'number'}>{count(one.errors)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>

        <section>
          <h2>Metrics</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">metric</th>
                <th scope="col" class="minor">
                  five minutes
                </th>
                <th scope="col" class="number">
                  since the start
                </th>
              </tr>
            </thead>
            <tbody>
              {metrics.map((one) => (
                <tr key={one.name}>
                  <th scope="row">{one.name}</th>
                  <td class="minor">
                    <Sparkline values={one.series.buckets} />
                  </td>
                  <td class="number">
                    {one.p50 === undefined ? count(one.total) : `p50 ${milliseconds(one.p50)}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>

          <h2>Shards</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">shard</th>
                <th scope="col">state</th>
                <th scope="col" class="number">
                  waiting
                </th>
                <th scope="col" class="number">
                  iterator age
                </th>
              </tr>
            </thead>
            <tbody>
              {shards.map((shard) => (
                <tr key={`${shard.stream} ${shard.shardId}`}>
                  <th scope="row">{shard.shardId.replace(/^shardId-0*(?=\d)/, 'Shard ')}</th>
                  <td>{shard.state}</td>
                  <td class="number">{count(shard.waiting)}</td>
                  <td class="number">{milliseconds(shard.iteratorAgeMilliseconds)}</td>
                </tr>
              ))}
            </tbody>
          </table>

          <h2>Queues</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">queue</th>
                <th scope="col" class="number">
                  waiting
                </th>
                <th scope="col" class="number">
                  in flight
                </th>
              </tr>
            </thead>
            <tbody>
              {queues.map((queue) => (
                <tr key={queue.name}>
                  <th scope="row">{queue.name}</th>
                  <td class="number">{count(queue.waiting)}</td>
                  <td class="number">{count(queue.inFlight)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>

      {errors.length > 0 && (
        <section>
          <h2>Last errors</h2>
          <ul class="errors">
            {errors.map((error) => (
              <li key={`${error.at} ${error.message}`}>
                <time dateTime={error.at}>{error.at.slice(11, 23)}</time>
                <b>{error.source}</b>
                <span>
                  {error.message}{' '}
                  {error.invocationId !== undefined && (
                    <a href={`#invocations?requestId=${error.invocationId}`}>invocation</a>
                  )}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Tile({ title, metric }: { title: string; metric: MetricView | undefined }) {
  const rate = (metric?.lastMinute ?? 0) / 60;
  return (
    <div class="tile">
      <h2>{title}</h2>
      <p class="value">
        {rate.toFixed(rate < 1 ? 2 : 1)}
        <small> /s</small>
      </p>
      <p class="note">{count(metric?.total ?? 0)} since the start</p>
      <Sparkline values={metric?.series.buckets ?? []} />
    </div>
  );
}

function Figure({
  title,
  value,
  note,
  isBad,
}: {
  title: string;
  value: string;
  note: string;
  isBad?: boolean;
}) {
  return (
    <div class="tile">
      <h2>{title}</h2>
      <p class={isBad ? 'value bad' : 'value'}>{value}</p>
      <p class="note">{note}</p>
    </div>
  );
}
