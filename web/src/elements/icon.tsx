const paths = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  compose: 'M4 20h4L19 9a2.1 2.1 0 0 0-3-3L5 17l-1 3ZM14 8l3 3',
  group:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.5M18 14.6c2.2.8 3.6 2.7 3.6 5.4',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.6v.1',
  send: 'M4.5 12L3 4l18.5 8L3 20l1.5-8ZM4.5 12h8',
  pin: 'M9 4h6l-.8 6.2 3.3 3.3v1.5H6.5v-1.5l3.3-3.3L9 4ZM12 15v6',
  muted:
    'M18 16H5.5c1.5-1.3 1.7-3 1.7-5.5 0-1.2.4-2.3 1-3.2M11 5.1a5 5 0 0 1 6 4.9c0 1.6.1 2.9.5 4M10 19a2.2 2.2 0 0 0 4 0M4 4l16 16',
  clock: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.5V12l3 2',
  tick: 'M5 12.5l4.5 4.5L19 7',
  ticks: 'M2 12.5l4.5 4.5L15.5 7M11.5 15.5L13 17l9-10',
  alert: 'M12 4L2.5 20h19L12 4ZM12 10v4.5M12 17.3v.1',
  down: 'M12 5v14M6 13l6 6 6-6',
  more: 'M5 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0M11 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0M17 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5',
  plus: 'M12 5v14M5 12h14',
  offline:
    'M4 4l16 16M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 5-2.7M14.5 9.4A10 10 0 0 1 19 12M2 8.5a15 15 0 0 1 4.5-2.9M11 4.6A15 15 0 0 1 22 8.5M12 19h.01',
} as const;

export type IconName = keyof typeof paths;

/** Decoration: what it means is said in text beside it, or by the label of its button. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
