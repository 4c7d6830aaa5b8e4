// Whether a webhook is on, in one word.

/** Off: nothing is sent, and no event is kept for it. */
export function SwitchPill({ isOn }: { isOn: boolean }) {
  return <span className={isOn ? 'pill pill-good' : 'pill pill-warn'}>{isOn ? 'On' : 'Off'}</span>;
}
