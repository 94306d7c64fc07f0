import type { GatewayFailure } from '../gateway/websocket-gateway.ts';
import type { InvocationReport, LambdaLogLine } from '../lambda/lambda-pool.ts';
import { isRecord } from '../template/template.ts';
import type { ErrorView, FunctionView } from './console-api.ts';
import { InvocationStore } from './invocation-store.ts';
import { MetricBook } from './metric-book.ts';
import { RecentValues } from './recent-values.ts';

const ERRORS_KEPT = 50;
const troubles = new Set(['WARN', 'ERROR', 'CRITICAL']);

type FunctionTotals = { durations: RecentValues; coldStarts: number; errors: number };

/** What the runtime's parts tell while they work, kept for whoever looks. */
export class Observations {
  readonly invocations = new InvocationStore();
  readonly metrics = new MetricBook();
  readonly #errors: ErrorView[] = [];
  readonly #functions = new Map<string, FunctionTotals>();
  readonly #names: ReadonlyMap<string, string>;

  /** @param names of the functions as people say them, by those of the template */
  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names;
  }

  addLine(line: LambdaLogLine): void {
    const now = Date.now();
    const name = this.#name(line.functionName);
    this.invocations.addLine(name, line, now);
    const entry = jsonObject(line.line);
    if (entry === undefined) return;
    this.metrics.add(entry, now);
    const level = String(entry['level']);
    if (!troubles.has(level)) return;
    const { error } = entry;
    const cause = isRecord(error) ? `: ${error['name']}: ${error['message']}` : '';
    this.#addError({
      at: new Date(now).toISOString(),
      level,
      source: name,
      message: `${entry['message']}${cause}`,
      ...(line.invocationId !== undefined && { invocationId: line.invocationId }),
    });
  }

  addReport(report: InvocationReport): void {
    const now = Date.now();
    const name = this.#name(report.functionName);
    this.invocations.addReport(name, report, now);
    const totals = this.#functions.get(name) ?? { durations: new RecentValues(), coldStarts: 0, errors: 0 };
    this.#functions.set(name, totals);
    totals.durations.add(report.durationMilliseconds, now);
    if (report.coldStart) totals.coldStarts += 1;
    if (report.functionError === undefined) return;
    totals.errors += 1;
    const { errorType, errorMessage } = report.functionError;
    const message = `${errorType}: ${errorMessage}`;
    const { invocationId } = report;
    this.#addError({ at: new Date(now).toISOString(), level: 'ERROR', source: name, message, invocationId });
  }

  addGatewayFailure({ route, cause }: GatewayFailure): void {
    this.#addError({
      at: new Date().toISOString(),
      level: 'WARN',
      source: 'API Gateway',
      message: `${route}: ${cause}`,
    });
  }

  functions(now: number): FunctionView[] {
    return [...this.#functions]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, { durations, coldStarts, errors }]) => {
        const p50 = durations.percentile(0.5, now);
        const p99 = durations.percentile(0.99, now);
        return {
          name,
          invocations: durations.total,
          coldStarts,
          errors,
          lastMinute: durations.lastMinute('count', now),
          series: durations.series('count', now),
          ...(p50 !== undefined && { p50 }),
          ...(p99 !== undefined && { p99 }),
        };
      });
  }

  /** Newest first. */
  errors(): ErrorView[] {
    return this.#errors.toReversed();
  }

  #name(functionName: string): string {
    return this.#names.get(functionName) ?? functionName;
  }

  #addError(error: ErrorView): void {
    this.#errors.push(error);
    if (this.#errors.length > ERRORS_KEPT) this.#errors.shift();
  }
}

export function jsonObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined; // A program may write what it likes.
  }
}
