import type { Attempt } from '../contracts/attempt.js';
import type { Candidate } from '../contracts/route.js';
import type { ModelAttempt } from './model-attempt.js';
import type { RaceEnding } from './race.js';

/**
 * What several calls came to, as one attempt. The last of its attempts is the one that decided: the winner's; without
 * a winner that of a call which was cut off from outside; else that of the main candidate.
 */
export function told(
  { endings, winner }: RaceEnding,
  main: Candidate,
  role: NonNullable<Attempt['role']>,
): ModelAttempt {
  const cutOff = endings.filter(({ made }) => !made.result.ok && made.result.failure.kind === 'cancelled');
  const decisive =
    winner ?? (cutOff.some(({ candidate }) => candidate === main) ? main : cutOff[0]?.candidate) ?? main;
  const deciding = endings.find(({ candidate }) => candidate === decisive)?.made;
  if (deciding === undefined) throw new Error('a race has at least one contender');

  const losers = endings.filter(({ candidate }) => candidate !== decisive);
  const because = whyOver(winner, deciding);
  for (const { made } of losers) {
    const last = made.attempts.at(-1);
    if (last === undefined) continue;
    if (winner !== undefined && last.outcome === 'cancelled')
      last.message = `${because}; this call was ended`;
    last.next = { action: 'stop', because };
  }
  for (const { candidate, made } of endings) {
    if (role === 'hedge' && candidate === main) continue;
    for (const attempt of made.attempts) attempt.role = role;
  }
  const { adaptations, result, continuation } = deciding;
  return {
    attempts: [...losers.flatMap(({ made }) => made.attempts), ...deciding.attempts],
    ...(adaptations === undefined || decisive !== main ? {} : { adaptations }),
    ...(continuation === undefined ? {} : { continuation }),
    result,
  };
}

function whyOver(winner: Candidate | undefined, { result }: ModelAttempt): string {
  if (winner !== undefined) {
    // A stream wins by its first token, and may break off all the same.
    return result.ok ? `${winner.model} answered first` : `${winner.model} began to answer first`;
  }
  const { kind } = result.ok ? { kind: 'success' } : result.failure;
  return kind === 'cancelled' ? 'the other calls were ended from outside' : 'every call of the race failed';
}
