import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ContinuationHow } from '../../contracts/continuation.js';
import { joined } from '../../policy/continuation/index.js';
import { behaviours, type Behaviour, type Cut } from './seam-behaviours.js';

export interface SeamText {
  name: string;
  text: string;
}

/** The texts that are cut: each after a line `=== name`. */
export function seamTexts(): SeamText[] {
  const file = new URL('../fixtures/seams/texts.txt', import.meta.url);
  return readFileSync(file, 'utf8')
    .split(/^=== /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf('\n');
      return { name: section.slice(0, end), text: section.slice(end + 1).trimEnd() };
    });
}

/** Whether a text is prose, in whichever script; others have rows, lines or words that are alike. */
export function isProse({ name }: SeamText): boolean {
  return !/^(?:song|poem|tongue|table|code|data|numbers|math|chess|emoji|headings|list: nested)/.test(name);
}

/** How seams came out. */
export interface SeamCounts {
  seams: number;
  /** The client has exactly what it should. */
  clean: number;
  /** Something stands there twice, or white space differs. */
  blemished: number;
  /** Recognised as another answer: the stream ends with an error. */
  restarted: number;
  /** Text is missing. */
  lost: number;
  lostAt: string[];
}

const visible = (text: string): string => text.replaceAll(/\s+/g, '');

/** Cuts a text at every `step`-th character and lets it be continued. */
export function countSeams(
  { name, text }: SeamText,
  behaviour: Behaviour,
  how: ContinuationHow,
  step: number,
): SeamCounts {
  const counts: SeamCounts = { seams: 0, clean: 0, blemished: 0, restarted: 0, lost: 0, lostAt: [] };
  for (let at = step; at < text.length; at += step) {
    const cut = { delivered: text.slice(0, at), rest: text.slice(at) };
    if (cut.delivered.trim() === '') continue;
    const written = behaviour.writes(cut);
    if (written === undefined) continue;
    counts.seams += 1;
    const verdict = judge(cut, behaviour, afterPrefill(cut, behaviour, written, how), how);
    counts[verdict] += 1;
    if (verdict === 'lost')
      counts.lostAt.push(`${name} at ${String(at)}: ...${text.slice(at - 40, at)}|${written.slice(0, 60)}`);
  }
  return counts;
}

/** A prefill is sent without the white space at its end, so that a model that goes on exactly brings it. */
function afterPrefill(
  { delivered }: Cut,
  { repeatsNothing, name }: Behaviour,
  written: string,
  how: ContinuationHow,
): string {
  const isExact = repeatsNothing === true && name === 'goes on exactly';
  return how === 'prefill' && isExact ? delivered.slice(delivered.trimEnd().length) + written : written;
}

function judge(
  cut: Cut,
  behaviour: Behaviour,
  written: string,
  how: ContinuationHow,
): 'clean' | 'blemished' | 'restarted' | 'lost' {
  const { text, restarted } = joined(cut.delivered, written, how);
  const wanted = behaviour.wanted?.(cut, written) ?? cut.delivered + cut.rest;
  if (restarted) return text === wanted ? 'clean' : 'restarted';
  // A blank that is put in after a full stop is right wherever the model goes on.
  const isSame = behaviour.wanted === undefined ? text === wanted : visible(text) === visible(wanted);
  if (isSame) return 'clean';
  return visible(text).length < visible(wanted).length ? 'lost' : 'blemished';
}

/** Adds up the counts of all texts. */
export function countAll(
  texts: readonly SeamText[],
  behaviour: Behaviour,
  how: ContinuationHow,
  step: number,
): SeamCounts {
  return texts
    .map((text) => countSeams(text, behaviour, how, step))
    .reduce((sum, one) => ({
      seams: sum.seams + one.seams,
      clean: sum.clean + one.clean,
      blemished: sum.blemished + one.blemished,
      restarted: sum.restarted + one.restarted,
      lost: sum.lost + one.lost,
      lostAt: [...sum.lostAt, ...one.lostAt],
    }));
}

/** Files as texts, in pieces of about the length of an answer. */
function textsOf(files: readonly string[]): SeamText[] {
  return files.flatMap((name) => {
    const whole = readFileSync(name, 'utf8');
    const pieces = Math.ceil(whole.length / 1_500);
    return Array.from({ length: pieces }, (_, at) => ({
      name,
      text: whole.slice(at * 1_500, (at + 1) * 1_500),
    }));
  });
}

// For `npm run measure:seams`; `npm run measure:seams -- 7 some files` takes these files in place of the texts.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , every = '7', ...files] = process.argv;
  const step = Number(every);
  const texts = files.length > 0 ? textsOf(files) : seamTexts();
  const groups = [texts.filter(isProse), texts.filter((text) => !isProse(text))].filter(
    ({ length }) => length > 0,
  );
  const sizes = groups.map((group) => {
    const characters = group.reduce((sum, { text }) => sum + text.length, 0);
    return `${String(group.length)} texts of ${String(characters)} characters`;
  });
  console.log(`${sizes.join(' and ')}, cut at every ${String(step)}th\n`);
  const clean = files.length > 0 ? ['clean'] : ['clean: prose', 'clean: others'];
  const header = ['the model', 'asked by', 'seams', ...clean, 'error', 'text lost'];
  console.log(`| ${header.join(' | ')} |\n|${'---|'.repeat(header.length)}`);
  const lostAt: string[] = [];
  for (const behaviour of behaviours) {
    const rows = (['prefill', 'instruction'] as const).map((how) => {
      const counts = groups.map((group) => countAll(group, behaviour, how, step));
      const sum = (of: (count: SeamCounts) => number): number =>
        counts.reduce((all, one) => all + of(one), 0);
      const shares = counts.map((one) => `${((100 * one.clean) / one.seams).toFixed(1)}%`);
      const cells = [
        sum(({ seams }) => seams),
        ...shares,
        sum((one) => one.restarted),
        sum((one) => one.lost),
      ];
      for (const place of counts.flatMap((count) => count.lostAt)) {
        lostAt.push(`${behaviour.name}, ${how}: ${JSON.stringify(place)}`);
      }
      return { how, cells: cells.join(' | ') };
    });
    const [byPrefill, inWords] = rows.map(({ cells }) => cells);
    const shown = byPrefill === inWords ? [{ how: 'either', cells: byPrefill }] : rows;
    for (const { how, cells } of shown) console.log(`| ${behaviour.name} | ${how} | ${String(cells)} |`);
  }
  if (lostAt.length > 0) console.log(`\nText lost:\n${lostAt.join('\n')}`);
}
