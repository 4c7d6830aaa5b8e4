// The events that webhooks can be told of, by the thing that they happen to.
import { eventTypes } from '@weir/api-contract';

export type EventType = (typeof eventTypes)[number];

const things = [...new Set(eventTypes.map((event) => event.split('.')[0]!))];

/** In the order of the contract: tenants, endpoints, roles. */
export const eventGroups: readonly { readonly thing: string; readonly events: readonly EventType[] }[] =
  things.map((thing) => ({ thing, events: eventTypes.filter((event) => event.startsWith(`${thing}.`)) }));

/** `created` of `tenant.created`. */
export function actOf(event: EventType): string {
  return event.slice(event.indexOf('.') + 1);
}

/** `all 20 events`, `3 events`. */
export function eventsInWords(events: readonly EventType[]): string {
  if (events.length === eventTypes.length) return 'all events';
  return events.length === 1 ? events[0]! : `${events.length} events`;
}
