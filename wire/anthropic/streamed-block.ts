import { z } from 'zod';
import type { AnswerDelta } from '../../contracts/chat.js';
import { argumentsOf, typeOf, type AnswerBlock } from './blocks.js';
import { parsedJson } from './tools.js';

const knownPieces = ['text_delta', 'input_json_delta', 'thinking_delta', 'signature_delta'];

/** A piece of a block. Unknown kinds and citations are `ignored`. */
export const blockPiece = z.preprocess(
  (piece) =>
    typeOf(piece) === undefined || knownPieces.includes(typeOf(piece) ?? '') ? piece : { type: 'ignored' },
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text_delta'), text: z.string() }),
    z.object({ type: z.literal('input_json_delta'), partial_json: z.string().default('') }),
    z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
    z.object({ type: z.literal('signature_delta'), signature: z.string() }),
    z.object({ type: z.literal('ignored') }),
  ]),
);

export type BlockPiece = z.infer<typeof blockPiece>;

/** A block of a streamed answer while it is written. */
export class StreamedBlock {
  /** False once its end has come. */
  open = true;
  /** The JSON of a tool's input, as far as it has come. */
  #json = '';

  /**
   * @param block As it began: mostly empty.
   * @param toolIndex How many tools were called before it.
   */
  constructor(
    readonly block: AnswerBlock,
    private readonly toolIndex: number,
  ) {}

  /** What was there from the beginning. */
  begin(): AnswerDelta[] {
    const { block } = this;
    switch (block.type) {
      case 'text':
        return said('text', block.text);
      case 'thinking':
        return [...said('reasoning', block.thinking), ...this.#signed(block.signature ?? '')];
      case 'redacted_thinking':
        return [{ type: 'reasoning', choice: 0, text: '', redacted: block.data }];
      case 'tool_use':
        return [
          {
            type: 'tool_call',
            choice: 0,
            index: this.toolIndex,
            id: block.id,
            name: block.name,
            arguments: '',
          },
        ];
      case 'ignored':
        return [];
    }
  }

  /** Undefined where a block of this kind has no such piece. */
  add(piece: BlockPiece): AnswerDelta[] | undefined {
    const { block } = this;
    if (block.type === 'ignored' || piece.type === 'ignored') return [];
    if (block.type === 'text' && piece.type === 'text_delta') {
      block.text += piece.text;
      return said('text', piece.text);
    }
    if (block.type === 'thinking' && piece.type === 'thinking_delta') {
      block.thinking += piece.thinking;
      return said('reasoning', piece.thinking);
    }
    if (block.type === 'thinking' && piece.type === 'signature_delta') {
      // Never in pieces; the vendor's SDK takes it as a whole too.
      block.signature = piece.signature;
      return this.#signed(piece.signature);
    }
    if (block.type === 'tool_use' && piece.type === 'input_json_delta') {
      this.#json += piece.partial_json;
      return this.#argued(piece.partial_json);
    }
    return undefined;
  }

  /** What is only known at its end: the input of a tool that takes none is never streamed. */
  end(): AnswerDelta[] {
    this.open = false;
    const { block } = this;
    if (block.type !== 'tool_use') return [];
    if (this.#json.trim() === '') return this.#argued(argumentsOf(block.input));
    const input = parsedJson(this.#json);
    // As a plain call has it: read, and written anew. What is no JSON is kept as it came.
    block.input = typeof input === 'object' && input !== null ? input : this.#json;
    return [];
  }

  #argued(json: string): AnswerDelta[] {
    return json === '' ? [] : [{ type: 'tool_call', choice: 0, index: this.toolIndex, arguments: json }];
  }

  #signed(signature: string): AnswerDelta[] {
    return signature === '' ? [] : [{ type: 'reasoning', choice: 0, text: '', signature }];
  }
}

const said = (type: 'text' | 'reasoning', text: string): AnswerDelta[] =>
  text === '' ? [] : [{ type, choice: 0, text }];
