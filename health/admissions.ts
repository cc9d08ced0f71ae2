import type { BreakerView, Lease, Refusal } from '../contracts/health.js';
import { decideAdmission, remaining, type Admission } from '../policy/admission.js';
import type { Benches } from './benches.js';
import type { BreakerViews } from './breaker-views.js';
import type { HealthPolicy } from './health-policy.js';
import { firstGeneration, type OwnKnowledge } from './own-knowledge.js';
import type { Probes } from './probes.js';
import type { ServerClock } from './server-clock.js';

/** A call that was let through. */
export interface AdmittedCall {
  model: string;
  provider: string;
  /** The breaker's generation at which it was let through; absent where the breaker could not be read. */
  generation?: number;
  /** The call is a probe. */
  lease?: Lease;
}

export type AdmissionAnswer = { admitted: true; call: AdmittedCall } | { admitted: false; refusal: Refusal };

export interface AdmissionRequest {
  model: string;
  provider: string;
  /** Every candidate refuses and this one is due soonest. */
  early?: boolean;
  /** A probe that was leased for this call already; given back when the call is refused all the same. */
  lease?: Lease;
  /** Whether a probe may be asked for; absent: it may. */
  mayLease?: boolean;
}

export interface AdmissionsOptions {
  policy: () => HealthPolicy;
  views: BreakerViews;
  own: OwnKnowledge;
  benches: Benches;
  probes: Probes;
  clock: ServerClock;
  now: () => number;
}

/** Decides whether models may be called, by what their breakers say and what this process found out itself. */
export class Admissions {
  readonly #options: AdmissionsOptions;
  /** The operator's decision at which a model's benches were lifted, by its generation. */
  readonly #lifted = new Map<string, number>();

  constructor(options: AdmissionsOptions) {
    this.#options = options;
  }

  /** Whether a model may be called now. Asks the breaker for a probe where one is needed. */
  async admit(request: AdmissionRequest): Promise<AdmissionAnswer> {
    const { model, provider, early = false, lease, mayLease = true } = request;
    const { probes } = this.#options;
    const { admission, view } = await this.#decide(model, provider, early, lease !== undefined);
    // Where there is no breaker yet, the failure of this call may start it.
    const generation = view === null ? firstGeneration : view?.generation;
    const call = { model, provider, ...(generation === undefined ? {} : { generation }) };
    const probing = (probe: Lease): AdmissionAnswer => ({
      admitted: true,
      call: { ...call, generation: probe.generation, lease: probe },
    });
    switch (admission.action) {
      case 'call':
        return lease === undefined ? { admitted: true, call } : probing(lease);
      case 'refuse':
        if (lease !== undefined) probes.giveBack(model, lease);
        return { admitted: false, refusal: admission.refusal };
      case 'lease': {
        const granted = mayLease ? await probes.ask(model, early) : undefined;
        return granted === undefined ? { admitted: false, refusal: admission.otherwise } : probing(granted);
      }
    }
  }

  /** Why a model would be refused now without asking anybody; undefined where it may be called, or probed. */
  async refusal(model: string, provider: string): Promise<Refusal | undefined> {
    const { admission } = await this.#decide(model, provider, false, false);
    return admission.action === 'refuse' ? admission.refusal : undefined;
  }

  async #decide(
    model: string,
    provider: string,
    early: boolean,
    leased: boolean,
  ): Promise<{ admission: Admission; view: BreakerView | null | undefined }> {
    const { policy, views, own, benches, clock, now } = this.#options;
    const breakerOn = policy().breaker !== undefined;
    const view = breakerOn ? await views.of(model) : undefined;
    const at = now();
    if (view?.forced === 'closed') this.#lift(model, provider, view.generation);
    const bench = benches.of(model, provider, at);
    const admission = decideAdmission({
      view: view ?? undefined,
      own: { ...(breakerOn ? own.limits(model) : {}), ...(bench === undefined ? {} : { bench }) },
      now: at,
      serverNow: clock.at(at),
      early,
      leased,
    });
    return { admission, view };
  }

  /** Notes what a breaker says; null: there is none. What it knows as well is left to it, where it can be taken back. */
  saw(model: string, view: BreakerView | null): void {
    const { own, benches, clock, now } = this.#options;
    const at = now();
    const serverNow = clock.at(at);
    own.saw(model, view, serverNow);
    benches.handOver(model, remaining(view?.bench?.until, serverNow), at);
  }

  /** Whether nothing is wrong with a model as far as this process knows. */
  isCalm(model: string): boolean {
    const { views, own, clock, now } = this.#options;
    const at = now();
    const view = views.known(model);
    const { gateUntil } = own.limits(model);
    const gateMs = Math.max(remaining(gateUntil, at), remaining(view?.gateUntil, clock.at(at)));
    return gateMs === 0 && (view === undefined || (view.phase === 'closed' && !view.watched));
  }

  /** An operator says that a model is good: what was set aside for it before is tried again, once for each such word. */
  #lift(model: string, provider: string, generation: number): void {
    if (this.#lifted.get(model) === generation) return;
    this.#lifted.set(model, generation);
    this.#options.benches.lift(model, provider);
  }
}
