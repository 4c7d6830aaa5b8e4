// Whether a URL may be dialled, told to whoever has just named it.
import { EgressError } from '@weir/net';
import { ApiError, type ProblemSlug } from '../errors.ts';
import { addressesFor, type Reach } from './checked-request.ts';

/**
 * Throws ApiError `slug` that names the field. It only spares whoever mistyped a surprise: what counts is the check
 * before each request.
 */
export async function insistMayBeDialled(
  url: string,
  reach: Reach,
  { slug, field }: { readonly slug: ProblemSlug; readonly field: string },
): Promise<void> {
  await addressesFor(new URL(url), reach).catch((error: unknown) => {
    if (!(error instanceof EgressError)) throw error;
    const message = error.reason === 'dns' ? 'its host has no address' : 'its address is not allowed';
    throw new ApiError(slug, { faults: [{ field, message }], cause: error });
  });
}
