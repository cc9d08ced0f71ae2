import type { ContentPart, MediaSource } from '../../contracts/chat.js';
import type { DocumentBlock, ImageBlock, MediaBlock } from './body.js';

/** Anthropic refuses text without a visible character, which OpenAI takes; it says nothing either way. */
export const saysSomething = (text: string): boolean => text.trim() !== '';

/** The parts of a content as blocks, in order; text that says nothing is left out. */
export function mediaBlocks(content: string | ContentPart[] | undefined): MediaBlock[] {
  const parts: ContentPart[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  return parts.flatMap((part): MediaBlock[] => {
    switch (part.type) {
      case 'text':
        return saysSomething(part.text) ? [{ type: 'text', text: part.text }] : [];
      case 'image':
        return [{ type: 'image', source: imageSource(part.source) }];
      case 'document':
        return [
          {
            type: 'document',
            source: documentSource(part.source),
            ...(part.name === undefined ? {} : { title: part.name }),
          },
        ];
    }
  });
}

function imageSource(given: MediaSource): ImageBlock['source'] {
  const source = unpacked(given);
  if (source.from === 'url') return { type: 'url', url: source.url };
  const type = bareType(source.mediaType);
  return { type: 'base64', media_type: type === 'image/jpg' ? 'image/jpeg' : type, data: source.data };
}

/** Text of any kind goes as plain text, the only kind that the format has. What it lacks, the vendor refuses itself. */
function documentSource(given: MediaSource): DocumentBlock['source'] {
  const source = unpacked(given);
  if (source.from === 'url') return { type: 'url', url: source.url };
  const type = bareType(source.mediaType);
  return /^text\/|^application\/(?:[\w.-]+\+)?(?:json|xml|yaml)$/.test(type)
    ? { type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString() }
    : { type: 'base64', media_type: type, data: source.data };
}

const bareType = (mediaType: string): string => (mediaType.split(';')[0] ?? '').trim().toLowerCase();

/** Anthropic fetches `data:` from nowhere: what such an address holds is sent in its own fields. */
function unpacked(source: MediaSource): MediaSource {
  if (source.from === 'data') return source;
  const [, mediaType, encoding, data] = /^data:([^,]*?)(;base64)?,(.*)$/is.exec(source.url) ?? [];
  if (mediaType === undefined || data === undefined) return source;
  return {
    from: 'data',
    mediaType: mediaType === '' ? 'text/plain' : mediaType,
    data: encoding === undefined ? base64OfPercentEncoded(data) : data,
  };
}

function base64OfPercentEncoded(data: string): string {
  const bytes = data.replace(/%([0-9a-f]{2})|[\u0080-\u{10ffff}]/giu, (match, hex: string | undefined) =>
    hex === undefined ? Buffer.from(match).toString('latin1') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('base64');
}
