import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '../../providers/redact.js';

const character = fc.constantFrom(
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'.split(''),
);
const anyKey = fc.string({ unit: character, minLength: 16, maxLength: 120 });

describe('redact', () => {
  it('never lets the key through, wherever and however often it stands', () => {
    fc.assert(
      fc.property(anyKey, fc.array(fc.string(), { maxLength: 5 }), (key, texts) => {
        expect(redact(texts.join(key), key)).not.toContain(key);
      }),
    );
  });

  it('never lets a piece of the key through that stands as a word', () => {
    const cut = fc.tuple(anyKey, fc.nat(), fc.integer({ min: 8, max: 40 }));
    fc.assert(
      fc.property(cut, ([key, from, length]) => {
        const start = from % (key.length - 8);
        const piece = key.slice(start, start + length);
        expect(redact(`the key ${piece}... is wrong`, key)).not.toContain(piece);
      }),
    );
  });

  it('gives at most 300 characters on one line, well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 700 }), (text) => {
        const safe = redact(text);
        expect(safe.length).toBeLessThanOrEqual(300);
        expect(safe).not.toMatch(/[\r\n]/);
        expect(Buffer.from(safe, 'utf8').toString('utf8')).toBe(safe);
      }),
    );
  });

  it('does not cut a character in half', () => {
    for (const before of [297, 298, 299, 300]) {
      const safe = redact('a'.repeat(before) + '😀'.repeat(9));
      expect(Buffer.from(safe, 'utf8').toString('utf8')).toBe(safe);
    }
  });

  it.each([
    ['an OpenAI key of somebody else', 'Incorrect API key provided: sk-proj-AbCdEf123456_x.', 'AbCdEf123456'],
    ['a key with stars', 'Incorrect API key provided: abcd1234*****wxyz.', 'wxyz'],
    ['an Anthropic key', 'sk-ant-api03-AbCdEf-123456 was revoked', 'AbCdEf'],
    ['a Groq key', 'key gsk_AbCdEf123456789', 'AbCdEf'],
    ['a Google key', 'API key AIzaSyAbCdEf1234567 not valid', 'AbCdEf'],
    ['a bearer token', 'header Authorization: Bearer abc.def.ghi', 'abc.def.ghi'],
    ['a header', '"x-api-key": "0123456789abcdef"', '0123456789abcdef'],
    ['a named key', 'api_key=0123456789abcdef is unknown', '0123456789abcdef'],
    ['credentials in a URL', 'cannot reach https://user:hunter2@host/v1', 'hunter2'],
    ['a key in a query', 'GET https://host/v1?key=0123456789abc&alt=sse', '0123456789abc'],
    ['a web token', 'token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl', 'c2lnbmF0dXJl'],
  ])('removes %s', (_, text, secret) => {
    expect(redact(text)).not.toContain(secret);
  });

  it('leaves ordinary words alone', () => {
    const text = 'Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000. Try again in 2.02s.';
    expect(redact(text, 'sk-test-7Yw3kQpLmN0aBcDe')).toBe(text);
  });
});
