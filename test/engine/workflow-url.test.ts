import { expect, test } from 'vitest';
import { workflowUrl } from '../../engine/index.js';

const engine = { uiUrl: 'http://127.0.0.1:8233', namespace: 'default' };

test('links to the latest run, or to the given one', () => {
  expect(workflowUrl(engine, 'completion-1')).toBe(
    'http://127.0.0.1:8233/namespaces/default/workflows/completion-1',
  );
  expect(workflowUrl(engine, 'a/b ?', 'run')).toBe(
    'http://127.0.0.1:8233/namespaces/default/workflows/a%2Fb%20%3F/run/history',
  );
});

test('no link without a UI', () => {
  expect(workflowUrl({ ...engine, uiUrl: null }, 'completion-1')).toBeNull();
});
