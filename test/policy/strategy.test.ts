import { describe, expect, it } from 'vitest';
import { countWords, selectionPresets, selectStrategy } from '../../policy/strategy.js';

const long = 'something '.repeat(60);

describe('the classic rules', () => {
  it.each([
    ['Review this code', 'coding'],
    ['Teach me PROGRAMMING', 'coding'],
    ['Be creative', 'creative'],
    ['A bedtime story', 'creative'],
    ['Analyze the market', 'analysis'],
    ['Do some research', 'analysis'],
    ['What is the capital of France?', 'fast_cheap'],
    [long, 'high_quality'],
    // The first rule that matches decides, not the best one.
    ['Write code for a story about research', 'coding'],
    ['Write up the research', 'creative'],
    // Words count inside other words: known, and why there is another preset.
    ['Write a Python function to sort a list', 'creative'],
    ['The history of France', 'creative'],
    ['Decode this message', 'coding'],
    ['', 'fast_cheap'],
  ])('%s -> %s', (text, strategy) => {
    expect(selectStrategy({ text }, selectionPresets.classic).strategy).toBe(strategy);
  });

  it('a low budget is cheap however long the task, but does not overrule its words', () => {
    expect(selectStrategy({ text: long, budget: 'low' }, selectionPresets.classic)).toEqual({
      strategy: 'fast_cheap',
      because: 'the budget is low',
    });
    expect(selectStrategy({ text: 'code', budget: 'low' }, selectionPresets.classic).strategy).toBe('coding');
  });

  it('49 words are few, 50 are not', () => {
    const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' \n');
    expect(selectStrategy({ text: words(49) }, selectionPresets.classic).strategy).toBe('fast_cheap');
    expect(selectStrategy({ text: words(50) }, selectionPresets.classic).strategy).toBe('high_quality');
    expect(countWords(`  ${words(50)}\n`)).toBe(50);
  });
});

describe('the current rules', () => {
  it.each([
    ['Write a Python function to sort a list', 'coding'],
    ['Fix this:\n```\nfoo()\n```', 'coding'],
    ['How do I free memory in C++?', 'coding'],
    ['Write a poem about spring', 'creative'],
    ['Compare the two offers', 'analysis'],
    ['Write to my landlord', 'fast_cheap'],
    // Whole words only.
    ['The history of France', 'fast_cheap'],
    ['Decode this message', 'fast_cheap'],
    ['Storytelling in the Middle Ages', 'fast_cheap'],
    [long, 'high_quality'],
  ])('%s -> %s', (text, strategy) => {
    expect(selectStrategy({ text }, selectionPresets.current).strategy).toBe(strategy);
  });
});

describe('rules of a config', () => {
  it('are taken in their order, and one test is enough', () => {
    const rules = {
      match: 'word',
      rules: [
        { anyOf: ['Steuer'], strategy: 'tax' },
        { fewerWordsThan: 3, strategy: 'short' },
      ],
      otherwise: 'rest',
    } as const;
    const chosen = (text: string): string => selectStrategy({ text }, rules).strategy;
    expect(chosen('Wie hoch ist die steuer?')).toBe('tax');
    expect(chosen('Steuerung')).toBe('short');
    expect(chosen('Übersteuer bitte jetzt erklären')).toBe('rest');
    expect(selectStrategy({ text: 'a b' }, rules).because).toBe('the task has fewer than 3 words');
  });
});
