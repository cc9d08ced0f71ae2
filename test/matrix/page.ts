import type { Adaptation } from '../../wire/adaptation.js';
import type { Cell } from './run.js';

/** A column of the table with what was found in it. */
export interface SeenEndpoint {
  title: string;
  upstreamModel: string;
  sources: readonly string[];
  /** By ability, in the order of the rows; a word where a stream has a rule of its own. */
  cells: Map<string, Cell | { is: 'not asked for' }>;
}

const head = `# Providers and what they take

<!-- Made by test/matrix/matrix.test.ts; to bring it up to date: npx vitest run test/matrix/matrix.test.ts --update -->

What Holdfast does with each ability at each endpoint that it knows by name. Every cell is the outcome of real calls, one plain and one streamed, through the
provider objects that a worker makes from the config, with the address, the key header and the traits of the preset, and through the vendors' own SDKs.

**No vendor was called.** The other end was a simulated provider that speaks the two wire formats (OpenAI's chat completions and Anthropic's messages) in the
documented shapes, and refuses every field and every combination of fields that the format does not have. So the tables show what Holdfast sends, says and reads. They
do not show that a vendor's server, or the model named, does what the vendor documents; what is known of the quirks of each endpoint was read on the pages named
below it. Where a model refuses a parameter that Holdfast did not expect it to refuse, the call is repeated without it and the result says so (\`notices\`), unless the
request would no longer be what was asked (tools, images, documents, JSON): then the next model of the chain is asked.

- **sent**: as asked, in the format's own field.
- **adapted**: something was left out or sent as the nearest thing there is, and the result says what; below, for each endpoint.
- **refused**: the model lacks what the request is about. Nothing is sent, and the next model of the chain is asked.
- **not asked for**: the endpoint refuses the field that asks for it.
`;

/** The page, generated whole. */
export function page(rows: readonly string[], seen: readonly SeenEndpoint[]): string {
  const vendors = [...new Set(seen.map(({ title }) => title))];
  return `${head}\n${vendors.map((title) => section(title, rows, seen)).join('\n')}`;
}

function section(title: string, rows: readonly string[], seen: readonly SeenEndpoint[]): string {
  const columns = seen.filter((endpoint) => endpoint.title === title);
  const sources = columns[0]?.sources ?? [];
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  const table = [
    line(['', ...columns.map(({ upstreamModel }) => `\`${upstreamModel}\``)]),
    line(['---', ...columns.map(() => '---')]),
    ...rows.map((row) => line([row, ...columns.map(({ cells }) => cellOf(cells.get(row)))])),
  ];
  const read = sources.length === 0 ? '' : `\nRead: ${sources.map((source) => `<${source}>`).join(', ')}\n`;
  return `## ${title}\n\n${table.join('\n')}\n${read}`;
}

function cellOf(cell: Cell | { is: 'not asked for' } | undefined): string {
  switch (cell?.is) {
    case undefined:
      throw new Error('a cell is missing');
    case 'adapted':
      return `adapted: ${cell.adapted.map(said).join('; ')}`;
    case 'sent':
    case 'refused':
    case 'not asked for':
      return cell.is;
  }
}

const said = ({ parameter, how, detail }: Adaptation): string =>
  `\`${parameter}\` ${how}${detail === undefined ? '' : ` (${detail})`}`;
