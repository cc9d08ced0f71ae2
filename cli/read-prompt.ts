import { wrongUse } from './command-error.js';

/** The prompt as given, or all of stdin for `-`. @throws CommandError when there is none */
export async function readPrompt(prompt: string, stdin: AsyncIterable<Buffer | string>): Promise<string> {
  let text = prompt;
  if (prompt === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
    text = Buffer.concat(chunks).toString('utf8');
  }
  if (text.trim() !== '') return text;
  throw wrongUse(prompt === '-' ? 'stdin is empty: there is no prompt.' : 'The prompt is empty.', [
    'Give it as one argument in quotes, or "-" to read it from stdin.',
  ]);
}
