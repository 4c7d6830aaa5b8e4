// How long credentials live, as people choose it.
import { duration } from '../format.ts';

export interface Life {
  readonly seconds: number;
  readonly label: string;
}

export const lives: readonly Life[] = [
  { seconds: 300, label: '5 minutes' },
  { seconds: 900, label: '15 minutes' },
  { seconds: 3600, label: 'an hour' },
  { seconds: 28_800, label: '8 hours' },
  { seconds: 86_400, label: 'a day' },
];

/** The usual lives, and one that was chosen elsewhere. */
export function livesWith(seconds: number): readonly Life[] {
  if (lives.some((life) => life.seconds === seconds)) return lives;
  return [...lives, { seconds, label: duration(seconds * 1000) }].sort((a, b) => a.seconds - b.seconds);
}

/** `15 minutes` */
export function lifeText(seconds: number): string {
  return livesWith(seconds).find((life) => life.seconds === seconds)!.label;
}
