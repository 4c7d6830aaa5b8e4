// Cells and regions of the installation: read from the environment, and which one a new endpoint gets.
import type { CreateEndpointBody } from '@weir/api-contract';
import type { Cell } from '@weir/catalog';
import { domainOfRegion, isPlaceName, unnamedRegion } from '@weir/tenancy';
import { ApiError } from './errors.ts';

/** Where everything is unless told: one cell in one region, whose hosts are under the domain itself. */
export const onlyCell: Cell = { id: 'default', region: unnamedRegion };

/** `<region>/<cell>` each; adds what is wrong to `faults`. Without any: the one cell there always was. */
export function readCells(words: readonly string[], faults: string[]): readonly Cell[] {
  if (words.length === 0) return [onlyCell];
  const cells = words.map((word): Cell => {
    const [region = '', id = '', more] = word.split('/');
    if (more !== undefined || !isPlaceName(region) || !isPlaceName(id))
      faults.push(
        `WEIR_CELLS: "${word}" is not <region>/<cell>, of lower-case letters, digits and hyphens each`,
      );
    return { region, id };
  });
  const twice = cells.find(({ id }, i) => cells.findIndex((cell) => cell.id === id) !== i);
  if (twice !== undefined) faults.push(`WEIR_CELLS names cell ${twice.id} twice`);
  return cells;
}

/** Regions in the order of their first cells, each with the domain that its hosts are under. */
export function regionsOf(
  cells: readonly Cell[],
  domain: string,
): readonly { readonly id: string; readonly domain: string }[] {
  return regionIds(cells).map((id) => ({ id, domain: domainOfRegion(id, domain) }));
}

/**
 * The cell of a new endpoint: the one that is asked for, else one of `kept`, where the tenant is already, else the first
 * that there is, each in the region that is asked for. Throws ApiError.
 */
export function placeEndpoint(
  cells: readonly Cell[],
  asked: Pick<CreateEndpointBody, 'region' | 'cell'>,
  { kept, isOperator }: { readonly kept: readonly string[]; readonly isOperator: boolean },
): Cell {
  const { region, cell } = asked;
  const inRegion = cells.filter((one) => region === undefined || one.region === region);
  const refuse = (field: string, message: string) =>
    new ApiError('validation-failed', { faults: [{ field, message }] });
  if (inRegion.length === 0) {
    throw refuse('region', `is none of this installation, which has ${regionIds(cells).join(', ')}`);
  }
  if (cell === undefined)
    return (
      kept.map((id) => inRegion.find((one) => one.id === id)).find((one) => one !== undefined) ?? inRegion[0]!
    );
  // How full each is, only who runs them knows.
  if (!isOperator) throw new ApiError('operator-only', { detail: 'a cell is chosen by who runs them' });
  const chosen = inRegion.find(({ id }) => id === cell);
  if (chosen === undefined)
    throw refuse('cell', region === undefined ? 'is none of this installation' : 'is not in this region');
  return chosen;
}

function regionIds(cells: readonly Cell[]): readonly string[] {
  return [...new Set(cells.map(({ region }) => region))];
}
