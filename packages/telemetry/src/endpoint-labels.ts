// Which endpoints have a label of their own, so that a thousand tenants do not become a million time series.

/** The label of every endpoint past the bound. */
export const otherEndpoints = 'other';

/**
 * The first `labelsMax` endpoints seen keep their own label for as long as the process lives; later ones share
 * `other`. Never given anew: a counter that changed its label would look like one that was reset.
 */
export class EndpointLabels {
  readonly #labelsMax: number;
  readonly #own = new Set<string>();

  constructor(labelsMax: number) {
    this.#labelsMax = labelsMax;
  }

  labelOf(endpoint: string): string {
    // What cannot be told to an endpoint costs one series for all, and must not use up a place.
    if (endpoint === '' || this.#own.has(endpoint)) return endpoint;
    if (this.#own.size >= this.#labelsMax) return otherEndpoints;
    this.#own.add(endpoint);
    return endpoint;
  }
}
