import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

interface MetricOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** The metrics of one application. Each has its own registry, so that two applications may share a test process. */
export class Metrics {
  readonly registry = new Registry();
  private readonly requests: Counter<'service' | 'status'>;
  private readonly durations: Histogram<'service' | 'endpoint'>;

  constructor(private readonly service: string) {
    collectDefaultMetrics({ register: this.registry });
    this.requests = this.counter({
      name: 'http_requests_total',
      help: 'Requests answered',
      labels: ['service', 'status'],
    });
    this.durations = this.histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the last of its answer',
      labels: ['service', 'endpoint'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    });
  }

  counter<L extends string = never>(options: MetricOptions<L>): Counter<L> {
    const { name, help, labels = [] } = options;
    return new Counter({ name, help, labelNames: [...labels], registers: [this.registry] });
  }

  /** A value that goes up and down; `collect` is called at each scrape, for figures read on demand. */
  gauge<L extends string = never>(
    options: MetricOptions<L> & { collect?: (gauge: Gauge<L>) => void | Promise<void> },
  ): Gauge<L> {
    const { name, help, labels = [], collect } = options;
    return new Gauge<L>({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      ...(collect && {
        collect(this: Gauge<L>) {
          return collect(this);
        },
      }),
    });
  }

  /** Durations in seconds unless the name says otherwise. */
  histogram<L extends string = never>(options: MetricOptions<L> & { buckets?: readonly number[] }): Histogram<L> {
    const { name, help, labels = [], buckets } = options;
    return new Histogram({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      ...(buckets && { buckets: [...buckets] }),
    });
  }

  /** Records one answered request; `endpoint` is the route's pattern, never the path, which holds ids. */
  countRequest(status: number, endpoint: string, seconds: number): void {
    this.requests.inc({ service: this.service, status: String(status) });
    this.durations.observe({ service: this.service, endpoint }, seconds);
  }
}
