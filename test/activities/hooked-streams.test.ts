import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attendances } from '../../activities/index.js';
import type { AnswerPiece } from '../../activities/index.js';
import { startCompletionKit, type CompletionKit } from '../support/completion-kit.js';
import { step } from '../support/fake-provider.js';

const openai = 'gpt-4';
const anthropic = 'claude-3-opus-20240229';
const messages = [{ role: 'user' as const, content: 'Who wrote?' }];
const secret = 'ann@example.org';
const said = `It was ${secret} who wrote.`;

let folder: string;
let module: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-hooked-streams-'));
  module = path.join(folder, 'hooks.mjs');
  await writeFile(
    module,
    `export const redact = ({ ending }) =>
       ending.ok ? { answer: { ...ending.answer, text: ending.answer.text.replaceAll('${secret}', '<e-mail>') } } : undefined;
     export const veto = ({ model, ending }) =>
       model === '${openai}' && ending.ok ? { veto: 'not for outside' } : undefined;
     export const throws = () => { throw new Error('no'); };
     export const nonsense = ({ ending }) => ({ answer: { ...ending.answer, toolCalls: 'none' } });`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** A kit whose answers pass through the named hook, and what a listener of the completion `id` hears. */
async function startHooked(name: string): Promise<{ kit: CompletionKit; id: string; heard: AnswerPiece[] }> {
  const attendances = new Attendances();
  const hooks = { afterAttempt: [{ module, export: name }] };
  const kit = await startCompletionKit({ attendances, hooks });
  const heard: AnswerPiece[] = [];
  const id = randomUUID();
  attendances.attend(id, { heard: (piece) => heard.push(piece) });
  return { kit, id, heard };
}

const textOf = (heard: AnswerPiece[]): string =>
  heard.map(({ delta }) => (delta.type === 'text' ? delta.text : '')).join('');

describe.each([openai, anthropic])('a listener of a stream of %s with a hook after the attempt', (model) => {
  it('hears the answer as the hook left it, and nothing before', async () => {
    const { kit, id, heard } = await startHooked('redact');
    await using running = kit;
    running.provider.plan(model, step.stream(said, { gapMs: 5 }));
    const { answer } = await running.holdfast.complete({ id, model, messages, stream: true });
    expect(answer).toBe('It was <e-mail> who wrote.');
    expect(textOf(heard)).toBe(answer);
    expect(JSON.stringify(heard)).not.toContain('ann');
  });

  it('is told tool calls too, of the call that answered', async () => {
    const { kit, id, heard } = await startHooked('redact');
    await using running = kit;
    const called = step.toolCalls([{ name: 'look_up', arguments: { who: 'ann' } }], { text: 'Looking.' });
    running.provider.plan(model, step.once(step.status(503)), called);
    const tools = [{ name: 'look_up', parameters: { type: 'object', properties: {} } }];
    const request = { id, model, messages, tools, stream: true };
    const { toolCalls } = await running.holdfast.complete(request);
    expect(toolCalls).toHaveLength(1);
    expect(heard).toMatchObject([
      { model, attempt: 2, call: 0, delta: { type: 'text', text: 'Looking.' } },
      { model, attempt: 2, call: 0, delta: { type: 'tool_call', index: 0, ...toolCalls?.[0] } },
    ]);
  });
});

describe('a hook after the attempt, for those who listen', () => {
  it('that vetoes lets nothing of the answer through, nor does an attempt that fails', async () => {
    const { kit, id, heard } = await startHooked('veto');
    await using running = kit;
    running.provider.plan(openai, step.stream(said, { gapMs: 5 }));
    running.provider.plan(
      anthropic,
      step.once(
        step.stream('Half of an ans', { errorAfter: { tokens: 2, error: { type: 'overloaded_error' } } }),
      ),
      step.answer('Somebody.'),
    );
    const { attempts } = await running.holdfast.complete({ id, messages, stream: true });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['vetoed', 'overloaded', 'success']);
    expect(textOf(heard)).toBe('Somebody.');
  });

  it.each(['throws', 'nonsense'])('that %s leaves the answer to them as it is recorded', async (name) => {
    const { kit, id, heard } = await startHooked(name);
    await using running = kit;
    running.provider.plan(openai, step.answer('As it was'));
    const request = { id, model: openai, messages, stream: true };
    const { answer, attempts } = await running.holdfast.complete(request);
    expect(attempts[0]?.notes?.join()).toContain(`#${name}`);
    expect([answer, textOf(heard)]).toEqual(['As it was', 'As it was']);
  });
});
