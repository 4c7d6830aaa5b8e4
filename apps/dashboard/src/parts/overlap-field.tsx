// For how long what was rotated is taken beside what comes after it.
import type { ComponentProps } from 'react';
import { DurationField } from './duration-field.tsx';

const overlaps = [
  { seconds: 0, label: 'not at all, as after a leak' },
  { seconds: 900, label: 'for 15 minutes' },
  { seconds: 3600, label: 'for an hour' },
  { seconds: 86_400, label: 'for a day' },
  { seconds: 604_800, label: 'for a week' },
] as const;

export function OverlapField(props: Omit<ComponentProps<typeof DurationField>, 'choices'>) {
  return <DurationField choices={overlaps} {...props} />;
}
