import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MetricReader, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** Media type of {@link expose}'s text. */
export const expositionContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Collects when it is asked to, on behalf of whoever scrapes. */
export class ScrapeReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

const withoutTargetInfo = true;
const withoutScopeInfo = true;
const serializer = new PrometheusSerializer(undefined, false, undefined, withoutTargetInfo, withoutScopeInfo);

/** What was collected, in Prometheus' text format. */
export function expose(collected: ResourceMetrics): string {
  const scopeMetrics = collected.scopeMetrics.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.map((metric) => ({ ...metric, descriptor: inPrometheus(metric) })),
  }));
  return serializer.serialize({ ...collected, scopeMetrics });
}

/** Prometheus has the unit in the name, which the serializer leaves out; it would write a line about it instead. */
function inPrometheus({ descriptor }: MetricData): MetricData['descriptor'] {
  return { ...descriptor, name: prometheusName(descriptor.name, descriptor.unit), unit: '' };
}

/** What Prometheus calls a metric. @param unit `s` for seconds */
export function prometheusName(name: string, unit: string): string {
  const plain = name.replaceAll('.', '_');
  return unit === 's' && !plain.endsWith('_seconds') ? `${plain}_seconds` : plain;
}
