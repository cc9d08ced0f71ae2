import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { expect, inject, it } from 'vitest';
import { usableSearchAttributes } from '../../cli/usable-search-attributes.js';
import { createNamespace } from '../../engine/namespaces.js';

it('a namespace that lacks the search attributes is told, with the command that registers them', async () => {
  const { address } = inject('temporal');
  const namespace = `cli-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  const told: string[] = [];
  await createNamespace(connection, namespace);

  const usable = await usableSearchAttributes({ address, namespace }, connection, (line) => told.push(line));

  expect(usable).toBe(false);
  expect(told).toEqual([
    expect.stringContaining(
      `temporal operator search-attribute create --address ${address} --namespace ${namespace} --name HoldfastModel --type Keyword`,
    ),
  ]);
  await connection.close();
});

it('one that has them is not worth a word', async () => {
  const { address, namespace } = inject('temporal');
  const connection = await Connection.connect({ address });
  const told: string[] = [];

  expect(await usableSearchAttributes({ address, namespace }, connection, (line) => told.push(line))).toBe(
    true,
  );
  expect(told).toEqual([]);
  await connection.close();
});
