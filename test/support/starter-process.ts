import { Holdfast } from '../../client/index.js';

/** What a test hands to a starter process, as JSON in its first argument. */
export interface StarterProcessInput {
  address: string;
  namespace: string;
  taskQueue: string;
  ids: string[];
  /** Starts in all, spread evenly over the ids. */
  starts: number;
}

// Starts the same few completions again and again, all at once, and prints the results as one line of JSON.
const { address, namespace, taskQueue, ids, starts } = JSON.parse(
  process.argv[2] ?? '',
) as StarterProcessInput;
const holdfast = new Holdfast({ address, namespace, taskQueue });
process.stdout.write('ready\n');
const results = await Promise.all(
  Array.from({ length: starts }, async (_, index) => {
    const id = ids[index % ids.length] ?? '';
    const { answer } = await holdfast.complete({
      id,
      messages: [{ role: 'user', content: `question ${id}` }],
    });
    return { id, answer };
  }),
);
process.stdout.write(`results ${JSON.stringify(results)}\n`);
await holdfast.close();
