import type { Metrics } from '../../telemetry/metrics.js';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** A scrape, read as Prometheus reads it; throws on a line that it would not take. */
export class Scrape {
  private constructor(
    readonly samples: readonly Sample[],
    /** Type by the name of the family. */
    readonly families: ReadonlyMap<string, string>,
  ) {}

  static async of(metrics: Metrics): Promise<Scrape> {
    const samples: Sample[] = [];
    const families = new Map<string, string>();
    for (const line of (await metrics.text()).split('\n')) {
      if (line === '' || line.startsWith('# HELP ')) continue;
      const type = /^# TYPE ([a-z_:]+) (counter|gauge|histogram)$/.exec(line);
      if (type?.[1] !== undefined && type[2] !== undefined) families.set(type[1], type[2]);
      else samples.push(sampleIn(line));
    }
    return new Scrape(samples, families);
  }

  /** `name{label="value"}` and value of a family's series, by labels in the order of the alphabet. */
  of(name: string): Record<string, number> {
    const found = this.samples.filter((sample) => sample.name === name);
    return Object.fromEntries(found.map(({ labels, value }) => [written(labels), value]));
  }
}

function sampleIn(line: string): Sample {
  const [, name, inBraces = '', value] = /^([a-z_:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || Number.isNaN(Number(value))) throw new Error(`not a sample: ${line}`);
  const pairs = [...inBraces.matchAll(/(\w+)="([^"\\]*)"(?:,|$)/g)];
  if (pairs.map(([pair]) => pair).join('') !== inBraces) throw new Error(`not labels: ${line}`);
  const labels = Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text]));
  return { name, labels, value: Number(value) };
}

function written(labels: Record<string, string>): string {
  return Object.entries(labels)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([label, value]) => `${label}=${value}`)
    .join(' ');
}
